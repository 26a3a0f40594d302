#include "ptrace/seize.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/core.h"
#include "ptrace/ends.h"

enum { TICK_NS = 10000000 };

void seize_tick(void *data)
{
    struct engine *engine = data;
    int code = errno;
    if (atomic_load(&engine->seizing))
        ends_reap(engine);
    errno = code;
}

int engine_seize(struct engine *engine, pid_t tid)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = DOORBELL_SIGNAL,
        .sigev_value = {.sival_ptr = engine},
    };
    const struct itimerspec ticks = {.it_value.tv_nsec = TICK_NS, .it_interval.tv_nsec = TICK_NS};
    timer_t timer;
    event._sigev_un._tid = gettid();
    /* Where nobody is traced there is nobody to be reaped. */
    bool has_timer =
        engine->tracees.count > 0 && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
    atomic_store(&engine->seizing, has_timer);
    if (has_timer)
        timer_settime(timer, 0, &ticks, NULL);
    int r = engine_ptrace(engine, PTRACE_SEIZE, tid, NULL, engine_trace_options);
    atomic_store(&engine->seizing, false);
    if (has_timer)
        timer_delete(timer);
    return r;
}
