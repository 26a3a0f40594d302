/* SPDX-License-Identifier: MIT */
/* Files that are not ELF, not for this machine, truncated, or damaged: a clear error or fewer
   functions, never a crash. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "unit/symbols_files.h"

#include "util/log.h"

struct content {
    unsigned char *bytes;
    size_t size;
};

static struct content load(const char *name)
{
    struct content content = {0};
    FILE *file = fopen(symbols_file(name), "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    content.size = (size_t)ftell(file);
    rewind(file);
    content.bytes = malloc(content.size + 1);
    ck_assert_ptr_nonnull(content.bytes);
    ck_assert_uint_eq(fread(content.bytes, 1, content.size, file), content.size);
    fclose(file);
    return content;
}

static void check_place(const struct value_place *place, size_t size,
                        const struct pointee *pointees, size_t n_pointees)
{
    if (place->kind != PLACE_POINTEE && place->kind != PLACE_POINTEE_STATE)
        return;
    ck_assert_uint_lt(place->index, n_pointees);
    const struct pointee *pointee = &pointees[place->index];
    if (place->kind == PLACE_POINTEE) {
        ck_assert_int_ge(place->offset, pointee->low);
        ck_assert_int_le((int64_t)place->offset + (int64_t)size,
                         (int64_t)pointee->low + pointee->size);
    }
}

static void check_fields(const struct field *fields, size_t n, const struct pointee *pointees,
                         size_t n_pointees)
{
    ck_assert_uint_le(n, PROBE_FIELDS_MAX);
    ck_assert_uint_le(n_pointees, PROBE_POINTEES_MAX);
    for (size_t i = 0; i < n_pointees; i++) {
        ck_assert_uint_le(pointees[i].size, PROBE_POINTEE_MAX);
        /* The address that leads to it is read before. */
        check_place(&pointees[i].address, 8, pointees, i);
    }
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_gt(strlen(fields[i].name), 0);
        check_place(&fields[i].place, field_bytes(&fields[i]), pointees, n_pointees);
        check_place(&fields[i].second, 8, pointees, n_pointees);
        if (fields[i].guard)
            ck_assert_int_eq(fields[fields[i].guard - 1].place.kind, PLACE_POINTEE_STATE);
    }
}

/* Opens the bytes as a file and makes all its probes; `rules`: mask of enum image_rules. *n: their
   number. */
static int try_rules(const void *bytes, size_t size, unsigned rules, size_t *n, struct error *err)
{
    int fd = memfd_create("hostile", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);

    struct catalog *catalog;
    struct function_filter *select;
    struct image *image;
    const struct probe **probes = NULL;
    *n = 0;
    ck_assert_int_eq(catalog_new(&catalog), 0);
    catalog_set_value_options(
        catalog, (struct value_options){.deref = 3, .all_strings = true, .symbols = true});
    ck_assert_int_eq(function_filter_new(&select), 0);
    memset(err, 0, sizeof(*err));
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int r = catalog_open(catalog, path, &image, err);
    if (r == 0) {
        r = image_probes(image, select, true, rules, &probes, n, err);
        file_vaddr vaddr;
        image_symbol(image, "main", &vaddr);
        image_vaddr_of_offset(image, size / 2, &vaddr);
        image_interpreter(image);
        char name[128];
        image_name_code(image, image_start(image), false, name, sizeof(name));
    }
    /* Every name is valid, and every place is inside of what exists. */
    for (size_t i = 0; i < *n; i++) {
        const struct probe *probe = probes[i];
        ck_assert_uint_le(strlen(probe->provider) + 1 + strlen(probe->entry_event), 255);
        ck_assert_ptr_null(strpbrk(probe->entry_event, "\"\\,\n"));
        ck_assert_uint_le(probe->n_args, PROBE_FIELDS_MAX);
        ck_assert_ptr_nonnull(probe->signature);
        check_fields(probe->args, probe->n_args, probe->arg_pointees, probe->n_arg_pointees);
        check_fields(probe->rets, probe->n_rets, probe->ret_pointees, probe->n_ret_pointees);
    }
    free(probes);
    function_filter_free(select);
    catalog_free(catalog);
    close(fd);
    return r;
}

static int try(const void *bytes, size_t size, size_t *n, struct error *err)
{
    return try_rules(bytes, size, IMAGE_WHOLE, n, err);
}

