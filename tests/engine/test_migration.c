/* SPDX-License-Identifier: MIT */
/* Traced threads that migrate between the engine's threads all the time: no call is lost, and the
   threads are unchanged. */
#include <dirent.h>
#include <stdatomic.h>

#include "engine/running.h"
#include "engine/visits.h"
#include "ptrace/core/wait.h"

enum { STOPS = 30, TOGGLES = 60, HITS_BETWEEN = 4, VISITS = 20 };

/* What a thread of the test does to the target while the engine runs. */
struct driver {
    struct running *target;
    struct engine *engine;
    long calls;
    unsigned long answered;
    atomic_bool done;
};

static void *call_and_end(void *data)
{
    struct driver *driver = data;
    char line[256];
    fprintf(driver->target->in, "call %ld\n", driver->calls);
    ck_assert_int_eq(sscanf(answer(driver->target, line), "called %lu", &driver->answered), 1);
    fclose(driver->target->in);
    return NULL;
}

static void *call_under_stops(void *data)
{
    struct driver *driver = data;
    char line[256];
    fprintf(driver->target->in, "call %ld\n", driver->calls);
    for (int i = 0; i < STOPS; i++) {
        kill(driver->target->pid, SIGSTOP);
        pause_us(i % 5 * 100);
        kill(driver->target->pid, SIGCONT);
        pause_us(i % 3 * 200);
    }
    ck_assert_int_eq(sscanf(answer(driver->target, line), "called %lu", &driver->answered), 1);
    fclose(driver->target->in);
    return NULL;
}

/* Runs the engine until the target's end while `drive` runs; the counts are exact. */
static void serve(const char *threads, unsigned every, long calls, void *(*drive)(void *data),
                  void (*on_hit)(struct harness *harness, const struct hit *hit))
{
    struct error err = {0};
    struct engine_options options = {.migrate_every = every};
    struct engine_stats stats;
    struct running target = start(threads);
    struct harness *h = harness_new("work", &options);
    struct driver driver = {.target = &target, .calls = calls};
    pthread_t thread;
    h->on_hit = on_hit;
    int r = engine_attach(h->engine, target.pid, &err);
    ck_assert_msg(r == 0, "%s", err.text);
    ck_assert_int_eq(pthread_create(&thread, NULL, drive, &driver), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    pthread_join(thread, NULL);
    const struct counter *work = harness_counter(h, "work");
    unsigned long all = (unsigned long)(atol(threads) * calls);
    ck_assert_uint_eq(driver.answered, all);
    ck_assert_uint_eq(work->entries, all);
    ck_assert_uint_eq(work->exits, all);
    ck_assert_int_eq(h->status, 0);
    engine_get_stats(h->engine, &stats);
    /* The first migration maps the slot to wait in, and does not wait itself. Only stops migrate:
       with jumps there are few. */
    if (!harness_setting("JUMP_AFTER"))
        ck_assert_uint_ge(stats.migrations, 2 * all / every - 2 * (unsigned long)atol(threads));
    harness_free(h);
    fclose(target.out);
}

START_TEST(counts_are_exact)
{
    static const char *const THREADS[] = {"1", "2", "4", "8", "32"};
    static const unsigned EVERY[] = {1, 2, 7};
    serve(THREADS[_i / 3], EVERY[_i % 3], _i < 9 ? 60 : 20, call_and_end, NULL);
}
END_TEST

START_TEST(counts_are_exact_while_stopped_and_continued)
{
    serve("4", (unsigned)_i, 100, call_under_stops, NULL);
}
END_TEST

static void look_for_ends(struct harness *h, const struct hit *hit)
{
    (void)hit;
    wait_reap_ends(h->engine);
}

/* An early reap reaps ended threads at any time, and no stops. */
START_TEST(ends_are_taken_and_no_stops)
{
    serve("4", (unsigned)_i, 100, call_under_stops, look_for_ends);
}
END_TEST

/* The main thread of a child of this process does not migrate: see
   ptrace/threads/tracee_migration.h. */
START_TEST(main_thread_of_a_child_stays)
{
    struct engine_options options = {.migrate_every = 1};
    struct engine_stats stats;
    struct harness *h = harness_new("work", &options);
    harness_run(h, "one_thread 300");
    ck_assert_uint_eq(harness_check_counts(h), 1);
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_eq(stats.migrations, 0);
    harness_free(h);
}
END_TEST

static void disarm_all(void *data, struct process *process)
{
    struct harness *h = data;
    file_vaddr vaddr;
    for (size_t m = 0; m < h->known.list.count; m++)
        for (size_t i = 0; i < h->n; i++)
            if (image_symbol(h->known.list.items[m].image, h->counters[i].probe.function, &vaddr))
                process_disarm(process, module_target(&h->known.list.items[m], vaddr));
}

static void arm_all(void *data, struct process *process)
{
    harness_refresh(data, process);
}

struct toggling {
    int toggles;
    unsigned long seen; /* exits before the last one */
};

/* Each wake-up disarms, if there were hits, or arms; the last one detaches. */
static void toggle(struct harness *h)
{
    struct toggling *t = h->data;
    unsigned long exits = harness_counter(h, "work")->exits;
    if (t->toggles % 2 == 0 && exits < t->seen + HITS_BETWEEN)
        return;
    t->seen = exits;
    if (++t->toggles > TOGGLES)
        engine_detach(h->engine);
    else
        engine_each_process(h->engine, t->toggles % 2 ? disarm_all : arm_all, h);
}

static void *wake_often(void *data)
{
    struct driver *driver = data;
    while (!atomic_load(&driver->done)) {
        engine_wake(driver->engine);
        pause_us(300);
    }
    return NULL;
}

static struct running start_looping(const char *threads)
{
    char line[256];
    struct running target = start(threads);
    fprintf(target.in, "loop\n");
    ck_assert_str_eq(answer(&target, line), "looping\n");
    return target;
}

START_TEST(armed_and_disarmed)
{
    struct error err = {0};
    struct engine_options options = {.migrate_every = 2};
    struct running target = start_looping("4");
    struct harness *h = harness_new("work", &options);
    struct driver driver = {.engine = h->engine};
    pthread_t thread;
    struct toggling toggling = {0};
    h->woken = toggle;
    h->data = &toggling;
    ck_assert_int_eq(engine_attach(h->engine, target.pid, &err), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_often, &driver), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    atomic_store(&driver.done, true);
    ck_assert_int_gt(toggling.toggles, TOGGLES);
    pthread_join(thread, NULL);
    const struct counter *work = harness_counter(h, "work");
    check_untouched(target.pid);
    ck_assert_uint_ge(work->exits, TOGGLES / 2 * HITS_BETWEEN);
    ck_assert_uint_ge(work->entries, work->exits);
    ck_assert_uint_ge(finish(&target), work->entries);
    harness_free(h);
}
END_TEST

/* The threads' signal masks and CPUs, from /proc. */
static void describe_threads(pid_t pid, char *text, size_t size)
{
    char path[64], line[256];
    size_t n = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    cleanup(cleanup_dir) DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(path, sizeof(path), "/proc/%d/task/%.20s/status", pid, entry->d_name);
        cleanup(cleanup_file) FILE *status = fopen(path, "re");
        while (entry->d_name[0] != '.' && fgets(line, sizeof(line), status))
            if (strncmp(line, "SigBlk:", 7) == 0 || strncmp(line, "Cpus_allowed:", 13) == 0 ||
                strncmp(line, "Pid:", 4) == 0)
                n += (size_t)snprintf(text + n, size - n, "%s", line);
        ck_assert_uint_lt(n, size);
    }
}

