/* SPDX-License-Identifier: MIT */
/* Running targets: attach, trace, detach. The recorded calls are exactly the target's while it is
   attached, and it is unchanged afterwards. */
#include <dirent.h>
#include <elf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/harness.h"
#include "engine/running.h"
#include "engine/untouched.h"

/* What the target does while it is attached; then the engine is told to detach. */
struct script {
    struct running *target;
    struct harness *harness;
    unsigned calls;   /* call N */
    unsigned loop_ms; /* or loop for so long */
};

static void *play(void *data)
{
    struct script *script = data;
    char line[256];
    if (script->calls) {
        fprintf(script->target->in, "call %u\n", script->calls);
        answer(script->target, line);
    }
    if (script->loop_ms) {
        struct timespec pause = {.tv_nsec = script->loop_ms * 1000000L};
        fprintf(script->target->in, "loop\n");
        answer(script->target, line);
        nanosleep(&pause, NULL);
    }
    script->harness->data = script;
    engine_wake(script->harness->engine);
    return NULL;
}

static void detach_when_woken(struct harness *h)
{
    if (h->data)
        engine_detach(h->engine);
}

/* Attaches, runs the script, detaches; returns the harness with its counts. */
static struct harness *attached(struct running *target, struct script *script)
{
    struct error err = {0};
    pthread_t player;
    struct untouched_state before = untouched_note(target->pid);
    struct harness *h = harness_new("work", NULL);
    h->woken = detach_when_woken;
    script->target = target;
    script->harness = h;
    if (engine_attach(h->engine, target->pid, &err) < 0)
        ck_abort_msg("%s", err.text);
    ck_assert_int_eq(pthread_create(&player, NULL, play, script), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    pthread_join(player, NULL);
    ck_assert(h->ended);
    ck_assert_int_eq(h->status, -1);
    ck_assert_uint_ge(before.n, 1);
    check_nothing_left(target->pid, &before);
    return h;
}

/* The code of the program and of at least one library. */
static void check_let_go(const struct running *target)
{
    ck_assert_int_ge(check_untouched(target->pid), 2);
}

START_TEST(counts_while_attached)
{
    struct running target = start("1");
    struct script script = {.calls = 1000};
    struct harness *h = attached(&target, &script);
    ck_assert_uint_eq(h->counters[0].entries, 1000);
    ck_assert_uint_eq(h->counters[0].exits, 1000);
    harness_free(h);
    check_let_go(&target);
    ck_assert_uint_eq(finish(&target), 1000);
}
END_TEST

START_TEST(counts_of_eight_threads)
{
    struct running target = start("8");
    for (unsigned round = 1; round <= 5; round++) {
        struct script script = {.calls = 100};
        struct harness *h = attached(&target, &script);
        ck_assert_uint_eq(h->counters[0].entries, 800);
        ck_assert_uint_eq(h->counters[0].exits, 800);
        harness_free(h);
        check_let_go(&target);
    }
    ck_assert_uint_eq(finish(&target), 4000);
}
END_TEST

/* Threads are on breakpoints, in slots, or between trap and stop. */
START_TEST(let_go_while_busy)
{
    struct running target = start("4");
    char line[256];
    for (unsigned round = 0; round < 20; round++) {
        struct script script = {.loop_ms = 1 + round % 7};
        struct harness *h = attached(&target, &script);
        ck_assert_uint_gt(h->counters[0].entries, 0);
        harness_free(h);
        check_let_go(&target);
        fprintf(target.in, "call 1\n");
        ck_assert_ptr_nonnull(strstr(answer(&target, line), "called"));
    }
    ck_assert_uint_gt(finish(&target), 80);
}
END_TEST

/* The first call of each of 64 threads is traced although all threads call all the time. */
START_TEST(everyone_is_served)
{
    struct running target = start("64");
    struct script script = {.loop_ms = 5};
    struct harness *h = attached(&target, &script);
    ck_assert_uint_ge(h->counters[0].entries, 64);
    harness_free(h);
    check_let_go(&target);
    ck_assert_uint_ge(finish(&target), 64);
}
END_TEST

/* If nothing can be mapped into the target, instructions are stepped in place while all other
   threads are stopped: slower, but exact. */
START_TEST(nothing_may_be_mapped)
{
    struct running target = start_with("8", "seccomp");
    struct engine_stats stats;
    for (unsigned round = 1; round <= 3; round++) {
        struct script script = {.calls = 50};
        struct harness *h = attached(&target, &script);
        ck_assert_uint_eq(h->counters[0].entries, 400);
        ck_assert_uint_eq(h->counters[0].exits, 400);
        engine_get_stats(h->engine, &stats);
        ck_assert_uint_ge(stats.single_steps, 400);
        harness_free(h);
        check_let_go(&target);
    }
    ck_assert_uint_eq(finish(&target), 1200);
}
END_TEST

START_TEST(ends_while_attached)
{
    struct running target = start("2");
    struct error err = {0};
    struct harness *h = harness_new("work", NULL);
    ck_assert_int_eq(engine_attach(h->engine, target.pid, &err), 0);
    kill(target.pid, SIGKILL);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    ck_assert(h->ended);
    ck_assert(WIFSIGNALED(h->status) && WTERMSIG(h->status) == SIGKILL);
    harness_free(h);
    fclose(target.in);
    fclose(target.out);
}
END_TEST

static char state_of(pid_t pid)
{
    return untouched_status(pid, pid).state;
}

/* A process that is stopped at the attach stays stopped after the detach. */
START_TEST(stopped_stays_stopped)
{
    struct running target = start("2");
    struct error err = {0};
    int status;
    kill(target.pid, SIGSTOP);
    ck_assert_int_eq(waitpid(target.pid, &status, WUNTRACED), target.pid);
    struct harness *h = harness_new("work", NULL);
    ck_assert_int_eq(engine_attach(h->engine, target.pid, &err), 0);
    engine_detach(h->engine);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    harness_free(h);
    /* The kernel wakes it to stop again, before it returns to user mode. */
    for (int i = 0; i < 5000 && state_of(target.pid) != 'T'; i++) {
        struct timespec pause = {.tv_nsec = 1000000};
        nanosleep(&pause, NULL);
    }
    ck_assert_int_eq(state_of(target.pid), 'T');
    check_let_go(&target);
    kill(target.pid, SIGCONT);
    ck_assert_uint_eq(finish(&target), 0);
}
END_TEST

static void expect_refusal(pid_t pid, int code, const char *words)
{
    struct error err = {0};
    struct harness *h = harness_new("work", NULL);
    ck_assert_int_eq(engine_attach(h->engine, pid, &err), code);
    ck_assert_msg(strstr(err.text, words) != NULL, "the error is \"%s\"", err.text);
    harness_free(h);
}

START_TEST(processes_that_cannot_be_attached_to)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    expect_refusal(child, -ESRCH, "zombie");
    waitpid(child, &status, 0);
    expect_refusal(child, -ESRCH, "no process");
    expect_refusal(getpid(), -EINVAL, "itself");

    struct running target = start("1");
    struct harness *h = harness_new("work", NULL);
    struct error err = {0};
    ck_assert_int_eq(engine_attach(h->engine, target.pid, &err), 0);
    pid_t other = fork(); /* another tracer */
    if (other == 0) {
        expect_refusal(target.pid, -EBUSY, "already traced by test_attached");
        _exit(0);
    }
    ck_assert_int_eq(waitpid(other, &status, 0), other);
    ck_assert_int_eq(status, 0);
    harness_free(h);
    check_let_go(&target);
    finish(&target);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, counts_while_attached);
    tcase_add_test(tests, counts_of_eight_threads);
    tcase_add_test(tests, let_go_while_busy);
    tcase_add_test(tests, everyone_is_served);
    tcase_add_test(tests, nothing_may_be_mapped);
    tcase_add_test(tests, ends_while_attached);
    tcase_add_test(tests, stopped_stays_stopped);
    tcase_add_test(tests, processes_that_cannot_be_attached_to);
}

CHECK_MAIN("attached", 60, add_tests)
