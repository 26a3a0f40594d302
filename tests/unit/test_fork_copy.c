/* SPDX-License-Identifier: MIT */
/*
 * The copy of an address space for a forked child, while accesses to memory fail. The parent is the
 * test's own process.
 */
#include "ptrace/breakpoints/fork_copy.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nop.h"
#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/os/memory.h"
#include "unit/check_main.h"
#include "unit/failing_memory.h"
#include "util/cleanup.h"
#include "util/vec.h"

enum { PAGE = 4096 };

/* The sites of the parent, and what is different in the child's memory. */
enum place {
    SAME,     /* nothing */
    MISSING,  /* planted in the parent after the fork */
    LEFT,     /* removed from the parent after the fork */
    REPLACED, /* the child has other code there */
    IN_SLOT,  /* nothing, and its copy is in a slot */
    PLACES
};

static struct address_space *parent_space(target_addr *code)
{
    static struct engine engine = {.shared_memory = -1};
    static struct tracer_thread tracer = {.engine = &engine};
    struct address_space *space = NULL;
    engine.acting = &tracer;
    ck_assert_int_eq(address_space_new(&engine, getpid(), &space), 0);
    /* A page of code, and the arena behind it. */
    uint8_t *pages = mmap(NULL, PAGE + ARENA_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    for (size_t i = 0; i < PAGE; i++)
        pages[i] = nop[i % sizeof(nop)];
    *code = target_addr_of((uintptr_t)pages);
    struct slot_arena *arena = vec_push(&code_slots_of(space)->arenas);
    ck_assert_ptr_nonnull(arena);
    *arena = (struct slot_arena){.start = target_addr_plus(*code, PAGE)};
    arena->owner = calloc(ARENA_SIZE / SLOT_UNIT, sizeof(*arena->owner));
    return space;
}

static target_addr place_in(target_addr code, enum place place)
{
    return target_addr_plus(code, 64 * (int64_t)place);
}

static void plant(struct address_space *space, target_addr code)
{
    memcpy((void *)(uintptr_t)place_in(code, IN_SLOT).value, arch_syscall_insn,
           arch_syscall_insn_length);
    for (enum place place = 0; place < PLACES; place++) {
        struct site *site = site_get(space, place_in(code, place), NULL);
        ck_assert_ptr_nonnull(site);
        ck_assert_int_eq(site_use(space, site, SITE_ENTRY), 0);
        ck_assert_int_eq(site->trap.kind, place == IN_SLOT ? DISPLACED_SLOT : DISPLACED_SKIP);
    }
}

/* A child that is traced, and in a stop in which it can make a system call. */
static pid_t fork_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACESYSGOOD), 0);
    ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, child, NULL, NULL), 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &(siginfo_t){0}, WSTOPPED | WNOWAIT), 0);
    return child;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    while (waitpid(child, NULL, __WALL) == child)
        continue;
}

static const uint8_t other_code[ARCH_TRAP_MAX] = {0};

/* Makes the child's memory and the parent's records differ. */
static void change(struct address_space *space, target_addr code, int memory)
{
    struct site *left = site_table_get(space, place_in(code, LEFT));
    ck_assert_int_eq(memory_write(memory, place_in(code, MISSING), nop, sizeof(nop)), 0);
    ck_assert_int_eq(memory_write(memory, place_in(code, REPLACED), other_code, arch_trap_length),
                     0);
    site_disable(space, left);
    ck_assert(!left->planted);
}

/* Whether there is a breakpoint instruction. */
static bool has_trap(int memory, target_addr at)
{
    uint8_t bytes[ARCH_TRAP_MAX];
    ck_assert_int_eq(memory_read(memory, at, bytes, arch_trap_length), 0);
    return memcmp(bytes, arch_trap, arch_trap_length) == 0;
}

static void check_sites(struct address_space *copy, target_addr code, int memory, bool lasting,
                        long n)
{
    for (enum place place = 0; place < PLACES; place++) {
        target_addr at = place_in(code, place);
        const struct site *site = site_table_get(copy, at);
        bool trap = has_trap(memory, at);
        ck_assert_ptr_nonnull(site);
        ck_assert_msg(!trap || site->planted,
                      "access %ld: the breakpoint of site %d is in memory, and not known", n,
                      place);
        if (lasting)
            continue;
        ck_assert_msg(site->planted == trap, "access %ld: no breakpoint of site %d in memory", n,
                      place);
        ck_assert_msg(trap == (place != LEFT && place != REPLACED), "access %ld: site %d", n,
                      place);
    }
    ck_assert(!has_trap(memory, place_in(code, REPLACED)));
}

/* Copies with access n and further ones failing. false: there were not so many. */
static bool copy_with_failure(long n, long times)
{
    target_addr code = {0};
    struct address_space *copy = NULL, *space = parent_space(&code);
    plant(space, code);
    pid_t child = fork_child();
    cleanup(cleanup_fd) int memory = memory_open(child);
    ck_assert_int_ge(memory, 0);
    change(space, code, memory);
    failing_memory_begin(n, times);
    ck_assert_int_eq(fork_copy(space, child, CHANGES_UNKNOWN, &copy), 0);
    bool failed = failing_memory_end();
    check_sites(copy, code, memory, times > 1, n);
    address_space_put(copy);
    address_space_put(space);
    munmap((void *)(uintptr_t)code.value, PAGE + ARENA_SIZE);
    end_child(child);
    return failed;
}

/* A breakpoint in the child's memory that is not known kills the child. One that is missing loses
   its calls. */
START_TEST(access_that_fails)
{
    long n = 0;
    while (copy_with_failure(n, _i ? FAILING_MEMORY_LASTING : 1))
        n++;
    ck_assert_int_ge(n, 10);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, access_that_fails, 0, 2);
}

CHECK_MAIN("fork_copy", 30, add_tests)
