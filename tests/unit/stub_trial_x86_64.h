/* SPDX-License-Identifier: MIT */
/* One random region with one random stub: see stub_run_x86_64.h and stub_code_x86_64.h. */
#ifndef STUB_TRIAL_X86_64_H
#define STUB_TRIAL_X86_64_H

#include <stdio.h>
#include <x86intrin.h>

#include "unit/stub_code_x86_64.h"
#include "unit/stub_run_x86_64.h"

/* More would not fit the ring. */
enum { TRIAL_VISITS_MAX = 16 };

/* The state of the site as the record must have it. */
static inline void stub_check_values(const struct stub_run *run, const struct ring_record *record)
{
    const struct stub_layout *layout = &run->request.layout;
    const struct user_regs_struct *regs = &run->runner.regs;
    const uint64_t all[] = {regs->rdi, regs->rsi, regs->rdx, regs->rcx, regs->r8, regs->r9};
    arch_regs got;
    struct arch_float_regs floats;
    stub_record_registers(layout, record, &got, &floats);
    const uint64_t integers[] = {got.rdi, got.rsi, got.rdx, got.rcx, got.r8, got.r9};
    ck_assert_msg(got.rsp == regs->rsp, "%s: RSP 0x%llx", run->name, got.rsp);
    ck_assert_msg((layout->is_return ? got.rdx : regs->rdx) == regs->rdx, "%s: RDX", run->name);
    ck_assert_msg((layout->is_return ? got.rax : regs->rax) == regs->rax, "%s: RAX", run->name);
    for (unsigned i = 0; i < 6; i++) {
        uint64_t wanted = !layout->is_return && layout->integer_args & 1u << i ? all[i]
                          : layout->is_return && i == 2                        ? regs->rdx
                                                                               : 0;
        ck_assert_msg(integers[i] == wanted, "%s: integer %u: 0x%lx, not 0x%lx", run->name, i,
                      integers[i], wanted);
    }
    for (unsigned i = 0; i < 8; i++) {
        bool recorded =
            layout->is_return ? layout->return_floats && i < 2 : layout->float_args & 1u << i;
        static const uint8_t none[16];
        /* XSAVE, standard format: xmm0 at 160 (the manual's volume 1, figure 10-1). */
        const uint8_t *wanted = recorded ? run->runner.xstate + 160 + (size_t)16 * i : none;
        ck_assert_msg(memcmp((const uint8_t *)&floats + 160 + (size_t)16 * i, wanted, 16) == 0,
                      "%s: xmm%u", run->name, i);
    }
}

/* Before anything has run that may have changed the stack: `stack` is its content. */
static inline void stub_check_record(const struct stub_run *run, const uint8_t *stack,
                                     uint64_t earliest)
{
    const struct stub_layout *layout = &run->request.layout;
    const struct ring_record *record = run_area(STUB_DATA + run->state.head % RUN_AREA);
    const uint64_t *words = stub_record_stack(layout, record);
    uint64_t sp = run->runner.regs.rsp, slot = layout->is_return ? sp - 8 : sp;
    ck_assert_msg(record->tsc >= earliest && record->tsc <= __rdtsc(), "%s: TSC %lu, from %lu",
                  run->name, record->tsc, earliest);
    ck_assert_msg(record->site == STUB_INDEX, "%s: site 0x%x", run->name, record->site);
    ck_assert_msg(record->cpu == (uint16_t)STUB_CPU_ID, "%s: CPU %u", run->name, record->cpu);
    ck_assert_msg(record->gap == (uint16_t)STUB_GAPS, "%s: gap %u", run->name, record->gap);
    ck_assert_msg(record->slot == slot, "%s: slot 0x%lx", run->name, record->slot);
    uint64_t link = layout->is_return ? run->runner.regs.rax : STUB_RETURN;
    ck_assert_msg(record->link == link, "%s: link 0x%lx", run->name, record->link);
    stub_check_values(run, record);
    ck_assert_msg(!words == (layout->is_return || layout->stack_words == 0), "%s: stack words",
                  run->name);
    if (words)
        ck_assert_msg(memcmp(words, stack + (sp + 8 - RUN_STACK), 8 * layout->stack_words) == 0,
                      "%s: other stack words", run->name);
    stub_memory_check(run->name, &run->state.memory, layout, record);
    /* Nothing is written behind it. */
    const uint8_t *end = (const uint8_t *)record + stub_record_length(layout, record, RUN_AREA);
    ck_assert_msg(end[0] == 0xee && end[15] == 0xee, "%s: the record is longer", run->name);
}

