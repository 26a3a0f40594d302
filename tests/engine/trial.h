/* SPDX-License-Identifier: MIT */
/*
 * Trials: the target "jumping" pauses between rounds of calls, and the test changes what is traced
 * meanwhile. For sites that are served by jumps: a test ends as skipped where there are none.
 */
#ifndef ENGINE_TRIAL_H
#define ENGINE_TRIAL_H

#include "engine/harness.h"
#include "targets/jumping.h"

enum {
    CALLS = 500,    /* of each function in a round */
    FEW = 40,       /* stops that are not of calls */
    SMALL_MAX = 16, /* bytes of small(), at least */
    WAITS_MAX = 400000,
    JUMP_COUNTS = 40,
};

/* What is done at the pauses of the target "jumping", in order: a round of calls follows each. */
struct trial;
struct phase {
    void (*act)(struct trial *trial);
    bool (*ready)(struct trial *trial); /* the target waits until then; NULL: it does not */
    void (*check)(struct trial *trial); /* after the round */
};

struct trial {
    struct harness *h;
    struct process *process;
    const char *target; /* NULL: "jumping" */
    struct engine_options options;
    const struct phase *phases;
    size_t n, at;
    size_t pauses; /* of the n rounds; 0: all, and one at the end */
    bool acted;
    unsigned long waits;
    unsigned long watched;
    struct counter before[NAMES_MAX]; /* the round */
    struct engine_stats stats_before, stats_acted;
    unsigned long wrong; /* values in hits */
};

/* ---- of the process */

static inline target_addr address_of(struct trial *trial, const char *name)
{
    struct modules *modules = &trial->h->known;
    file_vaddr vaddr;
    for (size_t i = 0; i < modules->list.count; i++)
        if (modules->list.items[i].is_program &&
            image_symbol(modules->list.items[i].image, name, &vaddr))
            return module_target(&modules->list.items[i], vaddr);
    ck_abort_msg("there is no %s", name);
    return target_addr_of(0);
}

/* Memory as it is, with what is planted. */
static inline int memory_of(struct trial *trial)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)process_pid(trial->process));
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static inline void set_go_on(struct trial *trial, long value)
{
    cleanup(cleanup_fd) int fd = memory_of(trial);
    ck_assert_int_eq(pwrite(fd, &value, sizeof(value), JUMPING_GO_ON), sizeof(value));
}

static inline bool is_original(struct trial *trial, const char *name)
{
    uint8_t seen[SMALL_MAX], real[SMALL_MAX];
    target_addr at = address_of(trial, name);
    cleanup(cleanup_fd) int fd = memory_of(trial);
    ck_assert_int_eq(process_read(trial->process, at, seen, sizeof(seen)), 0);
    ck_assert_int_eq(pread(fd, real, sizeof(real), (off_t)at.value), sizeof(real));
    return memcmp(seen, real, sizeof(seen)) == 0;
}

static inline void arm_at(struct trial *trial, target_addr at, const char *name, unsigned kinds)
{
    struct error err;
    if (process_arm(trial->process, at, &harness_counter(trial->h, name)->probe, kinds, &err) < 0)
        ck_abort_msg("%s", err.text);
}

static inline void arm(struct trial *trial, const char *name, unsigned kinds)
{
    arm_at(trial, address_of(trial, name), name, kinds);
}

static inline void disarm(struct trial *trial, const char *name)
{
    process_disarm(trial->process, address_of(trial, name));
}

static inline struct engine_stats stats_of(const struct trial *trial)
{
    struct engine_stats stats;
    engine_get_stats(trial->h->engine, &stats);
    return stats;
}

/* The hot sites with this reason; NULL: with a jump. */
static inline unsigned long hot_sites(const struct trial *trial, const char *reason)
{
    struct engine_jump_count counts[JUMP_COUNTS];
    size_t n = engine_jump_counts(trial->h->engine, counts, JUMP_COUNTS);
    for (size_t i = 0; i < n; i++)
        if (reason && counts[i].reason ? strcmp(counts[i].reason, reason) == 0
                                       : reason == counts[i].reason)
            return counts[i].sites;
    return 0;
}

/* The jumps that are planted now. */
static inline unsigned long planted(const struct trial *trial)
{
    struct engine_stats stats = stats_of(trial);
    return stats.jumps - stats.jumps_lifted;
}

/* ---- checks of a round */

