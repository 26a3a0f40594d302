/* SPDX-License-Identifier: MIT */
/* Words of a file that hold addresses of indirect functions, in tables as linkers write them and in
   damaged ones. The test makes the file. */
#include "symbols/catalog.h"
#include "symbols/relocations.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/probe.h"
#include "relocation_types.h"
#include "symbols/function_filter.h"
#include "unit/check_main.h"

enum {
    BASE = 0x10000, /* the address where the file is loaded */
    RELAS = 12,
    N_OWN = 1,
    N_TWIN,
    N_PLAIN,
    N_FAR,
    N_SYMBOLS,
};

enum section { S_NULL, S_SYMBOLS, S_STRINGS, S_RELAS, S_LINKAGE, S_TEXT, S_NAMES, S_N };

/* own() and twin() are indirect functions, plain() is an ordinary one, far() is in another file. */
struct file {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    Elf64_Sym symbols[N_SYMBOLS];
    Elf64_Rela relas[RELAS];
    char strings[32], names[64];
    uint8_t text[64], linkage[64];
    Elf64_Shdr sections[S_N];
};

#define PLACE(member) (BASE + offsetof(struct file, member))

static struct file file;

static void set_section(enum section section, unsigned type, uint64_t flags, size_t offset,
                        size_t size, unsigned link, size_t entry)
{
    Elf64_Shdr *header = &file.sections[section];
    *header = (Elf64_Shdr){.sh_name = 1 + 8 * (unsigned)section,
                           .sh_type = type,
                           .sh_flags = flags,
                           .sh_addr = BASE + offset,
                           .sh_offset = offset,
                           .sh_size = size,
                           .sh_link = link,
                           .sh_addralign = 1,
                           .sh_entsize = entry};
}

#define SET_SECTION(section, member, type, flags, link, entry)                                     \
    set_section(section, type, flags, offsetof(struct file, member), sizeof(file.member), link,    \
                entry)

static void set_symbol(unsigned n, unsigned name, unsigned type, unsigned section, uint64_t value)
{
    file.symbols[n] = (Elf64_Sym){.st_name = name,
                                  .st_info = (unsigned char)ELF64_ST_INFO(STB_GLOBAL, type),
                                  .st_shndx = (Elf64_Section)section,
                                  .st_value = value,
                                  .st_size = section ? 16 : 0};
}

static void set_rela(unsigned n, uint64_t at, unsigned type, unsigned symbol, int64_t addend)
{
    file.relas[n] = (Elf64_Rela){at, ELF64_R_INFO((uint64_t)symbol, type), addend};
}

