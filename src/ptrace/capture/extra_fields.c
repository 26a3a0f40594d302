/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/extra_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/capture/capture.h"
#include "ptrace/capture/unwind.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/engine.h"
#include "util/addr.h"

/* The name of a return address, or of the address at which a signal interrupted a thread. */
static size_t name_address(struct process *process, const struct unwound *where, char *out,
                           size_t size)
{
    const struct engine_sink *sink = &process->engine->sink;
    size_t (*name)(void *, struct process *, target_addr, char *, size_t) =
        where->is_return ? sink->name_return : sink->name_code;
    if (name)
        return name(sink->data, process, where->at, out, size);
    return (size_t)snprintf(out, size, "0x%" PRIx64, where->at.value);
}

static void put_caller(struct tracee *tracee, const struct hit *hit, char *out)
{
    const struct unwound caller = {target_addr_of(hit->return_address), true};
    if (hit->return_address)
        name_address(tracee->process, &caller, out, CALLER_TEXT_SIZE);
    else
        strcpy(out, "(bad address)");
}

/* ';' separates the frames, so it is replaced in names. */
static void put_stack(const struct capture *capture, struct tracee *tracee, const struct hit *hit,
                      const arch_regs *regs, char *out)
{
    static const char more[] = ";...";
    struct unwound chain[HIT_STACK_MAX];
    size_t used = 0, most = tracee->process->engine->options.stack_frames;
    if (!hit->return_address) {
        strcpy(out, "(bad address)");
        return;
    }
    if (most == 0 || most > HIT_STACK_MAX)
        most = HIT_STACK_DEFAULT;
    uint64_t sp = hit->kind == HIT_ENTRY ? arch_caller_sp(regs) : arch_sp(regs);
    size_t n = unwind_callers(capture->read_code, tracee, regs, target_addr_of(hit->return_address),
                              sp, hit->time_ns, chain, most);
    for (size_t i = 0; i < n; i++) {
        char name[CALLER_TEXT_SIZE];
        size_t length = name_address(tracee->process, &chain[i], name, sizeof(name));
        for (char *at = name; (at = strchr(at, ';'));)
            *at = ',';
        if (used + 1 + length + sizeof(more) > STACK_TEXT_SIZE) {
            memcpy(out + used, more, sizeof(more));
            return;
        }
        if (i)
            out[used++] = ';';
        memcpy(out + used, name, length + 1);
        used += length;
    }
}

void extra_fields_capture(struct capture *capture, struct tracee *tracee, const struct hit *hit,
                          const arch_regs *regs, const struct field *fields, size_t n, size_t first)
{
    size_t caller = capture_extra_text(capture), stack = caller + CALLER_TEXT_SIZE;
    for (size_t i = 0; i < n; i++) {
        uint64_t *value = &capture->values[first + i];
        switch ((enum extra_field)fields[i].place.index) {
        case EXTRA_DEPTH:
            *value = hit->depth;
            break;
        case EXTRA_DURATION:
            *value = hit->duration_ns;
            break;
        case EXTRA_CPU:
            *value = hit->cpu_ns;
            break;
        case EXTRA_CALLER:
            put_caller(tracee, hit, capture->text + caller);
            *value = caller;
            break;
        case EXTRA_TID:
            *value = (uint64_t)hit->tid;
            break;
        case EXTRA_PID:
            *value = (uint64_t)hit->pid;
            break;
        case EXTRA_STACK:
            put_stack(capture, tracee, hit, regs, capture->text + stack);
            *value = stack;
            break;
        }
    }
}