/* The slots of all records: where the stub has been. Returns how many there are. */
static inline unsigned stub_run_slots(const struct stub_run *run, uint64_t *lowest,
                                      uint64_t *highest)
{
    unsigned n = 0;
    *lowest = *highest = run->runner.regs.rsp;
    for (uint64_t at = run->state.head; at < stub_block()->head; n++) {
        const struct ring_record *record = run_area(STUB_DATA + at % RUN_AREA);
        size_t size = stub_record_length(&run->request.layout, record, stub_block()->head - at);
        ck_assert_msg(size > 0, "%s: no record", run->name);
        at += size;
        uint64_t sp = record->slot + (run->request.layout.is_return ? 8 : 0);
        *lowest = sp < *lowest ? sp : *lowest;
        *highest = sp > *highest ? sp : *highest;
    }
    return n;
}

static inline void stub_trial_ends(struct stub_run *run, const char *what,
                                   const struct outcome *native, struct outcome *stubbed,
                                   unsigned records, bool handler_ran)
{
    uint64_t lowest, highest;
    unsigned n = stub_run_slots(run, &lowest, &highest);
    ck_assert_msg(n == records, "%s: %s: %u records, not %u", run->name, what, n, records);
    stub_run_compare(run, what, native, stubbed,
                     handler_ran ? RUN_STACK + stub_run_below(run) : lowest, highest);
}

/* The thread is stopped in the stub, which cannot record the hit: continues at the copy. */
static inline void stub_trial_served(struct stub_run *run, const struct outcome *native)
{
    struct outcome stubbed;
    struct user_regs_struct regs;
    enum stub_position position = stub_run_unwind(run);
    ck_assert_msg(position == STUB_BEFORE, "%s: the stop is at %d", run->name, position);
    runner_ptrace(&run->runner, PTRACE_GETREGS, NULL, &regs);
    regs.rip = STUB_AT + run->stub.map.displaced;
    runner_ptrace(&run->runner, PTRACE_SETREGS, NULL, &regs);
    stub_run_finish(run, &stubbed);
    ck_assert_msg(*stub_drops() == 0, "%s: a drop", run->name);
    stub_trial_ends(run, "after a stop", native, &stubbed, 0, true);
}

/* Runs into the breakpoint of the stub, with the state of the site, and continues at the copy. */
static inline void stub_trial_stop(struct stub_run *run, const struct outcome *native)
{
    struct outcome stubbed;
    stub_run_plant(run);
    runner_go(&run->runner, false, &stubbed);
    uint64_t stop = STUB_AT + run->stub.map.stop;
    ck_assert_msg(stubbed.signal == SIGTRAP && stubbed.pc == stop,
                  "%s: no stop, but signal %d at %lx", run->name, stubbed.signal, stubbed.pc);
    stub_trial_served(run, native);
}

/* Runs into a load of memory that cannot be read. */
static inline void stub_trial_fault(struct stub_run *run, const struct outcome *native)
{
    struct outcome stubbed;
    stub_run_plant(run);
    runner_go(&run->runner, false, &stubbed);
    uint64_t offset = stubbed.pc - STUB_AT;
    ck_assert_msg((stubbed.signal == SIGSEGV || stubbed.signal == SIGBUS) &&
                      offset >= run->stub.map.memory && offset < run->stub.map.memory_end,
                  "%s: no fault, but signal %d at %lx", run->name, stubbed.signal, stubbed.pc);
    stub_trial_served(run, native);
}

