/* SPDX-License-Identifier: MIT */
/* The functions of stripped files, compared with the symbols of the same files before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "symbols/abi/abi.h"
#include "symbols/function_place.h"
#include "unit/symbols_files.h"

static const char *const files[] = {
    "unnamed_gcc", "unnamed_gcc_no_pie", "unnamed_clang", "pie", "no_pie", "cxx_gcc"};

static bool is_built(const char *name)
{
    return access(symbols_file(name), R_OK) == 0;
}

static const struct probe *probe_at(const struct opened *opened, file_vaddr entry)
{
    for (size_t i = 0; i < opened->n; i++)
        if (opened->probes[i]->entry.value == entry.value)
            return opened->probes[i];
    return NULL;
}

/* Start-up code that is described like any function. Other tests know it by its name. */
static bool is_startup_code(struct image *image, file_vaddr entry)
{
    static const char *const names[] = {
        "_dl_relocate_static_pie", "init_have_lse_atomics", "__wrap_main", "call_weak_fn",
        /* arm64 */
        "deregister_tm_clones", "register_tm_clones", "__do_global_dtors_aux", "frame_dummy"};
    bool is_one = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        file_vaddr vaddr;
        is_one |= image_symbol(image, names[i], &vaddr) && vaddr.value == entry.value;
    }
    return is_one;
}

static void open_stripped(struct opened *opened, const char *name, const char *what)
{
    char file[64], pattern[128];
    snprintf(file, sizeof(file), "%s_stripped", name);
    snprintf(pattern, sizeof(pattern), "%s@%s", what, file);
    open_file(opened, symbols_file(file), pattern);
}

/* All functions that have a frame description, and no others: no cold part, no linkage table, not
   the program's start. */
START_TEST(stripped_as_symbols)
{
    struct opened whole, exported, stripped;
    char name[64];
    if (!is_built(files[_i]))
        return;
    open_file(&whole, symbols_file(files[_i]), NULL);
    snprintf(name, sizeof(name), "%s_stripped", files[_i]);
    open_file(&exported, symbols_file(name), NULL);
    open_stripped(&stripped, files[_i], "sub_.*");
    size_t n = 0;
    for (size_t i = 0; i < whole.n; i++) {
        const struct probe *probe = whole.probes[i], *found = probe_at(&stripped, probe->entry);
        /* The resolver is a function, too. The code of "sizeless" is not described. */
        if (strcmp(probe->function, "sizeless") == 0 || probe_at(&exported, probe->entry))
            continue;
        ck_assert_msg(found != NULL, "%s of %s", probe->function, files[_i]);
        snprintf(name, sizeof(name), "sub_%llx", (unsigned long long)probe->entry.value);
        ck_assert_str_eq(found->function, name);
        ck_assert(probe->resolver || found->size == probe->size);
        ck_assert_uint_eq(found->n_args - found->n_arg_extras, abi_integer_arguments());
        ck_assert_str_eq(found->args[0].name, "arg1");
        ck_assert_uint_eq(found->n_rets - found->n_ret_extras, 1);
        ck_assert_int_eq(found->source, SIGNATURE_NONE);
        ck_assert(probe_is_unnamed(found) && !probe_is_unnamed(probe));
        ck_assert_str_eq(probe_source_text(stripped.catalog, found), ".eh_frame only");
        n++;
    }
    ck_assert_uint_ge(n, 7);
    for (size_t i = 0; i < stripped.n; i++) {
        const struct probe *found = stripped.probes[i];
        ck_assert_msg(probe_at(&whole, found->entry) || is_startup_code(whole.image, found->entry),
                      "%s of %s", found->function, files[_i]);
        ck_assert(i == 0 || stripped.probes[i - 1]->entry.value < found->entry.value);
    }
    ck_assert_uint_ge(stripped.n, n);
    close_file(&whole);
    close_file(&exported);
    close_file(&stripped);
}
END_TEST

/* The C library has functions of its own kind: those that the dynamic linker's jumps lead to, and
   the return from a signal handler. They are no candidates. */
