/* SPDX-License-Identifier: MIT */
/* Many processes that share memory: attach, detach and their end take time linear in their number,
   and the detach is immediate although most of them cannot be stopped. */
#include <pthread.h>

#include "engine/harness.h"
#include "engine/running.h"
#include "engine/untouched.h"

enum { FEW = 50, TIMES = 4 };

static struct running start_chain(unsigned n)
{
    char number[16], line[256];
    snprintf(number, sizeof(number), "%u", n);
    struct running target = start_program("vfork_chain", number, NULL);
    ck_assert_str_eq(answer(&target, line), "deep\n");
    return target;
}

static struct harness *attach_to(const struct running *target, const struct engine_options *options)
{
    struct error err = {0};
    struct harness *h = harness_new("work", options);
    if (engine_attach(h->engine, target->pid, &err) < 0)
        ck_abort_msg("%s", err.text);
    return h;
}

static void *end_chain(void *data)
{
    struct running *target = data;
    char line[256];
    fprintf(target->in, "\n");
    ck_assert_str_eq(answer(target, line), "called\n");
    fclose(target->in);
    return NULL;
}

/* Attaches to the chain, which ends; returns the cost. */
static struct engine_stats followed(unsigned n)
{
    struct running target = start_chain(n);
    struct harness *h = attach_to(&target, NULL);
    struct engine_stats stats;
    struct error err = {0};
    pthread_t player;
    char line[256];
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_eq(stats.requests[REQUEST_SEIZE], n);
    ck_assert_int_eq(pthread_create(&player, NULL, end_chain, &target), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    pthread_join(player, NULL);
    ck_assert(h->ended);
    ck_assert_int_eq(h->status, 0);
    /* The call was of another process, which is not traced. */
    ck_assert_uint_eq(h->counters[0].entries, 0);
    ck_assert_str_eq(answer(&target, line), "work 1 1\n");
    fclose(target.out);
    engine_get_stats(h->engine, &stats);
    harness_free(h);
    return stats;
}

/* Attaches to the chain and detaches at once; returns the cost. The kernel detaches from the
   processes that wait in vfork(2) when this process ends: so it is a separate one. */
static struct engine_stats let_go(unsigned n)
{
    struct running target = start_chain(n);
    struct engine_stats stats = {0};
    int told[2], status;
    char line[256];
    ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
    pid_t tracer = fork();
    if (tracer == 0) {
        const struct engine_options options = {.let_go_ms = 1};
        struct harness *h = attach_to(&target, &options);
        struct error err = {0};
        engine_stop(h->engine);
        ck_assert_int_eq(engine_run(h->engine, &err), 0);
        engine_get_stats(h->engine, &stats);
        harness_free(h);
        ck_assert(write(told[1], &stats, sizeof(stats)) == sizeof(stats));
        _exit(0);
    }
    ck_assert(read(told[0], &stats, sizeof(stats)) == sizeof(stats));
    ck_assert_int_eq(waitpid(tracer, &status, 0), tracer);
    ck_assert_int_eq(status, 0);
    close(told[0]);
    close(told[1]);
    ck_assert_int_ge(check_untouched(target.pid), 2);
    fprintf(target.in, "\n");
    ck_assert_str_eq(answer(&target, line), "called\n");
    ck_assert_uint_eq(finish(&target), 1);
    return stats;
}

/* Quadratic cost would be TIMES times as much for each process. One walk to the process that can be
   stopped varies: its place in /proc depends on its PID. */
static void check_linear(const struct engine_stats *few, const struct engine_stats *many)
{
    /* Each change of jumps walks over all threads. */
    if (harness_setting("JUMP_AFTER"))
        return;
    ck_assert_uint_le(many->walked, (few->walked + FEW) * TIMES * 3 / 2);
    ck_assert_uint_le(many->ptrace_calls, few->ptrace_calls * TIMES * 3 / 2);
    ck_assert_uint_le(many->walked, FEW * TIMES * 20);
}

START_TEST(ends_by_itself)
{
    struct engine_stats few = followed(FEW), many = followed(FEW * TIMES);
    check_linear(&few, &many);
}
END_TEST

START_TEST(cannot_be_stopped)
{
    struct engine_stats few = let_go(FEW), many = let_go(FEW * TIMES);
    check_linear(&few, &many);
    /* Except for the last one, which can be. */
    ck_assert_uint_eq(many.requests[REQUEST_DETACH], 1);
}
END_TEST

/* An engine that was told to stop attaches to nothing. */
START_TEST(stopped_before)
{
    struct running target = start_chain(FEW);
    struct harness *h = harness_new("work", NULL);
    struct engine_stats stats;
    struct error err = {0};
    engine_stop(h->engine);
    ck_assert_int_eq(engine_attach(h->engine, target.pid, &err), -EINTR);
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_eq(stats.requests[REQUEST_SEIZE], 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    harness_free(h);
    ck_assert_uint_eq(finish(&target), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, ends_by_itself);
    tcase_add_test(tests, cannot_be_stopped);
    tcase_add_test(tests, stopped_before);
}

CHECK_MAIN("vforks", 60, add_tests)
