/* SPDX-License-Identifier: MIT */
/*
 * Random regions: whole instructions, at least five bytes, with random operands: arithmetic that
 * sets and uses flags, memory relative to RIP and to RSP (with the red zone), pushes, vector
 * registers, faults, branches of each kind, loops to the site, calls, returns.
 */
#ifndef STUB_CODE_X86_64_H
#define STUB_CODE_X86_64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "unit/displaced_run_x86_64.h"

/* Bytes of the seed, then pseudo-random ones (Marsaglia, "Xorshift RNGs"). */
struct stub_random {
    const uint8_t *seed;
    size_t n;
    uint64_t state;
};

static inline uint32_t stub_random(struct stub_random *random, uint32_t below)
{
    if (random->n > 0) {
        random->n--;
        random->state = random->state * 31 + *random->seed++ + 1;
    }
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return (uint32_t)(random->state >> 20) % below;
}

enum { STUB_CODE_SHORTEST = 5, STUB_CODE_LONGEST = 32 - 15 };

struct stub_code_maker {
    struct stub_random *random;
    uint8_t bytes[64];
    size_t n;
    bool loops; /* has a branch to the site */
    /* Bytes that RSP is lowered by. What is below the red zone at the site is nobody's: nothing may
       read it. */
    unsigned lowered;
    size_t indirect_call; /* the offset of one; 0: none */
};

static inline void make_bytes(struct stub_code_maker *maker, const void *bytes, size_t n)
{
    memcpy(maker->bytes + maker->n, bytes, n);
    maker->n += n;
}

