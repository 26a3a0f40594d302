/* SPDX-License-Identifier: MIT */
/* The file and the line in which a function is defined, in what compilers and dwz(1) make of the
   same source. */
#include <elf.h>
#include <stdlib.h>

#include "unit/symbols_files.h"

static const char *const built[] = {
    "sources_gcc_4",   "sources_gcc_5",   "sources_gcc_split",   "sources_gcc_units",
    "sources_gcc_lto", "sources_gcc_dwz", "sources_gcc_dwz4",    "sources_gcc_compressed",
    "sources_clang_4", "sources_clang_5", "sources_clang_split", "sources_clang_units",
};

static const struct {
    const char *function, *file;
    unsigned line;
} places[] = {
    {"in_header", "symbols_sources.h", 9},
    {"templated<char>", "symbols_sources.h", 14},
    {"templated<int>", "symbols_sources.h", 14},
    {"Thing::in_class", "symbols_sources.h", 20},
    {"Thing::declared", "symbols_sources.cc", 6},
    {"main", "symbols_sources.cc", 11},
    {"second", "symbols_sources_second.cc", 17},
    {"(anonymous namespace)::Local::defined_here", "symbols_sources_second.cc", 12},
};

START_TEST(of_functions)
{
    struct opened opened;
    unsigned seen = 0;
    if (access(symbols_file(built[_i]), R_OK) != 0) {
        printf("%s was not built: there is no clang, or no dwz\n", built[_i]);
        return;
    }
    open_file(&opened, symbols_file(built[_i]), NULL);
    for (size_t i = 0; i < opened.n; i++) {
        const struct probe *probe = opened.probes[i];
        if (probe->source != SIGNATURE_DWARF)
            continue;
        for (size_t k = 0; k < sizeof(places) / sizeof(*places); k++) {
            size_t length = strlen(places[k].function);
            if (strncmp(probe->function, places[k].function, length) != 0 ||
                (probe->function[length] && probe->function[length] != '.')) /* .lto_priv.0 */
                continue;
            seen |= 1u << k;
            ck_assert_msg(probe->source_file, "%s", probe->function);
            ck_assert_int_eq(probe->source_file[0], '/');
            const char *path = strstr(probe->source_file, "/tests/targets/");
            ck_assert_ptr_nonnull(path);
            ck_assert_str_eq(path + strlen("/tests/targets/"), places[k].file);
            ck_assert_uint_eq(probe->source_line, places[k].line);
        }
    }
    ck_assert_uint_eq(seen, (1u << sizeof(places) / sizeof(*places)) - 1);
    close_file(&opened);
}
END_TEST

/* Where .debug_line is in the file. */
static Elf64_Shdr lines_of(const char *bytes)
{
    const Elf64_Ehdr *header = (const void *)bytes;
    const Elf64_Shdr *sections = (const void *)(bytes + header->e_shoff);
    const char *names = bytes + sections[header->e_shstrndx].sh_offset;
    for (unsigned i = 0; i < header->e_shnum; i++)
        if (strcmp(names + sections[i].sh_name, ".debug_line") == 0)
            return sections[i];
    ck_abort_msg("no .debug_line");
}

enum { DAMAGED = 100 };

static const char *damaged_file(const char *directory, unsigned i)
{
    static char path[64];
    snprintf(path, sizeof(path), "%s/%u", directory, i);
    return path;
}

/* Each byte of the first header is damaged: files may be unknown then. All are written before they
   are read, as one that has just been written is not believed for some time. */
START_TEST(damaged_headers)
{
    static _Alignas(16) char bytes[1 << 20];
    char directory[] = "/tmp/source-files-XXXXXX";
    FILE *file = fopen(symbols_file(_i / 2 ? "sources_gcc_5" : "sources_gcc_4"), "re");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_lt(size, sizeof(bytes));
    ck_assert_ptr_nonnull(mkdtemp(directory));
    const Elf64_Shdr lines = lines_of(bytes);
    ck_assert_uint_ge(lines.sh_size, DAMAGED);
    for (unsigned i = 0; i < DAMAGED; i++) {
        char *damaged = &bytes[lines.sh_offset + i], before = *damaged;
        *damaged = _i % 2 ? 1 : (char)0xff;
        file = fopen(damaged_file(directory, i), "we");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
        ck_assert_int_eq(fclose(file), 0);
        *damaged = before;
    }
    for (unsigned i = 0; i < DAMAGED; i++) {
        struct opened opened;
        open_file(&opened, damaged_file(directory, i), NULL);
        close_file(&opened);
        ck_assert_int_eq(unlink(damaged_file(directory, i)), 0);
    }
    ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, of_functions, 0, sizeof(built) / sizeof(*built));
    tcase_add_loop_test(tests, damaged_headers, 0, 4);
}
CHECK_MAIN("source_files", 20, add_tests)
