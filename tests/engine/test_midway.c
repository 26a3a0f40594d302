/*
 * Targets that are attached to and let go again and again while they run, at moments that chance
 * picks: what they do, say and return is what they do, say and return bare.
 */
#include <pthread.h>
#include <time.h>

#include "engine/harness.h"

enum { ROUNDS = 3 };

static const struct {
    const char *command;
    bool same_output; /* else it says how often something happened that depends on time */
} TARGETS[] = {
    {"one_thread 200000", true},
    {"one_thread_static 200000", true},
    {"one_thread_no_pie 200000", true},
    {"threads8 20000", true},
    {"many_threads_churn 400 50", true},
    {"recursion 5000", true},
    {"tailcall 20000 2000", true},
    {"longjmp 20000", true},
    {"exceptions 3000", true},
    {"coroutines 20000", true},
    {"thread_ends 30", true},
    {"signal_storm 200", false},
    {"dlopen 60 200", true},
    {"fork_child 3000", true},
    {"vfork_exec 3000", true},
    {"exec_other 3000", true},
    {"exec_other 3000 thread", false},
    {"exit_in_function", true},
    {"die_by_signal 15 3000", true},
    {"segv_fixup 3000", true},
    {"group_stop 20 20", true},
    {"first_instructions 3000", true},
    {"sigtrap_blocked 3000", true},
};

static void pause_us(long us)
{
    struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

struct bell {
    struct engine *engine;
    struct harness *harness;
    long after_us;
};

static void *ring_later(void *data)
{
    struct bell *bell = data;
    pause_us(bell->after_us);
    bell->harness->data = bell;
    engine_ring(bell->engine);
    return NULL;
}

static void let_go_when_rung(struct harness *h)
{
    if (h->data)
        engine_detach(h->engine);
}

/* The functions that the target names in its output. */
static void names_in(const char *output, char *names, size_t size)
{
    char name[64];
    size_t n = 0;
    names[0] = '\0';
    for (const char *at = output; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
        if (sscanf(at, "%63[a-z0-9_] %*u %*u", name) == 1 && n + strlen(name) + 2 < size &&
            !strstr(names, name))
            n += (size_t)sprintf(names + n, "%s%s", n ? " " : "", name);
}

/* Attaches for some time. Whether the target was still there, to be attached to and to be let go.
 */
static bool visit(pid_t pid, const char *names, unsigned *seed)
{
    struct error err = {0};
    pthread_t thread;
    struct harness *h = harness_new(names, NULL);
    struct bell bell = {.engine = h->engine, .harness = h, .after_us = rand_r(seed) % 8000};
    h->rung = let_go_when_rung;
    bool there = engine_attach(h->engine, pid, &err) == 0;
    if (!there) {
        ck_assert_msg(err.code == -ESRCH, "%s", err.text);
        harness_free(h);
        return false;
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, ring_later, &bell), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    pthread_join(thread, NULL);
    bool gone = h->ended && h->status != -1;
    harness_free(h);
    return !gone;
}

enum { STILL_THERE = 10, GONE = 11 };

/* Each visit is a tracer of its own, as a user's would be: what the kernel does when it ends
 * counts. */
static bool visit_once(pid_t pid, const char *names, unsigned *seed)
{
    int status;
    unsigned own_seed = (unsigned)rand_r(seed);
    pid_t visitor = fork();
    if (visitor == 0)
        _exit(visit(pid, names, &own_seed) ? STILL_THERE : GONE);
    ck_assert_int_eq(waitpid(visitor, &status, 0), visitor);
    ck_assert_msg(WIFEXITED(status) &&
                      (WEXITSTATUS(status) == STILL_THERE || WEXITSTATUS(status) == GONE),
                  "the tracer ended with wait status 0x%x", status);
    return WEXITSTATUS(status) == STILL_THERE;
}

static int run_visited(const char *command, const char *names, unsigned seed, char *output,
                       size_t size, int *visits)
{
    cleanup(cleanup_fd) int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char **argv = words_of(command);
    int go[2], status;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
    pid_t parent = getpid(), middle = fork();
    if (middle == 0) {
        /* The target is not the tracer's child, so its end is its parent's to see. */
        pid_t pid = fork();
        if (pid == 0) {
            dup2(fd, STDOUT_FILENO);
            execv(argv[0], argv);
            _exit(127);
        }
        if (write(go[1], &pid, sizeof(pid)) != sizeof(pid))
            _exit(1);
        waitpid(pid, &status, 0);
        ssize_t n = write(go[1], &status, sizeof(status));
        _exit(n == sizeof(status) && getppid() == parent ? 0 : 1);
    }
    close(go[1]);
    words_free(argv);
    pid_t pid;
    ck_assert_int_eq(read(go[0], &pid, sizeof(pid)), sizeof(pid));
    *visits = 0;
    do {
        pause_us(rand_r(&seed) % 5000);
        ++*visits;
    } while (visit_once(pid, names, &seed));
    ck_assert_int_eq(read(go[0], &status, sizeof(status)), sizeof(status));
    close(go[0]);
    waitpid(middle, NULL, 0);
    ssize_t n = pread(fd, output, size - 1, 0);
    output[n > 0 ? n : 0] = '\0';
    return status;
}

START_TEST(comes_to_no_harm)
{
    char *bare = malloc(OUTPUT_MAX), *visited = malloc(OUTPUT_MAX), names[1024];
    const char *command = TARGETS[_i].command;
    int bare_status = run_bare(command, bare, OUTPUT_MAX), visits;
    names_in(bare, names, sizeof(names));
    unsigned seed = (unsigned)time(NULL) * 100 + (unsigned)_i;
    for (int round = 0; round < ROUNDS; round++, seed++) {
        int status = run_visited(command, names, seed, visited, OUTPUT_MAX, &visits);
        ck_assert_msg(status == bare_status,
                      "%s: visited %d times it ended with 0x%x, bare with 0x%x (seed %u)", command,
                      visits, status, bare_status, seed);
        if (TARGETS[_i].same_output)
            ck_assert_msg(strcmp(visited, bare) == 0, "%s: it says \"%s\", bare \"%s\" (seed %u)",
                          command, visited, bare, seed);
    }
    free(bare);
    free(visited);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, comes_to_no_harm, 0, sizeof(TARGETS) / sizeof(TARGETS[0]));
}

CHECK_MAIN("midway", 60, add_tests)
