/* SPDX-License-Identifier: MIT */
/*
 * Common code of the engine tests: runs a target of tests/targets under the engine with a sink that
 * records, and compares the target's own counts ("NAME ENTRIES EXITS", see tests/targets/target.h)
 * with the recorded calls.
 */
#ifndef ENGINE_HARNESS_H
#define ENGINE_HARNESS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/jump_settings.h"
#include "engine/target_words.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/image.h"
#include "symbols/module.h"
#include "symbols/module_scan.h"
#include "unit/check_main.h"
#include "util/cleanup.h"

enum { NAMES_MAX = 64, OUTPUT_MAX = 1 << 16 };

struct counter {
    struct probe probe;
    unsigned long entries, exits;             /* in the first process */
    unsigned long child_entries, child_exits; /* in all others */
    unsigned long said[4];                    /* of these by the target: harness_check_counts() */
    unsigned long dropped_calls, dropped;     /* calls and hits */
    unsigned max_depth;
};

struct harness {
    struct engine *engine;
    struct catalog *catalog;
    struct engine_options options;
    unsigned kinds; /* what is armed; 0 means both */
    size_t n;
    struct counter counters[NAMES_MAX];
    pid_t pid; /* of the first process */
    bool ended;
    int status;
    int n_executed;
    struct modules known;                      /* of the first process */
    void (*launched)(struct harness *harness); /* before the first instruction */
    void (*woken)(struct harness *harness);
    void (*on_hit)(struct harness *harness, const struct hit *hit);
    bool marks_returns; /* names of code: "r0x..." for return addresses, else "i0x..." */
    void *data;
    unsigned n_measured, n_measured_at_return, n_measured_cpu; /* stops */
    /* what the target wrote to stdout */
    char output[OUTPUT_MAX];
    int output_fd, saved_stdout;
};

static void on_linker_hook(void *data, struct process *process, pid_t tid);

/* A request may fail only because the process has just ended. */
static inline void expect_alive(int code, const struct error *err)
{
    ck_assert_msg(code == 0 || code == -ESRCH, "%s", err->text);
}

