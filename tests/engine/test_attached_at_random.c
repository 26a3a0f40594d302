/* SPDX-License-Identifier: MIT */
/*
 * Each target runs in four ways: untraced, traced from the start, traced with migrating threads,
 * and attached to and detached from again and again at random times. Its behaviour, output, status
 * and own state are the same; traced from the start, the recorded calls are exactly its own.
 */
#include <time.h>

#include "engine/visits.h"

enum { ROUNDS = 3 };

/* What in the output depends on time. */
enum varies {
    NOTHING,
    COUNTS, /* how often something happened */
    TRACES, /* nothing; it traces its children itself, so they cannot be followed */
};

static const struct {
    const char *launched;
    const char *visited; /* NULL: the same; it should run long enough to attach several times */
    enum varies varies;
} TARGETS[] = {
    {"one_thread 1000", "one_thread 200000", NOTHING},
    {"one_thread_static", "one_thread_static 200000", NOTHING},
    {"one_thread_no_pie", "one_thread_no_pie 200000", NOTHING},
    {"threads8 500", "threads8 20000", NOTHING},
    {"many_threads_churn", "many_threads_churn 400 50", NOTHING},
    {"recursion 1000", "recursion 5000", NOTHING},
    {"tailcall", "tailcall 20000 2000", NOTHING},
    {"longjmp", "longjmp 20000", NOTHING},
    {"exceptions", "exceptions 3000", NOTHING},
    {"coroutines", "coroutines 20000", NOTHING},
    {"thread_ends", "thread_ends 30", NOTHING},
    {"signal_storm", NULL, COUNTS},
    {"dlopen", "dlopen 60 200", NOTHING},
    {"fork_child", "fork_child 3000", NOTHING},
    {"vfork_exec", "vfork_exec 3000", NOTHING},
    {"processes commands", "processes commands 1000", NOTHING},
    {"processes clone_vm", "processes clone_vm 3000", NOTHING},
    {"processes clone_exec", "processes clone_exec 3000", NOTHING},
    {"processes clone_vfork", "processes clone_vfork 3000", NOTHING},
    {"processes vfork", "processes vfork 3000", NOTHING},
    {"processes outlives", "processes outlives 3000", NOTHING},
    {"processes daemon", "processes daemon 3000", NOTHING},
    {"processes exec", "processes exec 3000", NOTHING},
    {"processes thread", "processes thread 3000", NOTHING},
    {"processes deep", "processes deep 3000", NOTHING},
    {"exec_other", "exec_other 3000", NOTHING},
    {"exec_other 100 thread", "exec_other 3000 thread", COUNTS},
    {"ends _exit", "ends _exit 3000", NOTHING},
    {"ends quick_exit", "ends quick_exit 3000", NOTHING},
    {"ends noreturn", "ends noreturn 3000", NOTHING},
    {"ends abort", "ends abort 3000", NOTHING},
    {"ends handled", "ends handled 3000", NOTHING},
    {"ends trap", "ends trap 3000", NOTHING},
    {"ends thread", "ends thread 3000", NOTHING},
    {"frames_left exit", "frames_left exit 300", NOTHING},
    {"frames_left cancel", "frames_left cancel 50", NOTHING},
    {"frames_left async", "frames_left async 50", NOTHING},
    {"frames_left handler", "frames_left handler 2000", NOTHING},
    {"frames_left altstack", "frames_left altstack 2000", NOTHING},
    {"frames_left overflow 3", "frames_left overflow 20", NOTHING},
    {"frames_left context", "frames_left context 2000", NOTHING},
    {"nested", "nested 5000", NOTHING},
    {"coroutines20", "coroutines20 5000", NOTHING},
    {"signal_pc", NULL, COUNTS},
    {"signals_awaited", "signals_awaited 500", NOTHING},
    {"debugger", "debugger 50", TRACES},
    {"seccomp_strict", "seccomp_strict 5000", NOTHING},
    {"limited", "limited 3000", NOTHING},
    {"exit_in_function", NULL, NOTHING},
    {"die_by_signal", "die_by_signal 15 3000", NOTHING},
    {"die_by_signal 5", "die_by_signal 5 3000", NOTHING},
    {"die_by_signal 9", "die_by_signal 9 3000", NOTHING},
    {"segv_fixup", "segv_fixup 3000", NOTHING},
    {"own_breakpoint", "own_breakpoint 3000", NOTHING},
    {"group_stop", "group_stop 20 20", NOTHING},
    {"first_instructions", "first_instructions 3000", NOTHING},
    {"sigtrap_blocked", "sigtrap_blocked 3000", NOTHING},
    {"sigtrap_syscall", "sigtrap_syscall 1000", NOTHING},
    {"blocked_calls 2", "blocked_calls 5", NOTHING},
    {"same_stack", "same_stack 3000", NOTHING},
    {"threads8_protected 100", "threads8_protected 10000", NOTHING},
    {"exceptions_protected", "exceptions_protected 3000", NOTHING},
    {"longjmp_protected", "longjmp_protected 20000", NOTHING},
    {"affinity 3000", "affinity 20000", NOTHING},
    {"dispatch threads 2000", "dispatch threads 300000", NOTHING},
    {"dispatch nested 2000", "dispatch nested 300000", NOTHING},
    {"dispatch fork 2000", "dispatch fork 20000", COUNTS},
};

