/* SPDX-License-Identifier: MIT */
/*
 * Changes to a process while one of its threads is in fork(2): the child lacks them, and gets them.
 */
#include <dirent.h>
#include <time.h>

#include "engine/harness.h"

enum { DEADLINE_MS = 10000 };

/* Whether a thread of the process other than `tid` is stopped by the tracer. */
static bool another_is_stopped(pid_t pid, pid_t tid)
{
    char path[64], text[512];
    bool any = false;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    cleanup(cleanup_dir) DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stat", pid, entry->d_name);
        cleanup(cleanup_file) FILE *stat = fopen(path, "re");
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == tid || !stat ||
            !fgets(text, sizeof(text), stat))
            continue;
        const char *end = strrchr(text, ')');
        any = any || (end && strncmp(end, ") t", 3) == 0);
    }
    return any;
}

struct late {
    struct harness *harness;
    pid_t pid; /* where to arm it */
};

static void arm_late(void *data, struct process *process)
{
    const struct late *late = data;
    const struct modules *known = &late->harness->known;
    struct error err = {0};
    file_vaddr vaddr;
    for (size_t m = 0; process_pid(process) == late->pid && m < known->list.count; m++)
        if (image_symbol(known->list.items[m].image, "late", &vaddr))
            ck_assert_msg(process_arm(process, module_target(&known->list.items[m], vaddr),
                                      &harness_counter(late->harness, "late")->probe, HIT_ENTRY,
                                      &err) == 0,
                          "%s", err.text);
}

/* In the parent, late() is armed after the other thread has forked; in the child, too. */
static void on_tell(struct harness *h, const struct hit *hit)
{
    struct late late = {.harness = h, .pid = hit->pid};
    const struct timespec pause = {.tv_nsec = 1000000};
    if (strcmp(hit->probe->function, "tell") != 0)
        return;
    h->n = 3;
    for (int ms = 0; hit->pid == h->pid && !another_is_stopped(hit->pid, hit->tid); ms++) {
        ck_assert_int_lt(ms, DEADLINE_MS);
        nanosleep(&pause, NULL);
    }
    engine_each_process(h->engine, arm_late, &late);
}

static void check_entries(struct harness *h, const char *name, unsigned long own,
                          unsigned long child)
{
    const struct counter *counter = harness_counter(h, name);
    ck_assert_msg(counter->entries == own && counter->child_entries == child,
                  "%s: recorded are %lu, of the child %lu", name, counter->entries,
                  counter->child_entries);
}

START_TEST(armed_while_a_thread_forks)
{
    struct engine_options options = {.follow_forks = true, .no_pin = true};
    struct harness *h = harness_new("tell replaced late", &options);
    h->kinds = HIT_ENTRY;
    h->on_hit = on_tell;
    h->n = 2; /* not late() yet */
    harness_run(h, "fork_between");
    ck_assert_msg(h->status == 0, "it ended with wait status 0x%x", h->status);
    check_entries(h, "tell", 1, 1);
    check_entries(h, "late", 2, 6);
    check_entries(h, "replaced", 1, 0);
    harness_free(h);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, armed_while_a_thread_forks);
}

CHECK_MAIN("forked", 30, add_tests)
