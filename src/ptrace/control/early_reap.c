/* SPDX-License-Identifier: MIT */
#include "ptrace/control/early_reap.h"

#include <stdatomic.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/wait_status.h"
#include "util/table.h"

void early_reap_report(struct engine *engine)
{
    struct tracee *tracee;
    if (!atomic_exchange(&engine->ends_pending, false))
        return;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        const struct stop end = tracee->end;
        if (tracee->reaped)
            engine->handle_stop(engine, &end);
    }
}
