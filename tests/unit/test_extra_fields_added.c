/* SPDX-License-Identifier: MIT */
/* Extra fields of a call, after the function's own. */
#include "symbols/extra_fields.h"
#include "unit/check_main.h"
#include "unit/symbols_files.h"

enum { ALL = (1 << PROBE_EXTRAS_MAX) - 1 };

static struct arena arena;

static void check_fields(const struct field *fields, size_t n, const char *text)
{
    char shown[1024] = "";
    for (size_t i = 0; i < n; i++)
        snprintf(shown + strlen(shown), sizeof(shown) - strlen(shown), "%s%s", i ? " " : "",
                 fields[i].name);
    ck_assert_str_eq(shown, text);
}

static struct probe probe_of(const struct field *args, size_t n_args, const struct field *rets,
                             size_t n_rets)
{
    return (struct probe){.args = args, .n_args = n_args, .rets = rets, .n_rets = n_rets};
}

START_TEST(all_of_them)
{
    const struct field args[] = {{.name = "a", .kind = VALUE_INTEGER, .size = 4},
                                 {.name = "b", .kind = VALUE_POINTER, .size = 8}};
    const struct field ret = {.name = "retval", .kind = VALUE_INTEGER, .size = 4};
    struct probe probe = probe_of(args, 2, &ret, 1);
    ck_assert_int_eq(extra_fields_add(&probe, ALL, &arena), 0);
    check_fields(probe.args, probe.n_args, "a b depth caller tid pid stack");
    check_fields(probe.rets, probe.n_rets, "retval depth duration cpu caller tid pid stack");
    ck_assert_uint_eq(probe.n_arg_extras, 5);
    ck_assert_uint_eq(probe.n_ret_extras, 7);
    ck_assert(probe.wants_cpu);
    for (size_t i = 0; i < probe.n_args; i++)
        ck_assert_int_eq(probe.args[i].place.kind == PLACE_EXTRA, i >= 2);
    ck_assert_ptr_null(probe.not_shown);
    arena_free(&arena);
}
END_TEST

START_TEST(some_of_them)
{
    struct probe probe = probe_of(NULL, 0, NULL, 0);
    ck_assert_int_eq(extra_fields_add(&probe, 1 << EXTRA_DURATION | 1 << EXTRA_PID, &arena), 0);
    check_fields(probe.args, probe.n_args, "pid");
    check_fields(probe.rets, probe.n_rets, "duration pid");
    ck_assert(!probe.wants_cpu);
    ck_assert_uint_eq(probe.args[0].size, 4);
    ck_assert(probe.args[0].is_signed);
    ck_assert_uint_eq(probe.rets[0].size, 8);
    ck_assert(!probe.rets[0].is_signed);
    arena_free(&arena);
}
END_TEST

/* A parameter keeps its name. */
START_TEST(names_that_are_taken)
{
    const struct field args[] = {{.name = "pid"}, {.name = "depth"}, {.name = "depth_2"}};
    struct probe probe = probe_of(args, 3, NULL, 0);
    ck_assert_int_eq(extra_fields_add(&probe, ALL, &arena), 0);
    check_fields(probe.args, probe.n_args, "pid depth depth_2 depth_3 caller tid pid_2 stack");
    check_fields(probe.rets, probe.n_rets, "depth duration cpu caller tid pid stack");
    arena_free(&arena);
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
    static struct field args[PROBE_FIELDS_MAX];
    static char names[PROBE_FIELDS_MAX][8];
    for (size_t i = 0; i < PROBE_FIELDS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "p%zu", i);
        args[i].name = names[i];
    }
    struct probe probe = probe_of(args, PROBE_FIELDS_MAX, NULL, 0);
    probe.not_shown = "q";
    ck_assert_int_eq(extra_fields_add(&probe, 1 << EXTRA_DEPTH | 1 << EXTRA_TID, &arena), 0);
    ck_assert_uint_eq(probe.n_args, PROBE_FIELDS_MAX);
    ck_assert_str_eq(probe.args[61].name, "p61");
    ck_assert_str_eq(probe.args[62].name, "depth");
    ck_assert_str_eq(probe.args[63].name, "tid");
    ck_assert_str_eq(probe.not_shown, "q, p62, p63");
    arena_free(&arena);
}
END_TEST

START_TEST(probes_of_a_catalog_have_them)
{
    struct opened opened;
    struct error err;
    ck_assert_int_eq(catalog_new(&opened.catalog), 0);
    ck_assert_int_eq(function_filter_new(&opened.select), 0);
    catalog_set_extra_fields(opened.catalog, 1 << EXTRA_CALLER);
    const char *path = symbols_file("pie");
    ck_assert_int_eq(catalog_open(opened.catalog, path, &opened.image, &err), 0);
    ck_assert_int_eq(
        image_probes(opened.image, opened.select, true, false, &opened.probes, &opened.n, &err), 0);
    const struct probe *probe = probe_named(&opened, "main_entry");
    check_fields(probe->args, probe->n_args, "argc argv caller");
    check_fields(probe->rets, probe->n_rets, "retval caller");
    /* Statics with one name and the same fields still share their events. */
    unsigned same = 0;
    for (size_t i = 0; i < opened.n; i++)
        same += strcmp(opened.probes[i]->entry_event, "same_entry") == 0;
    ck_assert_uint_eq(same, 2);
    close_file(&opened);
}
END_TEST

START_TEST(their_names)
{
    ck_assert_str_eq(extra_field_name(EXTRA_DEPTH), "depth");
    ck_assert_str_eq(extra_field_name(EXTRA_STACK), "stack");
    ck_assert_ptr_null(extra_field_name((enum extra_field)PROBE_EXTRAS_MAX));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, all_of_them);
    tcase_add_test(tests, some_of_them);
    tcase_add_test(tests, names_that_are_taken);
    tcase_add_test(tests, no_more_than_there_is_room_for);
    tcase_add_test(tests, probes_of_a_catalog_have_them);
    tcase_add_test(tests, their_names);
}

CHECK_MAIN("extra_fields_added", 10, add_tests)
