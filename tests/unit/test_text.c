/* SPDX-License-Identifier: MIT */
/* Text of a target does not affect a terminal, and is cut between characters. */
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
    {"a\342\200\256b", "a\\xe2\\x80\\xaeb"}, /* U+202E: what follows from right to left */
    {"\342\201\246\342\201\251", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9"}, /* isolates */
    {"\342\200\213\342\200\215", "\\xe2\\x80\\x8b\\xe2\\x80\\x8d"}, /* of no width */
    {"\342\200\250\342\200\251", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"}, /* separators */
    {"\357\273\277BOM", "\\xef\\xbb\\xbfBOM"},
    {"so\302\255ft", "so\\xc2\\xadft"},
    {"\342\235\244\357\270\217", "\342\235\244\\xef\\xb8\\x8f"}, /* a variation selector */
    {"\363\240\201\201\363\240\277\277", "\\xf3\\xa0\\x81\\x81\\xf3\\xa0\\xbf\\xbf"}, /* tags */
    {"\343\205\244\341\205\237", "\\xe3\\x85\\xa4\\xe1\\x85\\x9f"},                   /* fillers */
    {"\357\277\276\360\237\277\277", "\\xef\\xbf\\xbe\\xf0\\x9f\\xbf\\xbf"}, /* noncharacters */
    {"\302\240\343\200\200 e\314\201 \357\277\275 \356\200\200",
     "\302\240\343\200\200 e\314\201 \357\277\275 \356\200\200"}, /* blanks, accents, private ones
                                                                   */
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

static const struct {
    uint32_t wide[6];
    const char *text;
} WIDE[] = {
    {{'a', 0x7f}, "a\x7f"},
    {{0x80, 0x7ff}, "\302\200\337\277"},
    {{0x800, 0xffff}, "\340\240\200\357\277\277"},
    {{0x10000, 0x10ffff}, "\360\220\200\200\364\217\277\277"},
    {{0x110000, 0xd800, 0xdfff, UINT32_MAX, 'x'},
     "\357\277\275\357\277\275\357\277\275\357\277\275x"},
    {{0, 'a'}, ""},
};

START_TEST(from_utf32)
{
    char out[64];
    size_t n = text_from_wide(out, sizeof(out), WIDE[_i].wide, 6, 4);
    ck_assert_str_eq(out, WIDE[_i].text);
    ck_assert_uint_eq(n, strlen(out));
}
END_TEST

START_TEST(from_utf16)
{
    /* A surrogate pair, single surrogates, at an odd address, cut. */
    static const uint16_t units[] = {'a', 0xd83d, 0xde00, 0xde00, 0xd83d, 'b', 0xd83d};
    char out[32], odd[sizeof(units) + 1];
    memcpy(odd + 1, units, sizeof(units));
    text_from_wide(out, sizeof(out), odd + 1, 7, 2);
    ck_assert_str_eq(out, "a\360\237\230\200\357\277\275\357\277\275b\357\277\275");
    for (size_t size = 1; size < 8; size++) {
        memset(out, 'x', sizeof(out));
        size_t n = text_from_wide(out, size, odd + 1, 7, 2);
        ck_assert_uint_eq(n, size < 2 ? 0 : size < 6 ? 1 : 5);
        ck_assert_int_eq(out[n], '\0');
        ck_assert_int_eq(out[size], 'x');
    }
    ck_assert_uint_eq(text_from_wide(NULL, 0, odd + 1, 7, 2), 0);
}
END_TEST

/* The values are those of the algorithm's authors (draft-eastlake-fnv, section 8). */
START_TEST(hashes)
{
    ck_assert_uint_eq(text_hash(TEXT_HASH_START, ""), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(text_hash(TEXT_HASH_START, "a"), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(text_hash(TEXT_HASH_START, "foobar"), UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(text_hash_bytes(TEXT_HASH_START, "foobarbaz", 6),
                      UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(text_hash_event("foo", "bar"), text_hash(TEXT_HASH_START, "foo:bar"));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, from_utf32, 0, sizeof(WIDE) / sizeof(WIDE[0]));
    tcase_add_test(tests, from_utf16);
    tcase_add_loop_test(tests, escapes, 0, sizeof(TABLE) / sizeof(TABLE[0]));
    tcase_add_test(tests, cuts_at_whole_pieces);
    tcase_add_test(tests, hides_nul_bytes);
    tcase_add_test(tests, hashes);
}

CHECK_MAIN("text", 10, add_tests)