static void make_file(void)
{
    file = (struct file){
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                               EV_CURRENT},
                   .e_type = ET_DYN,
                   .e_machine = ARCH_MACHINE,
                   .e_version = EV_CURRENT,
                   .e_phoff = offsetof(struct file, segment),
                   .e_shoff = offsetof(struct file, sections),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1,
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = S_N,
                   .e_shstrndx = S_NAMES},
        .segment = {.p_type = PT_LOAD,
                    .p_flags = PF_R | PF_X,
                    .p_vaddr = BASE,
                    .p_filesz = sizeof(file),
                    .p_memsz = sizeof(file),
                    .p_align = 0x1000},
        .strings = "\0own\0twin\0plain\0far",
    };
    static const char *const names[] = {"",     ".dynsym", ".dynstr", ".rela",
                                        ".plt", ".text",   ".names"};
    for (size_t i = 0; i < S_N; i++)
        strcpy(file.names + 1 + 8 * i, names[i]);
    SET_SECTION(S_SYMBOLS, symbols, SHT_DYNSYM, SHF_ALLOC, S_STRINGS, sizeof(Elf64_Sym));
    SET_SECTION(S_STRINGS, strings, SHT_STRTAB, SHF_ALLOC, 0, 0);
    SET_SECTION(S_RELAS, relas, SHT_RELA, SHF_ALLOC, S_SYMBOLS, sizeof(Elf64_Rela));
    SET_SECTION(S_LINKAGE, linkage, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0, 16);
    SET_SECTION(S_TEXT, text, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0, 0);
    SET_SECTION(S_NAMES, names, SHT_STRTAB, 0, 0, 0);
    set_symbol(N_OWN, 1, STT_GNU_IFUNC, S_TEXT, PLACE(text));
    set_symbol(N_TWIN, 5, STT_GNU_IFUNC, S_TEXT, PLACE(text) + 16);
    set_symbol(N_PLAIN, 10, STT_FUNC, S_TEXT, PLACE(text) + 32);
    set_symbol(N_FAR, 16, STT_FUNC, SHN_UNDEF, 0);
    set_rela(0, 0x20000, RELOCATION_IRELATIVE, 0, (int64_t)PLACE(text));
    set_rela(1, 0x20008, RELOCATION_GLOB_DAT, N_OWN, 0);
    set_rela(2, 0x20010, RELOCATION_JUMP_SLOT, N_TWIN, 0);
    set_rela(3, 0x20018, RELOCATION_ABSOLUTE, N_OWN, 0);
    /* After the function; the address of the resolver; others. */
    set_rela(4, 0x20020, RELOCATION_ABSOLUTE, N_OWN, 8);
    set_rela(5, 0x20028, RELOCATION_RELATIVE, 0, (int64_t)PLACE(text));
    set_rela(6, 0x20030, RELOCATION_JUMP_SLOT, N_PLAIN, 0);
    set_rela(7, 0x20038, RELOCATION_JUMP_SLOT, N_FAR, 0);
    set_rela(8, 0x20040, RELOCATION_IRELATIVE, 0, (int64_t)PLACE(text) + 1);
    set_rela(9, 0x20048, RELOCATION_PC, N_TWIN, 0);
    set_rela(10, UINT64_MAX, RELOCATION_IRELATIVE, 0, (int64_t)PLACE(text) + 16);
    set_rela(11, 0x20050, RELOCATION_NONE, N_TWIN, 0);
}

static const char as_it_is[] = "own 0x20000 own 0x20008 twin 0x20010 own 0x20018 "
                               "twin 0xffffffffffffffff ";
static const char by_names[] = "own 0x20008 twin 0x20010 own 0x20018 ";
static const char by_resolvers[] = "own 0x20000 twin 0xffffffffffffffff ";

static struct image *open_image(struct catalog *catalog)
{
    char path[64];
    struct image *image = NULL;
    struct error err = {0};
    int fd = memfd_create("relocations", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, &file, sizeof(file)), (ssize_t)sizeof(file));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ck_assert_msg(catalog_open(catalog, path, &image, &err) == 0, "%s", err.text);
    return image;
}

typedef void change_fn(void);

/* The words of the file, "NAME ADDRESS " each, or the error. `change` modifies it before. With
   `is_another`, the functions are in another file. */
static const char *words_of(change_fn *change, bool is_another)
{
    static char text[512];
    struct catalog *catalog;
    struct function_filter *select;
    const struct probe **probes = NULL;
    size_t n = 0, n_indirect = 0;
    struct relocations found = {0};
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(function_filter_new(&select), 0);
    make_file();
    if (change && !is_another)
        change();
    struct image *owner = open_image(catalog), *image = owner;
    ck_assert_int_eq(image_probes(owner, select, true, false, &probes, &n, &err), 0);
    ck_assert_uint_eq(n, 3);
    for (size_t i = 0; i < n; i++)
        if (probes[i]->resolver)
            probes[n_indirect++] = probes[i];
    ck_assert_uint_eq(n_indirect, 2);
    if (is_another) {
        if (change)
            change();
        file.header.e_flags = 1;
        image = open_image(catalog);
        ck_assert_ptr_ne(image, owner);
    }
    int r = image_find_relocations(image, owner, probes, n_indirect, &found, &err);
    *text = '\0';
    for (size_t i = 0; i < found.list.count; i++)
        sprintf(text + strlen(text), "%s 0x%lx ", found.list.items[i].probe->function,
                (unsigned long)found.list.items[i].at.value);
    if (r < 0) {
        ck_assert_int_eq(err.code, r);
        ck_assert_uint_eq(found.list.count, 0);
        ck_assert_ptr_nonnull(strstr(err.text, "cannot read the relocations of /"));
        strcpy(text, "error");
    }
    vec_free(&found.list);
    free(probes);
    function_filter_free(select);
    catalog_free(catalog);
    return text;
}

