#include "ptrace/ends.h"

#include <sys/wait.h>

#include "ptrace/core.h"

void ends_reap(struct engine *engine)
{
    struct tracee *tracee;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        siginfo_t info = {0};
        if (tracee->reaped ||
            waitid(P_PID, (id_t)tracee->tid, &info, WEXITED | WNOHANG | __WALL) < 0 ||
            info.si_pid == 0)
            continue;
        tracee->end = stop_decode(&info);
        tracee->reaped = true;
        atomic_store(&engine->ends_held, true);
    }
}

void ends_serve(struct engine *engine)
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
