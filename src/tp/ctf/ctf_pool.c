/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

int ctf_pool_init(struct ctf_pool *pool)
{
    void *memory = mmap(NULL, (size_t)CTF_POOL_BLOCKS * CTF_BLOCK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    pool->memory = memory;
    /* Huge pages would make a few blocks occupy megabytes. */
    (void)madvise(memory, (size_t)CTF_POOL_BLOCKS * CTF_BLOCK, MADV_NOHUGEPAGE);
    pool->blocks = calloc(CTF_POOL_BLOCKS, sizeof(*pool->blocks));
    if (!pool->blocks)
        return -ENOMEM;
    for (size_t i = 0; i < CTF_POOL_BLOCKS; i++)
        pool->blocks[i].bytes = pool->memory + i * CTF_BLOCK;
    return 0;
}

void ctf_pool_destroy(struct ctf_pool *pool)
{
    if (pool->memory)
        munmap(pool->memory, (size_t)CTF_POOL_BLOCKS * CTF_BLOCK);
    free(pool->blocks);
}

struct ctf_block *ctf_pool_take(struct ctf_pool *pool)
{
    if (!pool->free)
        pool->free = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
    struct ctf_block *block = pool->free;
    if (block)
        pool->free = block->next;
    else if (pool->n_fresh < CTF_POOL_BLOCKS)
        block = &pool->blocks[pool->n_fresh++];
    if (block)
        block->next = NULL;
    return block;
}

void ctf_pool_untake(struct ctf_pool *pool, struct ctf_block *block)
{
    block->next = pool->free;
    pool->free = block;
}

void ctf_pool_give(struct ctf_pool *pool, struct ctf_block *block)
{
    struct ctf_block *head = atomic_load_explicit(&pool->returned, memory_order_relaxed);
    do
        block->next = head;
    while (!atomic_compare_exchange_weak_explicit(&pool->returned, &head, block,
                                                  memory_order_release, memory_order_relaxed));
}
