/* SPDX-License-Identifier: MIT */
/* Targets that are killed, stopped and continued by others at random times: the engine handles it,
   and the target's parent sees the same as without a tracer. */
#include "engine/running.h"
#include "engine/visits.h"

enum { KILLS = 24, STOPS = 24, KILL_WITHIN_US = 4000, DEADLINE_S = 20 };

struct killer {
    pid_t pid;
    long after_us;
};

static void *kill_later(void *data)
{
    const struct killer *killer = data;
    pause_us(killer->after_us);
    kill(killer->pid, SIGKILL);
    return NULL;
}

static unsigned seed_of(const char *name)
{
    const char *given = getenv("SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    printf("%s: SEED=%u\n", name, seed);
    return seed;
}

static struct running start_looping(const char *threads)
{
    char line[256];
    struct running target = start(threads);
    fprintf(target.in, "loop\n");
    ck_assert_str_eq(answer(&target, line), "looping\n");
    return target;
}

static void abandon(struct running *target)
{
    fclose(target->in);
    fclose(target->out);
}

/* The engine has reaped it. */
static void check_killed(const struct harness *h, pid_t pid)
{
    ck_assert(h->ended);
    ck_assert_msg(WIFSIGNALED(h->status) && WTERMSIG(h->status) == SIGKILL,
                  "it ended with wait status 0x%x", h->status);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
}

static void serve_until_killed(const char *threads, bool kill_while_attaching, unsigned *seed)
{
    struct error err = {0};
    struct running target = start_looping(threads);
    struct killer killer = {.pid = target.pid, .after_us = rand_r(seed) % KILL_WITHIN_US};
    pthread_t thread;
    struct harness *h = harness_new("work", NULL);
    if (kill_while_attaching)
        ck_assert_int_eq(pthread_create(&thread, NULL, kill_later, &killer), 0);
    int r = engine_attach(h->engine, target.pid, &err);
    if (!kill_while_attaching)
        ck_assert_int_eq(pthread_create(&thread, NULL, kill_later, &killer), 0);
    if (r == 0)
        ck_assert_int_eq(engine_run(h->engine, &err), 0);
    else
        ck_assert_msg(kill_while_attaching && r == -ESRCH, "%s", err.text);
    pthread_join(thread, NULL);
    if (r == 0)
        check_killed(h, target.pid);
    else
        await_orphans(); /* it may be left to its parent */
    ck_assert_int_eq(kill(target.pid, 0), -1);
    harness_free(h);
    abandon(&target);
}

START_TEST(killed_while_served)
{
    unsigned seed = seed_of("killed_while_served");
    for (int i = 0; i < KILLS; i++)
        serve_until_killed(i % 2 ? "4" : "1", false, &seed);
}
END_TEST

START_TEST(killed_while_attached_to)
{
    unsigned seed = seed_of("killed_while_attached_to");
    for (int i = 0; i < KILLS; i++)
        serve_until_killed(i % 2 ? "32" : "2", true, &seed);
}
END_TEST

/* With threads, and with children that outlive their parent. */
START_TEST(killed_while_traced_from_the_start)
{
    static const char *const COMMANDS[] = {"threads8 10000000", "many_threads_churn 10000000",
                                           "processes clone_vm 5000", "vfork_exec 10000000"};
    unsigned seed = seed_of("killed_while_traced_from_the_start");
    for (int i = 0; i < KILLS; i++) {
        struct error err = {0};
        struct engine_options options = {.follow_forks = i / 4 % 2 != 0};
        struct harness *h = harness_new("work in_child live", &options);
        struct killer killer = {.after_us = rand_r(&seed) % (2 * KILL_WITHIN_US)};
        pthread_t thread;
        char **argv = words_of(COMMANDS[i % 4]);
        adopt_orphans();
        harness_redirect(h);
        int r = engine_launch_prepare(h->engine, argv, &killer.pid, &err);
        ck_assert_int_eq(r, 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, kill_later, &killer), 0);
        r = engine_launch_run(h->engine, &err);
        if (r == 0)
            r = engine_run(h->engine, &err);
        else
            ck_assert_msg(r == -ECANCELED || r == -ESRCH, "%s", err.text);
        harness_restore(h);
        words_free(argv);
        pthread_join(thread, NULL);
        await_orphans();
        harness_free(h);
    }
}
END_TEST

/* ---- Stopped and continued */

static int wait_with_patience(pid_t pid, int *status, int flags)
{
    for (int ms = 0; ms < DEADLINE_S * 1000; ms++) {
        int r = waitpid(pid, status, flags | WNOHANG);
        if (r != 0)
            return r;
        pause_us(1000);
    }
    return 0;
}

