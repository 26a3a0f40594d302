/* SPDX-License-Identifier: MIT */
/*
 * Classes with virtual bases are passed by address, so the places of what comes before and after
 * them are known; the virtual base's members are not shown. Reads the output of gcc and clang for
 * tests/targets/virtual_bases.cc.
 */
#include "places.h"
#include "unit/symbols_files.h"

static const struct {
    const char *event, *args, *rets, *not_shown;
} functions[] = {
    {"vb::made_entry", "first:int4s@i1 second:int4s@i2", "retval_d:int4s@&I0>8", "retval"},
    {"vb::taken_entry", "a_d:int4s@&i0>8 n:int4s@i1 x:float8@f0", "retval:int4s@I0", "a"},
    {"vb::further_entry",
     "n:int4s@i1 a_d:int4s@&i2>8 a_f:int4s@&i2>12 a_g:float8@&i2>16 x:float8@f0",
     "retval_d:int4s@&I0>8 retval_f:int4s@&I0>12 retval_g:float8@&I0>16", "a, retval"},
    {"vb::held_entry", "a_held_d:int4s@&i0>8 a_h:int4s@&i0>16 n:int4s@i1", "retval:int4s@I0", "a"},
    {"vb::moved_entry", "a_m:int2s@&i0>8 n:int2s@i1", "retval:int4s@I0", "a"},
    {"vb::referred_entry", "a:ptr8@i0 b:ptr8@i1 n:int4s@i2", "retval:int4s@I0", NULL},
};

static const char *const files[] = {"virtual_gcc_O0", "virtual_gcc_O2", "virtual_clang_O0",
                                    "virtual_clang_O2"};

static void check(const struct opened *opened, const char *event, const char *args,
                  const char *rets, const char *not_shown)
{
    char text[4096];
    const struct probe *probe = probe_named(opened, event);
    ck_assert_msg(probe != NULL, "no %s", event);
    describe_fields(text, sizeof(text), probe->args, probe->n_args, probe->arg_pointees);
    ck_assert_msg(strcmp(text, placed(args)) == 0, "%s: %s, not %s", event, text, placed(args));
    describe_fields(text, sizeof(text), probe->rets, probe->n_rets, probe->ret_pointees);
    ck_assert_msg(strcmp(text, placed(rets)) == 0, "%s returns %s, not %s", event, text,
                  placed(rets));
    ck_assert_pstr_eq(probe->not_shown, not_shown);
}

START_TEST(passed_by_address)
{
    struct opened opened;
    const char *path = symbols_file(files[_i]);
    if (access(path, R_OK) != 0) {
        printf("not read: %s, which is not built\n", files[_i]);
        return;
    }
    open_file(&opened, path, "vb::.*");
    ck_assert_uint_eq(opened.n, sizeof(functions) / sizeof(*functions));
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
        check(&opened, functions[i].event, functions[i].args, functions[i].rets,
              functions[i].not_shown);
    close_file(&opened);
}
END_TEST

/* GCC's constructor of a base object does not get the arguments for the virtual base. */
START_TEST(inherited_constructor)
{
    struct opened opened;
    bool whole = false, part = false;
    open_file(&opened, symbols_file("virtual_gcc_O0"), "Inheriting::Base");
    ck_assert_uint_eq(opened.n, 2);
    for (size_t i = 0; i < opened.n; i++) {
        const struct probe *probe = opened.probes[i];
        char text[4096];
        describe_fields(text, sizeof(text), probe->args, probe->n_args, probe->arg_pointees);
        if (probe->not_shown) {
            ck_assert_str_eq(text, "this:ptr8@i0");
            ck_assert_str_eq(probe->not_shown, "arg3, arg4");
            part = true;
        } else {
            ck_assert_str_eq(text, "this:ptr8@i0 arg2:int4s@i1 arg3:float8@f0");
            whole = true;
        }
    }
    ck_assert(whole && part);
    close_file(&opened);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, passed_by_address, 0, sizeof(files) / sizeof(*files));
    tcase_add_test(tests, inherited_constructor);
}

CHECK_MAIN("virtual bases", 20, add_tests)
