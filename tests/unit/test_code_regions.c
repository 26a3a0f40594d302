/* SPDX-License-Identifier: MIT */
/* What of a file's code a jump may replace: for each rule, code that breaks it and code that does
   not (code_regions.h of the architecture; regions.S). */
#include "symbols/code/region.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "symbols/code/returns.h"
#include "unit/symbols_files.h"

/* A look-up and its result: the region, or the reason. */
struct expected {
    const char *symbol;
    enum code_point point;
    bool single;
    uint8_t skip, length, n_insns;
    bool ends_in_call;
    const char *reason;
};

/* code_regions.h: what is expected of the files that an architecture has. Each list ends with a
   NULL. */
#include "code_regions.h"

struct regions_file {
    struct catalog *catalog;
    struct image *image, *named; /* `named` has the symbols */
};

static void open_path(struct regions_file *file, const char *path)
{
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&file->catalog), 0);
    ck_assert_msg(catalog_open(file->catalog, path, &file->image, &err) == 0, "%s", err.text);
    file->named = file->image;
}

static file_vaddr address_of(const struct regions_file *file, const char *symbol)
{
    file_vaddr at;
    ck_assert_msg(image_symbol(file->named, symbol, &at), "no symbol %s", symbol);
    return at;
}

#ifdef CODE_REGIONS

static void check_one(const struct regions_file *file, const struct expected *expected)
{
    struct code_region region;
    const char *reason = NULL;
    int r = code_region_at(file->image, address_of(file, expected->symbol), expected->point,
                           expected->single, &region, &reason);
    if (expected->reason) {
        ck_assert_msg(r == -EPERM, "%s: %d, a region of %d bytes", expected->symbol, r,
                      region.length);
        ck_assert_msg(strcmp(reason, expected->reason) == 0, "%s: %s", expected->symbol, reason);
        ck_assert_int_eq(region.length, 0);
        return;
    }
    ck_assert_msg(r == 0, "%s: %s", expected->symbol, reason);
    ck_assert_msg(region.skip == expected->skip && region.length == expected->length &&
                      region.n_insns == expected->n_insns &&
                      region.ends_in_call == expected->ends_in_call,
                  "%s: skip %d, length %d, %d instructions%s", expected->symbol, region.skip,
                  region.length, region.n_insns, region.ends_in_call ? " with a call" : "");
}

static void check_list(const struct regions_file *file, const struct expected *list)
{
    for (; list->symbol; list++)
        check_one(file, list);
}

/* Each one in a file of its own, so that none depends on what was looked up before. */
static void check_file(const char *name, const struct expected *list)
{
    struct regions_file file;
    for (const struct expected *one = list; one->symbol; one++) {
        open_path(&file, symbols_file(name));
        check_one(&file, one);
        catalog_free(file.catalog);
    }
    open_path(&file, symbols_file(name));
    check_list(&file, list);
    catalog_free(file.catalog);
}

START_TEST(position_independent)
{
    check_file("regions.so", in_both);
    check_file("regions.so", in_library);
}
END_TEST

START_TEST(not_position_independent)
{
    check_file("regions_no_pie", in_both);
    check_file("regions_no_pie", in_no_pie);
}
END_TEST

/* The linker may write relocations as bitmaps. */
START_TEST(relative_relocations)
{
    check_file("regions_relr.so", in_both);
}
END_TEST

/* Names come from the file before it was stripped. */
START_TEST(stripped)
{
    struct regions_file file;
    struct error err;
    for (const struct expected *one = in_stripped; one->symbol; one++) {
        open_path(&file, symbols_file("regions_stripped.so"));
        ck_assert_int_eq(catalog_open(file.catalog, symbols_file("regions.so"), &file.named, &err),
                         0);
        check_one(&file, one);
        catalog_free(file.catalog);
    }
}
END_TEST

static void check_refused(const char *name, const char *expected)
{
    struct regions_file file;
    struct code_region region;
    const char *reason;
    open_path(&file, symbols_file(name));
    int r =
        code_region_at(file.image, address_of(&file, "plain"), CODE_ENTRY, false, &region, &reason);
    ck_assert_int_eq(r, -ENOTSUP);
    ck_assert_str_eq(reason, expected);
    catalog_free(file.catalog);
}

START_TEST(text_relocations)
{
    check_refused("regions_textrel.so", "the dynamic linker modifies the file's code");
}
END_TEST

START_TEST(goroutines)
{
    check_refused("regions_go.so", "goroutines may be suspended anywhere in the file's code");
}
END_TEST

START_TEST(bytes_of_the_region)
{
    struct regions_file file;
    struct code_region region;
    const char *reason;
    open_path(&file, symbols_file("regions.so"));
    ck_assert_int_eq(code_region_at(file.image, address_of(&file, "marked"), CODE_ENTRY, false,
                                    &region, &reason),
                     0);
    ck_assert_int_eq(region.length, sizeof(prologue_bytes));
    ck_assert_mem_eq(region.code, prologue_bytes, sizeof(prologue_bytes));
    catalog_free(file.catalog);
}
END_TEST

