/* SPDX-License-Identifier: MIT */
/* Packets of streams, and whether the session may have been stopped between them. */
#include "analysis/packet_cover.h"
#include "unit/check_main.h"

static struct packet_cover cover;
static int streams[2];

static void begin(int stream, uint64_t time)
{
    ck_assert_int_lt(stream, 2);
    packet_cover_begin(&cover, time);
}

static void end(int stream, uint64_t time)
{
    packet_cover_end(&cover, &streams[stream], time);
}

static void expect_none(void)
{
    uint64_t since;
    ck_assert(!packet_cover_event(&cover, &since));
}

static void expect_since(uint64_t wanted)
{
    uint64_t since;
    ck_assert(packet_cover_event(&cover, &since));
    ck_assert_uint_eq(since, wanted);
    expect_none();
}

static void setup(void)
{
    cover = (struct packet_cover){0};
}

START_TEST(packets_in_a_row)
{
    begin(0, 10);
    expect_none();
    end(0, 20);
    begin(0, 20);
    expect_none();
    begin(1, 30);
    end(0, 40);
    expect_none();
    begin(0, 50);
    expect_none();
}
END_TEST

START_TEST(stopped)
{
    begin(0, 10);
    begin(1, 10);
    end(0, 20);
    end(1, 21);
    begin(1, 1000);
    expect_since(21);
    end(1, 2000);
    /* A buffer without events is flushed, too. */
    begin(0, 2010);
    end(0, 2010);
    begin(0, 3000);
    expect_since(2000);
}
END_TEST

START_TEST(rotated)
{
    begin(0, 10);
    begin(1, 10);
    end(0, 20);
    end(1, 21);
    begin(0, 30);
    end(0, 30);
    begin(1, 40);
    end(1, 40);
    begin(1, 5000);
    expect_none();
}
END_TEST

/* Later than a rotation makes it, an empty packet tells nothing. */
START_TEST(rotated_while_stopped)
{
    begin(0, 10);
    end(0, 20);
    begin(0, 2000000);
    end(0, 2000000);
    begin(0, 3000000);
    expect_since(20);
}
END_TEST

/* An end without its beginning, as damaged traces have it. */
START_TEST(unbalanced)
{
    end(0, 5);
    begin(0, 10);
    expect_since(5);
    end(0, 20);
    end(1, 20);
    begin(1, 30);
    expect_since(20);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, packets_in_a_row);
    tcase_add_test(tests, stopped);
    tcase_add_test(tests, rotated);
    tcase_add_test(tests, rotated_while_stopped);
    tcase_add_test(tests, unbalanced);
}

CHECK_MAIN("packet_cover", 10, add_tests)