static inline void recorded(struct trial *trial, const char *name, unsigned long entries,
                            unsigned long exits)
{
    const struct counter *now = harness_counter(trial->h, name);
    const struct counter *before = &trial->before[now - trial->h->counters];
    ck_assert_msg(now->entries - before->entries == entries && now->exits - before->exits == exits,
                  "%s, after pause %zu: recorded are %lu entries and %lu exits, not %lu and %lu",
                  name, trial->at - 1, now->entries - before->entries, now->exits - before->exits,
                  entries, exits);
}

static inline void made_no_stops(struct trial *trial)
{
    struct engine_stats now = stats_of(trial);
    ck_assert_msg(now.stops - trial->stats_before.stops <= FEW,
                  "%lu stops, not %d at most, after pause %zu",
                  (unsigned long)(now.stops - trial->stats_before.stops), FEW, trial->at - 1);
}

static inline void made_records(struct trial *trial, unsigned long n)
{
    struct engine_stats now = stats_of(trial);
    unsigned long records = now.records - trial->stats_before.records;
    ck_assert_msg(records <= n && records + FEW >= n, "%lu records, not about %lu, after pause %zu",
                  records, n, trial->at - 1);
}

/* ---- a trial */

/* What the phase waits for does not come. */
static inline void give_up_waiting(const struct trial *trial)
{
    struct engine_jump_count counts[JUMP_COUNTS];
    size_t n = engine_jump_counts(trial->h->engine, counts, JUMP_COUNTS);
    fprintf(stderr, "pause %zu is long: %lu jumps are planted\n", trial->at, planted(trial));
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "%lu sites: %s\n", (unsigned long)counts[i].sites,
                counts[i].reason ? counts[i].reason : "have a jump");
    ck_abort_msg("the pause does not end");
}

static inline void on_pause(void *data, struct process *process, pid_t tid)
{
    struct trial *trial = data;
    (void)tid;
    trial->process = process;
    if (!trial->acted) {
        if (trial->at > 0 && trial->phases[trial->at - 1].check)
            trial->phases[trial->at - 1].check(trial);
        if (trial->at == trial->n)
            return;
        set_go_on(trial, 0);
        trial->stats_acted = stats_of(trial);
        if (trial->phases[trial->at].act)
            trial->phases[trial->at].act(trial);
        trial->acted = true;
    }
    if (trial->phases[trial->at].ready && !trial->phases[trial->at].ready(trial)) {
        if (++trial->waits == WAITS_MAX)
            give_up_waiting(trial);
        return;
    }
    trial->waits = 0;
    memcpy(trial->before, trial->h->counters, sizeof(trial->before));
    trial->stats_before = stats_of(trial);
    trial->acted = false;
    trial->at++;
    set_go_on(trial, 1);
}

static inline void watch_pauses(void *data, struct process *process)
{
    struct trial *trial = data;
    struct error err;
    if (process_watch(process, address_of(trial, "pause_here"), on_pause, trial, &err) < 0)
        ck_abort_msg("%s", err.text);
}

static inline void on_launch(struct harness *h)
{
    engine_each_process(h->engine, watch_pauses, h->data);
}

static inline void run_trial(struct trial *trial, const char *names, unsigned kinds,
                             const char *mode, const struct phase *phases, size_t n,
                             void (*on_hit)(struct harness *h, const struct hit *hit))
{
    char command[64];
    snprintf(command, sizeof(command), "%s %s %d %zu", trial->target ? trial->target : "jumping",
             mode, CALLS, n);
    trial->phases = phases;
    trial->n = n;
    trial->h = harness_new(names, &trial->options);
    trial->h->kinds = kinds;
    trial->h->data = trial;
    trial->h->launched = on_launch;
    trial->h->on_hit = on_hit;
    harness_run(trial->h, command);
    ck_assert_int_eq(trial->h->status, 0);
    ck_assert_uint_eq(trial->at, trial->pauses ? trial->pauses : n);
    ck_assert_uint_eq(trial->wrong, 0);
}

#define RUN_TRIAL(names, kinds, phases, on_hit)                                                    \
    do {                                                                                           \
        struct trial trial_ = {0};                                                                 \
        run_trial(&trial_, names, kinds, "phases", phases, sizeof(phases) / sizeof((phases)[0]),   \
                  on_hit);                                                                         \
        harness_free(trial_.h);                                                                    \
    } while (0)

static inline int trial_main(const char *name, void (*add_tests)(TCase *tests))
{
    if (setenv("JUMP_AFTER", "1", 1) < 0)
        return EXIT_FAILURE;
    harness_may_skip();
    return check_main(name, 60, add_tests);
}

#endif