START_TEST(let_go_while_handed_over)
{
    static char before[1 << 14], after[1 << 14];
    struct running target = start_looping("4");
    unsigned seed = (unsigned)time(NULL);
    printf("let_go_while_handed_over: SEED=%u\n", seed);
    describe_threads(target.pid, before, sizeof(before));
    for (int i = 0; i < VISITS; i++) {
        ck_assert(visit_once(target.pid, "work", &seed));
        describe_threads(target.pid, after, sizeof(after));
        ck_assert_str_eq(before, after);
    }
    ck_assert_uint_gt(finish(&target), 0);
}
END_TEST

/* In the tracer: runs the engine until the target's end; the target waits for a byte before it
   executes the program. Returns the status that the engine reports. */
static int serve_from(pid_t pid, int go, unsigned long *calls)
{
    struct error err = {0};
    struct engine_options options = {.migrate_every = 1};
    struct harness *h = harness_new("beside", &options);
    int r = engine_attach(h->engine, pid, &err);
    ck_assert_msg(r == 0, "%s", err.text);
    ck_assert_int_eq(write(go, "", 1), 1);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    int status = h->ended ? h->status : -1;
    *calls = harness_counter(h, "beside")->entries;
    harness_free(h);
    return status;
}

/* The leader calls all the time and migrates each time, until another thread ends the process. Not
   a child of the tracer: such a leader would not migrate. */
START_TEST(status_when_the_leader_is_on_its_way)
{
    int go[2], status;
    ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
    pid_t target = fork();
    if (target == 0) {
        char word, **argv = words_of("ends thread");
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        if (read(go[0], &word, 1) == 1)
            execv(argv[0], argv);
        _exit(127);
    }
    pid_t tracer = fork();
    if (tracer == 0) {
        unsigned long calls;
        int told = serve_from(target, go[1], &calls);
        ck_assert_msg(told == 8 << 8, "the engine tells of the wait status 0x%x", told);
        ck_assert_uint_ge(calls, 10);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(tracer, &status, 0), tracer);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(waitpid(target, &status, 0), target);
    ck_assert_int_eq(status, 8 << 8);
    close(go[0]);
    close(go[1]);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, counts_are_exact, 0, 15);
    tcase_add_loop_test(tests, counts_are_exact_while_stopped_and_continued, 1, 4);
    tcase_add_loop_test(tests, ends_are_taken_and_no_stops, 1, 4);
    tcase_add_test(tests, main_thread_of_a_child_stays);
    tcase_add_test(tests, armed_and_disarmed);
    tcase_add_test(tests, let_go_while_handed_over);
    tcase_add_loop_test(tests, status_when_the_leader_is_on_its_way, 0, 60);
}

CHECK_MAIN("migration", 60, add_tests)
