/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "symbols/demangle.h"
#include "symbols/event_names.h"
#include "unit/check_main.h"
#include "util/text.h"

static struct arena arena;

static const struct {
    const char *path, *provider, *of_file;
} modules[] = {
    {"/lib/x86_64-linux-gnu/libc.so.6", "c", "libc.so.6"},
    {"/a/libmylib.so.2.1", "mylib", "libmylib.so.2.1"},
    {"libstdc++.so.6", "stdc++", "libstdc++.so.6"},
    {"/a/libfoo-1.2.so", "foo-1.2", "libfoo-1.2.so"},
    {"/a/ld-linux-x86-64.so.2", "ld-linux-x86-64", "ld-linux-x86-64.so.2"},
    {"/a/plugin.so", "plugin", "plugin.so"},
    {"/a/lib.so", "lib", "lib.so"},
    {"/a/.so", ".so", ".so"},
    {"/a/app", "app", "app"},
    {"/a/app.sock", "app.sock", "app.sock"},
    {"/a/python3.11", "python3.11", "python3.11"},
    {"/a/my app:\"x\"\\,\n\303\274", "my_app__x______", "my_app__x______"},
    {"", "_", "_"},
};

START_TEST(provider_of_module)
{
    ck_assert_str_eq(event_names_provider(modules[_i].path, &arena), modules[_i].provider);
    ck_assert_str_eq(event_names_provider_of_file(modules[_i].path, &arena), modules[_i].of_file);
}
END_TEST

START_TEST(long_providers_differ)
{
    char a[300], b[300];
    memset(a, 'x', sizeof(a));
    a[299] = '\0';
    strcpy(b, a);
    b[298] = 'y';
    const char *provider_a = event_names_provider(a, &arena),
               *provider_b = event_names_provider(b, &arena);
    ck_assert_uint_eq(strlen(provider_a), NAMES_PROVIDER_MAX);
    ck_assert_str_ne(provider_a, provider_b);
}
END_TEST

