/* SPDX-License-Identifier: MIT */
/* Jumps that are planted and lifted again and again while eight threads run through them, and get
   signals. CYCLES= says how often; CK_TIMEOUT_MULTIPLIER= gives them time. */
#include <pthread.h>
#include <time.h>

#include "engine/trial.h"

enum {
    CYCLES = 100,
    TICK_NS = 500000,
    ALL_JUMPS = 6, /* three entries, and where they return to */
    STANDING = 2,  /* of counted() */
};

struct cycles {
    struct trial trial;
    unsigned long wanted, done;
    bool lifting, enough;
    atomic_bool ended;
};

static void find_process(void *data, struct process *process)
{
    struct cycles *cycles = data;
    cycles->trial.process = process;
}

static void on_cycles_launch(struct harness *h)
{
    engine_each_process(h->engine, find_process, h->data);
}

/* The code of counted() is not looked at: its jumps stay. */
static void next_step(struct harness *h)
{
    struct cycles *cycles = h->data;
    struct trial *trial = &cycles->trial;
    if (!trial->process || cycles->enough || h->ended)
        return;
    if (!cycles->lifting && planted(trial) == ALL_JUMPS) {
        disarm(trial, "work");
        disarm(trial, "in_handler");
        cycles->lifting = true;
    } else if (cycles->lifting && planted(trial) == STANDING) {
        ck_assert(is_original(trial, "work"));
        ck_assert(is_original(trial, "in_handler"));
        cycles->done++;
        cycles->lifting = false;
        cycles->enough = cycles->done == cycles->wanted;
        if (cycles->enough) {
            kill(process_pid(trial->process), SIGTERM);
            return;
        }
        arm(trial, "work", HIT_ENTRY | HIT_EXIT);
        arm(trial, "in_handler", HIT_ENTRY | HIT_EXIT);
    }
}

static void *tick(void *data)
{
    struct cycles *cycles = data;
    const struct timespec pause = {.tv_nsec = TICK_NS};
    while (!atomic_load(&cycles->ended)) {
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        engine_wake(cycles->trial.h->engine);
    }
    return NULL;
}

START_TEST(no_fault)
{
    struct cycles cycles = {.wanted = harness_setting("CYCLES")};
    pthread_t ticker;
    unsigned long calls = 0;
    if (!cycles.wanted)
        cycles.wanted = CYCLES;
    struct harness *h = harness_new("work counted in_handler", NULL);
    cycles.trial.h = h;
    h->data = &cycles;
    h->launched = on_cycles_launch;
    h->woken = next_step;
    ck_assert_int_eq(pthread_create(&ticker, NULL, tick, &cycles), 0);
    harness_run(h, "jump_cycles");
    atomic_store(&cycles.ended, true);
    pthread_join(ticker, NULL);
    ck_assert_msg(h->status == 0, "it ended with wait status 0x%x", h->status);
    ck_assert_uint_eq(cycles.done, cycles.wanted);
    const char *line = strstr(h->output, "counted ");
    ck_assert(line && sscanf(line, "counted %lu", &calls) == 1);
    const struct counter *counted = harness_counter(h, "counted");
    ck_assert_uint_eq(counted->entries, calls);
    ck_assert_uint_eq(counted->exits, calls);
    struct engine_stats stats = stats_of(&cycles.trial);
    ck_assert_uint_ge(stats.jumps_lifted, cycles.wanted * (ALL_JUMPS - STANDING));
    ck_assert_uint_eq(stats.dropped, 0);
    printf("%lu cycles: %lu changes, the longest %lu us, of %lu us; %lu stops, %lu records\n",
           cycles.done, (unsigned long)stats.jump_batches,
           (unsigned long)stats.jump_batch_longest_ns / 1000,
           (unsigned long)stats.jump_batch_ns / 1000, (unsigned long)stats.stops,
           (unsigned long)stats.records);
    harness_free(h);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, no_fault);
}

int main(void)
{
    return trial_main("jumps_cycles", add_tests);
}