static struct code_returns returns_of(const struct regions_file *file, const char *symbol,
                                      uint64_t size)
{
    struct code_returns returns = {0};
    ck_assert_int_eq(code_returns_count(file->image, address_of(file, symbol), size, &returns), 0);
    return returns;
}

START_TEST(counts_of_returns)
{
    struct regions_file file;
    open_path(&file, symbols_file("regions.so"));
    struct code_returns good = returns_of(&file, "last_call", 8);
    struct code_returns caught = returns_of(&file, "caught", 24);
    struct code_returns last = returns_of(&file, "last_call", 6);
    struct code_returns none = returns_of(&file, "plain", 8);
    ck_assert(good.n == 1 && good.good == 1);
    ck_assert(caught.n == 2 && caught.good == 0);
    ck_assert(last.n == 0 && none.n == 0);
    catalog_free(file.catalog);
}
END_TEST

START_TEST(no_code_there)
{
    struct regions_file file;
    struct code_region region;
    const char *reason;
    open_path(&file, symbols_file("regions.so"));
    ck_assert_int_eq(code_region_at(file.image, file_vaddr_of(UINT64_MAX - 2), CODE_RETURN, false,
                                    &region, &reason),
                     -EPERM);
    ck_assert_str_eq(reason, "the file has no code there");
    catalog_free(file.catalog);
}
END_TEST

/* ---- damaged files */

struct damaged {
    unsigned char *bytes;
    size_t size;
    file_vaddr plain;
};

static void load_library(struct damaged *damaged)
{
    struct regions_file file;
    open_path(&file, symbols_file("regions.so"));
    damaged->plain = address_of(&file, "plain");
    catalog_free(file.catalog);
    FILE *in = fopen(symbols_file("regions.so"), "re");
    ck_assert_ptr_nonnull(in);
    damaged->bytes = calloc(1, 1 << 20);
    damaged->size = fread(damaged->bytes, 1, 1 << 20, in);
    ck_assert_uint_gt(damaged->size, 0);
    fclose(in);
}

static Elf64_Shdr *section_named(const struct damaged *damaged, const char *name)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)damaged->bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(void *)(damaged->bytes + header->e_shoff);
    const char *names = (const char *)damaged->bytes + sections[header->e_shstrndx].sh_offset;
    for (unsigned i = 0; i < header->e_shnum; i++)
        if (strcmp(names + sections[i].sh_name, name) == 0)
            return &sections[i];
    ck_abort_msg("no section %s", name);
    return NULL;
}

/* Looks up plain() in the damaged file. */
static int look_up(const struct damaged *damaged, const char **reason)
{
    char path[64];
    struct regions_file file;
    struct code_region region;
    int fd = memfd_create("damaged", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, damaged->bytes, damaged->size), (ssize_t)damaged->size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    open_path(&file, path);
    int r = code_region_at(file.image, damaged->plain, CODE_ENTRY, false, &region, reason);
    catalog_free(file.catalog);
    close(fd);
    return r;
}

START_TEST(damaged_unwind_tables)
{
    struct damaged damaged;
    const char *reason = NULL;
    load_library(&damaged);
    ck_assert_int_eq(look_up(&damaged, &reason), 0);
    const Elf64_Shdr *frames = section_named(&damaged, ".eh_frame");
    damaged.bytes[frames->sh_offset + 8] = 9; /* the version */
    ck_assert_int_eq(look_up(&damaged, &reason), -ENOEXEC);
    ck_assert_str_eq(reason, "the file's unwind tables cannot be decoded");
    free(damaged.bytes);
}
END_TEST

/* Rules that end within an operand: the stack pointer at the jump of a tail call is not known. */
START_TEST(damaged_frame_rules)
{
    struct damaged damaged;
    struct regions_file file;
    const char *reason = NULL;
    int n = 0;
    load_library(&damaged);
    open_path(&file, symbols_file("regions.so"));
    damaged.plain = address_of(&file, "tail_call");
    catalog_free(file.catalog);
    ck_assert_int_eq(look_up(&damaged, &reason), 0);
    const Elf64_Shdr frames = *section_named(&damaged, ".eh_frame");
    for (uint64_t i = 0; i + 1 < frames.sh_size; i++) {
        unsigned char *rule = damaged.bytes + frames.sh_offset + i;
        if (rule[0] != 0x0e || rule[1] != 32) /* DW_CFA_def_cfa_offset */
            continue;
        rule[0] = 0x0f; /* DW_CFA_def_cfa_expression, of 127 bytes */
        rule[1] = 127;
        n++;
    }
    ck_assert_int_gt(n, 0);
    ck_assert_int_eq(look_up(&damaged, &reason), -EPERM);
    ck_assert_str_eq(reason, "an indirect jump of the function may lead into it");
    free(damaged.bytes);
}
END_TEST

START_TEST(missing_call_sites)
{
    struct damaged damaged;
    const char *reason = NULL;
    load_library(&damaged);
    section_named(&damaged, ".gcc_except_table")->sh_type = SHT_NOBITS;
    ck_assert_int_eq(look_up(&damaged, &reason), -ENOEXEC);
    ck_assert_str_eq(reason, "the file's unwind tables cannot be decoded");
    free(damaged.bytes);
}
END_TEST

