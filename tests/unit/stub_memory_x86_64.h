/* SPDX-License-Identifier: MIT */
/*
 * Memory that random stubs copy: a page between unmapped ones, and addresses of it in the registers
 * that a stub records, or in the page itself.
 */
#ifndef STUB_MEMORY_X86_64_H
#define STUB_MEMORY_X86_64_H

#include "ptrace/arch/stub.h"
#include "unit/displaced_run_x86_64.h"
#include "unit/stub_code_x86_64.h"

#define STUB_MEMORY UINT64_C(0x42000000)

enum { STUB_ITEMS_MAX = 6, STUB_LENGTHS = 40 };

enum stub_memory_outcome { STUB_MEMORY_READ, STUB_MEMORY_STOPS, STUB_MEMORY_FAULTS };

/* A copy, as the layout has it, and the address behind which it is. */
struct stub_item {
    struct stub_memory memory;
    uint64_t at, length;
};

struct stub_memory_state {
    unsigned n;
    struct stub_item items[STUB_ITEMS_MAX];
    uint32_t content; /* what the page is made of */
    bool is_return;
    uint8_t set; /* which registers have addresses or lengths: arguments, or RAX and RDX */
    uint64_t words[6];
    uint64_t inner_at, inner; /* an address in the page */
};

static inline void stub_memory_reset(const struct stub_memory_state *state,
                                     struct user_regs_struct *regs)
{
    unsigned long long *const arguments[] = {&regs->rdi, &regs->rsi, &regs->rdx,
                                             &regs->rcx, &regs->r8,  &regs->r9};
    unsigned long long *const results[] = {&regs->rax, &regs->rdx};
    uint8_t *page = run_area(STUB_MEMORY);
    uint32_t value = state->content;
    for (unsigned i = 0; i < RUN_AREA; i++) {
        value = value * 1664525 + 1013904223;
        page[i] = value >> 8 & 31 ? (uint8_t)(value >> 16 | 1) : 0;
    }
    if (state->inner_at)
        memcpy(run_area(state->inner_at), &state->inner, sizeof(state->inner));
    for (unsigned i = 0; i < 6; i++)
        if (state->set & 1u << i)
            *(state->is_return ? results : arguments)[i] = state->words[i];
}

static inline uint64_t stub_random_address(struct stub_random *random)
{
    switch (stub_random(random, 12)) {
    case 0:
        return 0;
    case 1:
        return stub_random(random, 4096);
    case 2:
        return UINT64_MAX - stub_random(random, 2) * (UINT64_MAX / 2);
    case 3:
    case 4:
    case 5:
        return STUB_MEMORY + RUN_AREA - stub_random(random, 40);
    default:
        return STUB_MEMORY + 64 + stub_random(random, RUN_AREA - 512);
    }
}

/* A register with this value, as a place; its kind is PLACE_NONE if none is left. */
static inline struct value_place stub_random_word(struct stub_memory_state *state,
                                                  struct stub_random *random, uint64_t value)
{
    unsigned n = stub_random(random, state->is_return ? 2 : 6);
    if (state->set & 1u << n)
        return (struct value_place){.kind = PLACE_NONE};
    state->set |= (uint8_t)(1u << n);
    state->words[n] = value;
    return (struct value_place){.kind = state->is_return ? PLACE_INTEGER_RET : PLACE_INTEGER_ARG,
                                .index = (uint16_t)n};
}

/* What is to be copied, before the offsets in the record are known. */
struct stub_plan {
    struct stub_item item;
    struct value_place address, length;
};

static inline bool stub_plan_one(struct stub_memory_state *state, struct stub_random *random,
                                 struct stub_plan *plan, bool is_string)
{
    struct stub_item *item = &plan->item;
    *plan = (struct stub_plan){.item.at = stub_random_address(random)};
    plan->address = stub_random_word(state, random, item->at);
    item->memory.is_string = is_string;
    item->memory.size = (uint16_t)(1 + stub_random(random, stub_random(random, 4) ? 40 : 300));
    if (!is_string)
        item->memory.low = (int32_t)stub_random(random, 32) - 16;
    item->length = item->memory.size;
    if (is_string && stub_random(random, 3) == 0) {
        uint64_t length = stub_random(random, STUB_LENGTHS);
        plan->length = stub_random_word(state, random, length);
        if (plan->length.kind != PLACE_NONE && length < item->length)
            item->length = length;
    }
    return plan->address.kind != PLACE_NONE;
}

static inline void stub_plan_add(struct stub_memory_state *state, struct stub_layout *layout,
                                 const struct stub_plan *plan)
{
    struct stub_item *item = &state->items[state->n++];
    *item = plan->item;
    item->memory.address = (uint16_t)stub_layout_offset(layout, &plan->address);
    if (plan->length.kind != PLACE_NONE)
        item->memory.length = (uint16_t)stub_layout_offset(layout, &plan->length);
    ck_assert_int_ge(item->memory.address, 1);
    ck_assert_int_eq(stub_layout_add(layout, &item->memory), 0);
}