struct change {
    const char *what;
    size_t offset, size;
    uint64_t value;
    int code;
    const char *line; /* part of the message */
};

#define HEADER(member, value, code, line)                                                          \
    {                                                                                              \
#member, offsetof(Elf64_Ehdr, member), sizeof(((Elf64_Ehdr *)0)->member), value, code,     \
            line                                                                                   \
    }

static const struct change headers[] = {
    {"magic", 1, 1, 'X', -ENOEXEC, "is not an ELF file"},
    {"class", EI_CLASS, 1, ELFCLASS32, -ENOTSUP, "(32-bit), and this is the tracer for "},
    {"class", EI_CLASS, 1, 77, -ENOEXEC, "unknown class 77"},
    {"data", EI_DATA, 1, ELFDATA2MSB, -ENOTSUP, "(big-endian), and this is the tracer for "},
    HEADER(e_machine, EM_RISCV, -ENOTSUP,
           " is an ELF file for riscv64, and this is the tracer for "),
    HEADER(e_machine, 0x1234, -ENOTSUP, " is an ELF file for ELF machine 4660, and this is "),
    HEADER(e_type, ET_REL, -ENOTSUP, "neither a program nor a shared library"),
    HEADER(e_type, ET_CORE, -ENOTSUP, "neither a program nor a shared library"),
    HEADER(e_phnum, 0xffff, -ENOEXEC, "its program headers lie outside"),
    HEADER(e_phnum, 0, -ENOEXEC, "its program headers lie outside"),
    HEADER(e_phentsize, 1, -ENOEXEC, "its program headers lie outside"),
    HEADER(e_phoff, UINT64_MAX, -ENOEXEC, "its program headers lie outside"),
    HEADER(e_phoff, UINT64_MAX - 100, -ENOEXEC, "its program headers lie outside"),
    HEADER(e_shoff, UINT64_MAX, -ENOEXEC, "its section headers lie outside"),
    HEADER(e_shoff, 1ull << 40, -ENOEXEC, "its section headers lie outside"),
    HEADER(e_shnum, 0xfeff, -ENOEXEC, "its section headers lie outside"),
    HEADER(e_shentsize, 3, -ENOEXEC, "its section headers lie outside"),
};

static void check_line(const struct error *err, int code, const char *line)
{
    ck_assert_int_eq(err->code, code);
    ck_assert_msg(strstr(err->text, line) != NULL, "'%s' is not in '%s'", line, err->text);
    ck_assert_ptr_nonnull(strstr(err->text, "/proc/self/fd/"));
    ck_assert_ptr_null(strchr(err->text, '\n'));
}

START_TEST(bad_headers)
{
    const struct change *change = &headers[_i];
    struct content content = load("pie");
    size_t n;
    struct error err;
    memcpy(content.bytes + change->offset, &change->value, change->size);
    ck_assert_int_eq(try(content.bytes, content.size, &n, &err), change->code);
    check_line(&err, change->code, change->line);
    free(content.bytes);
}
END_TEST

START_TEST(bad_segments)
{
    struct content content = load("pie");
    Elf64_Ehdr *header = (Elf64_Ehdr *)content.bytes;
    Elf64_Phdr *segments = (Elf64_Phdr *)(content.bytes + header->e_phoff);
    size_t n;
    struct error err;
    for (size_t i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr kept = segments[i];
        if (kept.p_type == PT_INTERP || kept.p_type == PT_LOAD) {
            segments[i].p_offset = UINT64_MAX - 10;
            ck_assert_int_eq(try(content.bytes, content.size, &n, &err), -ENOEXEC);
            check_line(&err, -ENOEXEC, "lies outside of the file");
            segments[i] = kept;
            segments[i].p_filesz = content.size + 1;
            ck_assert_int_eq(try(content.bytes, content.size, &n, &err), -ENOEXEC);
        }
        if (kept.p_type == PT_LOAD) {
            segments[i] = kept;
            segments[i].p_vaddr = UINT64_MAX;
            ck_assert_int_eq(try(content.bytes, content.size, &n, &err), -ENOEXEC);
            check_line(&err, -ENOEXEC, "impossible size");
        }
        segments[i] = kept;
    }
    for (size_t i = 0; i < header->e_phnum; i++)
        segments[i].p_type = PT_NULL;
    ck_assert_int_eq(try(content.bytes, content.size, &n, &err), -ENOEXEC);
    check_line(&err, -ENOEXEC, "nothing to load");
    free(content.bytes);
}
END_TEST

