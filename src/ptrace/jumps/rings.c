/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/rings.h"

#include <errno.h>
#include <stddef.h>

#include "model/ring.h"
#include "ptrace/jumps/ring_memory.h"
#include "util/addr.h"

/* The stubs read these words while they change. */
static void store(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static struct ring_table_entry *thread_bucket(const struct rings *rings, uint64_t key)
{
    const struct ring_table table = ring_memory_threads(&rings->memory);
    return ring_memory_thread_entries(&rings->memory) + ring_bucket(&table, key) * RING_THREAD_WAYS;
}

/* The tracer's own record of what is in the table is `key` of each ring: the table is in memory
   that the target can write to. */
void rings_unregister(struct rings *rings, struct ring *ring)
{
    if (!ring->key)
        return;
    struct ring_table_entry *bucket = thread_bucket(rings, ring->key);
    uint64_t block = ring_memory_block_at(&rings->memory, ring->number).value;
    for (unsigned i = 0; i < RING_THREAD_WAYS; i++) {
        if (__atomic_load_n(&bucket[i].block, __ATOMIC_RELAXED) != block)
            continue;
        store(&bucket[i].key, 0);
        store(&bucket[i].block, 0);
    }
    ring->key = 0;
}

void rings_unregister_key(struct rings *rings, uint64_t key)
{
    for (unsigned i = 0; key && i < rings->n_active; i++)
        if (rings->active[i]->key == key)
            rings_unregister(rings, rings->active[i]);
}

static struct ring *find_free(struct rings *rings, enum ring_size size)
{
    const struct ring_class *class = ring_memory_class(size);
    for (unsigned number = class->first; number < class->first + class->n; number++) {
        struct ring *ring = &rings->all[number];
        if (ring->tracee || ring->is_broken)
            continue;
        ring->number = number;
        ring->size_class = size;
        return ring;
    }
    return NULL;
}

/* `cpu_id`: the address. */
static void prepare(const struct rings *rings, struct ring *ring, struct tracee *tracee,
                    uint64_t cpu_id)
{
    ring->block = ring_memory_block(&rings->memory, ring->number);
    ring->data = ring_memory_data(&rings->memory, ring->number, &ring->size);
    *ring->block = (struct ring_block){
        .limit = ring->size,
        .data = ring_memory_data_at(&rings->memory, ring->number).value,
        .mask = ring->size - 1,
        .cpu_id = cpu_id,
    };
    ring->tracee = tracee;
    ring->tail = ring->freed = 0;
    ring->last_ns = 0;
    ring->gap = 0;
    ring->has_gap = false;
    ring->older = NULL;
}

/* Few threads need not begin with a small ring, which a burst fills before the drainer sees it. */
enum { LARGE_AT_FIRST = 4 };

static struct ring *take(struct rings *rings, struct tracee *tracee, target_addr cpu_id)
{
    struct ring *ring = rings->n_active < LARGE_AT_FIRST ? find_free(rings, RING_LARGE) : NULL;
    if (!ring)
        ring = find_free(rings, RING_SMALL);
    if (!ring)
        ring = find_free(rings, RING_TINY);
    if (!ring)
        return NULL;
    prepare(rings, ring, tracee,
            cpu_id.value ? cpu_id.value : ring_memory_no_cpu(&rings->memory).value);
    ring->place = rings->n_active;
    rings->active[rings->n_active++] = ring;
    return ring;
}

/* The table's entry of the ring; NULL: it is not registered, or the target has overwritten that. */
static struct ring_table_entry *find_entry(const struct rings *rings, const struct ring *ring)
{
    struct ring_table_entry *bucket = thread_bucket(rings, ring->key);
    uint64_t block = ring_memory_block_at(&rings->memory, ring->number).value;
    for (unsigned i = 0; ring->key && i < RING_THREAD_WAYS; i++)
        if (__atomic_load_n(&bucket[i].block, __ATOMIC_RELAXED) == block)
            return &bucket[i];
    return NULL;
}

void rings_grow(struct rings *rings, struct ring **place)
{
    struct ring *ring = *place, *larger = NULL;
    struct ring_table_entry *entry = find_entry(rings, ring);
    if (!entry || ring->older || ring->is_broken)
        return;
    for (unsigned size = ring->size_class + 1; size < RING_SIZES && !larger; size++)
        larger = find_free(rings, (enum ring_size)size);
    if (!larger)
        return;
    prepare(rings, larger, ring->tracee, __atomic_load_n(&ring->block->cpu_id, __ATOMIC_RELAXED));
    larger->older = ring;
    larger->key = ring->key;
    larger->place = ring->place;
    rings->active[larger->place] = larger;
    ring->key = 0;
    store(&entry->block, ring_memory_block_at(&rings->memory, larger->number).value);
    *place = larger;
}

struct ring *rings_current(struct ring *ring)
{
    struct ring *older = ring->older;
    if (!older)
        return ring;
    /* In this order: what is in the older one then is all. */
    bool begun = ring_pending(ring) != 0;
    if (!begun || ring_pending(older) != 0)
        return older;
    uint64_t gaps = __atomic_load_n(&older->block->gaps, __ATOMIC_RELAXED);
    ring->has_gap = older->has_gap || (uint16_t)gaps != older->gap;
    ring->last_ns = older->last_ns;
    older->tracee = NULL;
    ring->older = NULL;
    return ring;
}

int rings_register(struct rings *rings, struct tracee *tracee, uint64_t key, target_addr cpu_id,
                   struct ring **ring)
{
    if (*ring && (*ring)->is_broken)
        return -ENOSPC;
    if (*ring && (*ring)->key == key)
        return 0;
    struct ring *its = *ring ? *ring : take(rings, tracee, cpu_id);
    if (!its)
        return -ENOSPC;
    *ring = its;
    rings_unregister(rings, its);
    rings_unregister_key(rings, key);
    struct ring_table_entry *bucket = thread_bucket(rings, key);
    for (unsigned i = 0; i < RING_THREAD_WAYS; i++) {
        if (__atomic_load_n(&bucket[i].block, __ATOMIC_RELAXED) != 0)
            continue;
        store(&bucket[i].block, ring_memory_block_at(&rings->memory, its->number).value);
        store(&bucket[i].key, key);
        its->key = key;
        return 0;
    }
    return -ENOSPC;
}

void rings_release(struct rings *rings, struct ring *ring)
{
    rings_unregister(rings, ring);
    if (ring->older)
        ring->older->tracee = NULL;
    ring->older = NULL;
    ring->tracee = NULL;
    struct ring *last = rings->active[--rings->n_active];
    last->place = ring->place;
    rings->active[ring->place] = last;
}

static uint64_t *return_bucket(const struct rings *rings, target_addr address)
{
    const struct ring_table table = ring_memory_returns(&rings->memory);
    return ring_memory_return_words(&rings->memory) +
           ring_bucket(&table, address.value) * RING_RETURN_WAYS;
}

/* The word that holds `value` in the address's bucket. NULL: none. */
static uint64_t *find_return_word(const struct rings *rings, target_addr address, uint64_t value)
{
    uint64_t *bucket = return_bucket(rings, address);
    for (unsigned i = 0; i < RING_RETURN_WAYS; i++)
        if (__atomic_load_n(&bucket[i], __ATOMIC_RELAXED) == value)
            return &bucket[i];
    return NULL;
}

bool rings_has_return(const struct rings *rings, target_addr address)
{
    return find_return_word(rings, address, address.value) != NULL;
}

int rings_add_return(struct rings *rings, target_addr address)
{
    if (rings_has_return(rings, address))
        return 0;
    uint64_t *word = find_return_word(rings, address, 0);
    if (!word)
        return -ENOSPC;
    store(word, address.value);
    return 0;
}

void rings_remove_return(struct rings *rings, target_addr address)
{
    uint64_t *word = find_return_word(rings, address, address.value);
    if (word)
        store(word, 0);
}
