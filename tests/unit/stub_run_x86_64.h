/* SPDX-License-Identifier: MIT */
/*
 * Runs code in a child process with a jump to a stub at its first instruction, and without, and
 * compares registers, flags, vector registers, memory, PC and signal at the end.
 */
#ifndef STUB_RUN_X86_64_H
#define STUB_RUN_X86_64_H

#include "ptrace/arch/stub.h"
#include "unit/displaced_run_x86_64.h"
#include "unit/stub_memory_x86_64.h"

/* The block, the tables and the counters; and the data of the ring, mapped twice. */
#define STUB_RING    UINT64_C(0x40000000)
#define STUB_THREADS (STUB_RING + 0x200)
#define STUB_RETURNS (STUB_RING + 0x400)
#define STUB_CPU     (STUB_RING + 0x800)
#define STUB_DROPS   (STUB_RING + 0x808)
#define STUB_DATA    UINT64_C(0x41000000)
#define STUB_AT      (RUN_NEAR_SLOT + 0x340)
#define STUB_FS      (RUN_DATA + 0x700)
#define STUB_RETURN  (RUN_CODE + 0xbcd)

enum {
    STUB_INDEX = 0x12345678,
    STUB_CPU_ID = 0x2abcd,
    STUB_GAPS = 0x3fffe,
    STUB_HEAD = 0x7000, /* a multiple of the ring's size */
    /* What a stub may write: below the red zone. */
    STUB_BELOW_END = 128,
    STUB_BELOW = STUB_BELOW_END + 40,
    STUB_BELOW_MEMORY = STUB_BELOW + 32, /* while memory is copied */
    STUB_STEPS_AT_MOST = 2000,
};

/* What the tests change of the child's state before a run. */
struct stub_state {
    unsigned variant;
    uint64_t flags; /* EFLAGS, added */
    uint64_t head;
    uint64_t room;       /* bytes: less than a record, and the hit is dropped */
    unsigned thread_way; /* RING_THREAD_WAYS: the thread is not registered */
    unsigned return_way; /* RING_RETURN_WAYS: the return address is not known */
    uint64_t fs_base;
    struct stub_memory_state memory;
};

struct stub_run {
    struct runner runner;
    struct stub stub;
    struct stub_request request;
    struct stub_state state;
    uint64_t site;
    uint8_t code[DISPLACED_CODE_MAX];
    size_t n;
    char name[256];
};

static inline struct ring_block *stub_block(void)
{
    return run_area(STUB_RING);
}

static inline uint64_t *stub_drops(void)
{
    return run_area(STUB_DROPS);
}

static inline void stub_run_start(struct stub_run *run)
{
    memset(run, 0, sizeof(*run));
    runner_map(STUB_RING, PROT_READ | PROT_WRITE);
    runner_map(STUB_MEMORY, PROT_READ | PROT_WRITE);
    int data = memfd_create("ring", MFD_CLOEXEC);
    ck_assert_msg(data >= 0 && ftruncate(data, RUN_AREA) == 0, "memfd: %s", strerror(errno));
    for (unsigned i = 0; i < 2; i++) {
        void *at = run_area(STUB_DATA + i * RUN_AREA);
        void *got =
            mmap(at, RUN_AREA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, data, 0);
        ck_assert_ptr_eq(got, at);
    }
    close(data);
    runner_start(&run->runner);
    run->state = (struct stub_state){.room = RUN_AREA, .head = STUB_HEAD, .fs_base = STUB_FS};
    run->request = (struct stub_request){
        .at = target_addr_of(STUB_AT),
        .index = STUB_INDEX,
        .threads = {STUB_THREADS, UINT64_C(0x9e3779b97f4a7c15), 62},
        .returns = {STUB_RETURNS, UINT64_C(0xd1b54a32d192ed03), 62},
        .drops = target_addr_of(STUB_DROPS),
    };
}

