/* SPDX-License-Identifier: MIT */
/* Names of the C++ library without what is always the same. */
#include "util/short_names.h"

#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"
#include "unit/check_main.h"

#define CXX11 "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"
#define LIBCXX                                                                                     \
    "std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char> >"
#define WIDE                                                                                       \
    "std::__cxx11::basic_string<wchar_t, std::char_traits<wchar_t>, std::allocator<wchar_t> >"
#define VECTOR(t) "std::vector<" t ", std::allocator<" t "> >"

static const struct {
    const char *text, *shortened; /* NULL: it stays as it is */
} names[] = {
    {"main", NULL},
    {"f(int)", NULL},
    {"std::sort<int*>(int*, int*)", NULL},
    {CXX11, "std::string"},
    {LIBCXX, "std::string"},
    {WIDE, "std::wstring"},
    {"f(" CXX11 " const&, " LIBCXX "*)", "f(std::string const&, std::string*)"},
    {CXX11 "::append(char const*)", "std::string::append(char const*)"},
    {CXX11 "::basic_string()", "std::string::basic_string()"},
    {CXX11 "::~basic_string()", "std::string::~basic_string()"},
    {"std::basic_string<char16_t, std::char_traits<char16_t>, std::allocator<char16_t> >",
     "std::u16string"},
    {"std::basic_string<C, std::char_traits<C>, std::allocator<C> >", "std::basic_string<C>"},
    {"std::basic_string<char, My, std::allocator<char> >", "std::basic_string<char, My>"},
    {"std::basic_string<char, std::char_traits<char>, My<char> >", NULL},
    {"std::basic_string_view<char, std::char_traits<char> >", "std::string_view"},
    {"std::basic_ostream<char, std::char_traits<char> >& f()", "std::ostream& f()"},
    {"std::basic_istream<wchar_t, std::char_traits<wchar_t> >", "std::wistream"},
    {"std::basic_ostream<char16_t, std::char_traits<char16_t> >", "std::basic_ostream<char16_t>"},
    {"std::__cxx11::basic_stringstream<char, std::char_traits<char>, std::allocator<char> >",
     "std::stringstream"},
    {"std::basic_ofstream<char, std::char_traits<char> >", "std::ofstream"},
    {"std::__cxx11::basic_regex<char, std::__cxx11::regex_traits<char> >", "std::regex"},
    {VECTOR("int"), "std::vector<int>"},
    {"std::vector<int, My<int> >", NULL},
    {"std::vector<int, std::allocator<long> >", NULL},
    {"std::vector<" VECTOR("int") ", std::allocator<" VECTOR("int") " > >",
     "std::vector<std::vector<int> >"},
    {"std::vector<" CXX11 ", std::allocator<" CXX11 " > >", "std::vector<std::string>"},
    {"std::pair<int, " CXX11 " >", "std::pair<int, std::string>"},
    {"std::__cxx11::list<int, std::allocator<int> >", "std::list<int>"},
    {"std::deque<int*, std::allocator<int*> >", "std::deque<int*>"},
    {"std::forward_list<int, std::allocator<int> >", "std::forward_list<int>"},
    {"std::set<int, std::less<int>, std::allocator<int> >", "std::set<int>"},
    {"std::set<int, std::greater<int>, std::allocator<int> >", "std::set<int, std::greater<int> >"},
    {"std::multiset<int, std::less<int>, std::allocator<int> >", "std::multiset<int>"},
    {"std::map<int, char, std::less<int>, std::allocator<std::pair<int const, char> > >",
     "std::map<int, char>"},
    {"std::map<char*, char, std::less<char*>, std::allocator<std::pair<char* const, char> > >",
     "std::map<char*, char>"},
    {"std::multimap<" CXX11 ", char, std::less<" CXX11 " >, std::allocator<std::pair<" CXX11
     " const, char> > >",
     "std::multimap<std::string, char>"},
    {"std::map<int, char, std::less<int>, std::allocator<std::pair<int, char> > >", NULL},
    {"std::unordered_set<int, std::hash<int>, std::equal_to<int>, std::allocator<int> >",
     "std::unordered_set<int>"},
    {"std::unordered_map<int, int, std::hash<int>, std::equal_to<int>, "
     "std::allocator<std::pair<int const, int> > >",
     "std::unordered_map<int, int>"},
    {"std::unordered_map<int, int, My, std::equal_to<int>, "
     "std::allocator<std::pair<int const, int> > >",
     "std::unordered_map<int, int, My>"},
    {"std::unique_ptr<int, std::default_delete<int> >", "std::unique_ptr<int>"},
    {"std::unique_ptr<int [], std::default_delete<int []> >", "std::unique_ptr<int []>"},
    {"std::unique_ptr<FILE, int (*)(FILE*)>", NULL},
    {"std::queue<int, std::deque<int, std::allocator<int> > >", "std::queue<int>"},
    {"std::priority_queue<int, " VECTOR("int") ", std::less<int> >", "std::priority_queue<int>"},
    {"std::function<void (" VECTOR("int") ")>", "std::function<void (std::vector<int>)>"},
    {"std::__cxx11::to_string(int)", "std::to_string(int)"},
    /* Of others. */
    {"my::vector<int, std::allocator<int> >", NULL},
    {"vector<int, std::allocator<int> >", NULL},
    {"my::std::vector<int, std::allocator<int> >", NULL},
    {"mystd::vector<int, std::allocator<int> >", NULL},
    {"std::my::vector<int, std::allocator<int> >", NULL},
    {"std::vectors<int, std::allocator<int> >", NULL},
    /* Brackets that are none. */
    {"std::operator<< <std::char_traits<char> >(std::basic_ostream<char, std::char_traits<char> "
     ">&, "
     "char const*)",
     "std::operator<< <std::char_traits<char> >(std::ostream&, char const*)"},
    {"A::operator>(" VECTOR("int") " const&)", "A::operator>(std::vector<int> const&)"},
    {"A::operator " CXX11 "() const", "A::operator std::string() const"},
    {"A<(1 > 2)>::f(" VECTOR("int") ")", "A<(1 > 2)>::f(std::vector<int>)"},
    {"A<(1 < 2)>::f(" VECTOR("int") ")", "A<(1 < 2)>::f(std::vector<int>)"},
    {"f(" VECTOR("int") ")::{lambda(" VECTOR("int") ")#1}::operator()(int) const",
     "f(std::vector<int>)::{lambda(std::vector<int>)#1}::operator()(int) const"},
    {"(anonymous namespace)::f[abi:cxx11](" CXX11 ")",
     "(anonymous namespace)::f[abi:cxx11](std::string)"},
    /* No C++. */
    {"std::vector<int, std::allocator<int>", NULL},
    {"std::vector<", NULL},
    {"std::vector>>", NULL},
    {VECTOR("int") ")", NULL},
    {"std::", NULL},
    {"std::vector<,,,,,,,,>", NULL},
    {"std::stack<,std::deque<>>", "std::stack<>"},
};

