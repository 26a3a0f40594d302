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
    for (unsigned i = 0; key && i < rings->used; i++)
        if (rings->all[i].key == key)
            rings_unregister(rings, &rings->all[i]);
}

static struct ring *find_free(struct rings *rings)
{
    for (unsigned i = 0; i < rings->used; i++)
        if (!rings->all[i].tracee && !rings->all[i].is_broken)
            return &rings->all[i];
    if (rings->used == RING_MEMORY_RINGS)
        return NULL;
    struct ring *ring = &rings->all[rings->used];
    ring->number = rings->used++;
    return ring;
}

static struct ring *take(struct rings *rings, struct tracee *tracee, target_addr cpu_id)
{
    struct ring *ring = find_free(rings);
    if (!ring)
        return NULL;
    struct ring_block *block = ring_memory_block(&rings->memory, ring->number);
    uint64_t size = ring_memory_data_size(ring->number);
    *block = (struct ring_block){
        .limit = size,
        .data = ring_memory_data_at(&rings->memory, ring->number).value,
        .mask = size - 1,
        .cpu_id = cpu_id.value ? cpu_id.value : ring_memory_no_cpu(&rings->memory).value,
    };
    ring->tracee = tracee;
    ring->tail = 0;
    ring->gap = 0;
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
    ring->tracee = NULL;
}

uint64_t rings_pending(const struct rings *rings, const struct ring *ring)
{
    const struct ring_block *block = ring_memory_block(&rings->memory, ring->number);
    return __atomic_load_n(&block->head, __ATOMIC_ACQUIRE) - ring->tail;
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
