/* SPDX-License-Identifier: MIT */
/* The memory for packets that are not yet in their files: blocks of a few pages, of a bounded
   number. One thread at a time takes blocks, and one gives them back. */
#ifndef TP_CTF_CTF_POOL_H
#define TP_CTF_CTF_POOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "tp/ctf/ctf_packet.h"
#include "util/error.h"

enum { CTF_BLOCK_PAGES = 4, CTF_BLOCK = CTF_BLOCK_PAGES * CTF_PAGE, CTF_POOL_BLOCKS = 1536 };

struct ctf_block {
    struct ctf_block *next; /* of the stream, or of a list of free ones */
    unsigned char *bytes;
};

struct ctf_pool {
    unsigned char *memory;
    struct ctf_block *blocks;
    size_t n_fresh; /* the blocks from here on were never used, and occupy no memory */
    struct ctf_block *free;
    _Atomic(struct ctf_block *) returned;
};

MUST_CHECK int ctf_pool_init(struct ctf_pool *pool);
void ctf_pool_destroy(struct ctf_pool *pool);
/* NULL: all are in use. */
struct ctf_block *ctf_pool_take(struct ctf_pool *pool);
/* Takes back a block that ctf_pool_take() has just returned, by the same thread. */
void ctf_pool_untake(struct ctf_pool *pool, struct ctf_block *block);
void ctf_pool_give(struct ctf_pool *pool, struct ctf_block *block);

#endif
