/* SPDX-License-Identifier: MIT */
/* Names of code addresses: of one file, and of all mappings of a process. */
#include <dlfcn.h>
#include <elf.h>
#include <inttypes.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "symbols/code_map.h"
#include "symbols/module_scan.h"
#include "unit/symbols_files.h"

enum { NAME_MAX_HERE = 512 };

static const char *name_at(struct image *image, uint64_t at, bool is_return)
{
    static char name[NAME_MAX_HERE];
    size_t n = image_name_code(image, file_vaddr_of(at), is_return, name, sizeof(name));
    if (n == 0)
        return NULL;
    ck_assert_uint_eq(n, strlen(name));
    return name;
}

static const char *with_offset(const char *name, uint64_t offset)
{
    static char text[NAME_MAX_HERE];
    snprintf(text, sizeof(text), "%s+0x%" PRIx64, name, offset);
    return text;
}

static uint64_t symbol_at(struct image *image, const char *name)
{
    file_vaddr vaddr;
    ck_assert_msg(image_symbol(image, name, &vaddr), "no %s", name);
    return vaddr.value;
}

static const char *const files[] = {"pie",           "no_pie",       "static",
                                    "static_pie",    "cxx_gcc",      "library_gcc",
                                    "libnames.so.1", "libdynsym.so", "stripped_debuglink"};

/* Every function has the name of its events, from its first byte to its last. */
START_TEST(functions_have_their_events_names)
{
    struct opened opened;
    open_file(&opened, symbols_file(files[_i]), NULL);
    ck_assert_uint_gt(opened.n, 5);
    for (size_t i = 0; i < opened.n; i++) {
        const struct probe *probe = opened.probes[i];
        uint64_t entry = probe->entry.value;
        const char *name = probe->resolver ? probe->resolver->function : probe->function;
        ck_assert_str_eq(name_at(opened.image, entry, false), name);
        if (probe->size < 2 ||
            (i + 1 < opened.n && opened.probes[i + 1]->entry.value < entry + probe->size))
            continue;
        ck_assert_str_eq(name_at(opened.image, entry + 1, false), with_offset(probe->function, 1));
        ck_assert_str_eq(name_at(opened.image, entry + probe->size - 1, false),
                         with_offset(probe->function, probe->size - 1));
        /* A call may be the last instruction of a function. */
        ck_assert_str_eq(name_at(opened.image, entry + probe->size, true),
                         with_offset(probe->function, probe->size));
    }
    close_file(&opened);
}
END_TEST

/* Also if it was requested before other functions with its name were known. */
START_TEST(overloads_get_their_events_names)
{
    struct opened known;
    struct catalog *catalog;
    struct image *image;
    struct function_filter *select;
    const struct probe **probes;
    struct error err;
    size_t n, early = 0;
    open_file(&known, symbols_file("cxx_gcc"), NULL);
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(catalog_open(catalog, symbols_file("cxx_gcc"), &image, &err), 0);
    for (size_t i = 0; i < known.n; i++) {
        const char *name = name_at(image, known.probes[i]->entry.value, false);
        const char *function = known.probes[i]->function;
        ck_assert_int_eq(strncmp(name, function, strlen(name)), 0);
        early += strcmp(name, function) != 0;
    }
    ck_assert_uint_gt(early, 1);
    ck_assert_int_eq(image_probes(image, select, true, false, &probes, &n, &err), 0);
    for (size_t i = 0; i < known.n; i++)
        ck_assert_str_eq(name_at(image, known.probes[i]->entry.value, false),
                         known.probes[i]->function);
    free(probes);
    function_filter_free(select);
    catalog_free(catalog);
    close_file(&known);
}
END_TEST

