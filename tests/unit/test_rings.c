/* SPDX-License-Identifier: MIT */
/* Rings that are replaced by larger ones while their threads write. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "ptrace/jumps/rings.h"
#include "unit/check_main.h"

enum { ROOM = 96 << 20, RECORD = sizeof(struct ring_record) };

static struct rings *rings;
static int some_tracees[2 * RING_MEMORY_RINGS]; /* their addresses are all that is used */

static struct tracee *tracee(size_t n)
{
    return (struct tracee *)(void *)&some_tracees[n];
}

/* Memory that is mapped once: target and tracer are this process. */
static void setup(void)
{
    void *memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert(memory != MAP_FAILED);
    rings = calloc(1, sizeof(*rings));
    rings->memory =
        (struct ring_memory){.base = memory, .target = target_addr_of((uintptr_t)memory), .fd = -1};
}

static void teardown(void)
{
    munmap(rings->memory.base, ROOM);
    free(rings);
}

enum { KEY = 0x7000, FIRST_KEY = 0x100000 };

static struct ring *registered(size_t n, uint64_t key)
{
    struct ring *ring = NULL;
    ck_assert_int_eq(rings_register(rings, tracee(n), key, target_addr_of(0), &ring), 0);
    return ring;
}

/* The first threads have large rings. */
static void register_first_four(void)
{
    for (size_t i = 1; i <= 4; i++)
        ck_assert_uint_eq(registered(i, FIRST_KEY * i)->size, 1 << 20);
}

/* ---- what a stub does */

static struct ring_block *find_block(uint64_t key)
{
    const struct ring_table table = ring_memory_threads(&rings->memory);
    const struct ring_table_entry *bucket = (const struct ring_table_entry *)(uintptr_t)table.at +
                                            ring_bucket(&table, key) * RING_THREAD_WAYS;
    for (unsigned i = 0; i < RING_THREAD_WAYS; i++)
        if (__atomic_load_n(&bucket[i].key, __ATOMIC_ACQUIRE) == key)
            return (struct ring_block *)(uintptr_t)__atomic_load_n(&bucket[i].block,
                                                                   __ATOMIC_ACQUIRE);
    return NULL;
}

/* false: it was dropped. */
static bool write_record(struct ring_block *block, uint64_t number)
{
    uint64_t head = block->head;
    if (head + RECORD > __atomic_load_n(&block->limit, __ATOMIC_ACQUIRE)) {
        if (block->gap_at != head + 1)
            __atomic_store_n(&block->gaps, block->gaps + 1, __ATOMIC_RELAXED);
        block->gap_at = head + 1;
        return false;
    }
    const struct ring_record record = {.tsc = number, .gap = (uint16_t)block->gaps};
    memcpy((uint8_t *)(uintptr_t)block->data + (head & block->mask), &record, sizeof(record));
    __atomic_store_n(&block->head, head + RECORD, __ATOMIC_RELEASE);
    return true;
}

/* ---- what the drainer does */

/* The number of the next record; 0: there is none. *gap: hits were dropped before it. */
static uint64_t take(struct ring *newest, bool *gap)
{
    struct ring_record record;
    struct ring *ring = rings_current(newest);
    if (ring_pending(ring) == 0)
        return 0;
    memcpy(&record, ring->data + (ring->tail & (ring->size - 1)), sizeof(record));
    ring->tail += sizeof(record);
    ring_free_taken(ring);
    *gap = record.gap != ring->gap || ring->has_gap;
    ring->gap = record.gap;
    ring->has_gap = false;
    return record.tsc;
}

static void expect(struct ring *ring, uint64_t number, bool gap)
{
    bool seen = false;
    ck_assert_uint_eq(take(ring, &seen), number);
    ck_assert_int_eq(seen, gap);
}

START_TEST(grows_and_keeps_the_order)
{
    register_first_four();
    struct ring *ring = registered(0, KEY), *first = ring;
    ck_assert_uint_eq(ring->size, 64 << 10);
    struct ring_block *late = find_block(KEY);
    write_record(late, 1);
    rings_grow(rings, &ring);
    ck_assert_uint_eq(ring->size, 1 << 20);
    ck_assert_ptr_eq(ring->older, first);
    ck_assert_ptr_eq(ring->tracee, tracee(0));
    struct ring *again = ring;
    rings_grow(rings, &again); /* one after the other */
    ck_assert_ptr_eq(again, ring);
    write_record(late, 2); /* the stub had found it before */
    expect(ring, 1, false);
    expect(ring, 2, false);
    ck_assert_uint_eq(take(ring, &(bool){false}), 0);
    write_record(late, 3);
    write_record(find_block(KEY), 4);
    ck_assert_ptr_ne(find_block(KEY), late);
    expect(ring, 3, false);
    ck_assert_ptr_eq(ring->older, first);
    expect(ring, 4, false);
    ck_assert_ptr_null(ring->older);
    ck_assert_ptr_null(first->tracee);
    rings_grow(rings, &ring);
    ck_assert_uint_eq(ring->size, 4 << 20);
    write_record(find_block(KEY), 5);
    expect(ring, 5, false);
    rings_grow(rings, &ring);
    ck_assert_ptr_null(ring->older); /* there is no larger one */
}
END_TEST

