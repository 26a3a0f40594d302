/* SPDX-License-Identifier: MIT */
/* Programs that their present tracer may trace, and no other process of the same user: they are not
   harmed, and every call is recorded. As an ordinary user, since root may trace all. */
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "engine/running.h"
#include "engine/visits.h"

enum { NOBODY = 65534 };

/* false, with a message: this cannot be tested here. */
static bool be_ordinary(void)
{
    if (getuid() == 0) {
        ck_assert_int_eq(setgroups(0, NULL), 0);
        ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
        ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
        /* A process that has changed its user is not dumpable itself, and nor are its children. */
        ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
    }
    if (access(target_path("withdrawn"), X_OK) == 0)
        return true;
    printf("SKIP: the build is not for another user to read\n");
    return false;
}

/* Runs the target; returns the number of migrations. */
static uint64_t run_recorded(const char *command, const struct engine_options *options)
{
    struct engine_stats stats;
    struct harness *h = harness_new("work", options);
    harness_run(h, command);
    ck_assert_msg(h->status == 0, "%s ended with wait status 0x%x", command, h->status);
    ck_assert_uint_gt(harness_check_counts(h), 0);
    engine_get_stats(h->engine, &stats);
    harness_free(h);
    return stats.migrations;
}

START_TEST(thread_that_cannot_be_attached_to_stays)
{
    struct engine_options options = {.migrate_every = 1};
    if (be_ordinary()) {
        ck_assert_uint_eq(run_recorded("withdrawn threads", &options), 0);
        /* It can, as long as the program permits it. */
        ck_assert_uint_gt(run_recorded("threads8 50", &options), 0);
    }
}
END_TEST

START_TEST(child_is_rid_of_breakpoints)
{
    struct engine_options options = {.follow_forks = _i};
    if (be_ordinary())
        run_recorded("withdrawn fork", &options);
}
END_TEST

/* Imitates Yama, which this kernel may not have. */
static bool pretend_yama(void)
{
    if (getuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/proc/sys/kernel", "tmpfs", 0, NULL) < 0) {
        printf("SKIP: there is no mounting here\n");
        return false;
    }
    ck_assert_int_eq(mkdir("/proc/sys/kernel/yama", 0755), 0);
    cleanup(cleanup_file) FILE *scope = fopen("/proc/sys/kernel/yama/ptrace_scope", "w");
    ck_assert_ptr_nonnull(scope);
    ck_assert_int_eq(fputs("1\n", scope), 1);
    return true;
}

struct driver {
    struct running *target;
    unsigned long answered;
};

static void *call_and_end(void *data)
{
    struct driver *driver = data;
    char line[256];
    fprintf(driver->target->in, "call 50\n");
    ck_assert_int_eq(sscanf(answer(driver->target, line), "called %lu", &driver->answered), 1);
    fclose(driver->target->in);
    return NULL;
}

/* Runs the engine until the target's end; returns the number of migrations. */
static uint64_t serve(struct running *target)
{
    struct error err = {0};
    struct engine_options options = {.migrate_every = 1};
    struct engine_stats stats;
    struct driver driver = {.target = target};
    struct harness *h = harness_new("work", &options);
    pthread_t thread;
    int r = engine_attach(h->engine, target->pid, &err);
    ck_assert_msg(r == 0, "%s", err.text);
    ck_assert_int_eq(pthread_create(&thread, NULL, call_and_end, &driver), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(driver.answered, 100);
    ck_assert_uint_eq(harness_counter(h, "work")->entries, 100);
    ck_assert_uint_eq(harness_counter(h, "work")->exits, 100);
    engine_get_stats(h->engine, &stats);
    harness_free(h);
    fclose(target->out);
    return stats.migrations;
}

/* Under Yama an ordinary user can attach only to descendants, and a daemon is not a descendant of
   its starter. */
START_TEST(threads_of_none_of_our_children_stay)
{
    int status;
    if (!pretend_yama())
        return;
    ck_assert(be_ordinary());
    struct running sibling = start("2");
    pid_t tracer = fork();
    if (tracer == 0) {
        struct running own = start("2");
        _exit(serve(&own) == 0 || serve(&sibling) != 0);
    }
    /* The tracer has its own; the target ends when this is closed. */
    fclose(sibling.in);
    fclose(sibling.out);
    ck_assert_int_eq(waitpid(tracer, &status, 0), tracer);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(waitpid(sibling.pid, &status, 0), sibling.pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, thread_that_cannot_be_attached_to_stays);
    tcase_add_loop_test(tests, child_is_rid_of_breakpoints, 0, 2);
    tcase_add_test(tests, threads_of_none_of_our_children_stay);
}

CHECK_MAIN("withdrawn", 20, add_tests)