/* Arms the named functions in the current mappings of the process. */
static inline void harness_refresh(struct harness *h, struct process *process)
{
    static const struct {
        const char *name;
        enum process_jump jump;
    } jumps[] = {
        {"longjmp", JUMP_LONGJMP},
        {"_longjmp", JUMP_LONGJMP},
        {"siglongjmp", JUMP_LONGJMP},
        {"__longjmp_chk", JUMP_LONGJMP},
        {"setcontext", JUMP_CONTEXT},
        {"_Unwind_RaiseException", JUMP_THROW},
        {"_Unwind_Resume", JUMP_THROW},
        {"_Unwind_Resume_or_Rethrow", JUMP_THROW},
        {"_Unwind_ForcedUnwind", JUMP_THREAD_END},
        {"__cxa_begin_catch", JUMP_CATCH},
    };
    static const char *const stacks[] = {"makecontext", "swapcontext", "setcontext"};
    static const char *const protections[] = {"mprotect", "pkey_mprotect"};
    struct modules modules = {0};
    struct error err;
    if (modules_scan(&modules, process_task(process), h->catalog, &err) < 0 ||
        modules.list.count == 0) {
        modules_free(&modules); /* it is ending */
        return;
    }
    for (size_t i = 0; process_pid(process) == h->pid && i < h->known.list.count; i++) {
        bool there = false;
        for (size_t m = 0; m < modules.list.count; m++)
            there = there ||
                    target_addr_equal(modules.list.items[m].start, h->known.list.items[i].start);
        if (!there)
            process_forget(process, h->known.list.items[i].start, h->known.list.items[i].end);
    }
    process_mapped(process);
    for (size_t m = 0; m < modules.list.count; m++) {
        const struct module *module = &modules.list.items[m];
        file_vaddr vaddr;
        for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
            if (image_symbol(module->image, stacks[i], &vaddr))
                expect_alive(process_watch_stacks(process, module_target(module, vaddr), &err),
                             &err);
        for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++)
            if (image_symbol(module->image, protections[i], &vaddr))
                expect_alive(process_watch_protection(process, module_target(module, vaddr), &err),
                             &err);
        for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
            if (image_symbol(module->image, jumps[i].name, &vaddr))
                expect_alive(
                    process_watch_jump(process, module_target(module, vaddr), jumps[i].jump, &err),
                    &err);
        struct signal_functions signals = {{0}, {0}, {0}};
        if (image_symbol(module->image, "pthread_sigmask", &vaddr))
            signals.sigmask = module_target(module, vaddr);
        if (image_symbol(module->image, "sigaction", &vaddr))
            signals.sigaction = module_target(module, vaddr);
        if (image_symbol(module->image, "syscall", &vaddr))
            signals.syscall = module_target(module, vaddr);
        expect_alive(process_watch_signals(process, &signals, &err), &err);
        if (image_symbol(module->image, "sched_getaffinity", &vaddr))
            expect_alive(process_watch_affinity(process, module_target(module, vaddr), &err), &err);
        if (image_symbol(module->image, "pthread_setaffinity_np", &vaddr))
            expect_alive(process_watch_affinity(process, module_target(module, vaddr), &err), &err);
        if (image_symbol(module->image, "_dl_debug_state", &vaddr)) {
            target_addr hook = module_target(module, vaddr);
            process_unwatch(process, hook, on_linker_hook, h);
            expect_alive(process_watch(process, hook, on_linker_hook, h, &err), &err);
        }
    }
    for (size_t m = 0; m < modules.list.count; m++) {
        const struct module *module = &modules.list.items[m];
        file_vaddr vaddr;
        if (strstr(image_path(module->image), "/targets/")) {
            for (size_t i = 0; i < h->n; i++) {
                struct counter *counter = &h->counters[i];
                if (image_symbol(module->image, counter->probe.function, &vaddr) &&
                    process_arm(process, module_target(module, vaddr), &counter->probe,
                                h->kinds ? h->kinds : HIT_ENTRY | HIT_EXIT, &err) < 0)
                    ck_assert_msg(err.code == -ESRCH, "cannot arm %s: %s", counter->probe.function,
                                  err.text);
            }
        }
    }
    if (process_pid(process) != h->pid) {
        modules_free(&modules);
        return;
    }
    modules_free(&h->known);
    h->known = modules;
}

static void on_linker_hook(void *data, struct process *process, pid_t tid)
{
    (void)tid;
    harness_refresh(data, process);
}

static inline void harness_started(void *data, struct process *process, enum process_origin origin,
                                   struct process *parent)
{
    struct harness *h = data;
    (void)parent;
    if (origin == PROCESS_FORKED || origin == PROCESS_SHARING)
        return;
    h->pid = process_pid(process);
    process_set_data(process, h);
    harness_refresh(h, process);
}

static inline void harness_executed(void *data, struct process *process)
{
    struct harness *h = data;
    h->n_executed++;
    if (process_pid(process) == h->pid) {
        modules_free(&h->known);
        h->known = (struct modules){0};
    }
    harness_refresh(h, process);
}

static inline void harness_ended(void *data, struct process *process, int status)
{
    struct harness *h = data;
    if (process_pid(process) != h->pid)
        return;
    h->ended = true;
    h->status = status;
}

static inline void harness_hit(void *data, const struct hit *hit)
{
    struct harness *h = data;
    struct counter *counter = (struct counter *)(uintptr_t)hit->probe;
    bool first = hit->pid == h->pid;
    ck_assert_int_gt(hit->tid, 0);
    /* Otherwise each stop sends a SIGCHLD, which wakes another thread of the tracer. */
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    ck_assert(!sigismember(&blocked, SIGCHLD));
    if (h->on_hit)
        h->on_hit(h, hit);
    if (hit->depth > counter->max_depth)
        counter->max_depth = hit->depth;
    if (hit->kind == HIT_ENTRY)
        ++*(first ? &counter->entries : &counter->child_entries);
    else
        ++*(first ? &counter->exits : &counter->child_exits);
}