START_TEST(a_gap_before_the_first_record)
{
    register_first_four();
    struct ring *ring = registered(0, KEY);
    uint64_t n = 0;
    while (write_record(find_block(KEY), n + 1))
        n++;
    ck_assert_uint_eq(n, (64 << 10) / RECORD);
    rings_grow(rings, &ring);
    write_record(find_block(KEY), n + 2);
    write_record(find_block(KEY), n + 3);
    for (uint64_t i = 1; i <= n; i++)
        expect(ring, i, false);
    expect(ring, n + 2, true);
    expect(ring, n + 3, false);
}
END_TEST

/* The thread's registration goes with the ring that it has. */
START_TEST(what_is_registered)
{
    struct ring *ring = registered(0, KEY), *other = registered(1, 2 * KEY);
    rings_grow(rings, &ring);
    struct ring *same = ring;
    ck_assert_int_eq(rings_register(rings, tracee(0), KEY, target_addr_of(0), &same), 0);
    ck_assert_ptr_eq(same, ring);
    rings_unregister_key(rings, KEY);
    ck_assert_ptr_null(find_block(KEY));
    ck_assert_ptr_nonnull(find_block(2 * KEY));
    rings_grow(rings, &ring); /* nothing writes to it */
    ck_assert_ptr_eq(same, ring);
    ck_assert_uint_eq(rings->n_active, 2);
    rings_release(rings, ring);
    ck_assert_uint_eq(rings->n_active, 1);
    ck_assert_ptr_eq(rings->active[0], other);
    rings_release(rings, other);
    ck_assert_uint_eq(rings->n_active, 0);
    for (size_t i = 0; i < RING_MEMORY_RINGS; i++)
        ck_assert_ptr_null(rings->all[i].tracee);
}
END_TEST

/* A thousand threads have rings. */
START_TEST(many)
{
    static struct ring *all[RING_MEMORY_RINGS];
    size_t n = 0, large = 0;
    while (n < RING_MEMORY_RINGS &&
           rings_register(rings, tracee(n), KEY * (n + 1), target_addr_of(0), &all[n]) == 0)
        n++;
    ck_assert_uint_ge(n, 1000);
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        rings_grow(rings, &all[i]);
        large += all[i]->size >= 1 << 20;
        bytes += all[i]->size + (all[i]->older ? all[i]->older->size : 0);
    }
    ck_assert_uint_eq(large, 16);
    ck_assert_uint_le(bytes, 64 << 20);
}
END_TEST

/* ---- a thread that writes meanwhile */

enum { RECORDS = 3000000 };

static atomic_bool done;
static unsigned long dropped;

static void *write_all(void *data)
{
    unsigned long n = 0;
    for (uint64_t i = 1; i <= RECORDS; i++)
        n += !write_record(find_block(KEY), i);
    dropped = n;
    done = true;
    return data;
}

/* Nothing is lost or reordered, and what is dropped is behind a gap. */
START_TEST(while_it_writes)
{
    struct ring *ring = registered(0, KEY);
    pthread_t thread;
    uint64_t last = 0, missing = 0, taken = 0;
    done = false;
    ck_assert_int_eq(pthread_create(&thread, NULL, write_all, NULL), 0);
    for (;;) {
        bool was_done = done, gap = false;
        uint64_t number = take(ring, &gap);
        if (number == 0 && was_done)
            break;
        if (number == 0)
            continue;
        ck_assert_uint_gt(number, last);
        ck_assert_int_eq(gap, number != last + 1);
        missing += number - last - 1;
        last = number;
        if (++taken % 1000 == 0 && !ring->older)
            rings_grow(rings, &ring);
    }
    pthread_join(thread, NULL);
    ck_assert_uint_eq(missing + RECORDS - last, dropped);
    ck_assert_uint_gt(ring->size, 1 << 20);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, grows_and_keeps_the_order);
    tcase_add_test(tests, a_gap_before_the_first_record);
    tcase_add_test(tests, what_is_registered);
    tcase_add_test(tests, many);
    tcase_add_loop_test(tests, while_it_writes, 0, 4);
}

CHECK_MAIN("rings", 60, add_tests)
