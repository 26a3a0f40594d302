/* SPDX-License-Identifier: MIT */
#include "ptrace/control/program_stop.h"

#include <signal.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/proc_status.h"

void program_stop_notice(struct engine *engine, const struct tracee *tracee, int signal)
{
    if (engine->options.stop_with_program && tracee->process->pid == engine->launched) {
        engine->program_stop = signal;
        engine->program_stopped = true;
    }
}

void program_stop_notice_end(struct engine *engine, const struct process *process)
{
    if (process->pid == engine->launched && engine->program_stop)
        engine->program_stopped = true;
}

void program_stop_forget(struct engine *engine, const struct process *process)
{
    const uint64_t stops = UINT64_C(1) << (SIGSTOP - 1) | UINT64_C(1) << (SIGTSTP - 1) |
                           UINT64_C(1) << (SIGTTIN - 1) | UINT64_C(1) << (SIGTTOU - 1);
    bool was_let_go = process->exit_status == -1;
    engine->launched = 0;
    engine->program_stopped = false;
    if (was_let_go && engine->options.stop_with_program &&
        (engine->program_left_stopped || (proc_status_look(process->pid).pending & stops)))
        kill(process->pid, SIGCONT);
}
