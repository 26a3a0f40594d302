/* SPDX-License-Identifier: MIT */
#include "ptrace/core/requests.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/engine.h"
#include "util/addr.h"

/* from linux/ptrace.h, which cannot be included together with <sys/ptrace.h> */
enum { REQUEST_GETSIGMASK = 0x420a, REQUEST_SETSIGMASK = 0x420b };

static enum engine_request kind_of(int request)
{
    switch (request) {
    case PTRACE_CONT:
    case PTRACE_SYSCALL:
    case PTRACE_LISTEN:
        return REQUEST_RESUME;
    case PTRACE_SINGLESTEP:
        return REQUEST_STEP;
    case PTRACE_INTERRUPT:
        return REQUEST_INTERRUPT;
    case PTRACE_SEIZE:
        return REQUEST_SEIZE;
    case PTRACE_DETACH:
        return REQUEST_DETACH;
    case PTRACE_GETSIGINFO:
    case PTRACE_SETSIGINFO:
        return REQUEST_SIGINFO;
    case REQUEST_GETSIGMASK:
    case REQUEST_SETSIGMASK:
        return REQUEST_SIGMASK;
    default:
        return REQUEST_OTHER;
    }
}

/* One request, made on the thread of the tracee's owner. */
struct ptrace_request {
    int what;
    pid_t tid;
    void *addr;
    uintptr_t data;
    const arch_regs *new_regs;
    arch_regs *regs;
    struct arch_float_regs *float_regs;
    target_addr pc;
    long number; /* of a system call */
    const uint64_t *args;
    uint64_t code_bits;
    int result;
};

/* Threads that are not in the table yet belong to the acting tracer thread: new children, and
   threads being attached to. */
static struct tracer_thread *owner_of(const struct engine *engine, pid_t tid)
{
    const struct tracee *tracee = engine->n_tracer_threads > 1 ? tracee_find(engine, tid) : NULL;
    return tracee ? tracee->owner : engine->acting;
}

/* Sets *tid to 0 unless the acting tracer thread traces it. */
static void check_own(void *data)
{
    pid_t *tid = data;
    unsigned long message;
    if (ptrace(PTRACE_GETEVENTMSG, *tid, NULL, &message) < 0)
        *tid = 0;
}

struct tracer_thread *engine_tracer_of(struct engine *engine, pid_t tid)
{
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        pid_t asked = tid;
        if (engine->n_tracer_threads > 1)
            tracer_thread_call(engine->tracers[i], check_own, &asked);
        if (asked)
            return engine->tracers[i];
    }
    return NULL;
}

static int make_request(struct engine *engine, enum engine_request kind, void (*run)(void *data),
                        struct ptrace_request *request)
{
    engine->stats.requests[kind]++;
    tracer_thread_call(owner_of(engine, request->tid), run, request);
    return request->result;
}

static void make_any(void *data)
{
    struct ptrace_request *r = data;
    r->result = ptrace((enum __ptrace_request)r->what, r->tid, r->addr, r->data) < 0 ? -errno : 0;
}

int engine_ptrace(struct engine *engine, int request, pid_t tid, void *addr, uintptr_t data)
{
    struct ptrace_request r = {.what = request, .tid = tid, .addr = addr, .data = data};
    return make_request(engine, kind_of(request), make_any, &r);
}

static void make_get_regs(void *data)
{
    struct ptrace_request *r = data;
    r->result = arch_get_regs(r->tid, r->regs);
}

int engine_get_regs(struct engine *engine, pid_t tid, arch_regs *regs)
{
    struct ptrace_request r = {.tid = tid, .regs = regs};
    return make_request(engine, REQUEST_GET_REGS, make_get_regs, &r);
}

static void make_set_regs(void *data)
{
    struct ptrace_request *r = data;
    r->result = arch_set_regs(r->tid, r->new_regs);
}

int engine_set_regs(struct engine *engine, pid_t tid, const arch_regs *regs)
{
    struct ptrace_request r = {.tid = tid, .new_regs = regs};
    return make_request(engine, REQUEST_SET_REGS, make_set_regs, &r);
}