/* In a buffer that is not longer than it must be. */
static void expect_short(const char *text, bool is_type, const char *wanted)
{
    char *out = malloc(strlen(text) + 1);
    ck_assert_ptr_nonnull(out);
    bool is_shortened = short_names_write(text, is_type, out);
    ck_assert_msg(is_shortened == (wanted != NULL), "%s is %s", text,
                  is_shortened ? out : "as it was");
    if (wanted)
        ck_assert_str_eq(out, wanted);
    free(out);
}

START_TEST(demangled_names)
{
    expect_short(names[_i].text, false, names[_i].shortened);
}
END_TEST

/* Debug information has the names of types without their namespace. */
START_TEST(names_of_types)
{
    expect_short("vector<int, std::allocator<int> >", true, "std::vector<int>");
    expect_short("vector<int, std::allocator<int>>", true, "std::vector<int>");
    expect_short("basic_string<char, std::char_traits<char>, std::allocator<char> >", true,
                 "std::string");
    expect_short("map<int, char, std::less<int>, std::allocator<std::pair<const int, char> > >",
                 true, "std::map<int, char>");
    expect_short("vector<int, my::allocator<int> >", true, NULL);
    expect_short("Box<" VECTOR("int") " >", true, "Box<std::vector<int> >");
    expect_short("my::vector<int, std::allocator<int> >", true, NULL);
    expect_short("a<std::b<c<d<e>>>>", true, NULL);
    expect_short("stack<,std::deque<>>", true, "std::stack<>");
}
END_TEST

START_TEST(deep_nesting)
{
    enum { DEPTH = 65 };
    char text[DEPTH * 3 + 32] = "std::";
    for (int i = 0; i < DEPTH; i++)
        strcat(text, "a<");
    for (int i = 0; i < DEPTH; i++)
        strcat(text, ">");
    expect_short(text, false, NULL);
}
END_TEST

/* The name of a symbol; what c++filt prints of it is kept for patterns. */
START_TEST(symbols)
{
    struct arena arena = {0};
    struct function_name name;
    ck_assert(function_name_parse(&name, "_ZNSt6vectorIiSaIiEE4swapERS1_.isra.0", &arena));
    ck_assert_str_eq(name.name, "std::vector<int>::swap.isra.0");
    ck_assert_str_eq(name.base, "std::vector<int>::swap");
    ck_assert_str_eq(name.parameters, "(std::vector<int>&)");
    ck_assert_str_eq(name.long_base, "std::vector<int, std::allocator<int> >::swap");
    ck_assert_str_eq(name.long_parameters, "(std::vector<int, std::allocator<int> >&)");
    ck_assert(function_name_parse(&name, "_Z1fi", &arena));
    ck_assert_ptr_null(name.long_base);
    ck_assert_ptr_null(name.long_parameters);
    arena_free(&arena);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, demangled_names, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_test(tests, names_of_types);
    tcase_add_test(tests, deep_nesting);
    tcase_add_test(tests, symbols);
}

CHECK_MAIN("short_names", 10, add_tests)
