/* SPDX-License-Identifier: MIT */
/*
 * The fields of functions, read from the output of gcc and clang for tests/targets/symbols_types.c
 * and symbols_cxx.cc. All compilers, levels and versions of DWARF must give the same; only the
 * spelling of types is the compiler's.
 */
#include <stdio.h>

#include "places.h"
#include "unit/symbols_files.h"

struct expected {
    const char *event, *args, *rets, *gcc_text;
};

static const struct expected types[] = {
    {"main_entry", "", "retval:int4s@I0", "int main(void)"},
    {"integers_entry",
     "a:int1s@i0 b:int1@i1 c:int2s@i2 d:int2@i3 e:int4s@i4 f:int4@i5 g:int8s@s0 h:int8@s8 "
     "i:int8s@s16",
     "retval:int4s@I0",
     "int integers(signed char a, unsigned char b, short int c, short unsigned int d, int e, "
     "unsigned int f, long int g, long unsigned int h, long long int i)"},
    {"booleans_entry", "a:bool1@i0 b:bool1@i1 c:int1s@i2", "retval:bool1@I0",
     "_Bool booleans(_Bool a, _Bool b, char c)"},
    {"floats_entry",
     "a:float4@f0 b:float8@f1 c:int4s@i0 d:float4@f2 e:float8@f3 f:float8@f4 g:float8@f5 "
     "h:float8@f6 i:float4@f7 j:float4@s0 k:float8@s8",
     "retval:float8@F0",
     "double floats(float a, double b, int c, float d, double e, double f, double g, double h, "
     "float i, float j, double k)"},
    {"narrow_entry", "a:float4@f0", "retval:float4@F0", "float narrow(float a)"},
    {"extended_entry", "a:float16@s0 b:int4s@i0 c:float16@s16 d:int1s@i1", "retval:float16@X0",
     "long double extended(long double a, int b, long double c, char d)"},
    {"strings_entry", "a:str8@i0 b:ptr8@i1 c:str8@i2 d:ptr8@i3 e:ptr8@i4 f:ptr8@i5 g:str8@s0",
     "retval:str8@I0",
     "const char *strings(const char *a, char *b, text c, buffer d, const unsigned char *e, const "
     "char *const*f, volatile const char *restrict g)"},
    {"pointers_entry", "a:ptr8@i0 b:ptr8@i1 c:ptr8@i2 d:ptr8@i3 e:ptr8@i4", "retval:ptr8@I0",
     "void *pointers(void *a, struct point *b, int (*c)(int), const void **d, int *e)"},
    {"enums_entry", "a:enum4s@i0 b:enum4@i1 c:enum1@i2 d:enum8@i3", "retval:enum4s@I0",
     "enum colour enums(enum colour a, enum flags b, enum tiny c, enum wide d)"},
    {"points_entry",
     "a_x:int4s@i0 a_y:int4s@i0+4 b_p_x:int4s@i1 b_p_y:int4s@i1+4 b_s:int2s@i2 c:int4s@i3",
     "retval_x:int4s@I0 retval_y:int4s@I0+4",
     "struct point points(struct point a, struct nested b, int c)"},
    {"mixeds_entry",
     "a_d:float8@f0 a_name:str8@i0 b:int4s@i1 c_a:float4@f1 c_b:float4@f1+4 c_c:float4@f2",
     "retval_d:float8@F0 retval_name:str8@I0",
     "struct mixed mixeds(struct mixed a, int b, struct floats c)"},
    {"bigs_entry", "a_a:int8s@s0 a_b:int8s@s8 a_c:int8s@s16 b:int4s@i1 c:ptr8@i2",
     "retval_a:int8s@&I0>0 retval_b:int8s@&I0>8 retval_c:int8s@&I0>16",
     "struct big bigs(struct big a, int b, struct big *c)"},
    {"three_floats_entry", "", "retval_a:float4@F0 retval_b:float4@F0+4 retval_c:float4@F1",
     "struct floats three_floats(void)"},
    {"spilled_entry",
     "a:int4s@i0 b:int4s@i1 c:int4s@i2 d:int4s@i3 e:int4s@i4 f_items_0:int4s@s0 f_items_1:int4s@s4 "
     "f_items_2:int4s@s8 f_items_3:int4s@s12 g:int4s@i5 h_x:int4s@s16 "
     "h_y:int4s@s20",
     "retval:int4s@I0",
     "int spilled(int a, int b, int c, int d, int e, struct array f, int g, struct point h)"},
    {"odd_entry",
     "a_a:int4@i0.0:3 a_b:int4@i0.3:29 a_whole:int4s@i0+4 b_c:int1s@s0 b_l:int8s@s1 c:word8@i1 "
     "d_value:float16@s16 e:int4s@i2",
     "retval:int4s@I0",
     "int odd(struct bits a, struct packed b, union either c, struct extended d, int e)"},
    {"extended_struct_entry", "a:int4s@i0", "retval_value:float16@X0",
     "struct extended extended_struct(int a)"},
    {"wides_entry", "a:hex12816@i0|i1 b:int4s@i2 c:int4s@i3 d:int4s@i4 e:hex12816@s0 f:int4s@i5",
     "retval:hex12816@I0|I1",
     "__int128 wides(__int128 a, int b, int c, int d, __int128 unsigned e, int f)"},
    {"complexes_entry", "a_re:float4@f0 a_im:float4@f0+4 b_re:float8@f1 b_im:float8@f2 c:int4s@i0",
     "retval_re:float8@F0 retval_im:float8@F1",
     "complex double complexes(complex float a, complex double b, int c)"},
    {"vectors_entry",
     "a_0:float4@f0 a_1:float4@f0+4 a_2:float4@f0+8 a_3:float4@f0+12 b:float8@f1 c:int4s@i0",
     "retval_0:float4@F0 retval_1:float4@F0+4 retval_2:float4@F0+8 retval_3:float4@F0+12",
     "vector vectors(vector a, double b, int c)"},
    {"variadic_entry", "format:str8@i0 n:int4s@i1", "retval:int4s@I0",
     "int variadic(const char *format, int n, ...)"},
    {"nothing_entry", "", "", "void nothing(void)"},
    {"leaves_entry", "status:int4s@i0", "", "void leaves(int status)"},
    {"old_style_entry", "a:int4s@i0 b:float8@f0 c:float8@f1", "retval:float4@F0",
     "float old_style(int a, float b, double c)"},
};

