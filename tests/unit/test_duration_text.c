/* SPDX-License-Identifier: MIT */
/* Durations as text. */
#include "util/duration_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "unit/check_main.h"

static const struct {
    uint64_t ns;
    const char *text;
} cases[] = {
    {0, "0ns"},
    {1, "1ns"},
    {999, "999ns"},
    {1000, "1.00us"},
    {1004, "1.00us"},
    {1005, "1.01us"},
    {9994, "9.99us"},
    {9995, "10.0us"},
    {99949, "99.9us"},
    {99950, "100us"},
    {999499, "999us"},
    {999500, "1.00ms"},
    {12345678, "12.3ms"},
    {999499999, "999ms"},
    {999500000, "1.00s"},
    {59000000000, "59.0s"},
    {999000000000, "999s"},
    {999500000000, "999s"},
    {1000000000000, "1000s"},
    {99999999999999, "99999s"},
    {100000000000000, "27h"},
    {UINT64_MAX, "5124095h"},
};

START_TEST(three_digits_and_a_unit)
{
    char text[DURATION_TEXT_SIZE];
    duration_text(text, cases[_i].ns);
    ck_assert_str_eq(text, cases[_i].text);
}
END_TEST

/* What is shown differs from the duration by half of the last of three digits. */
START_TEST(is_near_the_duration)
{
    uint64_t state = 42;
    for (int i = 0; i < 100000; i++) {
        char text[DURATION_TEXT_SIZE], unit[3] = "";
        double number;
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t ns = (state >> 20) % 990000000000 >> (state >> 3) % 38;
        duration_text(text, ns);
        bool parsed = sscanf(text, "%lf%2s", &number, unit) == 2;
        double scale = strcmp(unit, "ns") == 0   ? 1
                       : strcmp(unit, "us") == 0 ? 1e3
                       : strcmp(unit, "ms") == 0 ? 1e6
                                                 : 1e9;
        double error = number * scale / (double)(ns ? ns : 1);
        if (!parsed || strlen(text) > DURATION_TEXT_MAX ||
            (ns && (error < 0.995 || error > 1.0051)))
            ck_abort_msg("%" PRIu64 ": %s", ns, text);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, three_digits_and_a_unit, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tests, is_near_the_duration);
}
CHECK_MAIN("duration_text", 10, add_tests)
