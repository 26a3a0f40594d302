/* SPDX-License-Identifier: MIT */
/* Children whose parent ends in fork(2), before it reports them: the breakpoints they inherit are
   removed, or they are followed. */
#include "engine/harness.h"

enum { ROUNDS = 20, SPINS = 3000 };

static long n_orphans;

/* Reaps the children that the parent left; the engine reaps followed ones. None may be damaged. */
static void await_unharmed(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
        ck_assert_msg(pid < 0 || status == 0, "a child ended with wait status 0x%x", status);
        n_orphans++;
    }
}

static void run_once(const char *way, int spins, bool follow, int wanted)
{
    struct engine_options options = {.follow_forks = follow};
    struct harness *h = harness_new("in_child", &options);
    struct error err = {0};
    char command[64];
    pid_t pid;
    snprintf(command, sizeof(command), "orphans %s %d", way, spins);
    char **argv = words_of(command);
    adopt_orphans();
    harness_redirect(h);
    ck_assert_msg(engine_launch_prepare(h->engine, argv, &pid, &err) == 0, "%s", err.text);
    ck_assert_msg(engine_launch_run(h->engine, &err) == 0, "%s", err.text);
    ck_assert_msg(engine_run(h->engine, &err) == 0, "%s", err.text);
    await_unharmed();
    harness_restore(h);
    words_free(argv);
    ck_assert_msg(h->status == wanted, "it ended with wait status 0x%x", h->status);
    harness_check_counts(h);
    n_orphans += (long)harness_counter(h, "in_child")->child_entries;
    harness_free(h);
}

static void run_often(const char *way, bool follow, int wanted)
{
    n_orphans = 0;
    for (int i = 0; i < ROUNDS; i++)
        run_once(way, i * SPINS, follow, wanted);
    /* Whether a child becomes an orphan depends on times, which jumps change. */
    if (!harness_setting("JUMP_AFTER"))
        ck_assert_int_gt(n_orphans, 0);
}

static const struct {
    const char *name;
    int status;
} WAYS[] = {{"exit", 0}, {"exec", 0}, {"kill", SIGKILL}};

enum { N_WAYS = sizeof(WAYS) / sizeof(WAYS[0]) };

START_TEST(children_are_let_go)
{
    run_often(WAYS[_i].name, false, WAYS[_i].status);
}
END_TEST

START_TEST(children_are_followed)
{
    run_often(WAYS[_i].name, true, WAYS[_i].status);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, children_are_let_go, 0, N_WAYS);
    tcase_add_loop_test(tests, children_are_followed, 0, N_WAYS);
}

CHECK_MAIN("orphans", 60, add_tests)
