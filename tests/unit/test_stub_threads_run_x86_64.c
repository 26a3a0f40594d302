/* SPDX-License-Identifier: MIT */
/*
 * Several threads of this process call one function through its stub, each with a ring of its own,
 * while another thread takes their records. Rings that are full drop hits: all that is dropped is
 * counted, and no record hides a gap.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ptrace/arch/stub.h"
#include "unit/check_main.h"

enum { THREADS = 3, RING = 1 << 14, PAGE = 4096, ARGS = 3, BETWEEN_PAUSES = 700 };

struct ring {
    struct ring_block *block;
    uint8_t *data;
    uint64_t key;
    uint64_t tail;
    uint64_t next; /* the argument of the next call, unless calls were dropped */
    uint64_t records, missing;
    uint16_t gap;
    uint32_t cpu;
};

struct process {
    uint8_t *code;
    struct ring_table_entry *threads;
    uint64_t *returns;
    uint64_t *drops;
    struct ring rings[THREADS];
    struct stub_request request;
    unsigned long calls; /* of each thread */
    atomic_uint registered, done;
    pthread_barrier_t start;
};

struct caller {
    struct process *process;
    unsigned number;
};

/* lea rax, [rdi+rsi]; xor rax, rdx; ret */
static const uint8_t function[] = {0x48, 0x8d, 0x04, 0x37, 0x48, 0x31, 0xd0, 0xc3};
enum { REGION = 7 };

static void *map(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(at, MAP_FAILED);
    return at;
}

/* Mapped twice in a row. */
static uint8_t *map_ring(void)
{
    uint8_t *at = map(2 * RING);
    int fd = memfd_create("ring", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, RING), 0);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_ptr_ne(mmap(at + (size_t)i * RING, RING, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_FIXED, fd, 0),
                         MAP_FAILED);
    close(fd);
    return at;
}

static void enter_thread(struct process *process, struct ring *ring)
{
    struct ring_table_entry *entry =
        process->threads + RING_THREAD_WAYS * ring_bucket(&process->request.threads, ring->key);
    while (entry->block)
        entry++;
    entry->block = (uint64_t)(uintptr_t)ring->block;
    entry->key = ring->key;
}

static void *call_often(void *data)
{
    const struct caller *caller = data;
    struct process *process = caller->process;
    struct ring *ring = &process->rings[caller->number];
    uint64_t (*call)(uint64_t, uint64_t, uint64_t) = (void *)process->code;
    uint64_t wrong = 0;
    __asm__("mov %%fs:0, %0" : "=r"(ring->key));
    atomic_fetch_add(&process->registered, 1);
    pthread_barrier_wait(&process->start);
    for (uint64_t i = 0; i < process->calls; i++) {
        wrong += call(i, caller->number, ~i) != ((i + caller->number) ^ ~i);
        if (i % BETWEEN_PAUSES == 0) /* the drainer gets a CPU */
            usleep(1);
    }
    atomic_fetch_add(&process->done, 1);
    return wrong ? data : NULL;
}

/* Takes one record: every call is there, or the record shows a gap and the counter has the rest.
   Check's assertions write to a file each: once for all of it. */
static void take(struct process *process, struct ring *ring, const struct ring_record *record)
{
    uint64_t argument = record->words[0], number = (uint64_t)(ring - process->rings);
    bool gap = record->gap != ring->gap;
    if (record->site != process->request.index || record->words[1] != number ||
        record->words[2] != ~argument || record->cpu != RING_CPU_UNKNOWN ||
        gap != (argument != ring->next) || argument < ring->next)
        ck_abort_msg("thread %lu: call %lu after %lu, gap %u after %u, site %u, words %lu %lu",
                     number, argument, ring->next - 1, record->gap, ring->gap, record->site,
                     record->words[1], record->words[2]);
    ring->missing += argument - ring->next;
    ring->gap = record->gap;
    ring->next = argument + 1;
    ring->records++;
}