/* The symbol tables and what they refer to. */
START_TEST(bad_symbol_sections)
{
    struct content content = load("pie");
    Elf64_Ehdr *header = (Elf64_Ehdr *)content.bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(content.bytes + header->e_shoff);
    size_t n, tables = 0;
    struct error err;
    for (size_t i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr kept = sections[i];
        if (kept.sh_type != SHT_SYMTAB && kept.sh_type != SHT_DYNSYM)
            continue;
        tables++;
        Elf64_Shdr bad[7];
        for (size_t k = 0; k < 7; k++)
            bad[k] = kept;
        bad[0].sh_offset = content.size;
        bad[1].sh_size = UINT64_MAX;
        bad[2].sh_entsize = 0;
        bad[3].sh_entsize = 1;
        bad[4].sh_link = 0;
        bad[5].sh_link = 0xffffff;
        bad[6].sh_link = (Elf64_Word)i;
        for (size_t k = 0; k < 7; k++) {
            sections[i] = bad[k];
            ck_assert_int_eq(try(content.bytes, content.size, &n, &err), -ENOEXEC);
            check_line(&err, -ENOEXEC, "its symbol table is incomplete");
        }
        sections[i] = kept;
        Elf64_Shdr strings = sections[kept.sh_link];
        sections[kept.sh_link].sh_offset = UINT64_MAX - 1;
        ck_assert_int_eq(try(content.bytes, content.size, &n, &err), -ENOEXEC);
        check_line(&err, -ENOEXEC, "its symbol table is incomplete");
        sections[kept.sh_link] = strings;
    }
    ck_assert_uint_eq(tables, 2);
    free(content.bytes);
}
END_TEST

/* A symbol whose name is outside of the string table is left out, the others stay. */
START_TEST(bad_symbol_name)
{
    struct content content = load("pie");
    Elf64_Ehdr *header = (Elf64_Ehdr *)content.bytes;
    Elf64_Shdr *sections = (Elf64_Shdr *)(content.bytes + header->e_shoff);
    size_t before, after, names = 0;
    struct error err;
    ck_assert_int_eq(try(content.bytes, content.size, &before, &err), 0);
    for (size_t i = 0; i < header->e_shnum; i++) {
        Elf64_Sym *symbols = (Elf64_Sym *)(content.bytes + sections[i].sh_offset);
        const char *strings = (char *)content.bytes + sections[sections[i].sh_link].sh_offset;
        for (size_t k = 0; sections[i].sh_type == SHT_SYMTAB && k < sections[i].sh_size / 24; k++)
            if (strcmp(strings + symbols[k].st_name, "second") == 0) {
                symbols[k].st_name = UINT32_MAX;
                names++;
            }
    }
    ck_assert_uint_eq(names, 1);
    ck_assert_int_eq(try(content.bytes, content.size, &after, &err), 0);
    ck_assert_uint_eq(after, before - 1);
    free(content.bytes);
}
END_TEST

START_TEST(no_files_of_ours)
{
    size_t n;
    struct error err;
    ck_assert_int_eq(try("", 0, &n, &err), -ENOEXEC);
    check_line(&err, -ENOEXEC, "is not an ELF file");
    ck_assert_int_eq(try("#!/bin/sh\n", 10, &n, &err), -ENOEXEC);
    check_line(&err, -ENOEXEC, "is not an ELF file");
    ck_assert_int_eq(try(ELFMAG, SELFMAG, &n, &err), -ENOEXEC);
    check_line(&err, -ENOEXEC, "is truncated");

    struct catalog *catalog;
    struct image *image;
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(catalog_open(catalog, "/", &image, &err), -ENOEXEC);
    ck_assert_str_eq(err.text, "/ is not a regular file");
    ck_assert_int_eq(catalog_open(catalog, "/nowhere/at/all", &image, &err), -ENOENT);
    ck_assert_str_eq(err.text, "cannot read /nowhere/at/all: No such file or directory");
    catalog_free(catalog);
}
END_TEST

/* Truncated at any length, the file is refused; nothing is read behind its end. */
START_TEST(truncated)
{
    struct content content = load("pie");
    size_t n;
    struct error err;
    for (size_t size = 0; size < content.size; size += size < 1200 ? 7 : 211) {
        ck_assert_int_eq(try(content.bytes, size, &n, &err), -ENOEXEC);
        ck_assert_ptr_nonnull(strstr(err.text, "/proc/self/fd/"));
    }
    free(content.bytes);
}
END_TEST

