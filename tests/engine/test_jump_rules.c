/* SPDX-License-Identifier: MIT */
/* What a process adds to the rules on where jumps may be planted: each test fails without its
   rule. */
#include "engine/trial.h"

/* ---- suspended stacks */

static const char SUSPENDED[] = "the program's stacks may hold addresses inside it";
static const char NOT_YET[] = "threads were in its code, or it was hot too late";

static void disarm_inside(struct trial *trial)
{
    disarm(trial, "stops_inside");
    disarm(trial, "stops_behind_mark");
}

static void arm_inside(struct trial *trial)
{
    arm(trial, "stops_inside", HIT_ENTRY | HIT_EXIT);
    arm(trial, "stops_behind_mark", HIT_ENTRY | HIT_EXIT);
}

/* Every hot site has a jump or never will. */
static bool all_settled(struct trial *trial)
{
    return hot_sites(trial, NOT_YET) == 0;
}

static void inside_recorded(struct trial *trial)
{
    recorded(trial, "work", CALLS, CALLS);
    recorded(trial, "stops_inside", CALLS, CALLS);
    recorded(trial, "stops_behind_mark", CALLS, CALLS);
}

static void run_suspended(struct trial *trial, const char *mode, const struct phase *phases,
                          size_t n)
{
    trial->target = "suspended";
    run_trial(trial, "work stops_inside stops_behind_mark", 0, mode, phases, n, NULL);
    ck_assert_uint_eq(harness_check_counts(trial->h), 3);
}

/* The address inside is on a stack that no thread is on. */
START_TEST(suspended_inside)
{
    static const char *const MODES[] = {"contexts", "own", "mark"};
    static const struct phase phases[] = {
        {.act = disarm_inside},
        {.act = arm_inside, .check = inside_recorded},
        {.ready = all_settled, .check = inside_recorded},
        {.ready = all_settled, .check = inside_recorded},
    };
    struct trial trial = {0};
    run_suspended(&trial, MODES[_i], phases, 4);
    ck_assert_uint_ge(hot_sites(&trial, SUSPENDED), 1);
    harness_free(trial.h);
}
END_TEST

/* A handler on another stack suspends nothing. */
START_TEST(handled_elsewhere)
{
    static const struct phase phases[] = {
        {.ready = NULL},
        {.check = inside_recorded},
        {.ready = all_settled, .check = inside_recorded},
    };
    struct trial trial = {0};
    run_suspended(&trial, "signal", phases, 3);
    ck_assert_uint_eq(hot_sites(&trial, SUSPENDED), 0);
    ck_assert_uint_ge(hot_sites(&trial, NULL), 6);
    harness_free(trial.h);
}
END_TEST

/* ---- the code at the site */

static const char WRITABLE[] = "the program may write to its code";
static const char SHADOWED[] =
    "it ends in a call, and the thread's shadow stack would not see that";

static void run_rules(struct trial *trial, const char *mode)
{
    static const struct phase phases[] = {
        {.ready = NULL},
        {.ready = all_settled},
        {.ready = all_settled},
        {.ready = all_settled},
    };
    trial->target = "jump_rules";
    run_trial(trial,
              "loops loops_to_start entered enters entered_by_constant hides before_data computed "
              "parted calls_early ends_in_call returns_argument patched patched_early raises",
              0, mode, phases, 4, NULL);
    ck_assert_uint_eq(harness_check_counts(trial->h), 15);
}

/* Each of these functions is harmed by a jump where there may be none. */
START_TEST(code_that_jumps_would_harm)
{
    struct trial trial = {0};
    run_rules(&trial, "rules");
    ck_assert_uint_ge(hot_sites(&trial, NULL), 3);
    ck_assert_uint_ge(hot_sites(&trial, WRITABLE), 1);
    ck_assert_uint_eq(hot_sites(&trial, "the code in memory is not that of the file"), 1);
    ck_assert_uint_eq(hot_sites(&trial, SHADOWED), 0);
    harness_free(trial.h);
}
END_TEST

START_TEST(writable_code)
{
    struct trial trial = {0};
    run_rules(&trial, "writable");
    ck_assert_uint_ge(hot_sites(&trial, WRITABLE), 5);
    ck_assert_uint_eq(hot_sites(&trial, NULL), 0);
    harness_free(trial.h);
}
END_TEST

START_TEST(calls_under_a_shadow_stack)
{
    struct trial trial = {.options.jumps_shadowed = true};
    run_rules(&trial, "rules");
    ck_assert_uint_ge(hot_sites(&trial, SHADOWED), 1);
    harness_free(trial.h);
}
END_TEST

/* ---- a filter of system calls that comes later */

static void set_both(struct trial *trial, bool armed)
{
    static const char *const NAMES[] = {"work", "small"};
    for (size_t i = 0; i < 2; i++)
        if (armed)
            arm(trial, NAMES[i], HIT_ENTRY | HIT_EXIT);
        else
            disarm(trial, NAMES[i]);
}

static void disarm_both(struct trial *trial)
{
    set_both(trial, false);
}

static void arm_both(struct trial *trial)
{
    set_both(trial, true);
}

static bool four_planted(struct trial *trial)
{
    return planted(trial) == 4;
}

static bool none_planted(struct trial *trial)
{
    return planted(trial) == 0;
}

static void both_recorded(struct trial *trial)
{
    recorded(trial, "work", CALLS, CALLS);
    recorded(trial, "small", CALLS, CALLS);
}

static void both_jumped(struct trial *trial)
{
    both_recorded(trial);
    made_no_stops(trial);
}

static void nothing_recorded(struct trial *trial)
{
    recorded(trial, "work", 0, 0);
    recorded(trial, "small", 0, 0);
    made_no_stops(trial);
}

START_TEST(secluded_later)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.check = both_jumped},
        {.act = disarm_both, .ready = none_planted, .check = nothing_recorded},
        {.act = arm_both, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
    };
    struct trial trial = {0};
    run_trial(&trial, "work small", 0, "secludes", phases, 6, NULL);
    harness_free(trial.h);
}
END_TEST

/* ---- returns to generated code */

/* After the first call from each place, none stops. */
START_TEST(returns_to_generated_code)
{
    struct engine_stats stats;
    struct harness *h = harness_new("work", NULL);
    harness_run(h, "jit 20000");
    ck_assert_int_eq(h->status, 0);
    ck_assert_uint_eq(harness_check_counts(h), 1);
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_gt(stats.records, 0);
    ck_assert_uint_lt(stats.stops, 30000); /* of 60000 calls */
    harness_free(h);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, suspended_inside, 0, 3);
    tcase_add_test(tests, handled_elsewhere);
    tcase_add_test(tests, code_that_jumps_would_harm);
    tcase_add_test(tests, writable_code);
    tcase_add_test(tests, calls_under_a_shadow_stack);
    tcase_add_test(tests, secluded_later);
    tcase_add_test(tests, returns_to_generated_code);
}

int main(void)
{
    return trial_main("jump_rules", add_tests);
}