#define MAKE(maker, ...)                                                                           \
    make_bytes(maker, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static inline void make_32(struct stub_code_maker *maker, uint32_t value)
{
    make_bytes(maker, &value, sizeof(value));
}

static inline uint32_t make_any(struct stub_code_maker *maker, uint32_t below)
{
    return stub_random(maker->random, below);
}

/* A register that is not RSP. */
static inline unsigned make_register(struct stub_code_maker *maker)
{
    unsigned number = make_any(maker, 15);
    return number + (number >= 4);
}

/* The region ends at RUN_SITE_END, but how long it is is not known yet: distances are for what
   follows, and are set by make_end(). */
enum { MAKE_FIXUPS = 8 };

struct make_target {
    size_t end; /* of the instruction, whose last bytes are the distance */
    uint64_t target;
    bool short_distance;
};

struct make_targets {
    struct make_target all[MAKE_FIXUPS];
    unsigned n;
};

static inline void make_distance(struct stub_code_maker *maker, struct make_targets *targets,
                                 uint64_t target)
{
    make_32(maker, 0);
    targets->all[targets->n++] = (struct make_target){maker->n, target, false};
}

static inline void make_short_distance(struct stub_code_maker *maker, struct make_targets *targets,
                                       uint64_t target)
{
    MAKE(maker, 0);
    targets->all[targets->n++] = (struct make_target){maker->n, target, true};
}

static inline uint64_t make_near(struct stub_code_maker *maker)
{
    return RUN_SITE_END + make_any(maker, 90);
}

static inline uint64_t make_far(struct stub_code_maker *maker)
{
    return RUN_CODE + 0x100 + make_any(maker, 0x600);
}

static inline uint64_t make_datum(struct stub_code_maker *maker)
{
    uint64_t datum = RUN_DATA + 16 * make_any(maker, RUN_AREA / 16 - 2);
    return datum == RUN_DATA + 0x700 ? datum + 16 : datum; /* there is the thread pointer */
}

/* op r/m, reg of two registers, or with `wide` their 64 bits. */
static inline void make_two(struct stub_code_maker *maker, unsigned opcode, bool escape, bool wide)
{
    unsigned a = make_register(maker), b = make_register(maker);
    MAKE(maker, (uint8_t)(0x40 | (wide ? 8 : 0) | a >> 3 << 2 | b >> 3));
    if (escape)
        MAKE(maker, 0x0f);
    MAKE(maker, (uint8_t)opcode, (uint8_t)(0xc0 | (a & 7) << 3 | (b & 7)));
}

static inline void make_group(struct stub_code_maker *maker, unsigned opcode, unsigned operation)
{
    unsigned b = make_register(maker);
    MAKE(maker, (uint8_t)(0x48 | b >> 3), (uint8_t)opcode,
         (uint8_t)(0xc0 | operation << 3 | (b & 7)));
}

static inline void make_rip(struct stub_code_maker *maker, struct make_targets *targets,
                            unsigned opcode)
{
    unsigned a = make_register(maker);
    MAKE(maker, (uint8_t)(0x48 | a >> 3 << 2), (uint8_t)opcode, (uint8_t)((a & 7) << 3 | 5));
    make_distance(maker, targets, make_datum(maker));
}

/* [rsp-64] to [rsp+120] */
static inline void make_stack(struct stub_code_maker *maker, unsigned opcode)
{
    unsigned a = make_register(maker);
    MAKE(maker, (uint8_t)(0x48 | a >> 3 << 2), (uint8_t)opcode, (uint8_t)(0x44 | (a & 7) << 3),
         0x24, (uint8_t)(8 * make_any(maker, 24) - 64));
}

/* Lowers RSP, but not below what may be read. */
static inline bool make_lower(struct stub_code_maker *maker, unsigned bytes)
{
    if (maker->lowered + bytes > 64)
        return false;
    maker->lowered += bytes;
    return true;
}

/* Instructions that may be anywhere. */
static inline void make_plain(struct stub_code_maker *maker, struct make_targets *targets)
{
    static const uint8_t flags[] = {0xf8, 0xf9, 0xf5, 0xfc, 0xfd, 0x9f, 0x9e, 0x90};
    unsigned r;
    switch (make_any(maker, 24)) {
    case 0:
        make_two(maker, 0x89, false, make_any(maker, 2)); /* mov */
        break;
    case 1:
    case 2:
        make_two(maker, 8 * make_any(maker, 8) + 1, false, make_any(maker, 2)); /* add ... cmp */
        break;
    case 3:
        make_group(maker, 0x83, make_any(maker, 8)); /* the same with a constant */
        MAKE(maker, (uint8_t)make_any(maker, 256));
        break;
    case 4:
        make_rip(maker, targets, 0x8d); /* lea */
        break;
    case 5:
        make_rip(maker, targets, 0x8b); /* mov reg, [rip+] */
        break;
    case 6:
        make_rip(maker, targets, 0x89);
        break;
    case 7:
        make_rip(maker, targets, 8 * make_any(maker, 8) + 3);
        break;
    case 8:
        make_stack(maker, 0x8b);
        break;
    case 9:
        make_stack(maker, 0x89);
        break;
    case 10:
        r = make_register(maker);
        if (make_lower(maker, 8))
            MAKE(maker, (uint8_t)(0x40 | r >> 3), (uint8_t)(0x50 | (r & 7))); /* push */
        break;
    case 11:
        r = make_any(maker, 8);
        if (r != 4)
            MAKE(maker, (uint8_t)(0x58 | r)); /* pop */
        else if (make_lower(maker, 8))
            MAKE(maker, 0x54); /* push rsp */
        break;
    case 12:
        make_two(maker, 0x90 | make_any(maker, 16), true, false); /* setcc */
        break;
    case 13:
        make_two(maker, 0x40 | make_any(maker, 16), true, true); /* cmovcc */
        break;
    case 14:
        MAKE(maker, 0x0f, 0x10, (uint8_t)(make_any(maker, 8) << 3 | 5)); /* movups xmm, [rip+] */
        make_distance(maker, targets, make_datum(maker));
        break;
    case 15:
        MAKE(maker, 0x66, 0x0f, 0xfe, (uint8_t)(0xc0 | make_any(maker, 64))); /* paddd */
        break;
    case 16:
        make_group(maker, 0xd3, make_any(maker, 6)); /* rol ... by cl */
        break;
    case 17:
        make_group(maker, 0xf7, 2 + make_any(maker, 4)); /* not, neg, mul, imul */
        break;
    case 18:
    case 19:
        MAKE(maker, flags[make_any(maker, sizeof(flags))]);
        break;
    case 20:
        r = 8 * make_any(maker, 5);
        if (make_any(maker, 2))
            MAKE(maker, 0x48, 0x83, 0xc4, (uint8_t)r); /* add rsp */
        else if (make_lower(maker, r))
            MAKE(maker, 0x48, 0x83, 0xec, (uint8_t)r); /* sub rsp */
        break;
    case 21:
        make_two(maker, 0x87, false, true); /* xchg */
        break;
    case 22:
        MAKE(maker, 0x64, 0x48, 0x8b, 0x04, 0x25); /* mov rax, fs:[] */
        make_32(maker, 8 * make_any(maker, 4));
        break;
    default:
        /* mov rax, [reg]: may fault */
        r = make_any(maker, 8);
        if (r == 4 || r == 5)
            MAKE(maker, 0x0f, 0x1f, 0x00); /* nop */
        else
            MAKE(maker, 0x48, 0x8b, (uint8_t)r);
        break;
    }
}

/* A branch that may not be taken. */
static inline void make_conditional(struct stub_code_maker *maker, struct make_targets *targets)
{
    switch (make_any(maker, 3)) {
    case 0:
        MAKE(maker, 0x0f, (uint8_t)(0x80 | make_any(maker, 16)));
        make_distance(maker, targets, make_far(maker));
        break;
    case 1:
        MAKE(maker, (uint8_t)(0x70 | make_any(maker, 16)));
        make_short_distance(maker, targets, make_near(maker));
        break;
    default:
        if (make_any(maker, 4) == 0)
            MAKE(maker, 0x67);
        MAKE(maker, (uint8_t)(0xe0 | make_any(maker, 4))); /* loopne, loope, loop, jrcxz */
        make_short_distance(maker, targets, make_near(maker));
        break;
    }
}

/* What can only be the region's last instruction. */
static inline void make_last(struct stub_code_maker *maker, struct make_targets *targets)
{
    switch (make_any(maker, maker->lowered ? 8 : 9)) {
    case 0:
        MAKE(maker, 0xe8); /* call */
        make_distance(maker, targets, make_far(maker));
        break;
    case 1:
        maker->indirect_call = maker->n;
        MAKE(maker, 0xff, 0x15); /* call [rip+] */
        make_distance(maker, targets, make_datum(maker));
        break;
    case 2:
        MAKE(maker, 0x48, 0x8d, 0x05); /* lea rax, [rip+] */
        make_distance(maker, targets, make_far(maker));
        maker->indirect_call = maker->n;
        MAKE(maker, 0xff, 0xd0); /* call rax */
        break;
    case 3:
        maker->indirect_call = maker->n;
        MAKE(maker, 0xff, 0x54, 0x24, (uint8_t)(8 * make_any(maker, 16))); /* call [rsp+] */
        break;
    case 4:
        MAKE(maker, 0xe9); /* jmp */
        make_distance(maker, targets, make_far(maker));
        break;
    case 5:
        MAKE(maker, 0xff, 0x25); /* jmp [rip+] */
        make_distance(maker, targets, make_datum(maker));
        break;
    case 6:
        MAKE(maker, 0xc3); /* ret */
        break;
    case 7:
        MAKE(maker, 0xc2, 0x10, 0x00); /* ret 16 */
        break;
    default:
        /* The site is a loop's head: RCX is small. */
        maker->loops = true;
        if (make_any(maker, 2))
            MAKE(maker, 0xe2); /* loop */
        else
            MAKE(maker, 0xff, 0xc9, 0x75); /* dec ecx; jnz */
        make_short_distance(maker, targets, 0);
        break;
    }
}

/* Sets the distances, now that the length and with it the site is known. */
static inline void make_end(struct stub_code_maker *maker, const struct make_targets *targets)
{
    uint64_t site = RUN_SITE_END - maker->n;
    for (unsigned i = 0; i < targets->n; i++) {
        const struct make_target *at = &targets->all[i];
        uint32_t distance = (uint32_t)((at->target ? at->target : site) - (site + at->end));
        size_t n = at->short_distance ? 1 : 4;
        memcpy(maker->bytes + at->end - n, &distance, n);
    }
}

static inline void stub_code_make(struct stub_code_maker *maker, struct stub_random *random)
{
    struct make_targets targets = {.n = 0};
    memset(maker, 0, sizeof(*maker));
    maker->random = random;
    size_t wanted = STUB_CODE_SHORTEST + make_any(maker, 4) * make_any(maker, 4);
    if (make_any(maker, 4) == 0)
        MAKE(maker, 0x0f, 0x1f, 0x44, 0x00, 0x00); /* nop of five bytes */
    while (maker->n < wanted && maker->n < STUB_CODE_LONGEST && targets.n + 2 < MAKE_FIXUPS) {
        uint32_t kind = make_any(maker, 8);
        if (kind == 0)
            make_conditional(maker, &targets);
        else
            make_plain(maker, &targets);
    }
    if (make_any(maker, 2) || maker->n < STUB_CODE_SHORTEST)
        make_last(maker, &targets);
    while (maker->n < STUB_CODE_SHORTEST) /* padding */
        MAKE(maker, 0xcc);
    make_end(maker, &targets);
}

#endif
