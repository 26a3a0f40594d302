/* SPDX-License-Identifier: MIT */
/* Functions of whole files: linked in every way, stripped, with separate debug files. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "places.h"
#include "symbols/elf/symbol_table.h"
#include "unit/symbols_files.h"

static const struct {
    const char *file, *provider;
    bool position_independent, has_interpreter;
} links[] = {
    {"pie", "pie", true, true},
    {"no_pie", "no_pie", false, true},
    {"static", "static", false, false},
    {"static_pie", "static_pie", true, false},
    {"libnames.so.1", "names", true, false},
};

static void check_event(const struct opened *opened, const char *event, const char *args)
{
    char fields[512];
    const struct probe *probe = probe_named(opened, event);
    ck_assert_msg(probe != NULL, "no %s in %s", event, image_path(opened->image));
    describe_fields(fields, sizeof(fields), probe->args, probe->n_args, probe->arg_pointees);
    ck_assert_str_eq(fields, placed(args));
}

START_TEST(programs_and_libraries)
{
    struct opened opened;
    open_file(&opened, symbols_file(links[_i].file), NULL);
    ck_assert_str_eq(image_provider(opened.image), links[_i].provider);
    ck_assert_str_eq(image_path(opened.image), symbols_file(links[_i].file));
    ck_assert_int_eq(image_is_position_independent(opened.image), links[_i].position_independent);
    const char *interpreter = image_interpreter(opened.image);
    ck_assert_int_eq(interpreter != NULL, links[_i].has_interpreter);
    if (interpreter)
        ck_assert_ptr_nonnull(strstr(interpreter, "ld-linux"));

    check_event(&opened, "main_entry", "argc:int4s@i0 argv:ptr8@i1");
    check_event(&opened, "second_entry", "a:int4s@i0 text:str8@i1");
    check_event(&opened, "sized_entry", "");
    /* Statics with one name, with different fields and with the same. */
    check_event(&opened, "init_entry", "from_first:int4s@i0");
    check_event(&opened, "init@symbols_names_second.c_entry", "from_second:str8@i0");
    unsigned same = 0;
    for (size_t i = 0; i < opened.n; i++) {
        const struct probe *probe = opened.probes[i];
        same += strcmp(probe->entry_event, "same_entry") == 0;
        ck_assert_str_eq(probe->provider, links[_i].provider);
        ck_assert(i == 0 || opened.probes[i - 1]->entry.value < probe->entry.value);
    }
    ck_assert_uint_eq(same, 2);
    /* GCC's clone: only the remaining arguments, in their places. */
    check_event(&opened, "cloned.constprop.0_entry", "shown:int4s@i0 text:str8@i1");

    /* Debug information does not describe an IFUNC's implementation: at that address it has the
       resolver. */
    check_event(&opened, "indirect_entry",
                "arg1:word8@i0 arg2:word8@i1 arg3:word8@i2 arg4:word8@i3 arg5:word8@i4 "
                "arg6:word8@i5");
    const struct probe *indirect = probe_named(&opened, "indirect_entry");
    ck_assert_ptr_nonnull(indirect->resolver);
    ck_assert_ptr_eq(indirect->resolver->resolves, indirect);
    ck_assert_ptr_null(indirect->resolves);
    ck_assert_uint_eq(indirect->size, 0);
    ck_assert_ptr_null(probe_named(&opened, "main_entry")->resolver);
    ck_assert_ptr_null(probe_named(&opened, "resolve_entry"));
    ck_assert_ptr_null(probe_named(&opened, "_start_entry"));
    for (size_t i = 0; i < opened.n; i++)
        ck_assert_ptr_null(strstr(opened.probes[i]->entry_event, ".cold"));
    const struct probe *sizeless = probe_named(&opened, "sizeless_entry");
    ck_assert_ptr_nonnull(sizeless);
    ck_assert_uint_eq(sizeless->size, 0);
    ck_assert_int_eq(sizeless->source, SIGNATURE_NONE);
    close_file(&opened);
}
END_TEST

static const struct {
    const char *pattern, *event;
} aliases[] = {
    /* The name in debug information, whichever name selects it. */
    {"the_function", "the_function_entry"},
    {"__the_function", "the_function_entry"},
    {"zz_.*", "the_function_entry"},
    {"weak_.*", "the_function_entry"},
    {".*the_function.*", "the_function_entry"},
    {"aa_other", "other_entry"},
    {"local", "local_entry"},
    {"aa_exported", "local_entry"},
    /* But not a reserved name. */
    {"public", "public_entry"},
    {".*public", "public_entry"},
    {"__zz_public", "__of_public_entry"},
    {"__of_public", "__of_public_entry"},
    {"_Of_two|two", "two_entry"},
    {"cloned", "cloned.constprop.0_entry"},
    {"cloned\\.constprop\\.0", "cloned.constprop.0_entry"},
};