static const struct expected cxx[] = {
    {"ns::Class::~Class_entry", "this:ptr8@i0", "", "void ns::Class::~Class(Class *const this)"},
    {"ns::Class::~Class_entry", "this:ptr8@i0", "", "void ns::Class::~Class(Class *const this)"},
    {"ns::Class::Class_entry", "this:ptr8@i0 first:int4s@i1", "",
     "void ns::Class::Class(Class *const this, int first)"},
    {"ns::Class::method_entry", "this:ptr8@i0 a:int4s@i1 text:str8@i2", "retval:int4s@I0",
     "int ns::Class::method(const Class *const this, int a, const char *text)"},
    {"ns::Class::overloaded(int)_entry", "this:ptr8@i0 a:int4s@i1", "retval:int4s@I0",
     "int ns::Class::overloaded(Class *const this, int a)"},
    {"ns::Class::overloaded(double;ns::Class&)_entry", "this:ptr8@i0 a:float8@f0 other:ptr8@i1",
     "retval:int4s@I0", "int ns::Class::overloaded(Class *const this, double a, Class &other)"},
    {"ns::Class::fixed_entry", "c:ptr8@i0 mode:enum1@i1", "retval:int4s@I0",
     "int ns::Class::fixed(Class *c, Mode mode)"},
    {"ns::by_value_entry",
     "a_a:int4s@i0 a_b:float4@i0+4 b_a:int4s@&i1>0 d_a:float8@&i2>0 e:int4s@i3", "retval:int4s@I0",
     "int ns::by_value(Plain a, Copied b, Empty c, Destroyed d, int e)"},
    {"ns::Copied::Copied_entry", "this:ptr8@i0 other:ptr8@i1", "",
     "void ns::Copied::Copied(Copied *const this, const Copied &other)"},
    {"ns::Destroyed::~Destroyed_entry", "this:ptr8@i0", "",
     "void ns::Destroyed::~Destroyed(Destroyed *const this)"},
    {"ns::returned_entry", "a:ptr8@i1", "retval_a:int4s@&I0>0",
     "Copied ns::returned(const Copied &a)"},
    {"ns::derived_entry", "a_a:int4s@i0 a_b:float4@i0+4 a_c:int8s@i1 b:ptr8@i2", "retval:int8s@I0",
     "long int ns::derived(Derived a, int &&b)"},
    {"ns::Plain::Plain_entry", "this:ptr8@i0 first:int4s@i1", "",
     "void ns::Plain::Plain(Plain *const this, int first)"},
    {"ns::operator+_entry", "a:ptr8@i0 b:ptr8@i1", "retval_a:int4s@I0 retval_b:float4@I0+4",
     "Plain ns::operator+(const Plain &a, const Plain &b)"},
    {"main_entry", "", "retval:int4s@I0", "int main()"},
    {"ns::larger<int>_entry", "a:int4s@i0 b:int4s@i1", "retval:int4s@I0",
     "int ns::larger<int>(int a, int b)"},
    {"ns::larger<double>_entry", "a:float8@f0 b:float8@f1", "retval:float8@F0",
     "double ns::larger<double>(double a, double b)"},
};

