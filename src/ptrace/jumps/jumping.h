/* SPDX-License-Identifier: MIT */
/*
 * What an engine has for jumps, whatever the address space: the clock, the time of the next change
 * of jumps, and the drainer, a thread that takes records from rings. The drainer takes the engine
 * lock like a tracer thread; it makes no ptrace request.
 */
#ifndef PTRACE_JUMPS_JUMPING_H
#define PTRACE_JUMPS_JUMPING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ptrace/jumps/jump_counts.h"
#include "ptrace/jumps/tsc_clock.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/table.h"

struct address_space;
struct engine;

struct jumping {
    struct tsc_clock clock;
    bool batch_wanted;         /* sites are hot */
    uint64_t next_drops_ns;    /* when dropped hits are counted again */
    uint64_t next_batch_ns;    /* the earliest time of the next change of jumps */
    struct jump_counts counts; /* of sites that are gone */
    struct table elsewhere; /* see jumping_is_hot_elsewhere(): address -> one space with a jump */
    atomic_bool has_jumps;  /* one was planted */
    bool has_drainer;
    bool refusal_told; /* that a program cannot have jumps: once, there may be very many */
    pthread_t drainer;
    atomic_bool ending;
};

/* Starts the clock. NULL: out of memory. */
struct jumping *jumping_new(void);
/* Ends the drainer. With the engine lock held, which is released meanwhile. NULL is allowed. */
void jumping_free(struct engine *engine, struct jumping *jumping);
/* Starts the drainer, if it does not run. */
MUST_CHECK int jumping_start_drainer(struct engine *engine);
/* A jump was planted in this space at the address. */
void jumping_note_hot(struct jumping *jumping, const struct address_space *space, target_addr at);
/* Whether there has been one in another space. Processes that one program forks, one for each
   client, have their code at the same addresses. */
bool jumping_is_hot_elsewhere(const struct jumping *jumping, const struct address_space *space,
                              target_addr at);
/* Whether a change of jumps is due. */
bool jumping_is_due(const struct engine *engine, uint64_t now_ns);

#endif