START_TEST(no_section_headers)
{
    struct damaged damaged;
    const char *reason = NULL;
    load_library(&damaged);
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)damaged.bytes;
    header->e_shoff = header->e_shnum = header->e_shstrndx = 0;
    ck_assert_int_eq(look_up(&damaged, &reason), -ENOTSUP);
    ck_assert_str_eq(reason, "the file has no section headers");
    free(damaged.bytes);
}
END_TEST

/* Segments whose code is larger than any file's, with a hole. */
START_TEST(huge_text)
{
    struct damaged damaged;
    struct regions_file file;
    struct code_region region;
    const char *reason = NULL;
    char path[64];
    load_library(&damaged);
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)damaged.bytes;
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(damaged.bytes + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_flags & PF_X)
            segments[i].p_filesz = segments[i].p_memsz = UINT64_C(3) << 28;
    int fd = memfd_create("huge", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, damaged.bytes, damaged.size), (ssize_t)damaged.size);
    ck_assert_int_eq(ftruncate(fd, 1 << 30), 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    open_path(&file, path);
    ck_assert_int_eq(code_region_at(file.image, damaged.plain, CODE_ENTRY, false, &region, &reason),
                     -EFBIG);
    catalog_free(file.catalog);
    close(fd);
    free(damaged.bytes);
}
END_TEST

/* Any damage to what describes the code: each look-up has an answer. */
START_TEST(any_damage)
{
    enum { ROUNDS = 80, CHANGES_MAX = 8 };
    static const char *const names[] = {".eh_frame", ".gcc_except_table", ".symtab", ".dynsym",
                                        ".rela.dyn", "__rseq_cs",         ".text",   ".rodata"};
    struct damaged damaged;
    struct code_region region;
    const char *reason;
    char path[64];
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    load_library(&damaged);
    unsigned char *whole = malloc(damaged.size);
    ck_assert_ptr_nonnull(whole);
    memcpy(whole, damaged.bytes, damaged.size);
    for (unsigned round = 0; round < ROUNDS; round++) {
        memcpy(damaged.bytes, whole, damaged.size);
        const Elf64_Shdr *section = section_named(&damaged, names[round % 8]);
        Elf64_Shdr target = *section;
        for (int i = 0; i <= rand_r(&seed) % CHANGES_MAX; i++)
            damaged.bytes[target.sh_offset + (unsigned)rand_r(&seed) % target.sh_size] =
                (unsigned char)rand_r(&seed);
        int fd = memfd_create("damaged", MFD_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, damaged.bytes, damaged.size), (ssize_t)damaged.size);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        struct regions_file file;
        open_path(&file, path);
        const Elf64_Shdr *text = section_named(&damaged, ".text");
        for (uint64_t at = 0; at < text->sh_size; at += 1 + (unsigned)rand_r(&seed) % 8) {
            int r = code_region_at(file.image, file_vaddr_of(text->sh_addr + at),
                                   at % 2 ? CODE_RETURN : CODE_ENTRY, false, &region, &reason);
            ck_assert(r == 0 || reason);
            if (r == 0)
                ck_assert_msg(region.length >= CODE_JUMP_LENGTH &&
                                  region.length <= CODE_REGION_MAX && region.n_insns,
                              "round %u, at %lu", round, (unsigned long)at);
            else if (r != -EPERM)
                break;
        }
        catalog_free(file.catalog);
        close(fd);
    }
    free(whole);
    free(damaged.bytes);
}
END_TEST

#else

START_TEST(not_supported)
{
    struct regions_file file;
    struct code_region region;
    const char *reason;
    open_path(&file, symbols_file("pie"));
    ck_assert_int_eq(
        code_region_at(file.image, address_of(&file, "main"), CODE_ENTRY, false, &region, &reason),
        -ENOTSUP);
    ck_assert_str_eq(reason, "not yet on this architecture");
    catalog_free(file.catalog);
}
END_TEST

#endif

static void add_tests(TCase *tests)
{
#ifdef CODE_REGIONS
    tcase_add_test(tests, position_independent);
    tcase_add_test(tests, not_position_independent);
    tcase_add_test(tests, relative_relocations);
    tcase_add_test(tests, stripped);
    tcase_add_test(tests, text_relocations);
    tcase_add_test(tests, goroutines);
    tcase_add_test(tests, bytes_of_the_region);
    tcase_add_test(tests, counts_of_returns);
    tcase_add_test(tests, no_code_there);
    tcase_add_test(tests, damaged_unwind_tables);
    tcase_add_test(tests, damaged_frame_rules);
    tcase_add_test(tests, missing_call_sites);
    tcase_add_test(tests, no_section_headers);
    tcase_add_test(tests, huge_text);
    tcase_add_test(tests, any_damage);
#else
    tcase_add_test(tests, not_supported);
#endif
}

CHECK_MAIN("code_regions", 60, add_tests)