/* A string whose address is in the first object. */
static inline void stub_plan_inner(struct stub_memory_state *state, struct stub_random *random,
                                   struct stub_layout *layout)
{
    const struct stub_item *outer = &state->items[0];
    uint64_t start = outer->at + (uint64_t)outer->memory.low;
    if (state->n == 0 || outer->memory.is_string || outer->memory.size < 8 ||
        state->n == STUB_ITEMS_MAX || (outer->at && start - STUB_MEMORY > RUN_AREA - 512))
        return;
    uint32_t offset = stub_random(random, outer->memory.size - 7);
    struct stub_plan plan = {.item = {.memory = {.is_string = true, .size = 100}, .length = 100}};
    plan.address =
        (struct value_place){.kind = PLACE_POINTEE, .offset = outer->memory.low + (int32_t)offset};
    if (outer->at) {
        state->inner = plan.item.at = stub_random_address(random);
        state->inner_at = start + offset;
    }
    stub_plan_add(state, layout, &plan);
}

/* Adds memory to the layout, whose other members are set. `wanted` false: none. */
static inline void stub_memory_random(struct stub_memory_state *state, struct stub_layout *layout,
                                      struct stub_random *random, bool wanted)
{
    struct stub_plan plans[STUB_ITEMS_MAX];
    unsigned n = 0, objects;
    *state = (struct stub_memory_state){.is_return = layout->is_return};
    if (!wanted || stub_random(random, 2))
        return;
    state->content = stub_random(random, 1 << 30);
    objects = stub_random(random, 3);
    for (unsigned i = 0; i < objects + stub_random(random, 3) && n < STUB_ITEMS_MAX; i++)
        n += stub_plan_one(state, random, &plans[n], i >= objects);
    if (!layout->is_return)
        layout->integer_args |= state->set;
    for (unsigned i = 0; i < n; i++)
        stub_plan_add(state, layout, &plans[i]);
    stub_plan_inner(state, random, layout);
}

/* The bytes of a string that are read, with its NUL. */
static inline uint64_t stub_string_bytes(const struct stub_item *item)
{
    uint64_t n = 0, end = STUB_MEMORY + RUN_AREA;
    while (item->at && n < item->length && item->at + n < end)
        if (*(const char *)run_area(item->at + n++) == '\0')
            return n;
    return n;
}

static inline enum stub_memory_outcome stub_item_expected(const struct stub_item *item)
{
    uint64_t start = item->at + (uint64_t)(int64_t)item->memory.low - STUB_MEMORY;
    if (item->at == 0)
        return STUB_MEMORY_READ;
    if (item->at < 4096 || item->at >> 47)
        return STUB_MEMORY_STOPS;
    if (item->memory.is_string && item->length == 0)
        return STUB_MEMORY_READ;
    if (start >= RUN_AREA)
        return STUB_MEMORY_FAULTS;
    if (!item->memory.is_string)
        return start + item->memory.size <= RUN_AREA ? STUB_MEMORY_READ : STUB_MEMORY_FAULTS;
    uint64_t n = stub_string_bytes(item);
    bool ends = n == item->length || *(const char *)run_area(item->at + n - 1) == '\0';
    return ends ? STUB_MEMORY_READ : STUB_MEMORY_FAULTS;
}

/* After the page was made: the first copy that fails. */
static inline enum stub_memory_outcome stub_memory_expected(const struct stub_memory_state *state)
{
    for (unsigned i = 0; i < state->n; i++)
        if (stub_item_expected(&state->items[i]) != STUB_MEMORY_READ)
            return stub_item_expected(&state->items[i]);
    return STUB_MEMORY_READ;
}

/* Loads of objects are aligned as the objects are: see EFLAGS.AC. */
static inline bool stub_memory_aligned(const struct stub_memory_state *state)
{
    for (unsigned i = 0; i < state->n; i++)
        if (!state->items[i].memory.is_string)
            return false;
    return true;
}

/* The record has the copies, and nothing else. */
static inline void stub_memory_check(const char *name, const struct stub_memory_state *state,
                                     const struct stub_layout *layout,
                                     const struct ring_record *record)
{
    struct stub_layout without = *layout;
    without.n_memory = 0;
    size_t length = stub_record_size(&without), strings = 0;
    for (unsigned i = 0; i < state->n; i++) {
        const struct stub_item *item = &state->items[i];
        uint64_t start = item->at + (uint64_t)(int64_t)item->memory.low;
        uint64_t n = item->memory.is_string ? stub_string_bytes(item) : item->memory.size;
        uint8_t bytes[512];
        bool none = item->at == 0 || item->length == 0;
        if (item->memory.is_string)
            length += none ? 0 : (item->at % 8 + n + 7) / 8 * 8;
        else
            length += (n + 7) / 8 * 8;
        strings += item->memory.is_string;
        if (none)
            continue;
        size_t got = stub_record_memory(layout, record, start, bytes, n);
        ck_assert_msg(got == n, "%s: copy %u has %zu bytes, not %lu", name, i, got, n);
        ck_assert_msg(memcmp(bytes, run_area(start), n) == 0, "%s: copy %u is wrong", name, i);
    }
    length += strings ? 8 : 0;
    size_t is = stub_record_length(layout, record, RUN_AREA);
    ck_assert_msg(is == length, "%s: the record has %zu bytes, not %zu", name, is, length);
}

#endif
