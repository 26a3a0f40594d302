/* SPDX-License-Identifier: MIT */
/* The mappings of an address space; the "target" is the test's own process. */
#include "ptrace/core/address_space.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nop.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/engine_internal.h"
#include "unit/check_main.h"
#include "unit/failing_memory.h"
#include "util/cleanup.h"

enum { PAGE = 4096, MS = 1000 * 1000 };

static const uint64_t START_NS = UINT64_C(1000000000);

static struct address_space *own_space(void)
{
    static struct engine engine;
    struct address_space *space = NULL;
    ck_assert_int_eq(address_space_new(&engine, getpid(), &space), 0);
    space->helper = getpid();
    return space;
}

static target_addr map_pages(int n, int protection)
{
    void *pages = mmap(NULL, (size_t)n * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    return target_addr_of((uintptr_t)pages);
}

/* Asks at that time; returns whether this read the mappings. */
static bool reads(struct address_space *space, target_addr at, uint64_t now_ns, bool is_code)
{
    struct process process = {.space = space};
    ck_assert_int_eq(address_space_is_code(&process, at, now_ns), is_code);
    return space->maps_read_ns == now_ns;
}

/* At a function that is jumped to, any value may be on top of the stack, and each hit may ask about
   it. */
START_TEST(no_code_is_looked_for_seldom)
{
    static const int PROTECTIONS[] = {PROT_NONE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
    struct address_space *space = own_space();
    target_addr at = map_pages(1, PROTECTIONS[_i]);
    ck_assert(reads(space, at, START_NS, false));
    ck_assert(!reads(space, at, START_NS + 1, false));
    ck_assert(!reads(space, target_addr_plus(at, PAGE - 1), START_NS + 99 * MS, false));
    ck_assert(reads(space, at, START_NS + 100 * MS, false));
    ck_assert(!reads(space, at, START_NS + 101 * MS, false));
    /* Unmapped. */
    ck_assert(reads(space, target_addr_of(8), START_NS + 102 * MS, false));
    ck_assert(!reads(space, target_addr_of(0), START_NS + 103 * MS, false));
    address_space_put(space);
}
END_TEST

START_TEST(new_code_is_found_at_once)
{
    struct address_space *space = own_space();
    cleanup(cleanup_fd) int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    ck_assert(reads(space, target_addr_of((uintptr_t)map_pages), START_NS, true));
    ck_assert(!reads(space, target_addr_of((uintptr_t)map_pages), START_NS + 1, true));
    void *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    ck_assert_ptr_ne(code, MAP_FAILED);
    ck_assert(reads(space, target_addr_of((uintptr_t)code), START_NS + 2, true));
    ck_assert(!reads(space, target_addr_of((uintptr_t)code), START_NS + 3, true));
    address_space_put(space);
}
END_TEST

START_TEST(code_where_there_was_none)
{
    struct address_space *space = own_space();
    cleanup(cleanup_fd) int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    target_addr at = map_pages(1, PROT_NONE);
    ck_assert(reads(space, at, START_NS, false));
    ck_assert_ptr_ne(mmap((void *)(uintptr_t)at.value, PAGE, PROT_READ | PROT_EXEC,
                          MAP_PRIVATE | MAP_FIXED, file, 0),
                     MAP_FAILED);
    ck_assert(!reads(space, at, START_NS + 1, false));
    if (_i)
        address_space_forget_maps(space);
    ck_assert(reads(space, at, START_NS + (_i ? 2 : 100 * MS), true));
    address_space_put(space);
}
END_TEST

/* A process that has ended, or is not accessible, shows no mappings. */
START_TEST(what_was_known_stays)
{
    struct address_space *space = own_space();
    target_addr at = target_addr_of((uintptr_t)map_pages);
    address_space_read_maps(space, getpid(), START_NS);
    ck_assert_ptr_nonnull(maps_find(&space->maps, at));
    address_space_read_maps(space, -1, START_NS + 1);
    ck_assert_ptr_nonnull(maps_find(&space->maps, at));
    address_space_put(space);
}
END_TEST

static bool is_ours(void *data, struct process *process, target_addr at)
{
    (void)process;
    return target_addr_equal(at, *(const target_addr *)data);
}

/* Code of a program or library may have been moved to anonymous memory. Shared memory can be
   written by others, and memory without execute permission is not code. */
START_TEST(code_in_memory_of_no_file)
{
    struct address_space *space = own_space();
    target_addr at = map_pages(2, PROT_READ | PROT_EXEC);
    void *place = (void *)(uintptr_t)at.value;
    cleanup(cleanup_fd) int file = memfd_create("code", MFD_CLOEXEC);
    ck_assert_int_eq(ftruncate(file, PAGE), 0);
    space->engine->sink = (struct engine_sink){.data = &at};
    ck_assert(reads(space, at, START_NS, false));
    space->engine->sink.is_code = is_ours;
    ck_assert(!reads(space, at, START_NS + 1, true));
    ck_assert(!reads(space, target_addr_plus(at, 1), START_NS + 2, false));
    address_space_forget_maps(space);
    ck_assert_ptr_eq(mmap(place, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, file, 0),
                     place);
    ck_assert(reads(space, at, START_NS + 3, false));
    address_space_forget_maps(space);
    ck_assert_ptr_eq(mmap(place, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0),
                     place);
    ck_assert(reads(space, at, START_NS + 4, true));
    address_space_forget_maps(space);
    ck_assert_int_eq(mprotect(place, PAGE, PROT_READ), 0);
    ck_assert(reads(space, at, START_NS + 5, false));
    space->engine->sink = (struct engine_sink){0};
    address_space_put(space);
}
END_TEST

static const uint8_t *bytes_of(target_addr at)
{
    return (const uint8_t *)(uintptr_t)at.value;
}

/* A breakpoint on the first of many nops, which need no slot. */
static struct site *planted_site(struct address_space *space)
{
    target_addr at = map_pages(1, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < PAGE; i++)
        ((uint8_t *)(uintptr_t)at.value)[i] = nop[i % sizeof(nop)];
    struct site *site = site_get(space, at, NULL);
    ck_assert_ptr_nonnull(site);
    ck_assert_int_eq(site_use(space, site, SITE_RETURN), 0);
    ck_assert_int_eq(memcmp(bytes_of(at), arch_trap, arch_trap_length), 0);
    return site;
}

/* If it counted as removed, its trap would be the program's, and kill it. */
START_TEST(breakpoint_that_cannot_be_lifted_stays)
{
    struct address_space *space = own_space();
    struct site *site = planted_site(space);
    int memory = space->memory;
    space->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(space->memory, 0);
    site_disable(space, site);
    ck_assert(site->planted);
    ck_assert_uint_eq(site->uses, SITE_RETURN);
    site_unuse(space, site, SITE_RETURN);
    ck_assert(site->planted);
    ck_assert_uint_eq(site->uses, 0);
    ck_assert_int_eq(memcmp(bytes_of(site->at), arch_trap, arch_trap_length), 0);
    close(space->memory);
    space->memory = memory;
    site_lift(space, site);
    ck_assert(!site->planted);
    ck_assert_int_eq(memcmp(bytes_of(site->at), nop, sizeof(nop)), 0);
    address_space_put(space);
}
END_TEST

/* The thread used to remove them is killed just then, and other processes share the memory. */
START_TEST(breakpoints_are_taken_out_without_the_thread)
{
    struct address_space *space = own_space();
    struct site *sites[] = {planted_site(space), planted_site(space), planted_site(space)};
    struct tracer_thread server = {.engine = space->engine};
    space->engine->acting = &server;
    ck_assert_int_eq(munmap((void *)(uintptr_t)sites[1]->at.value, PAGE), 0);
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(dead, NULL, 0), dead);
    ck_assert_int_eq(site_table_lift_all(space, dead), 0);
    ck_assert_int_eq(memcmp(bytes_of(sites[0]->at), nop, sizeof(nop)), 0);
    ck_assert_int_eq(memcmp(bytes_of(sites[2]->at), nop, sizeof(nop)), 0);
    address_space_put(space);
}
END_TEST

/* Removes two breakpoints while access n to memory, and further ones, fail. No thread is stopped.
   false: there were not so many accesses. */
static bool take_out_with_failure(long n, long times)
{
    struct address_space *space = own_space();
    const struct site *sites[] = {planted_site(space), planted_site(space)};
    failing_memory_begin(n, times);
    int r = site_table_lift_all(space, 0);
    bool failed = failing_memory_end();
    ck_assert_int_eq(r, failed && times > 1 ? -ENOMEM : 0);
    for (size_t i = 0; i < 2; i++) {
        bool there = memcmp(bytes_of(sites[i]->at), arch_trap, arch_trap_length) == 0;
        ck_assert_msg(!there || r < 0, "access %ld: a breakpoint is left", n);
        ck_assert(sites[i]->planted == (r < 0));
    }
    address_space_put(space);
    return failed;
}

/* If one that is left counted as removed, the process would be detached with it. */
START_TEST(breakpoints_are_taken_out_while_memory_is_short)
{
    long n = 0;
    while (take_out_with_failure(n, _i ? FAILING_MEMORY_LASTING : 1))
        n++;
    ck_assert_int_eq(n, 4);
}
END_TEST

/* What the program has written over it, or unmapped, is the program's. */
START_TEST(breakpoint_that_is_not_there_any_more)
{
    struct address_space *space = own_space();
    struct site *site = planted_site(space);
    if (_i % 2)
        munmap((void *)(uintptr_t)site->at.value, PAGE);
    else
        memset((void *)(uintptr_t)site->at.value, 0xc3, 1);
    if (_i / 2)
        site_disable(space, site);
    else
        site_lift(space, site);
    ck_assert(!site->planted);
    if (_i % 2 == 0)
        ck_assert_uint_eq(*bytes_of(site->at), 0xc3);
    address_space_put(space);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, breakpoint_that_cannot_be_lifted_stays);
    tcase_add_test(tests, breakpoints_are_taken_out_without_the_thread);
    tcase_add_loop_test(tests, breakpoints_are_taken_out_while_memory_is_short, 0, 2);
    tcase_add_loop_test(tests, breakpoint_that_is_not_there_any_more, 0, 4);
    tcase_add_loop_test(tests, no_code_is_looked_for_seldom, 0, 3);
    tcase_add_test(tests, new_code_is_found_at_once);
    tcase_add_loop_test(tests, code_where_there_was_none, 0, 2);
    tcase_add_test(tests, what_was_known_stays);
    tcase_add_test(tests, code_in_memory_of_no_file);
}

CHECK_MAIN("space", 10, add_tests)