START_TEST(static_program)
{
    struct opened whole, stripped;
    const struct probe *found;
    struct error err = {0};
    open_file(&whole, symbols_file("static"), ".*");
    /* As a program it is left alone: its functions for signals are not known. */
    open_stripped(&stripped, "static", "sub_.*");
    ck_assert_uint_eq(stripped.n, 0);
    free(stripped.probes);
    ck_assert_int_eq(image_probes(stripped.image, stripped.select, false, 0, &stripped.probes,
                                  &stripped.n, &err),
                     0);
    size_t missing = 0;
    ck_assert_uint_gt(whole.n, 500);
    for (size_t i = 0; i < whole.n; i++) {
        const struct probe *probe = whole.probes[i];
        if (probe_at(&stripped, probe->entry))
            continue;
        missing++;
        ck_assert_msg(strncmp(probe->function, "_dl_", 4) == 0 ||
                          strcmp(probe->function, "sizeless") == 0 ||
                          strcmp(probe->function, "__restore_rt") == 0 || probe->size <= 16,
                      "%s", probe->function);
    }
    ck_assert_uint_lt(missing, whole.n / 20);
    for (size_t i = 0; i < whole.n; i++) {
        const struct probe *probe = whole.probes[i];
        /* _dl_runtime_resolve_xsave and others. On arm64 the name ends before, and the frame is
           that of a called function: the return address is where it is expected. */
        const char *resolve = "_dl_runtime_resolve_", *profile = "_dl_runtime_profile_";
        found = strncmp(probe->function, resolve, strlen(resolve)) == 0 ||
                        strncmp(probe->function, profile, strlen(profile)) == 0 ||
                        strcmp(probe->function, "__restore_rt") == 0
                    ? probe_at(&stripped, probe->entry)
                    : NULL;
        ck_assert_msg(!found, "%s", probe->function);
    }
    ck_assert_ptr_null(probe_at(&stripped, image_start(stripped.image)));
    close_file(&whole);
    close_file(&stripped);
}
END_TEST

static const struct {
    const char *pattern;
    bool selects;
} patterns[] = {
    {"sub_.*@unnamed_gcc_stripped", true},
    {"sub_[0-9a-f]+@unnamed*", true},
    {"main|sub_.*@unnamed_gcc_stripped", true},
    {"(sub_1.*|sub_4.*|sub_.*)@unnamed_gcc_stripped", true},
    {"^sub_.*@unnamed_gcc_stripped", true},
    {"unnamed_gcc_stripped:sub_.*", true},
    /* Not by default, nor by what does not name them. */
    {NULL, false},
    {".*", false},
    {".*@unnamed_gcc_stripped", false},
    {".*sub_.*@unnamed_gcc_stripped", false},
    {"s.*@unnamed_gcc_stripped", false},
    {"sub_.*", false},
    {"sub_.*@other", false},
};

START_TEST(named_only)
{
    struct opened opened;
    open_file(&opened, symbols_file("unnamed_gcc_stripped"), patterns[_i].pattern);
    size_t n = 0;
    for (size_t i = 0; i < opened.n; i++)
        n += probe_is_unnamed(opened.probes[i]);
    ck_assert_int_eq(n > 0, patterns[_i].selects);
    close_file(&opened);
}
END_TEST