START_TEST(what_is_no_candidate_has_a_name_too)
{
    struct opened opened;
    open_file(&opened, symbols_file("pie"), "main");
    struct image *image = opened.image;
    ck_assert_str_eq(name_at(image, image_start(image).value, false), "_start");
    uint64_t cold = symbol_at(image, "with_cold_part.cold");
    ck_assert_str_eq(name_at(image, cold, false), "with_cold_part.cold");
    ck_assert_str_eq(name_at(image, cold + 2, false), "with_cold_part.cold+0x2");
    /* Several names for the same code are one name. */
    ck_assert_str_eq(name_at(image, symbol_at(image, "weak_function"), false), "the_function");
    ck_assert_str_eq(name_at(image, symbol_at(image, "resolve"), false), "indirect@ifunc");
    ck_assert_str_eq(name_at(image, symbol_at(image, "sizeless"), false), "sizeless");
    ck_assert_str_eq(name_at(image, symbol_at(image, "cloned.constprop.0"), false),
                     "cloned.constprop.0");
    close_file(&opened);
}
END_TEST

/* A symbol without a size ends with its section: the PLT follows. */
START_TEST(code_of_no_symbol_has_its_files_name)
{
    struct opened opened;
    open_file(&opened, symbols_file("pie"), "main");
    uint64_t init = symbol_at(opened.image, "_init");
    ck_assert_str_eq(name_at(opened.image, init, false), "_init");
    ck_assert_str_eq(name_at(opened.image, init + 4, false), "_init+0x4");
    ck_assert_str_eq(name_at(opened.image, init + 0x40, false), with_offset("pie", init + 0x40));
    ck_assert_ptr_null(name_at(opened.image, 0, false));
    ck_assert_ptr_null(name_at(opened.image, 0, true));
    ck_assert_ptr_null(name_at(opened.image, UINT64_MAX, false));
    ck_assert_ptr_null(name_at(opened.image, UINT64_C(1) << 40, false));
    close_file(&opened);

    /* Statics of a stripped file do not belong to the function before them. */
    struct opened whole, stripped;
    open_file(&whole, symbols_file("libnames.so.1"), "main");
    open_file(&stripped, symbols_file("libdynsym.so"), "main");
    uint64_t inside = symbol_at(whole.image, "init");
    ck_assert_str_eq(name_at(whole.image, inside, false), "init");
    ck_assert_str_eq(name_at(stripped.image, inside, false), with_offset("libdynsym.so", inside));
    close_file(&whole);
    close_file(&stripped);
}
END_TEST

/* Sections in any order and overlapping: here the first with code, .init, is last in the table, and
   one that ends in it is first. */
START_TEST(sections_in_any_order)
{
    struct opened opened;
    open_file(&opened, symbols_file("pie"), "main");
    uint64_t init = symbol_at(opened.image, "_init");
    close_file(&opened);

    static unsigned char bytes[1 << 20];
    FILE *file = fopen(symbols_file("pie"), "re");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file), first = 0, last = 0;
    fclose(file);
    ck_assert_uint_lt(size, sizeof(bytes));
    Elf64_Ehdr header;
    memcpy(&header, bytes, sizeof(header));
    Elf64_Shdr sections[64], swapped;
    ck_assert_uint_lt(header.e_shnum, 64);
    memcpy(sections, bytes + header.e_shoff, header.e_shnum * sizeof(*sections));
    for (size_t i = 0; i < header.e_shnum; i++) {
        if (!(sections[i].sh_flags & SHF_EXECINSTR))
            continue;
        first = first ? first : i;
        last = i;
    }
    ck_assert_uint_lt(first, last);
    ck_assert_uint_eq(sections[first].sh_addr, init);
    swapped = sections[first];
    sections[first] = sections[last];
    sections[last] = swapped;
    sections[first].sh_addr = init - 16;
    sections[first].sh_size = 16 + 8;
    memcpy(bytes + header.e_shoff, sections, header.e_shnum * sizeof(*sections));

    char path[64];
    int fd = memfd_create("reordered", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    open_file(&opened, path, "main");
    ck_assert_str_eq(name_at(opened.image, init + 7, false), "_init+0x7");
    ck_assert_str_ne(name_at(opened.image, init + 8, false), "_init+0x8");
    close_file(&opened);
    close(fd);
}
END_TEST