/* The target's parent: stops and continues it, and sees each stop once, and its end. */
static void observe(int report, unsigned seed)
{
    static const int SIGNALS[] = {SIGSTOP, SIGTSTP, SIGTTIN};
    int status;
    /* In an orphaned process group the kernel ignores the stop signals of the terminal, but not
       SIGSTOP. */
    ck_assert_int_eq(setpgid(0, 0), 0);
    struct running target = start_looping("3");
    ck_assert_int_eq(write(report, &target.pid, sizeof(target.pid)), sizeof(target.pid));
    for (int i = 0; i < STOPS; i++) {
        int signal = SIGNALS[i % 3];
        pause_us(rand_r(&seed) % 2000);
        kill(target.pid, signal);
        ck_assert_msg(wait_with_patience(target.pid, &status, WUNTRACED) == target.pid,
                      "signal %d, the %dth, does not stop the target", signal, i);
        ck_assert_msg(WIFSTOPPED(status) && WSTOPSIG(status) == signal, "stopped: 0x%x", status);
        pause_us(rand_r(&seed) % 2000);
        ck_assert_int_eq(waitpid(target.pid, &status, WNOHANG | WUNTRACED | WCONTINUED), 0);
        kill(target.pid, SIGCONT);
        ck_assert_int_eq(wait_with_patience(target.pid, &status, WCONTINUED), target.pid);
        ck_assert_msg(WIFCONTINUED(status), "continued: 0x%x", status);
    }
    finish(&target);
}

/* The end of the observer, by its exit status. */
static pid_t start_observer(pid_t *target, unsigned seed)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t observer = fork();
    if (observer == 0) {
        observe(ends[1], seed);
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], target, sizeof(*target)), sizeof(*target));
    close(ends[0]);
    return observer;
}

static void check_observer(pid_t observer)
{
    int status;
    ck_assert_int_eq(waitpid(observer, &status, 0), observer);
    ck_assert_msg(status == 0, "the target's parent ended with 0x%x", status);
}

START_TEST(stopped_and_continued)
{
    struct error err = {0};
    pid_t target, bare = start_observer(&target, seed_of("stopped_and_continued"));
    check_observer(bare);
    pid_t observer = start_observer(&target, seed_of("attached"));
    /* A separate process, since the engine must not see the observer's end. */
    pid_t tracer = fork();
    if (tracer == 0) {
        struct harness *h = harness_new("work", NULL);
        ck_assert_int_eq(engine_attach(h->engine, target, &err), 0);
        ck_assert_int_eq(engine_run(h->engine, &err), 0);
        ck_assert(h->ended && h->status == 0);
        ck_assert_uint_gt(h->counters[0].entries, 0);
        harness_free(h);
        _exit(0);
    }
    check_observer(observer);
    check_observer(tracer);
}
END_TEST

START_TEST(stopped_and_continued_between_visits)
{
    unsigned seed = seed_of("stopped_and_continued_between_visits");
    pid_t target, observer = start_observer(&target, seed);
    do
        pause_us(rand_r(&seed) % 3000);
    while (visit_once(target, "work", &seed));
    check_observer(observer);
}
END_TEST

/* The time that the process has run, in ticks: proc(5), /proc/PID/stat. */
static unsigned long run_time(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    ck_assert_int_eq(sscanf(strrchr(text, ')'),
                            ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                            &kernel),
                     2);
    return user + kernel;
}

/* Its threads only run. */
static void wait_until_running(pid_t pid)
{
    unsigned long before = run_time(pid);
    for (int ms = 0; run_time(pid) == before; ms++) {
        ck_assert_msg(ms < DEADLINE_S * 1000, "the target stays stopped");
        pause_us(1000);
    }
}

static void stop_once(struct harness *h, const struct hit *hit)
{
    pid_t *stopped = h->data;
    if (*stopped)
        return;
    *stopped = hit->tid;
    ck_assert_int_eq(tgkill(hit->pid, hit->tid, SIGSTOP), 0);
    engine_wake(h->engine);
}

/* After the thread in the slot has got the SIGSTOP. */
static void continue_and_let_go(struct harness *h)
{
    const pid_t *stopped = h->data;
    siginfo_t info = {0};
    while (info.si_pid == 0 || info.si_status != SIGSTOP)
        ck_assert_int_eq(
            waitid(P_PID, (id_t)*stopped, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL), 0);
    kill(h->pid, SIGCONT);
    engine_detach(h->engine);
}

/* A SIGCONT cancels the stop that was pending at the detach. */
START_TEST(continued_while_let_go)
{
    struct error err = {0};
    struct running target = start_looping("1");
    struct harness *h = harness_new("work", NULL);
    pid_t stopped = 0;
    h->data = &stopped;
    h->on_hit = stop_once;
    h->woken = continue_and_let_go;
    ck_assert_int_eq(engine_attach(h->engine, target.pid, &err), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    check_untouched(target.pid);
    wait_until_running(target.pid);
    ck_assert_uint_gt(finish(&target), 0);
    harness_free(h);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, killed_while_served);
    tcase_add_test(tests, killed_while_attached_to);
    tcase_add_test(tests, killed_while_traced_from_the_start);
    tcase_add_test(tests, stopped_and_continued);
    tcase_add_test(tests, stopped_and_continued_between_visits);
    tcase_add_test(tests, continued_while_let_go);
}

CHECK_MAIN("ends", 60, add_tests)
