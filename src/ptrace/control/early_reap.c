#include "ptrace/control/early_reap.h"

#include "ptrace/core/engine_internal.h"

void early_reap(struct engine *engine)
{
    struct tracee *tracee;
    struct stop stop;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        /* Looked at first: of a tracee waitid(2) tells, and takes, the stops as well, whether they
           are asked for or not (kernel/exit.c: wait_task_stopped()). */
        if (tracee->reaped || engine_peek(tracee->tid, &stop) != 1 || !stop_is_end(&stop))
            continue;
        engine_reap(tracee->tid);
        tracee->end = stop;
        tracee->reaped = true;
        atomic_store(&engine->ends_held, true);
    }
}

void early_reap_serve(struct engine *engine)
{
    struct tracee *tracee;
    if (!atomic_exchange(&engine->ends_held, false))
        return;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        const struct stop end = tracee->end;
        if (tracee->reaped)
            engine_dispatch(engine, &end);
    }
}
