/* SPDX-License-Identifier: MIT */
/*
 * run PROGRAM EXPECTED COUNTS SEED THREADS ROUNDS REPEATS: runs a program of generated functions
 * (driver.c) under the engine, which serves them by jumps after the first call. A part of them is
 * armed and disarmed all the time. With FUNCTIONS_STOPS in the environment there are no jumps.
 * Compares the calls that were reported with those that the program has counted, and prints what
 * was done. Exit status 1: a difference, which is said; 77: there are no jumps on this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/module_region.h"
#include "functions/layout.h"
#include "model/field.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/code/region.h"
#include "symbols/image.h"
#include "symbols/module.h"
#include "symbols/module_scan.h"
#include "util/addr.h"
#include "util/error.h"

enum {
    SECONDS_MAX = 600,   /* with signals a thousand times a second, on a busy machine */
    TOGGLE_EVERY = 5000, /* hits */
    TOGGLED_AT_ONCE = 8,
    STEADY = 60, /* pauses without another jump */
};

struct function_row {
    int32_t offset;
    uint32_t flags;
};

/* A traced function. */
struct traced {
    struct probe probe;
    target_addr at;
    uint32_t flags;
    unsigned kinds;
    bool is_toggled; /* armed and disarmed meanwhile: not all its calls are reported */
    bool is_armed;
    uint64_t entries, exits;
};

struct run {
    struct engine *engine;
    struct catalog *catalog;
    struct process *process;
    struct modules modules;
    uint64_t random;
    struct traced traced[FUNCTIONS_MAX];
    unsigned n;
    uint64_t hits;
    bool may_toggle;
    uint64_t steady_jumps;
    unsigned steady;
    int status;
};

static volatile pid_t child;

static const struct field ARGS[] = {
    {.name = "a",
     .kind = VALUE_INTEGER,
     .size = 8,
     .place = {.kind = PLACE_INTEGER_ARG, .index = 0}},
    {.name = "b",
     .kind = VALUE_INTEGER,
     .size = 4,
     .place = {.kind = PLACE_INTEGER_ARG, .index = 4}},
    {.name = "c", .kind = VALUE_FLOAT, .size = 8, .place = {.kind = PLACE_FLOAT_ARG, .index = 1}},
};
static const struct field RESULTS[] = {
    {.name = "result", .kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_INTEGER_RET}},
    {.name = "half", .kind = VALUE_FLOAT, .size = 8, .place = {.kind = PLACE_FLOAT_RET}},
};

static uint64_t draw(struct run *run, uint64_t n)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 7;
    run->random ^= run->random << 17;
    return (run->random >> 11) % n;
}

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "functions: %s: %s\n", what, why);
    if (child)
        kill(child, SIGKILL);
    exit(1);
}

/* ---- what a jump may replace */

static const struct module *module_at(struct run *run, target_addr at)
{
    for (size_t i = 0; i < run->modules.list.count; i++)
        if (module_is_code(&run->modules.list.items[i], at))
            return &run->modules.list.items[i];
    return NULL;
}

static int find_region(void *data, struct process *process, target_addr at, bool is_return,
                       bool single, struct jump_region *region, const char **reason)
{
    const struct module *module = module_at(data, at);
    (void)process;
    *reason = "it is in no file that is known";
    if (!module)
        return -ENOENT;
    return module_region(module, at, is_return, single, region, reason);
}

/* ---- arming */

static void choose(struct run *run, struct traced *traced)
{
    uint64_t kinds = draw(run, 20);
    struct probe *probe = &traced->probe;
    probe->provider = "functions";
    probe->function = "f";
    probe->args = ARGS;
    probe->n_args = draw(run, 4);
    probe->float_args = probe->n_args == 3;
    probe->rets = RESULTS;
    probe->n_rets = draw(run, 10) ? draw(run, 2) : 2;
    probe->float_rets = probe->n_rets == 2;
    probe->stack_args = draw(run, 8) ? 0 : 16;
    traced->kinds = kinds < 2   ? 0
                    : kinds < 5 ? HIT_ENTRY
                    : kinds < 7 ? HIT_EXIT
                                : HIT_ENTRY | HIT_EXIT;
    traced->is_toggled = draw(run, 5) == 0;
    if (traced->flags & FUNCTION_IS_INSIDE) { /* perhaps when there is a jump over it already */
        traced->is_toggled = draw(run, 2);
        traced->kinds = traced->is_toggled ? 0 : HIT_ENTRY;
    }
    if (traced->flags & FUNCTION_FAULTS_FIRST) {
        traced->is_toggled = false;
        traced->kinds = HIT_ENTRY | HIT_EXIT;
    }
}

