/* SPDX-License-Identifier: MIT */
/* Sites that are served by jumps, with several threads and processes, odd thread pointers, and full
   rings. */
#include "engine/probe_fields.h"
#include "engine/trial.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/pacing.h"
#include "util/clock.h"
#include "util/table.h"

/* ---- records of other threads */

enum { ROUNDS = 60 };

static bool two_planted(struct trial *trial)
{
    return planted(trial) == 2;
}

static void toggle(struct trial *trial)
{
    if (trial->at % 2)
        disarm(trial, "work");
    else
        arm(trial, "work", HIT_ENTRY | HIT_EXIT);
}

/* Calls before the function was disarmed are recorded, although their records may not have been
   taken by then. */
START_TEST(disarmed_after_other_threads_calls)
{
    struct phase phases[ROUNDS];
    struct trial trial = {0};
    phases[0] = (struct phase){.ready = two_planted};
    for (size_t i = 1; i < ROUNDS; i++)
        phases[i] = (struct phase){.act = toggle};
    run_trial(&trial, "work", 0, "beside", phases, ROUNDS, NULL);
    ck_assert_uint_eq(trial.h->counters[0].entries, (ROUNDS / 2 + 1) * CALLS);
    ck_assert_uint_eq(trial.h->counters[0].exits, (ROUNDS / 2 + 1) * CALLS);
    ck_assert_uint_gt(stats_of(&trial).records, 0);
    harness_free(trial.h);
}
END_TEST

/* Runs the target; the recorded calls equal its output. */
static struct engine_stats run(const char *names, const char *command,
                               const struct engine_options *options)
{
    struct engine_stats stats;
    struct harness *h = harness_new(names, options);
    harness_run(h, command);
    ck_assert_msg(h->status == 0, "%s ended with wait status 0x%x", command, h->status);
    ck_assert_uint_gt(harness_check_counts(h), 0);
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_gt(stats.jumps, 0);
    ck_assert_uint_gt(stats.records, 0);
    ck_assert_uint_eq(stats.dropped, 0);
    harness_free(h);
    return stats;
}

START_TEST(unloaded_after_other_threads_calls)
{
    run("lib_work", "jumping unloads 1000 40", NULL);
}
END_TEST

/* ---- the time between changes */

static bool has_read;

/* Reading a file takes longer than a change. */
static int read_slowly(void *data, struct process *process, target_addr at, bool is_return,
                       bool single, struct jump_region *region, const char **reason)
{
    const struct harness *h = data;
    const uint64_t end = clock_now_ns() + 200000000;
    while (!has_read && clock_now_ns() < end)
        continue;
    has_read = true;
    return find_jump_region(h->catalog, process, at, is_return, single, region, reason);
}

static void slow_down(struct trial *trial)
{
    trial->h->engine->sink.jump_region = read_slowly;
}

/* How long the program's next change has to wait. */
static uint64_t pause_of(const struct engine *engine)
{
    uint64_t next_ns = 0, now_ns = clock_now_ns();
    const struct process *process;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        next_ns = pacing_after_last(&process->space->jumps->pacing, 3);
    ck_assert_uint_gt(next_ns, 0);
    return next_ns > now_ns ? next_ns - now_ns : 0;
}

/* Only the time that the program was stopped for changes makes the pause after one longer. */
static bool planted_soon(struct trial *trial)
{
    if (!two_planted(trial))
        return false;
    ck_assert(has_read);
    ck_assert_uint_le(pause_of(trial->h->engine), 7 * stats_of(trial).jump_batch_ns);
    return true;
}

START_TEST(reading_files_is_no_stop)
{
    static const struct phase phases[] = {
        {.act = slow_down},
        {.ready = planted_soon},
    };
    RUN_TRIAL("small", 0, phases, NULL);
}
END_TEST

static uint64_t batches_before; /* there is one if a site of the engine's own is hot */