START_TEST(alias_that_was_asked_for)
{
    struct opened opened;
    open_file(&opened, symbols_file("pie"), aliases[_i].pattern);
    ck_assert_uint_eq(opened.n, 1);
    ck_assert_str_eq(opened.probes[0]->entry_event, aliases[_i].event);
    close_file(&opened);
}
END_TEST

START_TEST(excluded_alias_takes_the_function_out)
{
    struct opened opened;
    open_file(&opened, symbols_file("pie"), "the_function|main");
    struct error err = {0};
    const struct probe **probes;
    size_t n;
    ck_assert_int_eq(function_filter_add(opened.select, "weak_function", true, &err), 0);
    ck_assert_int_eq(image_probes(opened.image, opened.select, true, false, &probes, &n, &err), 0);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(probes[0]->function, "main");
    /* Twice the same request gives the same probe. */
    bool found = false;
    for (size_t i = 0; i < opened.n; i++)
        found |= opened.probes[i] == probes[0];
    ck_assert(found);
    free(probes);
    close_file(&opened);
}
END_TEST

START_TEST(stripped_of_all_but_dynsym)
{
    struct opened opened;
    open_file(&opened, symbols_file("libdynsym.so"), NULL);
    check_event(&opened, "second_entry",
                "arg1:word8@i0 arg2:word8@i1 arg3:word8@i2 arg4:word8@i3 arg5:word8@i4 "
                "arg6:word8@i5");
    ck_assert_ptr_null(probe_named(&opened, "init_entry"));
    ck_assert_ptr_nonnull(probe_named(&opened, "indirect_entry"));
    ck_assert_int_eq(probe_named(&opened, "second_entry")->source, SIGNATURE_NONE);
    close_file(&opened);
}
END_TEST

START_TEST(debug_file_by_link)
{
    struct opened opened;
    open_file(&opened, symbols_file("stripped_debuglink"), NULL);
    check_event(&opened, "main_entry", "argc:int4s@i0 argv:ptr8@i1");
    check_event(&opened, "init_entry", "from_first:int4s@i0");
    const char *source = probe_source_text(opened.catalog, probe_named(&opened, "main_entry"));
    ck_assert_str_eq(source + strlen("DWARF of "), symbols_file("stripped_debuglink.debug"));
    close_file(&opened);
}
END_TEST

START_TEST(debug_file_by_build_id)
{
    struct opened opened;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&opened.catalog), 0);
    ck_assert_int_eq(function_filter_new(&opened.select), 0);
    ck_assert_int_eq(catalog_set_debug_path(opened.catalog, symbols_file("debug")), 0);
    const char *path = symbols_file("stripped_build_id");
    ck_assert_int_eq(catalog_open(opened.catalog, path, &opened.image, &err), 0);
    ck_assert_int_eq(
        image_probes(opened.image, opened.select, true, false, &opened.probes, &opened.n, &err), 0);
    check_event(&opened, "main_entry", "argc:int4s@i0 argv:ptr8@i1");
    check_event(&opened, "init@symbols_names_second.c_entry", "from_second:str8@i0");
    const char *source = probe_source_text(opened.catalog, probe_named(&opened, "main_entry"));
    ck_assert_str_eq(source + strlen("DWARF of "),
                     symbols_file("debug/.build-id/ab/cdef0123456789.debug"));
    close_file(&opened);
}
END_TEST

START_TEST(finds_symbols_of_any_binding)
{
    struct opened opened;
    file_vaddr vaddr, other;
    open_file(&opened, symbols_file("pie"), "main");
    ck_assert(image_symbol(opened.image, "main", &vaddr));
    ck_assert_uint_eq(vaddr.value, opened.probes[0]->entry.value);
    ck_assert(image_symbol(opened.image, "the_function", &vaddr));
    ck_assert(image_symbol(opened.image, "weak_function", &other));
    ck_assert_uint_eq(vaddr.value, other.value);
    ck_assert(image_symbol(opened.image, "init", &vaddr));
    ck_assert(!image_symbol(opened.image, "indirect", &vaddr));
    ck_assert(!image_symbol(opened.image, "abort", &vaddr));
    ck_assert(!image_symbol(opened.image, "", &vaddr));
    close_file(&opened);
}
END_TEST