/* A signal after `steps` instructions. false: the thread had left the stub by then. */
static inline bool stub_trial_signal(struct stub_run *run, const struct outcome *native,
                                     unsigned steps, bool dropped)
{
    struct outcome stubbed;
    char what[64];
    snprintf(what, sizeof(what), "a signal after %u instructions", steps);
    stub_run_plant(run);
    for (unsigned i = 0; i < steps; i++) {
        runner_go(&run->runner, true, &stubbed);
        ck_assert_msg(stubbed.signal == SIGTRAP, "%s: %s: signal %d at 0x%lx", run->name, what,
                      stubbed.signal, stubbed.pc);
        if (stubbed.pc == STUB_AT + run->stub.map.displaced)
            return false;
    }
    enum stub_position position = stub_run_unwind(run);
    bool committed = dropped ? *stub_drops() == 1 : stub_block()->head != run->state.head;
    if (steps == 0)
        ck_assert_msg(position == STUB_NONE, "%s: the site is in the stub", run->name);
    else
        ck_assert_msg(position == (committed ? STUB_AFTER : STUB_BEFORE), "%s: %s: position %d",
                      run->name, what, position);
    if (committed && !dropped)
        stub_check_record(run, run_area(RUN_STACK), 0);
    stub_run_finish(run, &stubbed);
    ck_assert_msg(*stub_drops() == dropped, "%s: %s: %lu drops", run->name, what, *stub_drops());
    stub_trial_ends(run, what, native, &stubbed, !dropped, true);
    return true;
}

static inline void stub_trial_layout(struct stub_layout *layout, struct stub_random *random)
{
    *layout = (struct stub_layout){.is_return = stub_random(random, 4) == 0};
    if (layout->is_return) {
        layout->return_floats = stub_random(random, 2);
        return;
    }
    layout->integer_args = (uint8_t)stub_random(random, 64);
    layout->float_args = stub_random(random, 2) ? (uint8_t)stub_random(random, 256) : 0;
    layout->stack_words = stub_random(random, 2) ? (uint16_t)stub_random(random, 12) : 0;
}

static inline void stub_trial_name(struct stub_run *run, const char *seed)
{
    int n =
        snprintf(run->name, sizeof(run->name), "%s, variant %u, code", seed, run->state.variant);
    for (size_t i = 0; i < run->n && n < (int)sizeof(run->name); i++)
        n += snprintf(run->name + n, sizeof(run->name) - (size_t)n, " %02x", run->code[i]);
}

static inline void stub_trial_fast(struct stub_run *run, const struct outcome *native,
                                   unsigned visits)
{
    struct outcome stubbed;
    uint8_t stack[RUN_AREA];
    stub_run_plant(run);
    memcpy(stack, run_area(RUN_STACK), RUN_AREA);
    uint64_t earliest = __rdtsc();
    stub_run_finish(run, &stubbed);
    stub_trial_ends(run, "recorded", native, &stubbed, visits, false);
    if (visits == 1)
        stub_check_record(run, stack, earliest);
    ck_assert_msg(*stub_drops() == 0, "%s: a drop", run->name);
    ck_assert_msg(stub_block()->gaps == STUB_GAPS, "%s: a gap", run->name);
}

static inline void stub_trial_full(struct stub_run *run, const struct outcome *native,
                                   struct stub_random *random)
{
    struct outcome stubbed;
    run->state.room = stub_record_size(&run->request.layout) - 1;
    stub_run_plant(run);
    stub_run_finish(run, &stubbed);
    stub_trial_ends(run, "dropped", native, &stubbed, 0, false);
    ck_assert_msg(*stub_drops() == 1, "%s: %lu drops", run->name, *stub_drops());
    ck_assert_msg(stub_block()->gaps == STUB_GAPS + 1, "%s: gaps", run->name);
    ck_assert_msg(stub_block()->gap_at == run->state.head + 1, "%s: gap_at", run->name);
    uint64_t slot = run->runner.regs.rsp - (run->request.layout.is_return ? 8 : 0);
    ck_assert_msg(stub_block()->gap_slot == slot, "%s: gap_slot", run->name);
    stub_trial_signal(run, native, stub_random(random, 60), true);
    run->state.room = RUN_AREA;
}

