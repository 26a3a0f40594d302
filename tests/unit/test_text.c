/* What came from a target does nothing to a terminal, and is cut between characters. */
#include "util/text.h"

#include "unit/check_main.h"

static const struct {
    const char *in, *out;
} TABLE[] = {
    {"plain text", "plain text"},
    {"", ""},
    {"\033[31mred\007", "\\x1b[31mred\\x07"},
    {"tab\tnew\nline\r", "tab\\x09new\\x0aline\\x0d"},
    {"del\177", "del\\x7f"},
    {"gr\303\274n \342\202\254 \360\237\230\200", "gr\303\274n \342\202\254 \360\237\230\200"},
    {"\302\233C1", "\\xc2\\x9bC1"},               /* U+009B: a terminal's CSI */
    {"\377\376", "\\xff\\xfe"},                   /* never in UTF-8 */
    {"\300\257", "\\xc0\\xaf"},                   /* overlong */
    {"\355\240\200", "\\xed\\xa0\\x80"},          /* a surrogate */
    {"\364\220\200\200", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
    {"cut\342\202", "cut\\xe2\\x82"},
};

START_TEST(escapes)
{
    char out[256];
    size_t n = text_escape(out, sizeof(out), TABLE[_i].in, strlen(TABLE[_i].in));
    ck_assert_str_eq(out, TABLE[_i].out);
    ck_assert_uint_eq(n, strlen(out));
}
END_TEST

START_TEST(cuts_at_whole_pieces)
{
    static const char text[] = "a\342\202\254\033b";
    static const char *const expected[] = {"",
                                           "",
                                           "a",
                                           "a",
                                           "a",
                                           "a\342\202\254",
                                           "a\342\202\254",
                                           "a\342\202\254",
                                           "a\342\202\254",
                                           "a\342\202\254\\x1b",
                                           "a\342\202\254\\x1b"
                                           "b"};
    for (size_t size = 1; size < sizeof(expected) / sizeof(expected[0]); size++) {
        char *out = malloc(size);
        text_escape(out, size, text, sizeof(text) - 1);
        ck_assert_str_eq(out, expected[size]);
        free(out);
    }
    ck_assert_uint_eq(text_escape(NULL, 0, text, 1), 0);
}
END_TEST

START_TEST(hides_nul_bytes)
{
    char out[16];
    text_escape(out, sizeof(out), "a\0b", 3);
    ck_assert_str_eq(out, "a\\x00b");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, escapes, 0, sizeof(TABLE) / sizeof(TABLE[0]));
    tcase_add_test(tests, cuts_at_whole_pieces);
    tcase_add_test(tests, hides_nul_bytes);
}

CHECK_MAIN("text", 10, add_tests)
