/* SPDX-License-Identifier: MIT */
/* A child of the tracer that is the init of a PID namespace: its end is reported, although it is
   detached before. */
#include <sched.h>

#include "engine/harness.h"

static void run_init(const char *way, int status, unsigned long calls)
{
    /* After unshare(2) threads cannot be made. */
    struct engine_options options = {.follow_forks = true, .no_pin = true};
    struct harness *h = harness_new("work", &options);
    char command[64];
    snprintf(command, sizeof(command), "namespace_init %s 7", way);
    harness_run(h, command);
    ck_assert(h->ended);
    ck_assert_msg(h->status == status, "%s: wait status 0x%x", way, h->status);
    ck_assert_uint_eq(harness_counter(h, "work")->entries, calls);
    ck_assert_uint_eq(harness_counter(h, "work")->exits, calls);
    harness_free(h);
}

static const struct {
    const char *way;
    int status;
    unsigned long calls;
} WAYS[] = {
    {"segv", SIGSEGV, 7},    {"trap", SIGTRAP, 7},    {"sys", SIGSYS, 7},
    {"members", SIGSEGV, 7}, {"thread", SIGSEGV, 28}, {"handled", 3 << 8, 28},
};

START_TEST(end_of_init)
{
    cleanup(cleanup_fd) int before = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    if (unshare(CLONE_NEWPID) < 0) {
        printf("SKIP: no PID namespace may be made here\n");
        return;
    }
    run_init(WAYS[_i].way, WAYS[_i].status, WAYS[_i].calls);
    ck_assert_int_eq(setns(before, CLONE_NEWPID), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, end_of_init, 0, sizeof(WAYS) / sizeof(WAYS[0]));
}

CHECK_MAIN("namespace_init", 30, add_tests)