static const struct {
    const char *symbol, *name, *base, *parameters;
    bool is_clone, lost_result, is_part;
} symbols[] = {
    {"main", "main", "main", NULL, false, false, false},
    {"fib.constprop.0", "fib.constprop.0", "fib", NULL, true, false, false},
    {"f.isra.3", "f.isra.3", "f", NULL, true, true, false},
    {"f.constprop.0.isra.0", "f.constprop.0.isra.0", "f", NULL, true, true, false},
    {"f.part.0", "f.part.0", "f", NULL, true, true, false},
    {"f.cold", "f.cold", "f", NULL, false, false, true},
    {"f.cold.17", "f.cold.17", "f", NULL, false, false, true},
    {"f.constprop.0.cold", "f.constprop.0.cold", "f", NULL, true, false, true},
    {"f.lto_priv.0", "f.lto_priv.0", "f", NULL, false, false, false},
    {"f.llvm.123456", "f.llvm.123456", "f", NULL, false, false, false},
    {"f.1", "f.1", "f", NULL, false, false, false},
    {"main.main", "main.main", "main.main", NULL, false, false, false},
    {"go.cold_start", "go.cold_start", "go.cold_start", NULL, false, false, false},
    {".text", ".text", ".text", NULL, false, false, false},
    {"x.", "x.", "x.", NULL, false, false, false},
    {"_Znot_mangled", "_Znot_mangled", "_Znot_mangled", NULL, false, false, false},
    {"_Z1fv", "f", "f", "()", false, false, false},
    {"_ZN2ns5Class6methodEiPKc", "ns::Class::method", "ns::Class::method", "(int, char const*)",
     false, false, false},
    {"_ZNK2ns1A3getEv", "ns::A::get", "ns::A::get", "() const", false, false, false},
    {"_Z3maxIiET_S0_S0_", "max<int>", "max<int>", "(int, int)", false, false, false},
    {"_Z1fIiEPFvcET_", "f<int>", "f<int>", "(int)", false, false, false},
    {"_ZN12_GLOBAL__N_11fEi", "(anonymous namespace)::f", "(anonymous namespace)::f", "(int)",
     false, false, false},
    {"_ZlsRSoi", "operator<<", "operator<<", "(std::ostream&, int)", false, false, false},
    {"_ZN1AclEi", "A::operator()", "A::operator()", "(int)", false, false, false},
    {"_ZN1AcvbEv", "A::operator bool", "A::operator bool", "()", false, false, false},
    {"_ZN1AptEv", "A::operator->", "A::operator->", "()", false, false, false},
    {"_ZnwmRKSt9nothrow_t", "operator new", "operator new",
     "(unsigned long, std::nothrow_t const&)", false, false, false},
    {"_ZStltIiEbRKSt6vectorIT_E", "std::operator< <int>", "std::operator< <int>",
     "(std::vector<int> const&)", false, false, false},
    {"_ZZ1fiENKUlvE_clEv", "f(int)::{lambda()#1}::operator()", "f(int)::{lambda()#1}::operator()",
     "() const", false, false, false},
    {"_ZN1A1fEv.isra.0", "A::f.isra.0", "A::f", "()", true, true, false},
    {"_Zli3_kme", "operator\"\"_km", "operator\"\"_km", "(long double)", false, false, false},
    {"_ZN2nsli2_nIcEEiPKT_m", "ns::operator\"\"_n<char>", "ns::operator\"\"_n<char>",
     "(char const*, unsigned long)", false, false, false},
    {"_Z4coroP13_Z4coro.Frame.actor", "coro.actor", "coro", "(_Z4coro.Frame*)", false, false,
     false},
    {"_Z4coroi.resume", "coro.resume", "coro", "(int)", false, false, false},
    {"_Z4coroi.destroy", "coro.destroy", "coro", "(int)", false, false, false},
    {"main.destroy", "main.destroy", "main.destroy", NULL, false, false, false},
    {"_ZZ1fiENK3$_2cvPFicEEv", "f(int)::$_2::operator int (*)(char)",
     "f(int)::$_2::operator int (*)(char)", "() const", false, false, false},
    {"_ZNK1AcvPFvvEEv", "A::operator void (*)()", "A::operator void (*)()", "() const", false,
     false, false},
    {"_ZN1AcvMS_iEv", "A::operator int A::*", "A::operator int A::*", "()", false, false, false},
    {"_ZN1AcvDnEv", "A::operator decltype(nullptr)", "A::operator decltype(nullptr)", "()", false,
     false, false},
    {"_ZZN1AcvbEvENKUlvE_clEv", "A::operator bool()::{lambda()#1}::operator()",
     "A::operator bool()::{lambda()#1}::operator()", "() const", false, false, false},
    {"_Zli3_. e.so", "_Zli3_. e.so", "_Zli3_. e.so", NULL, false, false, false},
    {"_ZThn16_N1A1fEv", "A::f", "A::f", "()", false, false, true},
};

START_TEST(takes_symbols_apart)
{
    struct function_name name;
    ck_assert(function_name_parse(&name, symbols[_i].symbol, &arena));
    if (!symbols[_i].is_part)
        ck_assert_str_eq(name.name, symbols[_i].name);
    if (!symbols[_i].is_part)
        ck_assert_str_eq(name.base, symbols[_i].base);
    ck_assert_str_eq(name.symbol, symbols[_i].symbol);
    ck_assert_str_eq(name.parameters ? name.parameters : "none",
                     symbols[_i].parameters ? symbols[_i].parameters : "none");
    ck_assert_int_eq(name.is_clone, symbols[_i].is_clone);
    ck_assert_int_eq(name.lost_result, symbols[_i].lost_result);
    ck_assert_int_eq(name.is_part, symbols[_i].is_part);
}
END_TEST

/* Each type contains the one before twice: the full name would have gigabytes. */
START_TEST(names_that_explode)
{
    char symbol[1000] = "_Z1f1AIiiE";
    for (const char *at = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *at; at++) {
        char level[32];
        snprintf(level, sizeof(level), "S_IS%c_S%c_E", *at, *at);
        strcat(symbol, level);
    }
    struct function_name name;
    ck_assert(function_name_parse(&name, symbol, &arena));
    ck_assert_str_eq(name.name, symbol);
}
END_TEST

static const struct {
    const char *name, *parameters, *wanted;
} functions[] = {
    {"f", NULL, "f"},
    {"ns::f", "(int, char const*) const", "ns::f(int;char const*) const"},
    {"std::map<int, long>::find", NULL, "std::map<int;long>::find"},
    {"a\"b\\c,d\ne\x7f\302\205\303", NULL, "a_b_c;d_e____"},
    {"gr\303\266\303\237e", "(\347\251\272, \360\235\221\216)",
     "gr\303\266\303\237e(\347\251\272;\360\235\221\216)"},
};