/* In a program that is not position-independent, a function's address is that of the program's PLT
   entry. */
START_TEST(stubs_are_what_they_stand_for)
{
    struct opened opened;
    open_file(&opened, symbols_file("no_pie"), "main");
    unsigned exactly = 0, behind = 0;
    for (uint64_t at = 0x400000; at < 0x410000; at++) {
        const char *name = name_at(opened.image, at, false);
        exactly += name && strcmp(name, "atoi") == 0;
        behind += name && strncmp(name, "atoi+", 5) == 0;
    }
    ck_assert_uint_eq(exactly, 1);
    ck_assert_uint_gt(behind, 0);
    ck_assert_uint_lt(behind, 16);
    close_file(&opened);
}
END_TEST

START_TEST(long_names_are_cut)
{
    struct opened opened;
    open_file(&opened, symbols_file("library_gcc"), NULL);
    size_t longest = 0;
    for (size_t i = 0; i < opened.n; i++)
        if (strlen(opened.probes[i]->function) > strlen(opened.probes[longest]->function))
            longest = i;
    const struct probe *probe = opened.probes[longest];
    ck_assert_uint_gt(strlen(probe->function), 64);
    char name[64];
    size_t n = image_name_code(opened.image, probe->entry, false, name, sizeof(name));
    ck_assert_uint_eq(n, strlen(name));
    ck_assert_str_eq(name + n - 3, "...");
    ck_assert_int_eq(strncmp(name, probe->function, n - 3), 0);
    n = image_name_code(opened.image, file_vaddr_of(probe->entry.value + 1), false, name,
                        sizeof(name));
    ck_assert_str_eq(name + n - 7, "...+0x1");
    /* No space at all. */
    ck_assert_uint_eq(image_name_code(opened.image, probe->entry, false, name, 10), 0);
    close_file(&opened);
}
END_TEST

/* ---- many threads */

enum { THREADS = 4, ADDRESSES = 3000 };

struct asker {
    pthread_t thread;
    struct image *image;
    uint64_t start;
    unsigned turn;
    char names[ADDRESSES][96];
};

static void *ask(void *data)
{
    struct asker *asker = data;
    for (unsigned i = 0; i < ADDRESSES; i++) {
        unsigned which = (i + asker->turn * (ADDRESSES / THREADS)) % ADDRESSES;
        size_t n = image_name_code(asker->image, file_vaddr_of(asker->start + which), false,
                                   asker->names[which], sizeof(asker->names[which]));
        if (n == 0)
            strcpy(asker->names[which], "-");
    }
    return NULL;
}

START_TEST(threads_get_the_same_answers)
{
    static struct asker askers[THREADS + 1];
    struct opened opened;
    open_file(&opened, symbols_file("cxx_gcc"), "nothing_of_this_name");
    uint64_t start = symbol_at(opened.image, "main");
    for (unsigned i = 0; i <= THREADS; i++)
        askers[i] = (struct asker){.image = opened.image, .start = start, .turn = i};
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(askers[i].thread, NULL);
    ask(&askers[THREADS]);
    ck_assert_str_eq(askers[THREADS].names[0], "main");
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned k = 0; k < ADDRESSES; k++)
            ck_assert_str_eq(askers[i].names[k], askers[THREADS].names[k]);
    close_file(&opened);
}
END_TEST

/* ---- a whole process */

static void check_mapped(struct code_map *map, const void *at, const char *name)
{
    char text[NAME_MAX_HERE], behind[NAME_MAX_HERE];
    target_addr where = target_addr_of((uint64_t)(uintptr_t)at);
    for (int again = 0; again < 3; again++) {
        code_map_name(map, where, false, text, sizeof(text));
        ck_assert_str_eq(text, name);
    }
    snprintf(behind, sizeof(behind), "%s+0x1", name);
    code_map_name(map, target_addr_plus(where, 1), true, text, sizeof(text));
    ck_assert_str_eq(text, behind);
}