static void drain(struct process *process, struct ring *ring)
{
    size_t size = stub_record_size(&process->request.layout);
    uint64_t head = __atomic_load_n(&ring->block->head, __ATOMIC_ACQUIRE);
    for (; ring->tail < head; ring->tail += size)
        take(process, ring, (const void *)(ring->data + ring->tail % RING));
    if (ring->tail != head)
        ck_abort_msg("part of a record");
    __atomic_store_n(&ring->block->limit, ring->tail + RING, __ATOMIC_RELEASE);
}

static void start_process(struct process *process, unsigned long calls)
{
    static struct stub stub;
    struct stub_layout layout = {.integer_args = (1 << ARGS) - 1};
    memset(process, 0, sizeof(*process));
    process->calls = calls;
    process->code = map(2 * PAGE);
    process->threads = map(PAGE);
    process->drops = map(PAGE);
    memcpy(process->code, function, sizeof(function));
    process->request = (struct stub_request){
        .at = target_addr_of((uintptr_t)process->code + PAGE),
        .site = target_addr_of((uintptr_t)process->code),
        .code = function,
        .region = REGION,
        .index = 77,
        .layout = layout,
        .threads = {(uintptr_t)process->threads, UINT64_C(0x9e3779b97f4a7c15), 60},
        .drops = target_addr_of((uintptr_t)process->drops),
    };
    for (unsigned i = 0; i < THREADS; i++) {
        struct ring *ring = &process->rings[i];
        ring->data = map_ring();
        ring->block = map(PAGE);
        ring->cpu = UINT32_MAX;
        *ring->block = (struct ring_block){.limit = RING,
                                           .data = (uintptr_t)ring->data,
                                           .mask = RING - 1,
                                           .cpu_id = (uintptr_t)&ring->cpu};
    }
    ck_assert_int_eq(stub_build(&stub, &process->request), 0);
    memcpy(process->code + PAGE, stub.bytes, stub.map.length);
    uint8_t jump[STUB_JUMP_MAX];
    ck_assert_int_eq(stub_jump(jump, process->request.site, process->request.at), 0);
    memcpy(process->code, jump, stub_jump_length);
    ck_assert_int_eq(mprotect(process->code, 2 * PAGE, PROT_READ | PROT_EXEC), 0);
}

/* `slow`: how long the drainer waits between two passes, in microseconds. */
static void run_threads(unsigned long calls, unsigned slow)
{
    struct process process;
    struct caller callers[THREADS];
    pthread_t threads[THREADS];
    start_process(&process, calls);
    pthread_barrier_init(&process.start, NULL, THREADS + 1);
    for (unsigned i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){&process, i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    while (atomic_load(&process.registered) < THREADS)
        sched_yield();
    for (unsigned i = 0; i < THREADS; i++)
        enter_thread(&process, &process.rings[i]);
    pthread_barrier_wait(&process.start);
    for (bool done = false; !done;) {
        done = atomic_load(&process.done) == THREADS;
        for (unsigned i = 0; i < THREADS; i++)
            drain(&process, &process.rings[i]);
        if (slow)
            usleep(slow);
    }
    uint64_t missing = 0, records = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        void *wrong;
        ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
        /* Calls after the last record. */
        missing += process.rings[i].missing + (calls - process.rings[i].next);
        records += process.rings[i].records;
    }
    printf("%lu records, %lu dropped\n", records, *process.drops);
    ck_assert_uint_eq(missing, *process.drops);
    ck_assert_uint_eq(records + missing, THREADS * calls);
    ck_assert_uint_gt(records, 0);
    pthread_barrier_destroy(&process.start);
}

START_TEST(threads_record_what_they_call)
{
    run_threads(300000, 0);
}
END_TEST

START_TEST(what_is_dropped_is_counted_exactly)
{
    run_threads(300000, 1000);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, threads_record_what_they_call);
    tcase_add_test(tests, what_is_dropped_is_counted_exactly);
}

CHECK_MAIN("stub_threads", 30, add_tests)