START_TEST(functions_fit_for_events)
{
    ck_assert_str_eq(event_names_function(functions[_i].name, functions[_i].parameters, &arena),
                     functions[_i].wanted);
}
END_TEST

START_TEST(events_have_at_most_255_bytes)
{
    char function[1000];
    for (size_t n = 200; n < sizeof(function) - 1; n += 13) {
        memset(function, 'f', n);
        function[n] = '\0';
        const char *entry = event_names_event("provider", function, "_entry", &arena);
        const char *exit = event_names_event("provider", function, "_exit", &arena);
        ck_assert_uint_le(strlen("provider:") + strlen(entry), NAMES_EVENT_MAX);
        ck_assert_str_eq(entry + strlen(entry) - 6, "_entry");
        ck_assert_str_eq(exit + strlen(exit) - 5, "_exit");
        ck_assert_int_eq(memcmp(entry, exit, strlen(exit) - 5), 0);
        if (strlen("provider:") + n + 6 <= NAMES_EVENT_MAX)
            ck_assert_uint_eq(strlen(entry), n + 6);
        else
            ck_assert_uint_eq(strlen("provider:") + strlen(entry), NAMES_EVENT_MAX);
        function[n - 1] = 'g';
        ck_assert_str_ne(event_names_event("provider", function, "_entry", &arena), entry);
    }
}
END_TEST

START_TEST(fields_are_plain_and_unique)
{
    char longer[400];
    memset(longer, 'x', sizeof(longer));
    longer[399] = '\0';
    struct field fields[] = {
        {.name = "a"},   {.name = "a"},     {.name = "a_2"},  {.name = NULL},   {.name = ""},
        {.name = "1st"}, {.name = "x.y-z"}, {.name = longer}, {.name = longer}, {.name = "arg4"},
    };
    size_t n = sizeof(fields) / sizeof(*fields);
    ck_assert(event_names_fields(fields, n, &arena));
    static const char *const wanted[] = {"a", "a_2", "a_2_2", "arg4", "arg5", "_1st", "x_y_z"};
    for (size_t i = 0; i < 7; i++)
        ck_assert_str_eq(fields[i].name, wanted[i]);
    ck_assert_str_eq(fields[9].name, "arg4_2");
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_lt(strlen(fields[i].name), 256);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(fields[i].name, fields[k].name);
    }
}
END_TEST

static const struct field own = {.kind = VALUE_INTEGER};

/* A value behind an address: its name yields to others. */
static const struct field behind = {.kind = VALUE_INTEGER, .guard = 1};

static const struct {
    const char *names[4]; /* "*" before a name: of a value behind an address */
    const char *wanted[4];
} clashes[] = {
    {{"_x", "x"}, {"_x", "x_2"}},
    {{"x", "_x"}, {"x", "_x"}},
    {{"__x", "_x", "x"}, {"__x", "_x_2", "x"}},
    {{"_x", "x", "x_2"}, {"_x", "x_2", "x_2_2"}},
    {{"_x_2", "x", "x"}, {"_x_2", "x", "x_3"}},
    {{"_", "__"}, {"_", "__"}},
    {{"__", "_"}, {"__", "__2"}},
    {{"_9", "9"}, {"_9", "_9_2"}},
    {{"__9", "9"}, {"__9", "_9_2"}},
    {{"_a$", "a."}, {"_a_", "a__2"}},
    {{"_arg2", NULL}, {"_arg2", "arg2_2"}},
    {{"Bool", "Complex", "Imaginary"}, {"_Bool", "_Complex", "_Imaginary"}},
    {{"_Bool", "Bool"}, {"_Bool", "_Bool_2"}},
    {{"bool", "int", "struct", "event"}, {"bool", "int", "struct", "event"}},
    {{"*_x", "x"}, {"_x_2", "x"}},
    {{"*x", "_x"}, {"x", "_x"}},
    {{"_x", "*x"}, {"_x", "x_2"}},
    {{"*__x", "*_x", "x"}, {"__x", "_x_2", "x"}},
};

