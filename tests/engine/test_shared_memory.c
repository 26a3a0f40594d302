/* SPDX-License-Identifier: MIT */
/* Processes that share memory: a watch's callback is called as long as a process of its user is
   there, and never afterwards. */
#include "engine/running.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/engine_internal.h"

enum { SPACES_MAX = 64 };

/* The data of a user of the engine for each memory: that of its one watch, and of the processes
   that share it. */
struct memory {
    bool live;
    unsigned users, reached;
};

struct watcher {
    struct engine *engine;
    struct catalog *catalog;
    struct memory memories[SPACES_MAX]; /* never used twice */
    size_t n;
    unsigned origins[PROCESS_SHARING + 1];
    pid_t first;
    int status;
};

/* Each memory has one watch as long as it has a process; `leaves` is about to be removed. */
static void check_watches(const struct watcher *w, const struct process *leaves)
{
    const struct process *process;
    unsigned users[SPACES_MAX] = {0};
    for (size_t at = 0; (process = table_next(&w->engine->processes, &at));) {
        const struct memory *memory = process->data;
        if (process == leaves || !process->announced)
            continue;
        ck_assert(memory && memory->live);
        ck_assert_uint_eq(site_table_watches(process->space), 1);
        users[memory - w->memories]++;
    }
    for (size_t i = 0; i < w->n; i++)
        ck_assert_uint_eq(w->memories[i].users, users[i]);
}

static void at_linker(void *data, struct process *process, pid_t tid)
{
    struct memory *memory = data;
    ck_assert_int_gt(tid, 0);
    ck_assert(memory->live);
    ck_assert_ptr_eq(process_data(process), memory);
    memory->reached++;
}

static void watch(struct watcher *w, struct process *process)
{
    struct modules modules = {0};
    struct error err;
    file_vaddr vaddr;
    ck_assert_uint_lt(w->n, SPACES_MAX);
    struct memory *memory = &w->memories[w->n++];
    *memory = (struct memory){.live = true, .users = 1};
    process_set_data(process, memory);
    ck_assert_int_eq(modules_scan(&modules, process_task(process), w->catalog, &err), 0);
    for (size_t m = 0; m < modules.list.count; m++) {
        const struct module *module = &modules.list.items[m];
        if (image_symbol(module->image, "_dl_debug_state", &vaddr))
            expect_alive(
                process_watch(process, module_target(module, vaddr), at_linker, memory, &err),
                &err);
    }
    modules_free(&modules);
}

static void leave(struct process *process)
{
    struct memory *memory = process_data(process);
    ck_assert(memory->live);
    process_set_data(process, NULL);
    memory->live = --memory->users > 0;
}

static void on_started(void *data, struct process *process, enum process_origin origin,
                       struct process *other)
{
    struct watcher *w = data;
    w->origins[origin]++;
    ck_assert(!other == (origin == PROCESS_LAUNCHED || origin == PROCESS_ATTACHED));
    if (!w->first)
        w->first = process_pid(process);
    if (origin == PROCESS_SHARING) {
        struct memory *memory = process_data(other);
        ck_assert_ptr_eq(process->space, other->space);
        memory->users++;
        process_set_data(process, memory);
    } else {
        ck_assert_uint_eq(site_table_watches(process->space), 0);
        watch(w, process);
    }
    check_watches(w, NULL);
}

static void on_executed(void *data, struct process *process)
{
    struct watcher *w = data;
    leave(process);
    ck_assert_uint_eq(site_table_watches(process->space), 0);
    watch(w, process);
    check_watches(w, NULL);
}

static void on_ended(void *data, struct process *process, int status)
{
    struct watcher *w = data;
    if (process_pid(process) == w->first)
        w->status = status;
    leave(process);
    check_watches(w, process);
}

static struct watcher *watcher_new(bool follow)
{
    struct watcher *w = calloc(1, sizeof(*w));
    const struct engine_options options = {.follow_forks = follow};
    const struct engine_sink sink = {
        .data = w, .started = on_started, .executed = on_executed, .ended = on_ended};
    ck_assert_int_eq(catalog_new(&w->catalog), 0);
    ck_assert_int_eq(engine_new(&options, &sink, &w->engine), 0);
    return w;
}

