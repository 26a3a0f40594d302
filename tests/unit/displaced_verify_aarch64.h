/* SPDX-License-Identifier: MIT */
/*
 * Checks displaced copies of A64 instructions independently of the code that makes them: by
 * interpreting original and copy from the same registers.
 */
#ifndef DISPLACED_VERIFY_AARCH64_H
#define DISPLACED_VERIFY_AARCH64_H

#include <errno.h>
#include <string.h>

#include "ptrace/arch/displaced.h"
#include "unit/displaced_kinds_aarch64.h"

static inline uint32_t verify_word(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* A thread. An instruction that is not interpreted, or a load from outside of the slot, is an
   event. */
struct verify_thread {
    uint64_t x[32]; /* x[31] is the zero register */
    unsigned nzcv;
    uint64_t pc;
    bool ended; /* it continues at an address that is not known here */
    unsigned n_events;
    struct {
        uint32_t what;
        uint64_t address;
    } events[2];
};

struct verify {
    const struct displaced *d;
    uint64_t site, slot;
    uint32_t word;
    enum verify_kind kind;
};

static inline bool verify_in_slot(const struct verify *v, uint64_t address)
{
    return address - v->slot < v->d->slot_length;
}

static inline int64_t verify_signed(uint32_t word, unsigned high, unsigned low)
{
    return (int64_t)((uint64_t)word << (63 - high)) >> (63 - high + low);
}

static inline void verify_event(struct verify_thread *t, uint32_t what, uint64_t address)
{
    if (t->n_events < 2) {
        t->events[t->n_events].what = what;
        t->events[t->n_events].address = address;
    }
    t->n_events++;
}

/* Memory outside of the slot: some value for each address. */
static inline uint64_t verify_memory(uint64_t address)
{
    uint64_t value = address * UINT64_C(0x9e3779b97f4a7c15);
    return value ^ value >> 29;
}

/* A load of an LDR: opc as in LDR (literal). false: it reads beyond the slot's end. */
static inline bool verify_load(const struct verify *v, struct verify_thread *t, unsigned opc,
                               unsigned rt, uint64_t address)
{
    uint64_t value = 0;
    unsigned size = opc == 1 ? 8 : 4;
    if (verify_in_slot(v, address)) {
        if (address - v->slot + size > v->d->slot_length)
            return false;
        for (unsigned i = 0; i < size; i++)
            value |= (uint64_t)v->d->bytes[address - v->slot + i] << 8 * i;
    } else {
        value = verify_memory(address);
        verify_event(t, size, address);
    }
    if (opc == 0)
        value = (uint32_t)value;
    if (opc == 2)
        value = (uint64_t)(int32_t)value;
    if (rt != 31)
        t->x[rt] = value;
    return true;
}

static inline bool verify_condition(unsigned cond, unsigned nzcv)
{
    bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, o = nzcv & 1, holds;
    switch (cond >> 1) {
    case 0:
        holds = z;
        break;
    case 1:
        holds = c;
        break;
    case 2:
        holds = n;
        break;
    case 3:
        holds = o;
        break;
    case 4:
        holds = c && !z;
        break;
    case 5:
        holds = n == o;
        break;
    case 6:
        holds = n == o && !z;
        break;
    default:
        return true; /* AL, NV */
    }
    return holds != (cond & 1);
}

static inline bool verify_is_taken(const struct verify_thread *t, uint32_t word)
{
    uint64_t value = t->x[word & 31];
    bool negated = word >> 24 & 1;
    switch (word >> 25 & 0x3f) {
    case 0x2a: /* B.cond, BC.cond */
        return verify_condition(word & 15, t->nzcv);
    case 0x1a: /* CBZ, CBNZ */
        return ((word >> 31 ? value : (uint32_t)value) == 0) != negated;
    default: /* TBZ, TBNZ */
        return !(value >> ((word >> 31) << 5 | (word >> 19 & 31)) & 1) != negated;
    }
}

/* Executes the instruction at the thread's PC. false: it is not one that may be there. */
static inline bool verify_execute(const struct verify *v, struct verify_thread *t, uint32_t word)
{
    uint64_t pc = t->pc;
    unsigned rd = word & 31, rn = word >> 5 & 31;
    bool is_tbz = (word >> 25 & 0x3f) == 0x1b;
    t->pc += 4;
    if (word == v->word && (v->kind == V_PLAIN || v->kind == V_END)) {
        verify_event(t, word, 0);
        t->ended = v->kind == V_END;
        return true;
    }
    switch (verify_kind_of(word)) {
    case V_ADR:
        if (word >> 31)
            t->x[rd] = (pc >> 12 << 12) +
                       ((uint64_t)verify_signed(word, 23, 5) << 14 | (word >> 29 & 3) << 12);
        else
            t->x[rd] = pc + ((uint64_t)verify_signed(word, 23, 5) << 2 | (word >> 29 & 3));
        t->x[31] = 0;
        return true;
    case V_LITERAL_NEAR:
        if (word >> 26 & 1) {
            uint64_t address = pc + (uint64_t)verify_signed(word, 23, 5) * 4;
            verify_event(t, 0x100 | word >> 30 << 5 | rd, address);
            return !verify_in_slot(v, address);
        }
        /* fall through */
    case V_LITERAL:
        return verify_load(v, t, word >> 30, rd, pc + (uint64_t)verify_signed(word, 23, 5) * 4);
    case V_BL:
        t->x[30] = pc + 4;
        /* fall through */
    case V_B:
        t->pc = pc + (uint64_t)verify_signed(word, 25, 0) * 4;
        return true;
    case V_BLR:
        t->pc = t->x[rn];
        t->x[30] = pc + 4;
        return true;
    case V_CONDITIONAL:
        if (verify_is_taken(t, word))
            t->pc = pc + (uint64_t)(is_tbz ? verify_signed(word, 18, 5) * 4
                                           : verify_signed(word, 23, 5) * 4);
        return true;
    default:
        break;
    }
    if ((word & 0xfffffc1f) == 0xd61f0000) { /* BR */
        t->pc = t->x[rn];
        return true;
    }
    /* LDR (immediate), without an offset, size 1x, opc 01; LDRSW: opc 10 */
    if ((word & 0xbffffc00) == 0xb9400000)
        return rn != 31 && verify_load(v, t, word >> 30 & 1, rd, t->x[rn]);
    if ((word & 0xfffffc00) == 0xb9800000)
        return rn != 31 && verify_load(v, t, 2, rd, t->x[rn]);
    return false;
}

static inline bool verify_is_same(const struct verify_thread *a, const struct verify_thread *b)
{
    if (memcmp(a->x, b->x, sizeof(a->x)) != 0 || a->nzcv != b->nzcv || a->ended != b->ended ||
        a->n_events != b->n_events || a->n_events > 2)
        return false;
    for (unsigned i = 0; i < a->n_events; i++)
        if (a->events[i].what != b->events[i].what || a->events[i].address != b->events[i].address)
            return false;
    return true;
}

/* Whether the thread at a PC in the slot is where the steps say, and is listed if it must be. */
static inline const char *verify_step(const struct verify *v, const struct verify_thread *start,
                                      const struct verify_thread *now,
                                      const struct verify_thread *end)
{
    const struct displaced *d = v->d;
    int offset = displaced_site_offset(d->steps, d->n_steps, now->pc - v->slot);
    uint64_t distance = end->pc - v->site;
    bool untouched = verify_is_same(now, start);
    bool done = verify_is_same(now, end) && !end->ended && distance - 1 < UINT8_MAX;
    if (offset < 0)
        return untouched && now->pc == v->slot          ? "no step for the original's start"
               : done && v->kind != V_BLR && !untouched ? "no step where the original is done"
                                                        : NULL;
    if (offset == 0) {
        struct verify_thread again = *now;
        again.pc = v->site;
        if (!verify_execute(v, &again, v->word))
            return "the original cannot run";
        return verify_is_same(&again, end) && again.pc == end->pc
                   ? NULL
                   : "the original cannot run again from this step";
    }
    return verify_is_same(now, end) && end->pc == v->site + (unsigned)offset
               ? NULL
               : "a step that is not at its address";
}

static inline const char *verify_run(const struct verify *v, const struct verify_thread *start)
{
    struct verify_thread end = *start, now = *start;
    end.pc = v->site;
    if (!verify_execute(v, &end, v->word))
        return "the original is not understood";
    if (verify_in_slot(v, end.pc)) /* a random address */
        return NULL;
    now.pc = v->slot;
    for (unsigned i = 0; verify_in_slot(v, now.pc) && !now.ended; i++) {
        const char *wrong = verify_step(v, start, &now, &end);
        if (wrong)
            return wrong;
        if (i == DISPLACED_STEPS_MAX || (now.pc - v->slot) % 4 != 0)
            return "it does not leave the slot";
        if (!verify_execute(v, &now, verify_word(v->d->bytes + (now.pc - v->slot))))
            return "an instruction that does not belong there";
    }
    if (!verify_is_same(&now, &end))
        return "registers or memory differ";
    return now.ended || now.pc == end.pc ? NULL : "it continues elsewhere";
}

static inline const char *verify_runs(const struct verify *v)
{
    uint64_t random = v->word * UINT64_C(0x9e3779b97f4a7c15) + v->site;
    unsigned runs = v->kind == V_PLAIN || v->kind == V_END ? 1 : 16;
    for (unsigned run = 0; run < runs; run++) {
        static const uint64_t values[] = {0, UINT64_MAX, UINT64_C(1) << 32, UINT32_MAX};
        struct verify_thread start = {.nzcv = run};
        for (unsigned i = 0; i < 31; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            start.x[i] = run < 4 ? values[run] : random ^ random >> 32;
        }
        const char *wrong = verify_run(v, &start);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* Whether a branch of 28 bits at slot + offset reaches the target. */
static inline bool verify_reaches(const struct verify *v, unsigned offset, uint64_t target)
{
    int64_t distance = (int64_t)(target - (v->slot + offset));
    return distance >= -134217728 && distance <= 134217724 && distance % 4 == 0;
}

/* Whether a copy in this slot is possible. */
static inline bool verify_is_possible(const struct verify *v)
{
    struct verify_thread end = {.pc = v->site};
    uint64_t operand = v->site + (uint64_t)verify_signed(v->word, 23, 5) * 4;
    int64_t distance = (int64_t)(operand - v->slot);
    switch (v->kind) {
    case V_END:
    case V_BLR:
        return true;
    case V_B:
    case V_BL:
        return verify_execute(v, &end, v->word) &&
               verify_reaches(v, v->kind == V_BL ? 4 : 0, end.pc);
    case V_CONDITIONAL:
        if ((v->word >> 25 & 0x3f) == 0x1b)
            operand = v->site + (uint64_t)verify_signed(v->word, 18, 5) * 4;
        return verify_reaches(v, 4, v->site + 4) && verify_reaches(v, 8, operand);
    case V_LITERAL:
        return verify_reaches(v, 8, v->site + 4);
    case V_LITERAL_NEAR:
        return verify_reaches(v, 4, v->site + 4) && distance >= -1048576 && distance <= 1048572;
    default:
        return verify_reaches(v, 4, v->site + 4);
    }
}

static inline const char *verify_fields(const struct verify *v, int r)
{
    const struct displaced *d = v->d;
    if ((d->kind == DISPLACED_REFUSE || d->kind == DISPLACED_STEP) != (d->reason != NULL))
        return "a reason without need, or none";
    if (d->ambiguous)
        return "ambiguous";
    if (d->system_call != (d->kind == DISPLACED_SLOT &&
                           verify_matches("1101 0100 000x xxxx xxxx xxxx xxx0 0001", v->word)))
        return "system_call";
    if (d->length != (d->kind == DISPLACED_REFUSE ? 0 : 4) || d->covered != d->length)
        return "lengths";
    if (d->kind != DISPLACED_SLOT)
        return d->slot_length || d->n_steps      ? "a slot without need"
               : d->needs_near != (r == -ERANGE) ? "needs_near"
               : r == -ERANGE && (d->kind != DISPLACED_STEP || verify_is_possible(v)) ? "-ERANGE"
                                                                                      : NULL;
    if (r != 0 || !verify_is_possible(v))
        return "a copy that is not possible";
    if (d->needs_near != (v->kind != V_END && v->kind != V_BLR))
        return "needs_near";
    if (d->slot_length > DISPLACED_SLOT_MAX || d->slot_length < 4 || d->n_steps == 0 ||
        d->n_steps > DISPLACED_STEPS_MAX)
        return "too long";
    for (unsigned i = 0; i < d->n_steps; i++)
        if (d->steps[i].slot_offset >= d->slot_length || d->steps[i].slot_offset % 4 != 0 ||
            (i > 0 && d->steps[i].slot_offset <= d->steps[i - 1].slot_offset))
            return "steps out of order";
    return NULL;
}

/* NULL: what displaced_build() has made, and its result r, are right; else the error. */
static inline const char *displaced_verify(const struct displaced *d, int r, target_addr site,
                                           const uint8_t *code, size_t n, target_addr slot)
{
    struct verify v = {.d = d, .site = site.value, .slot = slot.value};
    enum displaced_kind wanted = DISPLACED_SLOT;
    if (n < 4 || site.value % 4 != 0)
        return d->kind == DISPLACED_REFUSE && r == 0 ? verify_fields(&v, r) : "not refused";
    v.word = verify_word(code);
    v.kind = verify_kind_of(v.word);
    if (v.kind == V_NOTHING)
        wanted = DISPLACED_SKIP;
    else if (v.kind == V_STEP || (v.kind == V_BLR && (v.word >> 5 & 31) == 30) || r != 0)
        wanted = DISPLACED_STEP;
    else if (v.kind == V_REFUSE)
        wanted = DISPLACED_REFUSE;
    if (d->kind != wanted)
        return "another kind of copy";
    const char *wrong = verify_fields(&v, r);
    /* Where the slot is at the site, or at a literal, they cannot be told apart. */
    bool is_literal = v.kind == V_LITERAL || v.kind == V_LITERAL_NEAR;
    uint64_t operand = site.value + (is_literal ? (uint64_t)verify_signed(v.word, 23, 5) * 4 : 0);
    bool apart = slot.value - site.value + 256 > 512 && slot.value - operand + 256 > 512;
    return wrong || d->kind != DISPLACED_SLOT || !apart ? wrong : verify_runs(&v);
}

#endif