/* LTTng writes a '_' before each name, which babeltrace2 removes. */
START_TEST(fields_keep_traces_readable)
{
    struct field fields[4];
    for (size_t i = 0; i < 4; i++) {
        const char *name = clashes[_i].names[i];
        bool is_behind = name && *name == '*';
        fields[i] = is_behind ? behind : own;
        fields[i].name = is_behind ? name + 1 : name;
    }
    size_t n = 4;
    while (n > 0 && !clashes[_i].wanted[n - 1])
        n--;
    ck_assert(event_names_fields(fields, n, &arena));
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(fields[i].name, clashes[_i].wanted[i]);
}
END_TEST

static const struct field one_int = {.name = "a", .kind = VALUE_INTEGER, .size = 4};
static const struct field one_long = {.name = "a", .kind = VALUE_INTEGER, .size = 8};
static const struct field elsewhere = {
    .name = "a", .kind = VALUE_INTEGER, .size = 4, .place = {.kind = PLACE_STACK_ARG}};

static struct probe with(const char *provider, const struct field *arg)
{
    return (struct probe){.provider = provider, .n_args = arg ? 1 : 0, .args = arg};
}

static int claim(struct event_names *names, struct probe *probe, const char *name, const char *file)
{
    return event_names_claim(names, probe,
                             &(struct event_names_origin){.name = name, .file = file});
}

START_TEST(names_are_shared_or_told_apart)
{
    struct event_names names = {.arena = &arena};
    struct probe first = with("app", &one_int), same = with("app", &elsewhere);
    struct probe other = with("app", &one_long), third = with("app", NULL);
    struct probe abroad = with("c", NULL), fourth = with("app", NULL);
    struct probe fifth = with("app", &one_long);
    fifth.n_rets = 1;
    fifth.rets = &one_int;
    ck_assert_int_eq(claim(&names, &first, "init", "src/a.c"), 0);
    ck_assert_int_eq(claim(&names, &same, "init", "src/b.c"), 0);
    ck_assert_int_eq(claim(&names, &other, "init", "src/b.c"), 0);
    ck_assert_int_eq(claim(&names, &third, "init", "lib/b.c"), 0);
    ck_assert_int_eq(claim(&names, &abroad, "init", NULL), 0);
    ck_assert_int_eq(claim(&names, &fourth, "init", "b.c"), 0);
    ck_assert_int_eq(claim(&names, &fifth, "init", NULL), 0);
    ck_assert_str_eq(first.entry_event, "init_entry");
    ck_assert_str_eq(first.exit_event, "init_exit");
    ck_assert_ptr_eq(same.entry_event, first.entry_event);
    ck_assert_str_eq(other.entry_event, "init@b.c_entry");
    ck_assert_str_eq(other.exit_event, "init@b.c_exit");
    ck_assert_str_eq(other.function, "init@b.c");
    ck_assert_str_eq(third.entry_event, "init@b.c_2_entry");
    ck_assert_str_eq(abroad.entry_event, "init_entry");
    ck_assert_ptr_eq(fourth.entry_event, third.entry_event);
    ck_assert_str_eq(fifth.entry_event, "init_2_entry");
    event_names_free(&names);
}
END_TEST

/* Characters that events cannot have make two names equal. */
START_TEST(different_names_share_nothing)
{
    struct event_names names = {.arena = &arena};
    struct probe quote = with("app", &one_int), backslash = with("app", &one_int);
    struct probe under = with("app", &one_int), again = with("app", &one_int);
    struct probe of_int = with("app", &one_int), of_enum = with("app", &one_int);
    ck_assert_int_eq(claim(&names, &quote, "f\"", NULL), 0);
    ck_assert_int_eq(claim(&names, &backslash, "f\\", NULL), 0);
    ck_assert_int_eq(claim(&names, &under, "f_", "a.c"), 0);
    ck_assert_int_eq(claim(&names, &again, "f\"", NULL), 0);
    const struct event_names_origin g_of_int = {.name = "g", .parameters = "(int)", .file = "a.cc"};
    const struct event_names_origin g_of_enum = {.name = "g(int)", .file = "a.cc"};
    ck_assert_int_eq(event_names_claim(&names, &of_int, &g_of_int), 0);
    ck_assert_int_eq(event_names_claim(&names, &of_enum, &g_of_enum), 0);
    ck_assert_str_eq(quote.entry_event, "f__entry");
    ck_assert_str_eq(backslash.entry_event, "f__2_entry");
    ck_assert_str_eq(under.entry_event, "f_@a.c_entry");
    ck_assert_ptr_eq(again.entry_event, quote.entry_event);
    ck_assert_str_eq(of_int.entry_event, "g(int)_entry");
    ck_assert_str_eq(of_enum.entry_event, "g(int)@a.cc_entry");
    event_names_free(&names);
}
END_TEST