static inline void harness_dropped(void *data, const struct probe *probe, uint64_t calls,
                                   uint64_t hits)
{
    struct counter *counter = (struct counter *)(uintptr_t)probe;
    (void)data;
    counter->dropped_calls += calls;
    counter->dropped += hits;
}

static inline void harness_stop_measured(void *data, pid_t tid, uint64_t ns, uint64_t cpu_ns,
                                         bool at_return)
{
    struct harness *h = data;
    ck_assert_int_gt(tid, 0);
    ck_assert_uint_gt(ns, 0);
    h->n_measured++;
    h->n_measured_at_return += at_return;
    h->n_measured_cpu += cpu_ns > 0;
    ck_assert_uint_le(cpu_ns, ns);
}

static inline void harness_woken(void *data)
{
    struct harness *h = data;
    if (h->woken)
        h->woken(h);
}

static inline size_t harness_put_name(struct harness *h, char mark, target_addr at, char *out,
                                      size_t size)
{
    char text[32];
    snprintf(text, sizeof(text), "%c0x%lx", mark, at.value);
    return (size_t)snprintf(out, size, "%s", text + !h->marks_returns);
}

static inline size_t harness_name_code(void *data, struct process *process, target_addr at,
                                       char *out, size_t size)
{
    (void)process;
    return harness_put_name(data, 'i', at, out, size);
}

static inline size_t harness_name_return(void *data, struct process *process, target_addr at,
                                         char *out, size_t size)
{
    (void)process;
    return harness_put_name(data, 'r', at, out, size);
}

static inline int harness_jump_region(void *data, struct process *process, target_addr at,
                                      bool is_return, bool single, struct jump_region *region,
                                      const char **reason)
{
    const struct harness *h = data;
    return find_jump_region(h->catalog, process, at, is_return, single, region, reason);
}

/* `names`: the functions to arm, separated by spaces. With HAND_OVER_EVERY=N in the environment,
   threads migrate all the time, and with JUMP_AFTER=N sites are served by jumps, without dropping
   anything unless JUMPS_DROP=1 is there, too: see struct engine_options. */
static inline struct harness *harness_new(const char *names, const struct engine_options *options)
{
    struct harness *h = calloc(1, sizeof(*h));
    ck_assert_ptr_nonnull(h);
    if (options)
        h->options = *options;
    if (harness_setting("HAND_OVER_EVERY"))
        h->options.migrate_every = harness_setting("HAND_OVER_EVERY");
    if (harness_setting("JUMP_AFTER"))
        h->options.jump_after = harness_setting("JUMP_AFTER");
    h->options.jumps_never_drop = !harness_setting("JUMPS_DROP");
    char *copy = strdup(names), *save = NULL;
    for (char *name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
        ck_assert_uint_lt(h->n, NAMES_MAX);
        struct probe *probe = &h->counters[h->n++].probe;
        probe->provider = "test";
        probe->function = strdup(name);
    }
    free(copy);
    struct engine_sink sink = {
        .data = h,
        .hit = harness_hit,
        .started = harness_started,
        .executed = harness_executed,
        .ended = harness_ended,
        .woken = harness_woken,
        .dropped = harness_dropped,
        .name_code = harness_name_code,
        .name_return = harness_name_return,
        .jump_region = harness_jump_region,
        .stop_measured = harness_stop_measured,
    };
    ck_assert_int_eq(catalog_new(&h->catalog), 0);
    ck_assert_int_eq(engine_new(&h->options, &sink, &h->engine), 0);
    /* The target's stdout goes to an unnamed file. */
    h->output_fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_ge(h->output_fd, 0);
    return h;
}