/* By an event rule; and the same probe whichever way it is asked for. */
START_TEST(by_rule)
{
    struct opened opened;
    struct error err = {0};
    const struct probe **probes;
    size_t n;
    open_file(&opened, symbols_file("unnamed_gcc_stripped"), NULL);
    ck_assert_str_eq(image_unnamed_events(opened.image), "unnamed_gcc_stripped:sub_");
    for (size_t i = 0; i < opened.n; i++)
        ck_assert(!probe_is_unnamed(opened.probes[i]));
    ck_assert_int_eq(
        image_probes(opened.image, opened.select, true, IMAGE_UNNAMED, &probes, &n, &err), 0);
    ck_assert_uint_gt(n, 7);
    const struct probe *first = probes[0];
    for (size_t i = 0; i < n; i++)
        ck_assert(probe_is_unnamed(probes[i]));
    free(probes);
    ck_assert_int_eq(function_filter_add(opened.select, "sub_.*@unnamed*", false, &err), 0);
    ck_assert_int_eq(function_filter_add(opened.select, first->function, true, &err), 0);
    ck_assert_int_eq(image_probes(opened.image, opened.select, true, 0, &probes, &n, &err), 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_ptr_ne(probes[i], first);
    free(probes);
    close_file(&opened);
}
END_TEST

/* A file with symbols has none that have no name; code of others keeps its name in call chains. */
START_TEST(code_names)
{
    struct opened opened;
    char name[128], wanted[128];
    open_file(&opened, symbols_file("unnamed_gcc"), "sub_.*@unnamed_gcc");
    ck_assert_uint_eq(opened.n, 0);
    close_file(&opened);

    open_stripped(&opened, "unnamed_gcc", "main");
    file_vaddr start = image_start(opened.image);
    image_name_code(opened.image, start, false, name, sizeof(name));
    snprintf(wanted, sizeof(wanted), "unnamed_gcc_stripped+0x%llx",
             (unsigned long long)start.value);
    ck_assert_str_eq(name, wanted);
    close_file(&opened);

    open_stripped(&opened, "unnamed_gcc", "sub_.*");
    ck_assert_uint_gt(opened.n, 7);
    for (size_t i = 0; i < opened.n; i++) {
        const struct probe *probe = opened.probes[i];
        image_name_code(opened.image, probe->entry, false, name, sizeof(name));
        ck_assert_str_eq(name, probe->function);
        /* A return address behind a call at the function's end. */
        file_vaddr end = file_vaddr_of(probe->entry.value + probe->size);
        image_name_code(opened.image, end, true, name, sizeof(name));
        snprintf(wanted, sizeof(wanted), "%s+0x%llx", probe->function,
                 (unsigned long long)probe->size);
        ck_assert_str_eq(name, wanted);
    }
    image_name_code(opened.image, start, false, name, sizeof(name));
    snprintf(wanted, sizeof(wanted), "unnamed_gcc_stripped+0x%llx",
             (unsigned long long)start.value);
    ck_assert_str_eq(name, wanted);
    close_file(&opened);
}
END_TEST

/* A function by its address, whether it has a symbol or not; and what other addresses are of. */
START_TEST(by_address)
{
    static const char *const names[] = {"unnamed_gcc", "unnamed_gcc_stripped"};
    struct opened whole, opened;
    char pattern[128];
    file_vaddr entry;
    open_file(&whole, symbols_file("unnamed_gcc"), "with_frame");
    ck_assert_uint_eq(whole.n, 1);
    entry = whole.probes[0]->entry;
    uint64_t size = whole.probes[0]->size;
    close_file(&whole);
    for (size_t i = 0; i < 2; i++) {
        snprintf(pattern, sizeof(pattern), "0x%llX@%s", (unsigned long long)entry.value, names[i]);
        open_file(&opened, symbols_file(names[i]), pattern);
        ck_assert_uint_eq(opened.n, 1);
        ck_assert_uint_eq(opened.probes[0]->entry.value, entry.value);
        ck_assert_int_eq(probe_is_unnamed(opened.probes[0]), i == 1);
        const char *name = i == 0 ? "with_frame" : opened.probes[0]->function;
        ck_assert_str_eq(opened.probes[0]->function, name);
        file_vaddr inside = file_vaddr_of(entry.value + size - 1);
        struct function_place place = function_place_find(opened.image, inside);
        ck_assert_int_eq(place.kind, PLACE_IN_FUNCTION);
        ck_assert_str_eq(place.name, name);
        ck_assert_uint_eq(place.start.value, entry.value);
        place = function_place_find(opened.image, image_start(opened.image));
        ck_assert_int_eq(place.kind, PLACE_NO_FUNCTION);
        place = function_place_find(opened.image, file_vaddr_of(UINT64_MAX));
        ck_assert_int_eq(place.kind, PLACE_NO_CODE);
        close_file(&opened);
        /* Not its first byte; another module; no hexadecimal number. */
        snprintf(pattern, sizeof(pattern), "0x%llx@%s", (unsigned long long)inside.value, names[i]);
        open_file(&opened, symbols_file(names[i]), pattern);
        ck_assert_uint_eq(opened.n, 0);
        close_file(&opened);
        snprintf(pattern, sizeof(pattern), "0x%llx@other", (unsigned long long)entry.value);
        open_file(&opened, symbols_file(names[i]), pattern);
        ck_assert_uint_eq(opened.n, 0);
        close_file(&opened);
        snprintf(pattern, sizeof(pattern), "%llx@%s", (unsigned long long)entry.value, names[i]);
        open_file(&opened, symbols_file(names[i]), pattern);
        ck_assert_uint_eq(opened.n, 0);
        close_file(&opened);
    }
    struct function_filter *select;
    struct error err = {0};
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(function_filter_add(select, "0x1234", false, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "is an address without a module"));
    function_filter_free(select);
}
END_TEST

/* By its address a function is excluded, too. */
START_TEST(excluded_by_address)
{
    struct opened opened;
    struct error err = {0};
    const struct probe **probes;
    char pattern[128];
    size_t n;
    open_stripped(&opened, "unnamed_gcc", "sub_.*");
    snprintf(pattern, sizeof(pattern), "0x%llx@unnamed_gcc_stripped",
             (unsigned long long)opened.probes[0]->entry.value);
    ck_assert_int_eq(function_filter_add(opened.select, pattern, true, &err), 0);
    ck_assert_int_eq(image_probes(opened.image, opened.select, true, 0, &probes, &n, &err), 0);
    ck_assert_uint_eq(n, opened.n - 1);
    ck_assert_ptr_eq(probes[0], opened.probes[1]);
    free(probes);
    close_file(&opened);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, stripped_as_symbols, 0, sizeof(files) / sizeof(*files));
    tcase_add_test(tests, static_program);
    tcase_add_loop_test(tests, named_only, 0, sizeof(patterns) / sizeof(*patterns));
    tcase_add_test(tests, by_rule);
    tcase_add_test(tests, code_names);
    tcase_add_test(tests, by_address);
    tcase_add_test(tests, excluded_by_address);
}

CHECK_MAIN("unnamed_functions", 30, add_tests)