/* Two functions that were told apart by what short names leave out. */
START_TEST(shortened_names_share_nothing)
{
    struct event_names names = {.arena = &arena};
    struct probe probes[2][5];
    const struct event_names_origin origins[5] = {
        {.name = "std::string::size", .long_name = "std::__cxx11::basic_string<char>::size"},
        {.name = "std::string::size", .long_name = "std::basic_string<char>::size"},
        {.name = "std::string::size"},
        {.name = "f", .long_name = "f", .long_parameters = "(std::__cxx11::list<int>)"},
        {.name = "f", .long_name = "f", .long_parameters = "(std::list<int>)"},
    };
    static const char *const events[5] = {"std::string::size_entry", "std::string::size_2_entry",
                                          "std::string::size_3_entry", "f_entry", "f_2_entry"};
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < 5; i++) {
            probes[twice][i] = with("app", &one_int);
            ck_assert_int_eq(event_names_claim(&names, &probes[twice][i], &origins[i]), 0);
            ck_assert_str_eq(probes[twice][i].entry_event, events[i]);
        }
    event_names_free(&names);
}
END_TEST

START_TEST(characters_are_not_cut)
{
    char function[600] = "";
    for (size_t n = 0; n < 290; n++)
        strcat(function, "\303\266");
    for (size_t first = 0; first < 2; first++) {
        const char *event =
            event_names_event("p", function + 2 * first, first ? "_entry" : "_exit", &arena);
        size_t at = 0, length;
        while (event[at]) {
            length = text_utf8_length(event + at, strlen(event + at));
            ck_assert_uint_gt(length, 0);
            at += length;
        }
        ck_assert_uint_le(at, NAMES_EVENT_MAX - 2);
        ck_assert_uint_ge(at, NAMES_EVENT_MAX - 4);
    }
}
END_TEST

START_TEST(enums_are_compared_by_their_labels)
{
    static const struct enum_label red[] = {{"RED", 1}}, green[] = {{"GREEN", 1}};
    const struct enum_type types[] = {{"colour", 1, red}, {"colour", 1, red}, {"colour", 1, green}};
    struct field fields[3];
    struct probe probes[3];
    for (int i = 0; i < 3; i++) {
        fields[i] =
            (struct field){.name = "a", .kind = VALUE_ENUM, .size = 4, .enumeration = &types[i]};
        probes[i] = with("app", &fields[i]);
    }
    ck_assert(event_names_same_fields(&probes[0], &probes[1]));
    ck_assert(!event_names_same_fields(&probes[0], &probes[2]));
}
END_TEST

static void free_arena(void)
{
    arena_free(&arena);
}

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, free_arena);
    tcase_add_loop_test(tests, provider_of_module, 0, sizeof(modules) / sizeof(*modules));
    tcase_add_test(tests, long_providers_differ);
    tcase_add_loop_test(tests, takes_symbols_apart, 0, sizeof(symbols) / sizeof(*symbols));
    tcase_add_loop_test(tests, functions_fit_for_events, 0, sizeof(functions) / sizeof(*functions));
    tcase_add_test(tests, names_that_explode);
    tcase_add_test(tests, events_have_at_most_255_bytes);
    tcase_add_test(tests, fields_are_plain_and_unique);
    tcase_add_loop_test(tests, fields_keep_traces_readable, 0, sizeof(clashes) / sizeof(*clashes));
    tcase_add_test(tests, names_are_shared_or_told_apart);
    tcase_add_test(tests, different_names_share_nothing);
    tcase_add_test(tests, shortened_names_share_nothing);
    tcase_add_test(tests, characters_are_not_cut);
    tcase_add_test(tests, enums_are_compared_by_their_labels);
}

CHECK_MAIN("names", 10, add_tests)
