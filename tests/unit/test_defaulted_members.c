/* SPDX-License-Identifier: MIT */
/*
 * Classes that declare copy constructors or destructors, which may be defaulted: how they are
 * passed is known if the compiler says so (DW_AT_defaulted, DW_AT_calling_convention). In strict
 * DWARF 4 it cannot: then only values are shown that do not depend on it, or whose place follows
 * from the parameters. Reads the output of gcc and clang for tests/targets/defaulted.cc.
 */
#include "places.h"
#include "unit/symbols_files.h"

enum { FUNCTIONS = 6 };
static const char *const functions[FUNCTIONS] = {"trivial", "owner", "made_virtual",
                                                 "large",   "plain", "only_returned"};

/* The expected "args = rets" if all is known. */
static const char *const known[FUNCTIONS] = {
    "t_a:int4s@i0 n:int4s@i1 = retval_a:int4s@I0",
    "o_a:int4s@&i1>0 n:int4s@i2 = retval_a:int4s@&I0>0",
    "v_a:int4s@&i0>8 n:int4s@i1 = retval:int4s@I0",
    "l_a:int8s@s0 l_b:int8s@s8 l_c:int8s@s16 n:int4s@i0 = retval:int8s@I0",
    "p_a:int4s@i0 n:int4s@i1 = retval_a:int4s@I0",
    "n:int4s@i0 = retval_a:int4s@I0",
};

/* The differences, and what is reported as not shown. */
static const struct {
    const char *file;
    struct {
        const char *text, *not_shown;
    } shown[FUNCTIONS];
} cases[] = {
    {"defaulted_gcc_5_O0", {{NULL, NULL}}},
    {"defaulted_gcc_4_O0", {{NULL, NULL}}},
    {"defaulted_clang_5_O0", {{NULL, NULL}}},
    {"defaulted_clang_4_O0", {{NULL, NULL}}},
    {"defaulted_gcc_strict4_O0",
     {[5] = {RESULT_MOVES_ARGUMENTS ? " = " : "n:int4s@i0 = ",
             RESULT_MOVES_ARGUMENTS ? "n, retval" : "retval"}}},
    {"defaulted_gcc_strict4_O2",
     {{"n:int4s@i1 = ", "t, retval"}, [5] = {"n:int4s@i0 = ", "retval"}}},
    {"defaulted_clang_strict4_O0",
     {{" = ", "t, n, retval"},
      {" = ", "o, n, retval"},
      [3] = {" = retval:int8s@I0", "l, n"},
      [5] = {" = ", "n, retval"}}},
    {"defaulted_clang_strict4_O2",
     {{"n:int4s@i1 = ", "t, retval"},
      [3] = {"n:int4s@i0 = retval:int8s@I0", "l"},
      [5] = {"n:int4s@i0 = ", "retval"}}},
};

START_TEST(passed_as_is_known)
{
    struct opened opened;
    const char *file = cases[_i].file, *path = symbols_file(file);
    if (access(path, R_OK) != 0 && strstr(file, "clang")) {
        printf("%s was not built: there is no clang\n", file);
        return;
    }
    open_file(&opened, path, "df::.*");
    ck_assert_uint_eq(opened.n, FUNCTIONS);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const char *text = cases[_i].shown[i].text ? cases[_i].shown[i].text : known[i];
        char event[64], args[1024], rets[1024], all[2100];
        snprintf(event, sizeof(event), "df::%s_entry", functions[i]);
        const struct probe *probe = probe_named(&opened, event);
        ck_assert_msg(probe != NULL, "%s: no %s", file, event);
        describe_fields(args, sizeof(args), probe->args, probe->n_args, probe->arg_pointees);
        describe_fields(rets, sizeof(rets), probe->rets, probe->n_rets, probe->ret_pointees);
        snprintf(all, sizeof(all), "%s = %s", args, rets);
        ck_assert_msg(strcmp(all, placed(text)) == 0, "%s: %s: %s", file, event, all);
        ck_assert_pstr_eq(probe->not_shown, cases[_i].shown[i].not_shown);
        ck_assert(probe->result_unknown == (probe->n_rets == 0));
    }
    close_file(&opened);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, passed_as_is_known, 0, sizeof(cases) / sizeof(*cases));
}

CHECK_MAIN("defaulted", 20, add_tests)