/* Without clang, files of clang are missing; all others must exist. */
static bool is_built(const char *name)
{
    if (access(symbols_file(name), R_OK) == 0 || !strstr(name, "clang"))
        return true;
    printf("%s was not built: there is no clang\n", name);
    return false;
}

static void check_fields(const struct probe *probe, const char *args, const char *rets)
{
    char fields[4096];
    const char *event = probe->entry_event;
    describe_fields(fields, sizeof(fields), probe->args, probe->n_args, probe->arg_pointees);
    ck_assert_msg(strcmp(fields, placed(args)) == 0, "%s: %s: %s", probe->module, event, fields);
    describe_fields(fields, sizeof(fields), probe->rets, probe->n_rets, probe->ret_pointees);
    ck_assert_msg(strcmp(fields, placed(rets)) == 0, "%s: %s: %s", probe->module, event, fields);
}

/* The probe with that entry event; checks its fields. */
static const struct probe *check_function(const struct opened *opened, const char *entry_event,
                                          const char *args, const char *rets)
{
    const struct probe *probe = probe_named(opened, entry_event);
    ck_assert_msg(probe != NULL, "no %s", entry_event);
    check_fields(probe, args, rets);
    return probe;
}

static void check_file(const char *name, const struct expected *expected, size_t n, bool texts)
{
    struct opened opened;
    if (!is_built(name))
        return;
    open_file(&opened, symbols_file(name), NULL);
    /* On some architectures, functions of libgcc are linked for `long double`. */
    size_t described = 0;
    for (size_t i = 0; i < opened.n; i++)
        described += opened.probes[i]->source == SIGNATURE_DWARF;
    ck_assert_uint_eq(described, n);
    for (size_t i = 0; i < n; i++) {
        const char *args = expected[i].args, *rets = expected[i].rets;
        const struct probe *probe = check_function(&opened, expected[i].event, args, rets);
        if (texts)
            ck_assert_str_eq(probe->signature, expected[i].gcc_text);
        ck_assert_int_eq(probe->source, SIGNATURE_DWARF);
        ck_assert_int_eq(probe->float_args, strstr(placed(args), "@f") != NULL);
        ck_assert_int_eq(probe->float_rets,
                         strstr(placed(rets), "@F") || strstr(placed(rets), "@X"));
        /* DW_AT_noreturn came with DWARF 5. */
        ck_assert_int_eq(probe->returns_not,
                         !strstr(name, "dwarf4") && strcmp(probe->function, "leaves") == 0);
        ck_assert_str_eq(probe->module, symbols_file(name));
        const char *source = probe_source_text(opened.catalog, probe);
        ck_assert(strncmp(source, "DWARF of ", 9) == 0);
        ck_assert_str_eq(source + 9, symbols_file(name));
    }
    close_file(&opened);
}

static const char *const types_files[] = {
    "types_gcc_O0",    "types_gcc_O2",     "types_gcc_dwarf4",
    "types_gcc_split", "types_gcc_split4", "types_gcc_units",
    "types_clang_O0",  "types_clang_O2",   "types_clang_split",
};

START_TEST(c_functions)
{
    struct expected expected[sizeof(types) / sizeof(*types)];
    bool is_gcc = strstr(types_files[_i], "gcc") != NULL;
    memcpy(expected, types, sizeof(types));
    /* clang before version 18 splits an __int128. */
    for (size_t i = 0; i < sizeof(types) / sizeof(*types) && !is_gcc; i++)
        if (strcmp(expected[i].event, "wides_entry") == 0)
            expected[i].args = "a:hex12816@i0|i1 b:int4s@i2 c:int4s@i3 d:int4s@i4 "
                               "e:hex12816@i5|s0 f:int4s@s8";
    check_file(types_files[_i], expected, sizeof(types) / sizeof(*types), is_gcc);
}
END_TEST

START_TEST(cxx_functions)
{
    static const char *const files[] = {"cxx_gcc", "cxx_gcc_units"};
    check_file(files[_i], cxx, sizeof(cxx) / sizeof(*cxx), true);
}
END_TEST