/* Sets the code at the site, all of which is the region. Its end is always at one address. */
static inline void stub_run_code(struct stub_run *run, const void *code, size_t n)
{
    ck_assert_msg(n <= sizeof(run->code), "%s: too long", run->name);
    memcpy(run->code, code, n);
    run->n = n;
    run->site = RUN_SITE_END - n;
    run->request.site = target_addr_of(run->site);
    run->request.code = run->code;
    run->request.region = n;
}

static inline void stub_run_build(struct stub_run *run)
{
    int r = stub_build(&run->stub, &run->request);
    ck_assert_msg(r == 0, "%s: %d %s", run->name, r, run->stub.reason ? run->stub.reason : "");
}

/* The state at the site. */
static inline void stub_run_reset(struct stub_run *run)
{
    struct runner *runner = &run->runner;
    const struct stub_state *state = &run->state;
    runner_reset(runner, state->variant);
    runner->regs.eflags |= state->flags;
    runner->regs.fs_base = state->fs_base;
    /* Not to the stack: what is far below RSP is nobody's. */
    runner->regs.rbp = RUN_DATA + 0xc00;
    stub_memory_reset(&state->memory, &runner->regs);
    *(uint64_t *)run_area(STUB_FS) = STUB_FS;
    *(uint64_t *)run_area(runner->regs.rsp) = STUB_RETURN;

    memset(run_area(STUB_RING), 0, RUN_AREA);
    memset(run_area(STUB_DATA), 0xee, RUN_AREA);
    *stub_block() = (struct ring_block){.head = state->head,
                                        .gaps = STUB_GAPS,
                                        .limit = state->head + state->room,
                                        .data = STUB_DATA,
                                        .mask = RUN_AREA - 1,
                                        .cpu_id = STUB_CPU};
    *(uint32_t *)run_area(STUB_CPU) = STUB_CPU_ID;

    struct ring_table_entry *threads =
        (struct ring_table_entry *)run_area(STUB_THREADS) +
        RING_THREAD_WAYS * ring_bucket(&run->request.threads, STUB_FS);
    for (unsigned i = 0; i < RING_THREAD_WAYS; i++)
        threads[i] = i == state->thread_way ? (struct ring_table_entry){STUB_FS, STUB_RING}
                                            : (struct ring_table_entry){STUB_FS + 1 + i, 8};
    uint64_t *returns = (uint64_t *)run_area(STUB_RETURNS) +
                        RING_RETURN_WAYS * ring_bucket(&run->request.returns, STUB_RETURN);
    for (unsigned i = 0; i < RING_RETURN_WAYS; i++)
        returns[i] = i == state->return_way ? STUB_RETURN : STUB_RETURN + 1 + i;
}

static inline void stub_run_natively(struct stub_run *run, struct outcome *outcome)
{
    stub_run_reset(run);
    runner_load(run->site, run->code, run->n);
    runner_set(&run->runner, run->site);
    runner_go(&run->runner, false, outcome);
}

/* How often code at the site is run natively; 0: endlessly. */
static inline unsigned stub_run_visits(struct stub_run *run)
{
    struct outcome outcome;
    unsigned visits = 1;
    stub_run_reset(run);
    runner_load(run->site, run->code, run->n);
    runner_set(&run->runner, run->site);
    for (unsigned i = 0; i < STUB_STEPS_AT_MOST; i++) {
        runner_go(&run->runner, true, &outcome);
        if (outcome.signal != SIGTRAP || outcome.pc - run->site >= run->n)
            return visits;
        visits += outcome.pc == run->site;
    }
    return 0;
}

/* A jump at the site, and nothing behind it that may be run. */
static inline void stub_run_plant(struct stub_run *run)
{
    uint8_t jump[STUB_JUMP_MAX];
    int r = stub_jump(jump, run->request.site, run->request.at);
    ck_assert_int_eq(r, 0);
    stub_run_reset(run);
    runner_load(run->site, jump, stub_jump_length);
    runner_load(STUB_AT, run->stub.bytes, run->stub.map.length);
    runner_set(&run->runner, run->site);
}

