/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/report.h"

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/capture/capture.h"
#include "ptrace/capture/extra_fields.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/engine.h"
#include "util/addr.h"

static void name_code(void *data, uint64_t address, char *out, size_t size)
{
    const struct tracee *tracee = data;
    const struct engine_sink *sink = &tracee->process->engine->sink;
    sink->name_code(sink->data, tracee->process, target_addr_of(address), out, size);
}

void report_begin(struct tracee *tracee, const struct probe *probe, enum hit_kind kind,
                  const struct capture_source *source)
{
    struct engine *engine = tracee->process->engine;
    bool entry = kind == HIT_ENTRY;
    const struct capture_set set = {
        .fields = entry ? probe->args : probe->rets,
        .n = entry ? probe->n_args - probe->n_arg_extras : probe->n_rets - probe->n_ret_extras,
        .pointees = entry ? probe->arg_pointees : probe->ret_pointees,
        .n_pointees = entry ? probe->n_arg_pointees : probe->n_ret_pointees,
        .stack_args = entry ? probe->stack_args : 0,
    };
    engine->capture->name_code = engine->sink.name_code ? name_code : NULL;
    engine->capture->name_data = tracee;
    engine->capture->read_code = program_memory_read;
    capture_begin(engine->capture, &set, source);
}

/* With all values captured but those of extra fields. */
static void send_hit(struct tracee *tracee, struct hit *hit, const arch_regs *regs)
{
    struct engine *engine = tracee->process->engine;
    const struct probe *probe = hit->probe;
    bool entry = hit->kind == HIT_ENTRY;
    hit->pid = tracee->process->pid;
    hit->tid = tracee->tid;
    hit->thread_name = tracee->name;
    const struct field *fields = entry ? probe->args : probe->rets;
    size_t n = entry ? probe->n_args : probe->n_rets;
    size_t n_extras = entry ? probe->n_arg_extras : probe->n_ret_extras;
    if (n_extras)
        extra_fields_capture(engine->capture, tracee, hit, regs, fields + n - n_extras, n_extras,
                             n - n_extras);
    hit->n_values = (unsigned)n;
    hit->values = engine->capture->values;
    hit->text = engine->capture->text;
    if (entry)
        engine->stats.entries++;
    else
        engine->stats.exits += !probe->resolves;
    hit->follows_drops = tracee->has_dropped;
    tracee->has_dropped = false;
    if (engine->sink.hit)
        engine->sink.hit(engine->sink.data, hit);
}

void report_hit(struct tracee *tracee, struct hit *hit, const arch_regs *regs,
                const struct arch_float_regs *floats)
{
    capture_finish(tracee->process->engine->capture, floats);
    send_hit(tracee, hit, regs);
}

void report_values(struct tracee *tracee, struct hit *hit)
{
    send_hit(tracee, hit, NULL);
}
