/* SPDX-License-Identifier: MIT */
/* Sites that are served by jumps: they are planted and lifted as what is wanted changes, and no
   call is missed or told wrong. */
#include "engine/probe_fields.h"
#include "engine/trial.h"
#include "engine/trial_both.h"

/* ---- most calls make no stop */

START_TEST(most_calls_make_no_stop)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.check = both_jumped},
    };
    RUN_TRIAL("work small", 0, phases, NULL);
}
END_TEST

/* Of sites that the program has still, and of those that it has left. */
static void counted_by_reason(struct trial *trial)
{
    both_recorded(trial);
    ck_assert_uint_eq(hot_sites(trial, NULL), 4);
    ck_assert_uint_eq(hot_sites(trial, "it is the resolver of an indirect function"), 0);
}

static void make_resolver(struct trial *trial)
{
    static const struct probe function = {.provider = "test", .function = "resolved"};
    disarm(trial, "small");
    harness_counter(trial->h, "small")->probe.resolves = &function;
    arm(trial, "small", HIT_ENTRY);
}

START_TEST(reasons_are_counted)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = counted_by_reason},
        {.act = make_resolver},
        {.ready = NULL},
    };
    struct trial trial = {0};
    run_trial(&trial, "work small", 0, "phases", phases, 4, NULL);
    ck_assert_uint_eq(hot_sites(&trial, NULL), 3);
    ck_assert_uint_eq(hot_sites(&trial, "it is the resolver of an indirect function"), 1);
    harness_free(trial.h);
}
END_TEST

/* ---- what is wanted changes */

static void disarm_both(struct trial *trial)
{
    disarm(trial, "work");
    disarm(trial, "small");
}

static void arm_both(struct trial *trial)
{
    arm(trial, "work", HIT_ENTRY | HIT_EXIT);
    arm(trial, "small", HIT_ENTRY | HIT_EXIT);
}

static bool all_lifted(struct trial *trial)
{
    return planted(trial) == 0;
}

static void nothing_recorded(struct trial *trial)
{
    recorded(trial, "work", 0, 0);
    recorded(trial, "small", 0, 0);
    made_no_stops(trial);
    made_records(trial, 0);
    ck_assert(is_original(trial, "work"));
    ck_assert(is_original(trial, "small"));
}

START_TEST(disarmed_sites_are_lifted)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = disarm_both, .ready = all_lifted, .check = nothing_recorded},
        {.act = arm_both, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
    };
    RUN_TRIAL("work small", 0, phases, NULL);
}
END_TEST

static void arm_entries(struct trial *trial)
{
    arm(trial, "work", HIT_ENTRY);
    arm(trial, "small", HIT_ENTRY);
}

static void arm_exits(struct trial *trial)
{
    arm(trial, "work", HIT_EXIT);
    arm(trial, "small", HIT_EXIT);
}

static bool two_planted(struct trial *trial)
{
    return planted(trial) == 2;
}

static void entries_recorded(struct trial *trial)
{
    recorded(trial, "work", 2 * CALLS, 0);
    recorded(trial, "small", CALLS, 0);
}

static void entries_jumped(struct trial *trial)
{
    entries_recorded(trial);
    made_no_stops(trial);
    made_records(trial, 3 * CALLS);
}

static void exits_recorded(struct trial *trial)
{
    recorded(trial, "work", 0, 2 * CALLS);
    recorded(trial, "small", 0, CALLS);
}

static void exits_jumped(struct trial *trial)
{
    exits_recorded(trial);
    made_no_stops(trial);
}