START_TEST(own_words)
{
    ck_assert_str_eq(words_of(NULL, false), as_it_is);
}
END_TEST

/* By names only: another file's implementations are none of these. */
START_TEST(words_of_another)
{
    ck_assert_str_eq(words_of(NULL, true), by_names);
}
END_TEST

static void undefined(void)
{
    for (unsigned i = N_OWN; i < N_SYMBOLS; i++) {
        file.symbols[i].st_shndx = SHN_UNDEF;
        file.symbols[i].st_value = 0;
    }
}

static void in_two_tables(void)
{
    SET_SECTION(S_LINKAGE, relas, SHT_RELA, SHF_ALLOC, S_SYMBOLS, sizeof(Elf64_Rela));
    file.sections[S_RELAS].sh_size = 2 * sizeof(Elf64_Rela);
    file.sections[S_LINKAGE].sh_offset += 2 * sizeof(Elf64_Rela);
    file.sections[S_LINKAGE].sh_size -= 2 * sizeof(Elf64_Rela);
}

START_TEST(as_linkers_write_them)
{
    ck_assert_str_eq(words_of(undefined, true), by_names);
    ck_assert_str_eq(words_of(in_two_tables, false), as_it_is);
    ck_assert_str_eq(words_of(in_two_tables, true), by_names);
}
END_TEST

/* ---- damaged ---- */

#define CHANGES(name, statement)                                                                   \
    static void name(void)                                                                         \
    {                                                                                              \
        statement;                                                                                 \
    }

#define SECTION(section, member, value) file.sections[section].member = (value)

CHANGES(no_entsize, SECTION(S_RELAS, sh_entsize, 0))
CHANGES(short_entsize, SECTION(S_RELAS, sh_entsize, 1))
CHANGES(long_entsize, SECTION(S_RELAS, sh_entsize, UINT64_MAX))
CHANGES(no_room, SECTION(S_RELAS, sh_type, SHT_NOBITS))
CHANGES(not_loaded, SECTION(S_RELAS, sh_flags, 0))
CHANGES(without_addends, SECTION(S_RELAS, sh_type, SHT_REL))
CHANGES(empty, SECTION(S_RELAS, sh_size, 0))
CHANGES(less_than_one, SECTION(S_RELAS, sh_size, sizeof(Elf64_Rela) - 1))
CHANGES(ends_within_one, SECTION(S_RELAS, sh_size, 2 * sizeof(Elf64_Rela) + 23))
CHANGES(no_symbols, SECTION(S_RELAS, sh_link, 0))
CHANGES(symbols_nowhere, SECTION(S_RELAS, sh_link, UINT32_MAX))
CHANGES(symbols_of_itself, SECTION(S_RELAS, sh_link, S_RELAS))
CHANGES(symbols_in_strings, SECTION(S_RELAS, sh_link, S_STRINGS))
CHANGES(not_compressed, SECTION(S_RELAS, sh_flags, SHF_ALLOC | SHF_COMPRESSED))
CHANGES(starts_behind, SECTION(S_RELAS, sh_offset, sizeof(file)))
CHANGES(starts_nowhere, SECTION(S_RELAS, sh_offset, UINT64_MAX - 7))
CHANGES(many, SECTION(S_RELAS, sh_size, sizeof(Elf64_Rela) << 60))
CHANGES(as_many_as_fit, SECTION(S_RELAS, sh_size, (UINT64_C(1) << 60) * 15))
CHANGES(longer_than_file, SECTION(S_RELAS, sh_size, sizeof(file)))
CHANGES(no_symbol_size, SECTION(S_SYMBOLS, sh_entsize, 0))
CHANGES(few_symbols, SECTION(S_SYMBOLS, sh_size, sizeof(Elf64_Sym)))
CHANGES(many_symbols, SECTION(S_SYMBOLS, sh_size, sizeof(Elf64_Sym) << 59))
CHANGES(no_strings, SECTION(S_SYMBOLS, sh_link, 0))
CHANGES(strings_nowhere, SECTION(S_SYMBOLS, sh_link, S_N))
CHANGES(strings_without_end, memset(file.strings, 'o', sizeof(file.strings)))
CHANGES(strings_behind, SECTION(S_STRINGS, sh_offset, UINT64_MAX - 1))
CHANGES(no_string, SECTION(S_STRINGS, sh_size, 0))