/* Continues the child. A fault in the copy is one in the region: the engine shows it there. */
static inline void stub_run_finish(struct stub_run *run, struct outcome *outcome)
{
    const struct stub_map *map = &run->stub.map;
    runner_go(&run->runner, false, outcome);
    uint64_t offset = outcome->pc - (STUB_AT + map->displaced);
    uint64_t copied = map->displaced_end - map->displaced;
    if (outcome->signal == SIGTRAP || offset >= copied)
        return;
    int at = displaced_site_offset(map->steps, map->n_steps, offset);
    ck_assert_msg(at >= 0, "%s: a fault in the middle of the copy, at +%lu", run->name, offset);
    outcome->pc = run->site + (uint64_t)at;
}

static inline bool stub_read_stack(void *data, uint64_t address, void *to, size_t n)
{
    (void)data;
    if (address - RUN_STACK > RUN_AREA - n)
        return false;
    memcpy(to, run_area(address), n);
    return true;
}

static inline void stub_run_compare_regs(const struct stub_run *run, const char *what,
                                         const struct user_regs_struct *wanted,
                                         const struct user_regs_struct *got)
{
    const unsigned long long *a = (const void *)wanted, *b = (const void *)got;
    const unsigned long long hidden = TRAP_FLAG | RESUME_FLAG;
    for (unsigned i = 0; i < sizeof(*wanted) / sizeof(*a); i++) {
        bool flags = &a[i] == &wanted->eflags;
        if (&a[i] == &wanted->rip || &a[i] == &wanted->orig_rax)
            continue;
        ck_assert_msg((a[i] & ~(flags ? hidden : 0)) == (b[i] & ~(flags ? hidden : 0)),
                      "%s: %s: word %u of the registers is 0x%llx, not 0x%llx", run->name, what, i,
                      b[i], a[i]);
    }
}

/* How far below the stack pointer the stub writes. */
static inline uint64_t stub_run_below(const struct stub_run *run)
{
    return run->request.layout.n_memory ? STUB_BELOW_MEMORY : STUB_BELOW;
}

/* The stub has written below the red zone, once for each slot between the two. */
static inline void stub_run_compare(const struct stub_run *run, const char *what,
                                    const struct outcome *native, struct outcome *stubbed,
                                    uint64_t lowest, uint64_t highest)
{
    char name[400];
    uint64_t from = lowest - stub_run_below(run) - RUN_STACK,
             to = highest - STUB_BELOW_END - RUN_STACK;
    snprintf(name, sizeof(name), "%s: %s", run->name, what);
    ck_assert_msg(from < to && to <= RUN_AREA, "%s: the stack is elsewhere", name);
    memcpy(stubbed->stack + from, native->stack + from, to - from);
    outcome_compare(name, native, stubbed);
}

/* Moves the stopped child out of the stub, as for a signal. */
static inline enum stub_position stub_run_unwind(struct stub_run *run)
{
    struct user_regs_struct regs;
    enum stub_position position;
    runner_ptrace(&run->runner, PTRACE_GETREGS, NULL, &regs);
    uint64_t pc = regs.rip;
    int r = stub_unwind(&run->stub.map, target_addr_of(STUB_AT), target_addr_of(run->site), &regs,
                        stub_read_stack, NULL, &position);
    ck_assert_msg(r == 0, "%s: stub+0x%lx: %d", run->name, pc - STUB_AT, r);
    if (position == STUB_BEFORE || position == STUB_AFTER) {
        uint64_t wanted = position == STUB_BEFORE ? run->site : STUB_AT + run->stub.map.displaced;
        char what[64];
        snprintf(what, sizeof(what), "moved out of stub+0x%lx", pc - STUB_AT);
        ck_assert_msg(regs.rip == wanted, "%s: %s: the PC is 0x%llx", run->name, what, regs.rip);
        stub_run_compare_regs(run, what, &run->runner.regs, &regs);
        runner_ptrace(&run->runner, PTRACE_SETREGS, NULL, &regs);
        /* A signal handler's frame. */
        memset(run_area(RUN_STACK), 0xdd, regs.rsp - STUB_BELOW_END - RUN_STACK);
    }
    return position;
}

#endif
