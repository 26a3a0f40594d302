/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jumping.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/arch/stub.h"
#include "ptrace/arch/stub_cost.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/engine_lock.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/jumps/drain.h"
#include "ptrace/jumps/jump_counts.h"
#include "ptrace/jumps/tsc_clock.h"
#include "ptrace/threads/cpu_pinning.h"
#include "ptrace/threads/wakeup.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/descriptors.h"

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

enum {
    BUSY_NS = 1000000,
    IDLE_NS = 4000000,
    MANY = 8192, /* records: there are more, it does not pause */
    ELSEWHERE_MAX = 1 << 16,
};

/* Only this one is read by user programs at the rate that it counts with (the kernel's
   Documentation/virt/kvm/x86/timekeeping.rst, 2.4). */
static bool is_tsc_clock(void)
{
    char name[32] = "";
    cleanup(cleanup_fd) int fd = descriptors_open(CLOCK_SOURCE, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);
    return n > 0 && strcmp(name, "tsc\n") == 0;
}

const char *engine_jumps_obstacle(void)
{
    const char *reason = stub_unsupported();
    if (!reason && !is_tsc_clock())
        reason = "the kernel's clock is not the processor's time counter";
    return reason;
}

int engine_jump_cost(uint32_t *in_call, uint32_t *around)
{
    struct stub_cost cost;
    int r = engine_jumps_obstacle() ? -ENOTSUP : stub_cost_measure(&cost);
    if (r < 0)
        return r;
    *in_call = cost.in_call;
    *around = cost.around;
    return 0;
}

struct jumping *jumping_new(void)
{
    struct jumping *jumping = calloc(1, sizeof(*jumping));
    if (jumping)
        tsc_clock_start(&jumping->clock);
    return jumping;
}

static bool may_take_lock(void *data)
{
    const struct engine *engine = data;
    return !atomic_load(&engine->lock.taken) || atomic_load(&engine->jumping->ending);
}

static bool take_lock(struct engine *engine)
{
    for (unsigned n = 0; !engine_lock_try(&engine->lock); n++) {
        if (atomic_load(&engine->jumping->ending))
            return false;
        if (!engine_lock_spin(n)) {
            engine_lock_sleep(&engine->lock, may_take_lock, engine);
            n = 0;
        }
    }
    return true;
}

struct way {
    struct engine *engine;
    unsigned n_wanted;
};

static bool is_way_given(void *data)
{
    const struct way *way = data;
    return engine_lock_is_way_given(&way->engine->lock, way->n_wanted) ||
           atomic_load(&way->engine->jumping->ending);
}

/* Lets a thread that waits for the lock have it first. */
static void give_way(struct engine *engine, unsigned n_wanted)
{
    struct way way = {engine, n_wanted};
    for (unsigned n = 0; !is_way_given(&way); n++)
        if (!engine_lock_spin(n))
            engine_lock_sleep(&engine->lock, is_way_given, &way);
}

static bool is_lock_released(void *data)
{
    const struct engine *engine = data;
    return !atomic_load(&engine->lock.taken);
}

static bool take_lock_until(struct engine *engine, uint64_t until_ns)
{
    bool taken, in_time = true;
    engine_lock_want(&engine->lock);
    while (!(taken = engine_lock_try(&engine->lock)) && in_time)
        in_time = engine_lock_sleep_until(&engine->lock, is_lock_released, engine, until_ns);
    engine_lock_wanted(&engine->lock);
    return taken;
}

bool engine_report_recorded(struct engine *engine, unsigned limit_ms)
{
    if (!engine->jumping || !atomic_load(&engine->jumping->has_jumps))
        return true;
    if (!take_lock_until(engine, clock_now_ns() + limit_ms * UINT64_C(1000000)))
        return false;
    drain_all_so_far(engine);
    engine_lock_release(&engine->lock);
    return true;
}

static void *drainer_main(void *data)
{
    struct engine *engine = data;
    struct jumping *jumping = engine->jumping;
    struct timespec pause = {.tv_nsec = BUSY_NS};
    unsigned n_wanted = engine_lock_n_wanted(&engine->lock);
    while (!atomic_load(&jumping->ending)) {
        if (pause.tv_nsec)
            clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        give_way(engine, n_wanted);
        if (!take_lock(engine))
            break;
        size_t n = drain_all(engine);
        bool due = jumping_is_due(engine, clock_now_ns());
        n_wanted = engine_lock_n_wanted(&engine->lock);
        engine_lock_release(&engine->lock);
        if (due)
            wakeup_wake(engine->tracers[0]);
        pause.tv_nsec = n >= MANY ? 0 : n ? BUSY_NS : IDLE_NS;
    }
    return NULL;
}

int jumping_start_drainer(struct engine *engine)
{
    struct jumping *jumping = engine->jumping;
    sigset_t all, before;
    pthread_attr_t attributes;
    cpu_set_t own;
    if (jumping->has_drainer)
        return 0;
    pthread_attr_init(&attributes);
    /* This thread may be bound to a CPU that the program's threads are bound to. */
    if (cpu_pinning_own(engine, &own) == 0)
        pthread_attr_setaffinity_np(&attributes, sizeof(own), &own);
    /* A blocked SIGCHLD is not ignored: the kernel would wake another thread at each stop. */
    sigfillset(&all);
    sigdelset(&all, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int r = pthread_create(&jumping->drainer, &attributes, drainer_main, engine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    jumping->has_drainer = r == 0;
    return -r;
}

void jumping_free(struct engine *engine, struct jumping *jumping)
{
    if (!jumping)
        return;
    if (jumping->has_drainer) {
        atomic_store(&jumping->ending, true);
        engine_lock_release(&engine->lock); /* it may be waiting for the lock */
        pthread_join(jumping->drainer, NULL);
        tracer_thread_lock(engine->tracers[0]);
    }
    engine->jumping = NULL; /* other tracer threads still look at it */
    jump_counts_free(&jumping->counts);
    table_free(&jumping->elsewhere);
    free(jumping);
}

bool jumping_is_due(const struct engine *engine, uint64_t now_ns)
{
    const struct jumping *jumping = engine->jumping;
    return jumping && (jumping->batch_wanted || engine->jumps_untidy) &&
           now_ns >= jumping->next_batch_ns;
}

/* The space may be gone by then: its address only tells it from others. */
void jumping_note_hot(struct jumping *jumping, const struct address_space *space, target_addr at)
{
    if (jumping->elsewhere.count < ELSEWHERE_MAX && !table_get(&jumping->elsewhere, at.value))
        (void)!table_put(&jumping->elsewhere, at.value, (void *)space);
}

bool jumping_is_hot_elsewhere(const struct jumping *jumping, const struct address_space *space,
                              target_addr at)
{
    const void *other = table_get(&jumping->elsewhere, at.value);
    return other && other != space;
}