enum { N_TARGETS = sizeof(TARGETS) / sizeof(TARGETS[0]) };

static bool is_named(const char *names, const char *name)
{
    char padded[1100], word[80];
    snprintf(padded, sizeof(padded), " %s ", names);
    snprintf(word, sizeof(word), " %s ", name);
    return strstr(padded, word) != NULL;
}

/* The functions in the target's output, also those of children. Returns the number of lines. */
static size_t names_in(const char *output, char *names, size_t size)
{
    size_t n = 0, lines = 0;
    unsigned long entries, exits;
    char name[64];
    names[0] = '\0';
    for (const char *at = output; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
        const char *line = strncmp(at, "child:", 6) == 0 ? at + 6 : at;
        if (sscanf(line, "%63[a-z0-9_] %lu %lu", name, &entries, &exits) != 3)
            continue;
        lines++;
        ck_assert_uint_lt(n + strlen(name) + 2, size);
        if (!is_named(names, name))
            n += (size_t)sprintf(names + n, "%s%s", n ? " " : "", name);
    }
    return lines;
}

/* Removes the counts from a text, keeps the names. */
static void forget_counts(char *output)
{
    char *to = output;
    bool state = false;
    for (const char *at = output; *at; at++) {
        if (at == output || at[-1] == '\n')
            state = strncmp(at, "State:", 6) == 0;
        if (state || *at < '0' || *at > '9')
            *to++ = *at;
    }
    *to = '\0';
}

static void check_same(int i, const char *way, const char *command, char *bare, char *output)
{
    if (TARGETS[i].varies == COUNTS) {
        forget_counts(bare);
        forget_counts(output);
    }
    ck_assert_msg(strcmp(output, bare) == 0, "%s %s says \"%s\", bare \"%s\"", command, way, output,
                  bare);
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
        /* The target is not the tracer's child, so only its parent sees its end. */
        adopt_orphans();
        pid_t pid = fork();
        if (pid == 0) {
            dup2(fd, STDOUT_FILENO);
            execv(argv[0], argv);
            _exit(127);
        }
        if (write(go[1], &pid, sizeof(pid)) != sizeof(pid))
            _exit(1);
        waitpid(pid, &status, 0);
        await_orphans();
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

START_TEST(launched)
{
    char *bare = malloc(OUTPUT_MAX), names[1024];
    const char *command = TARGETS[_i / 3].launched;
    struct engine_options options = {.follow_forks =
                                         _i % 3 != 0 && TARGETS[_i / 3].varies != TRACES,
                                     .migrate_every = _i % 3 == 2 ? 3 : 0};
    const char *way = _i % 3 == 2            ? "launched, with handing over"
                      : options.follow_forks ? "launched with children"
                                             : "launched";
    int status = run_bare(command, bare, OUTPUT_MAX);
    size_t lines = names_in(bare, names, sizeof(names));
    ck_assert_uint_gt(lines, 0);
    struct harness *h = harness_new(names, &options);
    harness_run(h, command);
    ck_assert(h->ended);
    ck_assert_msg(h->status == status, "%s %s ended with 0x%x, bare with 0x%x", command, way,
                  h->status, status);
    ck_assert_uint_eq(harness_check_counts(h), lines);
    check_same(_i / 3, way, command, bare, h->output);
    harness_free(h);
    free(bare);
}
END_TEST

START_TEST(visited)
{
    char *bare = malloc(OUTPUT_MAX), *output = malloc(OUTPUT_MAX), names[1024];
    const char *command = TARGETS[_i].visited ? TARGETS[_i].visited : TARGETS[_i].launched;
    int bare_status = run_bare(command, bare, OUTPUT_MAX), visits;
    ck_assert_uint_gt(names_in(bare, names, sizeof(names)), 0);
    const char *given = getenv("SEED");
    unsigned seed =
        given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL) * 100 + (unsigned)_i;
    for (int round = 0; round < ROUNDS; round++, seed++) {
        int status = run_visited(command, names, seed, output, OUTPUT_MAX, &visits);
        ck_assert_msg(status == bare_status,
                      "%s: visited %d times it ended with 0x%x, bare with 0x%x (seed %u)", command,
                      visits, status, bare_status, seed);
        check_same(_i, "visited", command, bare, output);
    }
    free(bare);
    free(output);
}
END_TEST

/* With ONLY=WORD in the environment, only the targets whose command line contains WORD. */
static void add_tests(TCase *tests)
{
    const char *only = getenv("ONLY");
    for (int i = 0; i < N_TARGETS; i++) {
        if (only && !strstr(TARGETS[i].launched, only))
            continue;
        tcase_add_loop_test(tests, launched, 3 * i, 3 * i + (TARGETS[i].varies == TRACES ? 1 : 3));
        tcase_add_loop_test(tests, visited, i, i + 1);
    }
}

CHECK_MAIN("midway", 60, add_tests)