static void make_get_float_regs(void *data)
{
    struct ptrace_request *r = data;
    r->result = arch_get_float_regs(r->tid, r->float_regs);
}

int engine_get_float_regs(struct engine *engine, pid_t tid, struct arch_float_regs *regs)
{
    struct ptrace_request r = {.tid = tid, .float_regs = regs};
    return make_request(engine, REQUEST_GET_FLOAT_REGS, make_get_float_regs, &r);
}

static void make_set_pc(void *data)
{
    struct ptrace_request *r = data;
    r->result = arch_set_pc(r->tid, r->regs, r->pc);
}

int engine_set_pc(struct engine *engine, pid_t tid, arch_regs *regs, target_addr pc)
{
    struct ptrace_request r = {.tid = tid, .regs = regs, .pc = pc};
    return make_request(engine, REQUEST_SET_PC, make_set_pc, &r);
}

static void make_replace_syscall(void *data)
{
    struct ptrace_request *r = data;
    r->result = arch_replace_syscall(r->tid, r->regs, r->number, r->args);
}

int engine_replace_syscall(struct engine *engine, pid_t tid, arch_regs *regs, long number,
                           const uint64_t args[6])
{
    struct ptrace_request r = {.tid = tid, .regs = regs, .number = number, .args = args};
    return make_request(engine, REQUEST_SET_REGS, make_replace_syscall, &r);
}

static void make_end_syscall(void *data)
{
    struct ptrace_request *r = data;
    r->result = arch_end_syscall(r->tid, r->new_regs);
}

int engine_end_syscall(struct engine *engine, pid_t tid, const arch_regs *regs)
{
    struct ptrace_request r = {.tid = tid, .new_regs = regs};
    return make_request(engine, REQUEST_SET_REGS, make_end_syscall, &r);
}

static void make_code_bits(void *data)
{
    struct ptrace_request *r = data;
    r->code_bits = arch_code_bits(r->tid);
}

uint64_t engine_code_bits(struct engine *engine, pid_t tid)
{
    struct ptrace_request r = {.tid = tid};
    make_request(engine, REQUEST_OTHER, make_code_bits, &r);
    return r.code_bits;
}

static void make_has_shadow_stack(void *data)
{
    struct ptrace_request *r = data;
    r->result = arch_has_shadow_stack(r->tid);
}

bool engine_has_shadow_stack(struct engine *engine, pid_t tid)
{
    struct ptrace_request r = {.tid = tid};
    return make_request(engine, REQUEST_OTHER, make_has_shadow_stack, &r) > 0;
}

/* The system call, not the C library's function, which returns the word (ptrace(2), "C
   library/kernel differences"). */
static void make_read_word(void *data)
{
    struct ptrace_request *r = data;
    r->result = syscall(SYS_ptrace, PTRACE_PEEKDATA, r->tid, r->addr, r->data) < 0 ? -errno : 0;
}

int engine_read_word(struct engine *engine, pid_t tid, target_addr at, uint64_t *word)
{
    struct ptrace_request r = {
        .tid = tid, .addr = (void *)(uintptr_t)at.value, .data = (uintptr_t)word};
    return make_request(engine, REQUEST_OTHER, make_read_word, &r);
}

int engine_write_word(struct engine *engine, pid_t tid, target_addr at, uint64_t word)
{
    return engine_ptrace(engine, PTRACE_POKEDATA, tid, (void *)(uintptr_t)at.value, word);
}

int engine_get_mask(struct engine *engine, pid_t tid, uint64_t *mask)
{
    return engine_ptrace(engine, REQUEST_GETSIGMASK, tid, (void *)sizeof(*mask), (uintptr_t)mask);
}

int engine_set_mask(struct engine *engine, pid_t tid, uint64_t mask)
{
    return engine_ptrace(engine, REQUEST_SETSIGMASK, tid, (void *)sizeof(mask), (uintptr_t)&mask);
}