/* What the trials have met, so that a test can tell that none is vacuous. */
struct stub_trials {
    unsigned run, refused, loops, faults, returns, full, stops, signals;
    unsigned copies, unreadable, no_addresses; /* of memory */
};

/* One stub for the code that was set. `loops`: the code may branch to the site. `indirect_call`:
   the offset of such a call as the last instruction, or 0. */
static inline void stub_trial_run(struct stub_run *run, struct stub_random *random,
                                  const char *seed, bool loops, size_t indirect_call,
                                  struct stub_trials *trials)
{
    static const uint64_t flags[] = {0, 0, 0x400, 0x40000}; /* DF, AC */
    struct outcome native;
    run->state.variant = loops ? stub_random(random, 2) : stub_random(random, RUN_VARIANTS);
    run->state.flags = flags[stub_random(random, 4)];
    run->state.head = STUB_HEAD + 8 * stub_random(random, RUN_AREA / 8);
    run->state.thread_way = stub_random(random, RING_THREAD_WAYS);
    run->state.return_way = stub_random(random, RING_RETURN_WAYS);
    stub_trial_layout(&run->request.layout, random);
    stub_memory_random(&run->state.memory, &run->request.layout, random, !loops);
    /* A loop may have moved the stack when it comes to the site again. */
    run->request.checks_return = !run->request.layout.is_return && !loops && stub_random(random, 2);
    if (!stub_memory_aligned(&run->state.memory))
        run->state.flags &= ~UINT64_C(0x40000);
    stub_trial_name(run, seed);

    int r = stub_build(&run->stub, &run->request);
    if (r < 0) {
        ck_assert_msg(run->stub.reason, "%s: %d", run->name, r);
        trials->refused++;
        return;
    }
    unsigned visits = loops ? stub_run_visits(run) : 1;
    if (visits == 0 || visits > TRIAL_VISITS_MAX)
        return;
    stub_run_natively(run, &native);
    /* A call of an address that is not canonical faults later in a copy: x86_64/displaced.c. */
    if (indirect_call && native.signal == SIGSEGV && native.pc == run->site + indirect_call)
        return;
    trials->run++;
    switch (stub_memory_expected(&run->state.memory)) {
    case STUB_MEMORY_STOPS:
        trials->no_addresses++;
        stub_trial_stop(run, &native);
        return;
    case STUB_MEMORY_FAULTS:
        trials->unreadable++;
        stub_trial_fault(run, &native);
        return;
    case STUB_MEMORY_READ:
        break;
    }
    trials->copies += run->state.memory.n > 0;
    stub_trial_fast(run, &native, visits);
    trials->loops += visits > 1;
    trials->faults += native.signal != SIGTRAP;
    trials->returns += run->request.layout.is_return;
    if (visits > 1)
        return;
    unsigned what = stub_random(random, 4);
    if (what == 0) {
        stub_trial_full(run, &native, random);
        trials->full++;
    } else if (what == 1) {
        if (run->request.checks_return && stub_random(random, 2))
            run->state.return_way = RING_RETURN_WAYS;
        else
            run->state.thread_way = RING_THREAD_WAYS;
        stub_trial_stop(run, &native);
        trials->stops++;
    } else {
        unsigned steps = stub_random(random, run->state.memory.n ? 200 : 80);
        trials->signals += stub_trial_signal(run, &native, steps, false);
    }
}

/* One random region. */
static inline void stub_trial(struct stub_run *run, struct stub_random *random, const char *seed,
                              struct stub_trials *trials)
{
    struct stub_code_maker maker;
    stub_code_make(&maker, random);
    stub_run_code(run, maker.bytes, maker.n);
    stub_trial_run(run, random, seed, maker.loops, maker.indirect_call, trials);
}

#endif