/* The same numbers in every run. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

enum { VARIANTS = 120 };

/* The range of the debug information and the tables; the whole file if there is none. */
static void find_range(const struct content *content, const char *section, size_t *from, size_t *to)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)content->bytes;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(content->bytes + header->e_shoff);
    const char *names = (const char *)content->bytes + sections[header->e_shstrndx].sh_offset;
    *from = 0;
    *to = content->size;
    for (size_t i = 0; i < header->e_shnum; i++)
        if (strcmp(names + sections[i].sh_name, section) == 0) {
            *from = sections[i].sh_offset;
            *to = *from + sections[i].sh_size;
        }
}

static const struct {
    const char *file, *section; /* "": the whole file; "headers": its tables of headers */
} mutated[] = {
    {"types_gcc_O2", ""},
    {"types_gcc_O2", ".debug_info"},
    {"types_gcc_O2", ".debug_abbrev"},
    {"types_gcc_O2", ".debug_loclists"},
    {"types_gcc_dwarf4", ".debug_info"},
    {"types_gcc_units", ".debug_info"},
    {"cxx_gcc", ".debug_info"},
    {"cxx_gcc", ".debug_abbrev"},
    {"cxx_gcc", ".debug_rnglists"},
    {"pie", ".symtab"},
    {"pie", ".strtab"},
    {"libnames.so.1", ".dynsym"},
    {"libnames.so.1", ".gnu.version"},
    {"pie", "headers"},
    {"unnamed_gcc_stripped", ".eh_frame"},
};

static void mutate(struct content *content, size_t from, size_t to, uint64_t *state)
{
    unsigned changes = 1 + next_random(state) % 8;
    for (unsigned i = 0; i < changes; i++) {
        size_t at = from + next_random(state) % (to - from);
        uint32_t value = next_random(state);
        switch (next_random(state) % 4) {
        case 0:
            content->bytes[at] ^= (unsigned char)(1u << value % 8);
            break;
        case 1:
            content->bytes[at] = 0xff;
            break;
        case 2:
            content->bytes[at] = (unsigned char)value;
            break;
        case 3: /* a word, like offsets and sizes */
            if (to - at >= sizeof(value))
                memcpy(content->bytes + at, &value, sizeof(value));
            break;
        }
    }
}

START_TEST(damaged)
{
    struct content content = load(mutated[_i].file);
    unsigned char *original = malloc(content.size);
    ck_assert_ptr_nonnull(original);
    memcpy(original, content.bytes, content.size);
    size_t from = 0, to = content.size, n, survived = 0;
    if (strcmp(mutated[_i].section, "headers") == 0)
        from = ((Elf64_Ehdr *)content.bytes)->e_shoff;
    else if (*mutated[_i].section)
        find_range(&content, mutated[_i].section, &from, &to);
    ck_assert_uint_lt(from, to);
    log_set_level(LOG_ERROR);

    uint64_t state = (uint64_t)_i + 1;
    for (unsigned variant = 0; variant < VARIANTS; variant++) {
        struct error err;
        mutate(&content, from, to, &state);
        int r = try_rules(content.bytes, content.size, IMAGE_WHOLE | IMAGE_UNNAMED, &n, &err);
        ck_assert(r == 0 || r == -ENOEXEC || r == -ENOTSUP);
        ck_assert_int_eq(r, err.code);
        survived += r == 0;
        memcpy(content.bytes, original, content.size);
    }
    /* Bad debug information is no error. */
    if (strncmp(mutated[_i].section, ".debug", 6) == 0)
        ck_assert_uint_eq(survived, VARIANTS);
    free(original);
    free(content.bytes);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, bad_headers, 0, sizeof(headers) / sizeof(*headers));
    tcase_add_test(tests, bad_segments);
    tcase_add_test(tests, bad_symbol_sections);
    tcase_add_test(tests, bad_symbol_name);
    tcase_add_test(tests, no_files_of_ours);
    tcase_add_test(tests, truncated);
    tcase_add_loop_test(tests, damaged, 0, sizeof(mutated) / sizeof(*mutated));
}

CHECK_MAIN("hostile_elf", 120, add_tests)