/* We find what the dynamic linker finds for a name, also with versions. */
START_TEST(finds_what_the_loader_finds)
{
    static const char *const names[] = {
        "longjmp",    "setjmp", "fopen", "pthread_cond_wait", "malloc",
        "siglongjmp", "dlopen", "write", "pthread_create"};
    struct catalog *catalog;
    struct image *image;
    struct error err = {0};
    Dl_info info;
    ck_assert_int_ne(dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &info), 0);
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(catalog_open(catalog, info.dli_fname, &image, &err), 0);
    ck_assert_str_eq(image_provider(image), "c");
    void *libc = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    ck_assert_ptr_nonnull(libc);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        file_vaddr vaddr;
        void *loaded = dlsym(libc, names[i]);
        if (!loaded)
            continue;
        ck_assert_msg(image_symbol(image, names[i], &vaddr), "%s", names[i]);
        ck_assert_msg((uintptr_t)loaded - (uintptr_t)info.dli_fbase == vaddr.value, "%s", names[i]);
    }
    dlclose(libc);
    catalog_free(catalog);
}
END_TEST

START_TEST(knows_offsets)
{
    struct opened opened;
    open_file(&opened, symbols_file("no_pie"), "main");
    file_vaddr vaddr;
    ck_assert(image_vaddr_of_offset(opened.image, 0, &vaddr));
    ck_assert_uint_eq(vaddr.value, 0x400000);
    uint64_t offset = opened.probes[0]->entry.value - 0x400000;
    ck_assert(image_vaddr_of_offset(opened.image, offset, &vaddr));
    ck_assert_uint_eq(vaddr.value, opened.probes[0]->entry.value);
    ck_assert(!image_vaddr_of_offset(opened.image, UINT64_MAX, &vaddr));
    close_file(&opened);
}
END_TEST

/* A request to end stops the reading; a new request reads everything. */
START_TEST(ends_when_it_is_asked_to)
{
    struct opened opened;
    struct catalog *catalog;
    struct image *image;
    struct function_filter *select;
    struct error err = {0};
    atomic_bool asked = true;
    const struct probe **probes;
    size_t n;
    open_file(&opened, symbols_file("pie"), NULL);
    ck_assert_int_eq(catalog_new(&catalog), 0);
    catalog_stop_when(catalog, &asked);
    ck_assert_int_eq(catalog_open(catalog, symbols_file("pie"), &image, &err), 0);
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(image_probes(image, select, true, false, &probes, &n, &err), -ECANCELED);
    ck_assert_ptr_null(probes);
    ck_assert_uint_eq(n, 0);
    asked = false;
    ck_assert_int_eq(image_probes(image, select, true, false, &probes, &n, &err), 0);
    ck_assert_uint_eq(n, opened.n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(probes[i]->entry_event, opened.probes[i]->entry_event);
        ck_assert_int_eq(probes[i]->source, opened.probes[i]->source);
    }
    free(probes);
    /* Complete data is not read again: only making the probes can be ended. */
    asked = true;
    ck_assert_int_eq(image_probes(image, select, true, false, &probes, &n, &err), -ECANCELED);
    function_filter_free(select);
    catalog_free(catalog);
    close_file(&opened);
}
END_TEST

START_TEST(code_that_is_no_function_of_the_program)
{
    static const char *const added[] = {
        "_start",
        "call_weak_fn",
        "init_have_lse_atomics",
        "__aarch64_cas16_relax",
        "__aarch64_swp1_acq",
        "__aarch64_ldadd4_acq_rel",
        "__aarch64_ldclr8_rel",
        "__aarch64_ldset2_sync",
    };
    static const char *const own[] = {
        "start",
        "__aarch64_",
        "__aarch64_ldadd4",
        "__aarch64_ldadd4_acq_relative",
        "__aarch64_load4_acq",
        "my__aarch64_cas4_acq",
        "__addtf3",
    };
    for (size_t i = 0; i < sizeof(added) / sizeof(*added); i++)
        ck_assert_msg(symbol_is_startup_code(added[i]), "%s", added[i]);
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        ck_assert_msg(!symbol_is_startup_code(own[i]), "%s", own[i]);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, code_that_is_no_function_of_the_program);
    tcase_add_loop_test(tests, programs_and_libraries, 0, sizeof(links) / sizeof(*links));
    tcase_add_loop_test(tests, alias_that_was_asked_for, 0, sizeof(aliases) / sizeof(*aliases));
    tcase_add_test(tests, excluded_alias_takes_the_function_out);
    tcase_add_test(tests, stripped_of_all_but_dynsym);
    tcase_add_test(tests, debug_file_by_link);
    tcase_add_test(tests, debug_file_by_build_id);
    tcase_add_test(tests, finds_symbols_of_any_binding);
    tcase_add_test(tests, finds_what_the_loader_finds);
    tcase_add_test(tests, knows_offsets);
    tcase_add_test(tests, ends_when_it_is_asked_to);
}

CHECK_MAIN("catalog", 30, add_tests)