static void symbols_of_relas(void)
{
    for (unsigned i = 0; i < RELAS; i++)
        file.relas[i].r_info |= UINT64_C(0xfffffff0) << 32;
}

static void names_of_symbols(void)
{
    for (unsigned i = 0; i < N_SYMBOLS; i++)
        file.symbols[i].st_name = UINT32_MAX;
}

static const struct {
    change_fn *change;
    bool only_another; /* the functions need it */
    const char *own, *another;
} damaged[] = {
    {no_entsize, false, "", ""},
    {short_entsize, false, "", ""},
    {long_entsize, false, "", ""},
    {no_room, false, "", ""},
    {not_loaded, false, "", ""},
    {without_addends, false, "", ""},
    {empty, false, "", ""},
    {less_than_one, false, "", ""},
    {ends_within_one, false, "", ""},
    {no_symbols, false, by_resolvers, ""},
    {symbols_nowhere, false, by_resolvers, ""},
    {symbols_of_itself, false, by_resolvers, ""},
    {symbols_in_strings, false, by_resolvers, ""},
    {not_compressed, false, as_it_is, by_names},
    {starts_behind, false, "error", "error"},
    {starts_nowhere, false, "error", "error"},
    {many, false, "error", "error"},
    {as_many_as_fit, false, "error", "error"},
    {longer_than_file, false, "error", "error"},
    {symbols_of_relas, false, by_resolvers, ""},
    {no_symbol_size, true, NULL, ""},
    {few_symbols, true, NULL, ""},
    {many_symbols, true, NULL, "error"},
    {no_strings, true, NULL, ""},
    {strings_nowhere, true, NULL, ""},
    {strings_without_end, true, NULL, ""},
    {strings_behind, true, NULL, "error"},
    {no_string, true, NULL, ""},
    {names_of_symbols, true, NULL, ""},
};

START_TEST(damaged_tables)
{
    if (!damaged[_i].only_another)
        ck_assert_str_eq(words_of(damaged[_i].change, false), damaged[_i].own);
    ck_assert_str_eq(words_of(damaged[_i].change, true), damaged[_i].another);
}
END_TEST

/* Any bytes in the table. */
START_TEST(any_tables)
{
    make_file();
    unsigned seed = 1;
    for (int round = 0; round < 50; round++) {
        struct catalog *catalog;
        struct relocations found = {0};
        struct error err = {0};
        ck_assert_int_eq(catalog_new(&catalog), 0);
        for (size_t i = 0; i < sizeof(file.relas); i++)
            ((unsigned char *)file.relas)[i] = (unsigned char)(rand_r(&seed) >> 4);
        struct image *image = open_image(catalog);
        ck_assert_int_eq(image_find_relocations(image, image, NULL, 0, &found, &err), 0);
        ck_assert_uint_eq(found.list.count, 0);
        catalog_free(catalog);
    }
}
END_TEST

START_TEST(where_linkage_tables_lie)
{
    struct catalog *catalog;
    ck_assert_int_eq(catalog_new(&catalog), 0);
    make_file();
    struct image *image = open_image(catalog);
    struct function_filter *select;
    const struct probe **probes = NULL;
    size_t n;
    struct error err = {0};
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(image_probes(image, select, true, false, &probes, &n, &err), 0);
    ck_assert(!image_is_linkage(image, file_vaddr_of(PLACE(linkage) - 1)));
    ck_assert(image_is_linkage(image, file_vaddr_of(PLACE(linkage))));
    ck_assert(image_is_linkage(image, file_vaddr_of(PLACE(linkage) + 63)));
    ck_assert(!image_is_linkage(image, file_vaddr_of(PLACE(linkage) + 64)));
    ck_assert(!image_is_linkage(image, file_vaddr_of(UINT64_MAX)));
    free(probes);
    function_filter_free(select);
    catalog_free(catalog);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, own_words);
    tcase_add_test(tests, words_of_another);
    tcase_add_test(tests, as_linkers_write_them);
    tcase_add_loop_test(tests, damaged_tables, 0, sizeof(damaged) / sizeof(*damaged));
    tcase_add_test(tests, any_tables);
    tcase_add_test(tests, where_linkage_tables_lie);
}

CHECK_MAIN("relocations", 20, add_tests)
