/* SPDX-License-Identifier: MIT */
/* What the parts of the generator of random functions share. */
#ifndef FUNCTIONS_GENERATOR_H
#define FUNCTIONS_GENERATOR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "layout.h"

struct function {
    unsigned number;
    unsigned level; /* it calls functions of lower levels */
    unsigned flags;
    bool reads_zone; /* it reads the red zone of its caller */
    bool is_marked;  /* it begins with endbr64 */
    bool has_frame_rules;
    bool catches;
    bool is_short; /* no more than some bytes */
};

struct generator {
    uint64_t state; /* of the random numbers */
    bool is_fixed;  /* not position-independent */
    bool has_faults;
    bool has_throws;
    unsigned n;
    struct function functions[FUNCTIONS_MAX];
    /* The function that is being made. */
    struct function *f;
    unsigned labels;
    unsigned toggles;
    uint32_t zone;    /* bit n: -8 * (n + 1)(%rsp) was written, by it or what it has called */
    const char *only; /* this hazard alone; NULL: all */
    unsigned hazards; /* percent */
    unsigned data;    /* a label of data behind a function, that is not read yet; 0: none */
    unsigned beside;  /* a label to which a function behind this one leads; 0: none */
};

/* Marsaglia, "Xorshift RNGs". */
static inline uint64_t draw(struct generator *g, uint64_t n)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return (g->state >> 11) % n;
}

static inline bool chance(struct generator *g, unsigned percent)
{
    return draw(g, 100) < percent;
}

static inline __attribute__((format(printf, 1, 2))) void put(const char *format, ...)
{
    va_list list;
    putchar('\t');
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

static inline unsigned new_label(struct generator *g)
{
    return ++g->labels;
}

/* .LN: the function's label with that number. */
static inline void put_label(unsigned label)
{
    printf(".L%u:\n", label);
}

static inline long toggle_at(const struct generator *g, unsigned toggle)
{
    return STATE_TOGGLES + (long)TOGGLES_EACH * g->f->number + toggle;
}

/* Counts calls of the function, without a trace of their number in flags or registers. */
static inline void put_count(unsigned function, int more)
{
    put("movq %ld(%%r15), %%r11", STATE_COUNTERS + 8L * function);
    put("leaq %d(%%r11), %%r11", more);
    put("movq %%r11, %ld(%%r15)", STATE_COUNTERS + 8L * function);
    put("movl $%u, %%r11d", function);
}

/* instructions.c: they leave stack pointer and r15 alone. A tiny one has 1 to 3 bytes, a short one
   mostly 4 at most. */
void put_tiny(struct generator *g);
void put_short(struct generator *g);
void put_instruction(struct generator *g);
const char *any_register(struct generator *g);
/* Instructions that belong together: a loop, a branch, a switch. */
void put_block(struct generator *g);
/* One that causes a fault, with what the handler is to do about it. */
void put_fault(struct generator *g);
/* The first instruction faults, and is skipped. */
void put_first_fault(struct generator *g);

/* hazards.c: something may lead to the middle of the first instructions. */
void put_entry(struct generator *g);
/* Behind a call, of what something may lead to the middle, too: before_return() comes before the
   call. */
struct hazard {
    const char *name; /* NULL: none */
    unsigned label;
    bool is_forward;
};
struct hazard before_return(struct generator *g);
void put_return(struct generator *g, const struct hazard *hazard);
/* Functions that are part of the last one's hazards. */
void put_beside(struct generator *g);

/* calls.c */
void put_call(struct generator *g);
/* Calls something that throws, and catches it. */
void put_catch(struct generator *g);
/* Ends the function. */
void put_end(struct generator *g);

#endif