static void hold_back(struct trial *trial)
{
    struct jumps *jumps = jumps_of(trial->process->space);
    uint64_t now_ns = clock_now_ns(), hour_ns = UINT64_C(3600000000000);
    ck_assert_ptr_nonnull(jumps);
    pacing_note(&jumps->pacing, now_ns, now_ns + hour_ns);
    batches_before = stats_of(trial).jump_batches;
}

/* The program was stopped enough: sites that are hot have to wait, the first ones, too. */
START_TEST(a_first_jump_waits)
{
    static const struct phase phases[] = {{.act = hold_back}, {0}, {0}};
    struct trial trial = {.options = {.jump_every_ms = _i ? 1 : 0}};
    run_trial(&trial, "small", 0, "phases", phases, 3, NULL);
    ck_assert_uint_gt(trial.h->counters[0].entries, 0);
    ck_assert_uint_eq(stats_of(&trial).jump_batches, batches_before);
    ck_assert_uint_eq(stats_of(&trial).jumps, 0);
    ck_assert_uint_eq(stats_of(&trial).records, 0);
    harness_free(trial.h);
}
END_TEST

/* ---- children, thread pointers */

START_TEST(children)
{
    static const char *const COMMANDS[] = {"jumping forks 500 20", "jumping vforks 100 20"};
    struct engine_options options = {.follow_forks = _i & 1};
    run("work", COMMANDS[_i / 2], &options);
}
END_TEST

/* What has had a jump in a process is hot after an eighth of the hits in the next one, which ends
   before the others would be enough. */
START_TEST(hot_in_an_earlier_process)
{
    enum { AFTER = 4000, ROUND = 2000 };
    struct engine_options options = {.follow_forks = true, .jump_after = AFTER};
    ck_assert_int_eq(unsetenv("JUMP_AFTER"), 0);
    struct engine_stats stats = run("work", "jumping forks 2000 6", &options);
    /* The parent's sites become hot in its second round, each child's in its only one. */
    ck_assert_uint_ge(stats.jumps, 2 + 2 * 3);
}
END_TEST

/* Both stop at each call, while there are two. */
START_TEST(threads_that_share_a_pointer)
{
    enum { TIMES = 10 };
    static const struct phase until_planted = {.ready = two_planted};
    struct phase phases[TIMES] = {until_planted};
    struct trial trial = {.pauses = 1};
    run_trial(&trial, "work", 0, "shares", phases, TIMES, NULL);
    ck_assert_uint_eq(trial.h->counters[0].entries, (3 + 2 * TIMES) * CALLS);
    ck_assert_uint_gt(harness_check_counts(trial.h), 0);
    /* Between the pause and the first other thread, and behind the last one. */
    ck_assert_uint_ge(stats_of(&trial).records - trial.stats_before.records, 4 * CALLS - FEW);
    harness_free(trial.h);
}
END_TEST

START_TEST(pointers_to_no_thread)
{
    struct engine_stats stats = run("work", "jumping pointers 200 20", NULL);
    ck_assert_uint_ge(stats.stops, 2 * 20 * 200); /* without its own pointer, a thread stops */
}
END_TEST

/* Threads that end, on whose stacks others begin. */
START_TEST(stacks_are_used_again)
{
    run("work live", "many_threads_churn 1500 20", NULL);
}
END_TEST

/* ---- full rings */

struct rush {
    uint64_t argument, entry_ns, last_ns;
    bool is_open;
    unsigned long durations, wrong;
};

/* A duration is that of the last entry before, and of the call with the same argument. */
static void check_rush(struct harness *h, const struct hit *hit)
{
    struct rush *rush = h->data;
    if (hit->kind == HIT_ENTRY) {
        rush->argument = hit->values[0];
        rush->entry_ns = hit->time_ns;
        rush->is_open = true;
    } else if (hit->duration_ns) {
        rush->durations++;
        rush->wrong += !rush->is_open || hit->values[0] != rush->argument + 1 ||
                       hit->duration_ns != hit->time_ns - rush->entry_ns;
        rush->is_open = false;
    }
    rush->wrong += hit->depth != 0 && hit->kind == HIT_EXIT;
    rush->wrong += hit->time_ns < rush->last_ns;
    rush->last_ns = hit->time_ns;
}