/* clang does not describe Derived if nothing constructs one: it is not shown, and the place of what
   follows comes from this function's own debug information. */
START_TEST(clang_cxx_functions)
{
    struct expected expected[sizeof(cxx) / sizeof(*cxx)];
    memcpy(expected, cxx, sizeof(cxx));
    for (size_t i = 0; i < sizeof(cxx) / sizeof(*cxx); i++)
        if (strcmp(expected[i].event, "ns::derived_entry") == 0)
            expected[i].args = "b:ptr8@i2";
    check_file("cxx_clang", expected, sizeof(cxx) / sizeof(*cxx), false);
}
END_TEST

/* clang only declares std::string, which the library instantiates. */
START_TEST(cxx_library)
{
    static const struct {
        const char *event, *args, *rets;
    } functions[] = {
        {"ns::library_entry",
         "a:str8@&i0>0/&i0>8 b:str8@&i1>0/&i1>8 c:str8@i3/i2 d_size:count8@&i4>0/&i4>8 "
         "e_size:count8@&i5>0/&i5>8 e_ptr:enum1@?i5 f:ptr8@&s0>0 "
         "g:ptr8@&s8>0",
         "retval:int8s@I0"},
        {"ns::text[abi:cxx11]_entry", "", "retval:str8@&I0>0/&I0>8"},
        {"ns::others_entry", "a_first:ptr8@&i0>0", "retval:int4s@I0"},
    };
    const char *file = _i ? "library_clang" : "library_gcc";
    if (!is_built(file))
        return;
    struct opened opened;
    open_file(&opened, symbols_file(file), "ns::(library|text.*|others)");
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        const struct probe *probe =
            check_function(&opened, functions[i].event, functions[i].args, functions[i].rets);
        ck_assert_ptr_null(probe->not_shown);
        if (i == 0)
            ck_assert_uint_eq(probe->args[3].unit, 8);
        if (i == 0)
            ck_assert_uint_eq(probe->args[4].unit, 2);
    }
    close_file(&opened);
}
END_TEST

/* clang's optimiser changes the arguments of static functions, and shows that only in the places of
   parameters at the entry. Undescribed registers, and results, are left out. */
START_TEST(changed_static_functions)
{
    static const struct {
        const char *event, *plain_args, *plain_rets, *optimised_args;
    } functions[] = {
        {"drops_entry", "unused:int4s@i0 used:int4s@i1 p:ptr8@i2 text:str8@i3", "retval:int4s@I0",
         "used:int4s@i0 p:ptr8@i1 text:str8@i2"},
        {"no_result_entry", "a:int4s@i0 d:float8@f0", "retval:int4s@I0", "a:int4s@i0 d:float8@f0"},
        {"constants_entry",
         "a:int8s@i0 b:int8s@i1 c:int8s@i2 d:int8s@i3 e:int8s@i4 f:int8s@i5 g:int8s@s0 h:int8s@s8",
         "retval:int8s@I0", "a:int8s@i0 b:int8s@i1 c:int8s@i2 g:int8s@i3 h:int8s@i4"},
    };
    const char *file = _i ? "unused_clang_O2" : "unused_clang_O0";
    if (!is_built(file))
        return;
    struct opened opened;
    open_file(&opened, symbols_file(file), NULL);
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        check_function(&opened, functions[i].event,
                       _i ? functions[i].optimised_args : functions[i].plain_args,
                       _i ? "" : functions[i].plain_rets);
    }
    close_file(&opened);
}
END_TEST

/* With -g1, functions are known without their types: that is not `void f(void)`. */
START_TEST(functions_without_types)
{
    static const char *const files[] = {"types_gcc_g1", "types_clang_g1"};
    if (!is_built(files[_i]))
        return;
    struct opened opened;
    open_file(&opened, symbols_file(files[_i]), NULL);
    ck_assert_uint_ge(opened.n, sizeof(types) / sizeof(*types));
    for (size_t i = 0; i < opened.n; i++) {
        const struct probe *probe = opened.probes[i];
        check_fields(probe,
                     "arg1:word8@i0 arg2:word8@i1 arg3:word8@i2 arg4:word8@i3 arg5:word8@i4 "
                     "arg6:word8@i5",
                     "retval:word8@I0");
        ck_assert_int_eq(probe->source, SIGNATURE_NONE);
        ck_assert_str_eq(probe_source_text(opened.catalog, probe), "symbols only");
    }
    close_file(&opened);
}
END_TEST