/* All have left, and each has removed its data. */
static void watcher_free(struct watcher *w)
{
    for (size_t i = 0; i < w->n; i++)
        ck_assert(!w->memories[i].live && w->memories[i].users == 0);
    engine_free(w->engine);
    catalog_free(w->catalog);
    free(w);
}

static const struct {
    const char *way;
    int status;
    unsigned shared;             /* children in the program's memory, when they are followed */
    unsigned loads, child_loads; /* of the library, by the program and by a child */
} WAYS[] = {
    {"exits", 0, 1, 2, 0},    {"executes", 0, 1, 2, 0}, {"refused", 0, 1, 2, 0},
    {"killed", 0, 1, 2, 0},   {"spawn", 0, 3, 4, 0},    {"chain", 0, 5, 2, 0},
    {"threads", 0, 20, 2, 0}, {"beside", 0, 1, 2, 1},   {"outlives", SIGKILL, 1, 1, 1},
    {"left", 0, 1, 1, 1},
};
enum { N_WAYS = sizeof(WAYS) / sizeof(WAYS[0]), TIMES_REACHED = 4 /* loaded and unloaded */ };

static void run_way(int i, bool follow)
{
    struct watcher *w = watcher_new(follow);
    struct error err = {0};
    char command[64];
    pid_t pid;
    snprintf(command, sizeof(command), "shared_memory %s", WAYS[i].way);
    char **argv = words_of(command);
    adopt_orphans();
    ck_assert_int_eq(engine_launch_prepare(w->engine, argv, &pid, &err), 0);
    words_free(argv);
    ck_assert_msg(engine_launch_run(w->engine, &err) == 0, "%s", err.text);
    ck_assert_msg(engine_run(w->engine, &err) == 0, "%s", err.text);
    await_orphans();
    ck_assert_msg(w->status == WAYS[i].status, "%s: wait status 0x%x", WAYS[i].way, w->status);
    ck_assert_uint_eq(w->origins[PROCESS_LAUNCHED], 1);
    ck_assert_uint_eq(w->origins[PROCESS_SHARING], follow ? WAYS[i].shared : 0);
    ck_assert_uint_eq(w->origins[PROCESS_FORKED], 0);
    unsigned loads = WAYS[i].loads + (follow ? WAYS[i].child_loads : 0);
    /* The program's own libraries are one more. */
    ck_assert_msg(w->memories[0].reached == TIMES_REACHED * loads + 2, "%s: reached %u times",
                  WAYS[i].way, w->memories[0].reached);
    watcher_free(w);
}

START_TEST(watches_go_with_their_memory)
{
    run_way(_i, true);
}
END_TEST

START_TEST(watches_while_children_are_not_followed)
{
    run_way(_i, false);
}
END_TEST

/* Both are attached by PID; the second one was already stopped because of the first. */
START_TEST(attached_to_each)
{
    struct watcher *w = watcher_new(false);
    struct error err = {0};
    struct running r = start_program("shared_memory", "attended", "7");
    char line[256];
    int child;
    ck_assert_int_eq(sscanf(answer(&r, line), "pid %d", &child), 1);
    adopt_orphans();
    ck_assert_msg(engine_attach(w->engine, r.pid, &err) == 0, "%s", err.text);
    ck_assert_msg(engine_attach(w->engine, child, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(w->origins[PROCESS_ATTACHED], 1);
    ck_assert_uint_eq(w->origins[PROCESS_SHARING], 1);
    fputs("\n", r.in);
    ck_assert_msg(engine_run(w->engine, &err) == 0, "%s", err.text);
    ck_assert_str_eq(answer(&r, line), "child:lib_work 7 7\n");
    ck_assert_uint_eq(w->memories[0].reached, TIMES_REACHED);
    fclose(r.in);
    fclose(r.out);
    await_orphans();
    watcher_free(w);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, watches_go_with_their_memory, 0, N_WAYS);
    tcase_add_loop_test(tests, watches_while_children_are_not_followed, 0, N_WAYS);
    tcase_add_test(tests, attached_to_each);
}

CHECK_MAIN("shared", 30, add_tests)