static inline void harness_redirect(struct harness *h)
{
    fflush(stdout);
    h->saved_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(h->output_fd, STDOUT_FILENO);
}

static inline void harness_restore(struct harness *h)
{
    dup2(h->saved_stdout, STDOUT_FILENO);
    close(h->saved_stdout);
    ssize_t n = pread(h->output_fd, h->output, OUTPUT_MAX - 1, 0);
    h->output[n > 0 ? n : 0] = '\0';
}

/* Makes the test the parent of the target's orphans. */
static inline void adopt_orphans(void)
{
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
}

static inline void await_orphans(void)
{
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
}

/* Runs the target, and the processes it leaves behind, until they end. */
static inline void harness_run(struct harness *h, const char *command)
{
    struct error err = {0};
    pid_t pid;
    char **argv = words_of(command);
    adopt_orphans();
    harness_redirect(h);
    int r = engine_launch_prepare(h->engine, argv, &pid, &err);
    if (r == 0)
        r = engine_launch_run(h->engine, &err);
    if (r == 0 && h->launched)
        h->launched(h);
    if (r == 0)
        r = engine_run(h->engine, &err);
    await_orphans();
    harness_restore(h);
    words_free(argv);
    if (r < 0)
        ck_abort_msg("%s", err.text);
}

static inline struct counter *harness_counter(struct harness *h, const char *name)
{
    for (size_t i = 0; i < h->n; i++)
        if (strcmp(h->counters[i].probe.function, name) == 0)
            return &h->counters[i];
    return NULL;
}

/*
 * The lines "NAME ENTRIES EXITS" must equal the recorded calls; so must lines "child:NAME ..." when
 * children are followed, otherwise nothing may be recorded of children. Lines with the same name
 * are added up. Returns the number of lines: without lines a test proves nothing.
 */
static inline size_t harness_check_counts(struct harness *h)
{
    size_t n = 0;
    char *copy = strdup(h->output), *save = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char name[128];
        unsigned long entries, exits;
        if (sscanf(line, "%127s %lu %lu", name, &entries, &exits) != 3)
            continue;
        bool child = strncmp(name, "child:", 6) == 0;
        struct counter *counter = harness_counter(h, child ? name + 6 : name);
        if (!counter)
            continue;
        n++;
        if (child && !h->options.follow_forks)
            continue;
        counter->said[child ? 2 : 0] += entries;
        counter->said[child ? 3 : 1] += exits;
    }
    free(copy);
    for (size_t i = 0; i < h->n; i++) {
        const struct counter *c = &h->counters[i];
        ck_assert_msg(c->entries == c->said[0] && c->exits == c->said[1] &&
                          c->child_entries == c->said[2] && c->child_exits == c->said[3],
                      "%s: the target says %lu %lu (children: %lu %lu), recorded are %lu %lu "
                      "(children: %lu %lu)",
                      c->probe.function, c->said[0], c->said[1], c->said[2], c->said[3], c->entries,
                      c->exits, c->child_entries, c->child_exits);
    }
    return n;
}

static inline void harness_free(struct harness *h)
{
    engine_free(h->engine);
    modules_free(&h->known);
    catalog_free(h->catalog);
    for (size_t i = 0; i < h->n; i++)
        free((char *)(uintptr_t)h->counters[i].probe.function);
    close(h->output_fd);
    free(h);
}

/* Runs a target without a tracer and returns its wait status, with its output. */
static inline int run_bare(const char *command, char *output, size_t size)
{
    cleanup(cleanup_fd) int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    char **argv = words_of(command);
    adopt_orphans();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd, STDOUT_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    words_free(argv);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    await_orphans();
    ssize_t n = pread(fd, output, size - 1, 0);
    output[n > 0 ? n : 0] = '\0';
    return status;
}

#endif
