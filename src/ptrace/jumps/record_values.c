/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/record_values.h"

#include <string.h>

enum { WORD = 8, FLOAT_ROOM = 16, WORD_BITS = 64 };

/* Some bytes of a record. */
struct record_range {
    size_t at, size;
};

static struct record_range word_range(size_t index, size_t n)
{
    return (struct record_range){sizeof(struct ring_record) + WORD * index, n};
}

static unsigned count_below(unsigned mask, unsigned n)
{
    return (unsigned)__builtin_popcount(mask & ((1u << n) - 1));
}

/* Where the register or the stack arguments are, after the order of struct stub_layout. Of size 0
   if they are not recorded. */
static struct record_range find_range(const struct value_place *place,
                                      const struct stub_layout *layout)
{
    unsigned integers = (unsigned)__builtin_popcount(layout->integer_args);
    unsigned floats = (unsigned)__builtin_popcount(layout->float_args);
    enum { OF_FLOAT = FLOAT_ROOM / WORD, MASK_BITS = 8, RETURN_WORDS = 2 };
    const struct record_range none = {0, 0};
    if (place->index >= MASK_BITS && place->kind != PLACE_STACK_ARG)
        return none;
    switch (place->kind) {
    case PLACE_INTEGER_ARG:
        return layout->integer_args & 1u << place->index
                   ? word_range(count_below(layout->integer_args, place->index), WORD)
                   : none;
    case PLACE_FLOAT_ARG:
        return layout->float_args & 1u << place->index
                   ? word_range(integers + OF_FLOAT * count_below(layout->float_args, place->index),
                                FLOAT_ROOM)
                   : none;
    case PLACE_STACK_ARG:
        return word_range(integers + OF_FLOAT * floats, WORD * (size_t)layout->stack_words);
    case PLACE_INTEGER_RET:
        if (place->index == 0)
            return (struct record_range){offsetof(struct ring_record, link), WORD};
        return place->index == 1 ? word_range(1, WORD) : none;
    case PLACE_FLOAT_RET:
        return place->index < 2
                   ? word_range(RETURN_WORDS + (size_t)OF_FLOAT * place->index, FLOAT_ROOM)
                   : none;
    default:
        return none;
    }
}

static bool plan_value(struct record_value *value, const struct field *field,
                       const struct stub_layout *layout)
{
    size_t n = field_bytes(field);
    int64_t start = field->place.kind == PLACE_STACK_ARG ? field->place.offset : field->place.shift;
    const struct record_range range = find_range(&field->place, layout);
    bool is_float = field->kind == VALUE_FLOAT;
    if (value_is_text(field->kind) || field->kind == VALUE_COUNT || n == 0 || n > WORD ||
        field->rest.kind != PLACE_NONE || (is_float && n != sizeof(float) && n != sizeof(double)) ||
        start < 0 || (uint64_t)start + n > range.size)
        return false;
    unsigned bits = field->bits ? field->bits : (unsigned)n * 8;
    unsigned bit = field->bits ? field->bit & 7u : 0;
    *value = (struct record_value){
        .at = (uint16_t)(range.at + (uint64_t)start),
        .left = (uint8_t)(WORD_BITS - bit - bits),
        .right = (uint8_t)(WORD_BITS - bits),
        .is_signed = field->is_signed && !is_float,
        .is_bool = field->kind == VALUE_BOOL,
        .is_float = is_float && n == sizeof(float),
    };
    return bit + bits <= WORD_BITS;
}

void record_plan_make(struct record_plan *plan, const struct probe *probe, enum hit_kind kind,
                      const struct stub_layout *layout, uint64_t generation)
{
    bool entry = kind == HIT_ENTRY;
    const struct field *fields = entry ? probe->args : probe->rets;
    size_t n = entry ? probe->n_args : probe->n_rets;
    size_t n_extras = entry ? probe->n_arg_extras : probe->n_ret_extras;
    *plan = (struct record_plan){.probe = probe, .generation = generation};
    for (size_t i = n - n_extras; i < n; i++)
        if (fields[i].place.index == EXTRA_STACK)
            return;
    n -= n_extras;
    if (n > RECORD_VALUES_MAX)
        return;
    for (size_t i = 0; i < n; i++) {
        if (!plan_value(&plan->values[i], &fields[i], layout))
            return;
        plan->has_floats = plan->has_floats || fields[i].place.kind == PLACE_FLOAT_RET;
    }
    plan->n = (uint8_t)n;
    plan->is_direct = true;
}

const struct record_plan *record_plan_of_returns(struct record_plans *plans,
                                                 const struct probe *probe)
{
    static const struct stub_layout RETURN = {.is_return = true, .return_floats = true};
    uint64_t hash = (uint64_t)(uintptr_t)probe * UINT64_C(0x9e3779b97f4a7c15);
    struct record_plan *plan = &plans->returns[(hash >> 32) % RECORD_PLANS_KEPT];
    if (plan->probe != probe || plan->generation != plans->generation)
        record_plan_make(plan, probe, HIT_EXIT, &RETURN, plans->generation);
    return plan;
}

static uint64_t double_of_float(uint64_t word)
{
    uint32_t bits = (uint32_t)word;
    float narrow;
    memcpy(&narrow, &bits, sizeof(narrow));
    double wide = (double)narrow;
    memcpy(&word, &wide, sizeof(word));
    return word;
}

void record_values_set(const struct record_plan *plan, const struct ring_record *record,
                       uint64_t *values)
{
    for (unsigned i = 0; i < plan->n; i++) {
        const struct record_value *value = &plan->values[i];
        uint64_t word;
        memcpy(&word, (const uint8_t *)record + value->at, sizeof(word));
        word <<= value->left;
        word = value->is_signed ? (uint64_t)((int64_t)word >> value->right) : word >> value->right;
        if (value->is_bool)
            word = word != 0;
        else if (value->is_float)
            word = double_of_float(word);
        values[i] = word;
    }
}