START_TEST(a_process)
{
    struct catalog *catalog;
    struct modules modules;
    struct error err;
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(modules_scan(&modules, getpid(), catalog, &err), 0);
    const struct module **list = calloc(modules.list.count, sizeof(*list));
    for (size_t i = 0; i < modules.list.count; i++)
        list[modules.list.count - 1 - i] = &modules.list.items[i];
    struct code_map *map = code_map_new();
    ck_assert_ptr_nonnull(map);

    char text[64], hex[64];
    snprintf(hex, sizeof(hex), "0x%" PRIxPTR, (uintptr_t)check_mapped);
    code_map_name(map, target_addr_of((uint64_t)(uintptr_t)check_mapped), false, text,
                  sizeof(text));
    ck_assert_str_eq(text, hex); /* nothing is known yet */

    code_map_set(map, list, modules.list.count);
    check_mapped(map, (const void *)check_mapped, "check_mapped");
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    ck_assert_ptr_nonnull(libc);
    check_mapped(map, dlsym(libc, "qsort"), "qsort");
    ck_assert_uint_eq(code_map_name(map, target_addr_of(1), false, text, sizeof(text)), 3);
    ck_assert_str_eq(text, "0x1");
    ck_assert_uint_eq(code_map_name(map, target_addr_of(0), true, text, sizeof(text)), 3);
    ck_assert_str_eq(text, "0x0");
    /* A value may look like an address that was requested before. */
    static const uint64_t high = UINT64_C(1) << 63;
    for (int again = 0; again < 2; again++) {
        ck_assert_uint_eq(code_map_name(map, target_addr_of(0), false, text, sizeof(text)), 3);
        ck_assert_str_eq(text, "0x0");
        code_map_name(map, target_addr_of(high), false, text, sizeof(text));
        ck_assert_str_eq(text, "0x8000000000000000");
        code_map_name(map, target_addr_of((uint64_t)(uintptr_t)check_mapped | high), false, text,
                      sizeof(text));
        snprintf(hex, sizeof(hex), "0x%" PRIxPTR, (uintptr_t)check_mapped | high);
        ck_assert_str_eq(text, hex);
        check_mapped(map, (const void *)check_mapped, "check_mapped");
    }
    code_map_name(map, target_addr_of((uint64_t)(uintptr_t)files), false, text, sizeof(text));
    snprintf(hex, sizeof(hex), "0x%" PRIxPTR, (uintptr_t)files);
    ck_assert_str_eq(text, hex); /* data */

    code_map_set(map, NULL, 0); /* another program was executed */
    code_map_name(map, target_addr_of((uint64_t)(uintptr_t)check_mapped), false, text,
                  sizeof(text));
    snprintf(hex, sizeof(hex), "0x%" PRIxPTR, (uintptr_t)check_mapped);
    ck_assert_str_eq(text, hex);
    code_map_free(map);
    free(list);
    modules_free(&modules);
    catalog_free(catalog);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, functions_have_their_events_names, 0,
                        (int)(sizeof(files) / sizeof(*files)));
    tcase_add_test(tests, overloads_get_their_events_names);
    tcase_add_test(tests, what_is_no_candidate_has_a_name_too);
    tcase_add_test(tests, code_of_no_symbol_has_its_files_name);
    tcase_add_test(tests, sections_in_any_order);
    tcase_add_test(tests, stubs_are_what_they_stand_for);
    tcase_add_test(tests, long_names_are_cut);
    tcase_add_test(tests, threads_get_the_same_answers);
    tcase_add_test(tests, a_process);
}

CHECK_MAIN("symbolizer", 30, add_tests)