START_TEST(kinds_change)
{
    static const struct phase phases[] = {
        {.check = entries_recorded},
        {.ready = two_planted, .check = entries_jumped},
        {.act = arm_both, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = arm_entries, .check = entries_recorded},
        {.ready = two_planted, .check = entries_jumped},
        {.act = arm_exits, .check = exits_recorded},
        {.ready = four_planted, .check = exits_jumped},
        {.act = arm_both, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
    };
    RUN_TRIAL("work small", HIT_ENTRY, phases, NULL);
}
END_TEST

/* A stub that was made is used again. */
START_TEST(kinds_toggle)
{
    enum { TIMES = 12, STUBS = 2 * 2 + 2 /* entries with and without returns, and two of these */ };
    struct phase phases[1 + 2 * TIMES] = {{.check = entries_recorded}};
    struct trial trial = {0};
    for (size_t i = 0; i < TIMES; i++) {
        struct phase *phase = &phases[1 + 2 * i];
        bool both = i % 2;
        phase[0] = (struct phase){.ready = both ? four_planted : two_planted,
                                  .check = both ? both_jumped : entries_jumped};
        phase[1] = (struct phase){.act = both ? arm_entries : arm_both};
    }
    run_trial(&trial, "work small", HIT_ENTRY, "phases", phases, 1 + 2 * TIMES, NULL);
    ck_assert_uint_eq(stats_of(&trial).stubs, STUBS);
    harness_free(trial.h);
}
END_TEST

/* ---- probes with values */

static const struct field FLOAT_RESULT = {
    .name = "result",
    .kind = VALUE_FLOAT,
    .size = 8,
    .place = {.kind = PLACE_FLOAT_RET},
};
static const struct field STRING_ARG = {
    .name = "i",
    .kind = VALUE_STRING,
    .size = 8,
    .place = {.kind = PLACE_INTEGER_ARG},
};
static const struct field STRING_RESULT = {
    .name = "result",
    .kind = VALUE_STRING,
    .size = 8,
    .place = {.kind = PLACE_INTEGER_RET},
};

static void set_probe(struct trial *trial, const char *name, const struct field *arg,
                      const struct field *ret)
{
    struct probe *probe = &harness_counter(trial->h, name)->probe;
    probe->args = arg;
    probe->n_args = arg ? 1 : 0;
    probe->rets = ret;
    probe->n_rets = ret ? 1 : 0;
    probe->float_rets = ret == &FLOAT_RESULT;
    arm(trial, name, HIT_ENTRY | HIT_EXIT);
}

/* Exits follow their entries: no function here calls another. */
static void check_values(struct harness *h, const struct hit *hit)
{
    static uint64_t argument;
    struct trial *trial = h->data;
    const struct field *field = hit->kind == HIT_ENTRY ? hit->probe->args : hit->probe->rets;
    bool is_right = hit->n_values == (field ? 1 : 0);
    const char *name = hit->probe->function;
    double half = (double)argument / 2;
    if (hit->kind == HIT_ENTRY && field == &INTEGER_ARG)
        argument = hit->values[0];
    else if (field == &STRING_ARG && hit->n_values)
        is_right = strcmp(hit->text + hit->values[0], "(null)") == 0 ||
                   strcmp(hit->text + hit->values[0], "(bad address)") == 0;
    else if (field == &INTEGER_RESULT && hit->probe->args == &INTEGER_ARG)
        is_right = hit->values[0] == (strcmp(name, "work") == 0 ? argument + 1 : argument * 3);
    else if (field == &FLOAT_RESULT)
        is_right = memcmp(&hit->values[0], &half, sizeof(half)) == 0;
    else if (field == &STRING_RESULT)
        is_right = strcmp(hit->text + hit->values[0], argument % 2 ? "odd" : "even") == 0;
    trial->wrong += !is_right;
}

static void set_integers(struct trial *trial)
{
    set_probe(trial, "work", &INTEGER_ARG, &INTEGER_RESULT);
    set_probe(trial, "small", &INTEGER_ARG, &INTEGER_RESULT);
}

static void set_string_args(struct trial *trial)
{
    set_probe(trial, "work", &STRING_ARG, &INTEGER_RESULT);
    set_probe(trial, "small", &STRING_ARG, NULL);
}

START_TEST(probes_change)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = set_integers, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = set_string_args, .check = both_recorded},
        {.check = both_recorded},
        {.act = set_integers, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
    };
    RUN_TRIAL("work small", 0, phases, check_values);
}
END_TEST

/* The third function comes later. */
static void set_integers_only(struct trial *trial)
{
    set_integers(trial);
    disarm(trial, harness_counter(trial->h, "halves") ? "halves" : "named");
}

static void add_halves(struct trial *trial)
{
    set_probe(trial, "halves", &INTEGER_ARG, &FLOAT_RESULT);
}

static void halves_recorded(struct trial *trial)
{
    both_recorded(trial);
    recorded(trial, "halves", CALLS, CALLS);
}

static bool five_planted(struct trial *trial)
{
    return planted(trial) == 5;
}

static void halves_jumped(struct trial *trial)
{
    halves_recorded(trial);
    made_no_stops(trial);
}

/* It returns to where only integers were expected. */
START_TEST(a_float_result_is_added)
{
    static const struct phase phases[] = {
        {.act = set_integers_only, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = add_halves, .check = halves_recorded},
        {.check = halves_recorded},
        {.check = halves_recorded},
    };
    RUN_TRIAL("work small halves", HIT_ENTRY, phases, check_values);
}
END_TEST

static void set_all_numbers(struct trial *trial)
{
    set_integers(trial);
    add_halves(trial);
}

/* It was known from the start. */
START_TEST(a_float_result_is_known)
{
    static const struct phase phases[] = {
        {.act = set_all_numbers, .check = halves_recorded},
        {.ready = five_planted, .check = halves_jumped},
    };
    RUN_TRIAL("work small halves", HIT_ENTRY, phases, check_values);
}
END_TEST

static void halves_not_yet(struct trial *trial)
{
    both_recorded(trial);
    recorded(trial, "halves", 0, 0);
}

/* It was known from the start, and called only after the jumps at the place it returns to were
   made. */
START_TEST(a_float_result_is_late)
{
    static const struct phase phases[] = {
        {.act = set_all_numbers, .check = halves_not_yet},
        {.ready = four_planted, .check = halves_not_yet},
        {.check = halves_recorded},
        {.ready = five_planted, .check = halves_jumped},
    };
    struct trial trial = {0};
    run_trial(&trial, "work small halves", HIT_ENTRY, "late", phases,
              sizeof(phases) / sizeof(phases[0]), check_values);
    harness_free(trial.h);
}
END_TEST

static void add_named(struct trial *trial)
{
    set_probe(trial, "named", &INTEGER_ARG, &STRING_RESULT);
}

static void named_recorded(struct trial *trial)
{
    both_recorded(trial);
    recorded(trial, "named", CALLS, CALLS);
}

/* It returns to where a jump is, which cannot read it. */
START_TEST(a_string_result_is_added)
{
    static const struct phase phases[] = {
        {.act = set_integers_only, .check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = add_named, .check = named_recorded},
        {.check = named_recorded},
    };
    RUN_TRIAL("work small named", HIT_ENTRY, phases, check_values);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, most_calls_make_no_stop);
    tcase_add_test(tests, reasons_are_counted);
    tcase_add_test(tests, disarmed_sites_are_lifted);
    tcase_add_test(tests, kinds_change);
    tcase_add_test(tests, kinds_toggle);
    tcase_add_test(tests, probes_change);
    tcase_add_test(tests, a_float_result_is_added);
    tcase_add_test(tests, a_float_result_is_known);
    tcase_add_test(tests, a_float_result_is_late);
    tcase_add_test(tests, a_string_result_is_added);
}

int main(void)
{
    return trial_main("jumps", add_tests);
}