enum { RUSH = 1000000 };

/* The drainer is slower than a program that only calls. */
static struct engine_stats run_rush(struct rush *rush, unsigned kinds, struct counter *work)
{
    struct engine_stats stats;
    ck_assert_int_eq(setenv("JUMPS_DROP", "1", 1), 0);
    struct harness *h = harness_new("work", NULL);
    h->counters[0].probe.args = &INTEGER_ARG;
    h->counters[0].probe.rets = &INTEGER_RESULT;
    h->counters[0].probe.n_args = h->counters[0].probe.n_rets = 1;
    h->kinds = kinds;
    h->on_hit = check_rush;
    h->data = rush;
    harness_run(h, "jumping rushes 1000000");
    ck_assert_int_eq(h->status, 0);
    engine_get_stats(h->engine, &stats);
    *work = h->counters[0];
    harness_free(h);
    ck_assert_uint_gt(stats.dropped, 0);
    return stats;
}

START_TEST(entries_dropped_are_counted)
{
    struct rush rush = {0};
    struct counter work;
    struct engine_stats stats = run_rush(&rush, HIT_ENTRY, &work);
    ck_assert_uint_eq(work.entries + stats.dropped, RUSH);
}
END_TEST

START_TEST(no_duration_is_wrong_behind_a_gap)
{
    struct rush rush = {0};
    struct counter work;
    struct engine_stats stats = run_rush(&rush, 0, &work);
    ck_assert_uint_gt(rush.durations, 0);
    ck_assert_uint_eq(rush.wrong, 0);
    ck_assert_uint_eq(stats.calls, RUSH);
    ck_assert_uint_eq(work.entries + work.exits + stats.dropped, 2 * RUSH);
}
END_TEST

/* What is dropped is counted exactly, for each function. */
START_TEST(all_that_is_dropped_is_counted)
{
    enum { THREADS = 4, OUTER = 100000 };
    struct engine_stats stats;
    ck_assert_int_eq(setenv("JUMPS_DROP", "1", 1), 0);
    struct harness *h = harness_new("work outer", NULL);
    harness_run(h, "jumping crowds 100000 4");
    ck_assert_int_eq(h->status, 0);
    engine_get_stats(h->engine, &stats);
    const struct counter *work = harness_counter(h, "work"), *outer = harness_counter(h, "outer");
    ck_assert_uint_gt(work->dropped, 0);
    ck_assert_uint_gt(outer->dropped, 0);
    ck_assert_uint_eq(stats.dropped, work->dropped + outer->dropped);
    ck_assert_uint_eq(work->entries + work->dropped_calls, THREADS * 2 * OUTER);
    ck_assert_uint_eq(work->entries + work->exits + work->dropped, 2 * THREADS * 2 * OUTER);
    ck_assert_uint_eq(outer->entries + outer->dropped_calls, THREADS * OUTER + THREADS / 2);
    ck_assert_uint_eq(outer->entries + outer->exits + outer->dropped,
                      2 * THREADS * OUTER + THREADS / 2);
    harness_free(h);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, disarmed_after_other_threads_calls);
    tcase_add_test(tests, unloaded_after_other_threads_calls);
    tcase_add_test(tests, reading_files_is_no_stop);
    tcase_add_loop_test(tests, a_first_jump_waits, 0, 2);
    tcase_add_test(tests, hot_in_an_earlier_process);
    tcase_add_loop_test(tests, children, 0, 4);
    tcase_add_test(tests, threads_that_share_a_pointer);
    tcase_add_test(tests, pointers_to_no_thread);
    tcase_add_test(tests, stacks_are_used_again);
    tcase_add_test(tests, entries_dropped_are_counted);
    tcase_add_test(tests, no_duration_is_wrong_behind_a_gap);
    tcase_add_test(tests, all_that_is_dropped_is_counted);
}

int main(void)
{
    return trial_main("jumps_beside", add_tests);
}