static const struct enum_type *enum_of(const struct opened *opened, unsigned arg)
{
    const struct probe *probe = probe_named(opened, "enums_entry");
    ck_assert_ptr_nonnull(probe);
    ck_assert_uint_lt(arg, probe->n_args);
    ck_assert_ptr_nonnull(probe->args[arg].enumeration);
    return probe->args[arg].enumeration;
}

START_TEST(enum_labels)
{
    if (!is_built(types_files[_i]))
        return;
    struct opened opened;
    open_file(&opened, symbols_file(types_files[_i]), "enums");
    const struct enum_type *colour = enum_of(&opened, 0), *flags = enum_of(&opened, 1);
    const struct enum_type *tiny = enum_of(&opened, 2), *wide = enum_of(&opened, 3);
    ck_assert_str_eq(colour->name, "colour");
    ck_assert_uint_eq(colour->n_labels, 3);
    ck_assert_str_eq(colour->labels[0].name, "RED");
    ck_assert_uint_eq(colour->labels[0].value, UINT64_MAX);
    ck_assert_str_eq(colour->labels[2].name, "BLUE");
    ck_assert_uint_eq(colour->labels[2].value, 200);
    ck_assert_uint_eq(flags->labels[1].value, 0x80000000u);
    ck_assert_uint_eq(tiny->labels[1].value, 255);
    ck_assert_uint_eq(wide->labels[0].value, 0x100000000);
    /* One type, one enumeration. */
    ck_assert_ptr_eq(probe_named(&opened, "enums_entry")->rets[0].enumeration, colour);
    close_file(&opened);
}
END_TEST

/* Values behind addresses, to the requested depth. */
START_TEST(value_options)
{
    static const struct {
        const char *event, *args, *rets;
    } functions[] = {
        {"strings_entry",
         "a:str8@i0 b:str8@i1 c:str8@i2 d:str8@i3 e:str8@i4 f:ptr8@i5 f_deref:str8@&i5>0 "
         "f_ptr:enum1@?i5 g:str8@s0",
         "retval:str8@I0"},
        {"pointers_entry",
         "a:ptr8@i0 b:ptr8@i1 b_x:int4s@&i1>0 b_y:int4s@&i1>4 b_ptr:enum1@?i1 c:ptr8@i2 "
         "c_symbol:symbol8@i2 d:ptr8@i3 d_deref:ptr8@&i3>0 d_ptr:enum1@?i3 e:ptr8@i4 "
         "e_deref:int4s@&i4>0 e_ptr:enum1@?i4",
         "retval:ptr8@I0"},
        {"bigs_entry",
         "a_a:int8s@s0 a_b:int8s@s8 a_c:int8s@s16 b:int4s@i1 c:ptr8@i2 c_a:int8s@&i2>0 "
         "c_b:int8s@&i2>8 c_c:int8s@&i2>16 c_ptr:enum1@?i2",
         "retval_a:int8s@&I0>0 retval_b:int8s@&I0>8 retval_c:int8s@&I0>16"},
    };
    const struct value_options all = {.deref = 2, .all_strings = true, .symbols = true};
    if (!is_built(types_files[_i]))
        return;
    struct opened opened;
    open_wishing(&opened, symbols_file(types_files[_i]), "strings|pointers|bigs", all);
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        const struct probe *probe =
            check_function(&opened, functions[i].event, functions[i].args, functions[i].rets);
        ck_assert_ptr_null(probe->not_shown);
        /* Each field names the one that says whether it is valid. */
        for (size_t k = 0; k < probe->n_args; k++) {
            const struct field *field = &probe->args[k];
            /* A structure that is passed by address is not behind a pointer. */
            bool is_passed = strncmp(field->name, "a_", 2) == 0;
            ck_assert_int_eq(field->guard != 0, field->place.kind == PLACE_POINTEE && !is_passed);
            if (field->guard)
                ck_assert_int_eq(probe->args[field->guard - 1].place.kind, PLACE_POINTEE_STATE);
        }
    }
    close_file(&opened);
}
END_TEST

static void add_tests(TCase *tests)
{
    int n = sizeof(types_files) / sizeof(*types_files);
    tcase_add_loop_test(tests, c_functions, 0, n);
    tcase_add_loop_test(tests, enum_labels, 0, n);
    tcase_add_loop_test(tests, value_options, 0, n);
    tcase_add_loop_test(tests, cxx_functions, 0, 2);
    tcase_add_test(tests, clang_cxx_functions);
    tcase_add_loop_test(tests, cxx_library, 0, 2);
    tcase_add_loop_test(tests, changed_static_functions, 0, 2);
    tcase_add_loop_test(tests, functions_without_types, 0, 2);
}

CHECK_MAIN("signature", 20, add_tests)