static void arm(struct run *run, struct traced *traced, unsigned kinds)
{
    struct error err;
    int r = process_arm(run->process, traced->at, &traced->probe, kinds, &err);
    if (r < 0 && r != -ESRCH && r != -EAGAIN)
        die("cannot arm a function", err.text);
    traced->is_armed = r == 0;
}

static void toggle(struct run *run)
{
    for (unsigned i = 0; i < TOGGLED_AT_ONCE; i++) {
        struct traced *traced = &run->traced[draw(run, run->n)];
        if (!traced->is_toggled)
            continue;
        if (traced->is_armed && draw(run, 2))
            process_disarm(run->process, traced->at);
        if (traced->is_armed && draw(run, 2)) {
            traced->is_armed = false;
            process_disarm(run->process, traced->at);
            continue;
        }
        arm(run, traced, traced->flags & FUNCTION_IS_INSIDE ? HIT_ENTRY : 1 + draw(run, 3));
    }
}

static void on_woken(void *data)
{
    struct run *run = data;
    if (run->may_toggle && run->process)
        toggle(run);
}

static void on_hit(void *data, const struct hit *hit)
{
    struct run *run = data;
    struct traced *traced = (struct traced *)(uintptr_t)hit->probe;
    ++*(hit->kind == HIT_ENTRY ? &traced->entries : &traced->exits);
    if (++run->hits % TOGGLE_EVERY == 0)
        engine_wake(run->engine);
}

/* ---- the program */

static void set_go_on(const struct run *run, uint64_t value)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)process_pid(run->process));
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, &value, sizeof(value), SHARED_GO_ON) != sizeof(value))
        die("cannot write to the program", strerror(errno));
    close(fd);
}

static void on_pause(void *data, struct process *process, pid_t tid)
{
    struct run *run = data;
    struct engine_stats stats;
    (void)process;
    (void)tid;
    engine_get_stats(run->engine, &stats);
    run->steady = stats.jumps == run->steady_jumps ? run->steady + 1 : 0;
    run->steady_jumps = stats.jumps;
    if (run->steady >= STEADY) {
        run->may_toggle = true;
        set_go_on(run, 1);
    }
}

static void watch_jumps(struct run *run)
{
    static const struct {
        const char *name;
        enum process_jump jump;
    } jumps[] = {
        {"_Unwind_RaiseException", JUMP_THROW},
        {"_Unwind_Resume", JUMP_THROW},
        {"_Unwind_ForcedUnwind", JUMP_THROW},
    };
    struct error err;
    file_vaddr vaddr;
    for (size_t m = 0; m < run->modules.list.count; m++) {
        const struct module *module = &run->modules.list.items[m];
        for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
            if (image_symbol(module->image, jumps[i].name, &vaddr) &&
                process_watch_jump(run->process, module_target(module, vaddr), jumps[i].jump,
                                   &err) < 0)
                die(jumps[i].name, err.text);
    }
}

static target_addr address_of(struct run *run, const char *name)
{
    file_vaddr vaddr;
    for (size_t i = 0; i < run->modules.list.count; i++)
        if (run->modules.list.items[i].is_program &&
            image_symbol(run->modules.list.items[i].image, name, &vaddr))
            return module_target(&run->modules.list.items[i], vaddr);
    die(name, "there is none");
}

static void scan(struct run *run)
{
    struct error err;
    modules_free(&run->modules);
    run->modules = (struct modules){0};
    if (modules_scan(&run->modules, process_task(run->process), run->catalog, &err) < 0)
        die("cannot find the modules", err.text);
}

static void watch(struct run *run, const char *name, watch_reached *reached)
{
    struct error err;
    if (process_watch(run->process, address_of(run, name), reached, run, &err) < 0)
        die(name, err.text);
}

/* All libraries are loaded, and the table is known. */
static void on_begin(void *data, struct process *process, pid_t tid)
{
    static struct function_row rows[FUNCTIONS_MAX];
    struct run *run = data;
    uint64_t shared[2];
    (void)tid;
    scan(run);
    if (process_read(process, target_addr_of(SHARED_TABLE), shared, sizeof(shared)) < 0 ||
        shared[1] > FUNCTIONS_MAX ||
        process_read(process, target_addr_of(shared[0]), rows, shared[1] * sizeof(rows[0])) < 0)
        die("cannot read the table of functions", strerror(errno));
    watch_jumps(run);
    watch(run, "pause_here", on_pause);
    run->n = (unsigned)shared[1];
    for (unsigned i = 0; i < run->n; i++) {
        struct traced *traced = &run->traced[i];
        traced->at = target_addr_of(shared[0] + (uint64_t)(int64_t)rows[i].offset);
        traced->flags = rows[i].flags;
        choose(run, traced);
        if (traced->kinds)
            arm(run, traced, traced->kinds);
    }
    set_go_on(run, 0);
}

static void on_started(void *data, struct process *process, enum process_origin origin,
                       struct process *other)
{
    struct run *run = data;
    (void)origin;
    (void)other;
    run->process = process;
    child = process_pid(process);
    scan(run);
    watch(run, "begin_here", on_begin);
}

static void on_ended(void *data, struct process *process, int status)
{
    struct run *run = data;
    (void)process;
    run->process = NULL;
    run->status = status;
}

static void on_alarm(int number)
{
    static const char text[] = "functions: the program does not end\n";
    (void)number;
    if (write(STDERR_FILENO, text, sizeof(text) - 1) > 0 && child)
        kill(child, SIGKILL);
}

/* ---- all */

static bool check_one(const struct run *run, unsigned i, uint64_t entries, uint64_t exits)
{
    const struct traced *traced = &run->traced[i];
    uint64_t wanted[2] = {traced->kinds & HIT_ENTRY ? entries : 0,
                          traced->kinds & HIT_EXIT ? exits : 0};
    bool is_right = traced->is_toggled ? traced->entries <= entries && traced->exits <= exits
                                       : traced->entries == wanted[0] && traced->exits == wanted[1];
    if (!is_right)
        fprintf(stderr, "functions: a difference: f%u%s has %lu calls, and reported are %lu %lu\n",
                i, traced->is_toggled ? " (armed and disarmed)" : "", entries, traced->entries,
                traced->exits);
    return is_right;
}

static bool check_counts(const struct run *run, const char *path)
{
    uint64_t entries, exits;
    bool is_right = true;
    FILE *file = fopen(path, "re");
    for (unsigned i = 0; file && i < run->n; i++)
        is_right = fscanf(file, "%lu %lu", &entries, &exits) == 2 &&
                   check_one(run, i, entries, exits) && is_right;
    if (file)
        fclose(file);
    return file && is_right && run->n > 0;
}

static int launch(struct run *run, char **argv)
{
    char mode[] = "compare";
    char *words[] = {argv[1], mode, argv[2], argv[3], argv[5], argv[6], argv[7], NULL};
    struct error err;
    pid_t pid;
    /* The same addresses as in the run without a tracer. */
    if (personality(ADDR_NO_RANDOMIZE) < 0) {
        fprintf(stderr, "functions: personality: %s\n", strerror(errno));
        return -errno;
    }
    int r = engine_launch_prepare(run->engine, words, &pid, &err);
    if (r == 0)
        r = engine_launch_run(run->engine, &err);
    signal(SIGALRM, on_alarm);
    alarm(SECONDS_MAX);
    if (r == 0)
        r = engine_run(run->engine, &err);
    if (r < 0)
        fprintf(stderr, "functions: %s\n", err.text);
    return r;
}

int main(int argc, char **argv)
{
    static struct run run;
    struct engine_stats stats;
    if (argc != 8)
        return 2;
    run.random = strtoull(argv[4], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 99;
    for (unsigned i = 0; i < 8; i++)
        draw(&run, 2);
    const struct engine_options options = {
        .jump_after = getenv("FUNCTIONS_STOPS") ? 0 : 1,
        .jumps_never_drop = true,
        .migrate_every = draw(&run, 4) ? 0 : 1 + (unsigned)draw(&run, 200),
    };
    const struct engine_sink sink = {
        .data = &run,
        .hit = on_hit,
        .started = on_started,
        .ended = on_ended,
        .woken = on_woken,
        .jump_region = find_region,
    };
    if (engine_jumps_obstacle()) {
        printf("SKIP: no jumps: %s\n", engine_jumps_obstacle());
        return 77;
    }
    if (catalog_new(&run.catalog) < 0 || engine_new(&options, &sink, &run.engine) < 0)
        return 2;
    bool is_right = launch(&run, argv) == 0;
    if (run.status != 0) {
        fprintf(stderr, "functions: the program has ended with wait status 0x%x\n", run.status);
        is_right = false;
    }
    is_right = is_right && check_counts(&run, argv[3]);
    engine_get_stats(run.engine, &stats);
    printf("seed %s: %u functions, %lu hits, %lu records, %lu stops, %lu jumps, %lu lifted, %lu "
           "batches%s\n",
           argv[4], run.n, run.hits, stats.records, stats.stops, stats.jumps, stats.jumps_lifted,
           stats.jump_batches, is_right ? "" : ": FAILED");
    engine_free(run.engine);
    modules_free(&run.modules);
    catalog_free(run.catalog);
    return is_right ? 0 : 1;
}
