/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jump_values.h"

#include <stdint.h>

#include "model/field.h"
#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/stub.h"
#include "ptrace/jumps/ring_memory.h"

enum { MASK_BITS = 8 };

static const char RESOLVER[] = "it is the resolver of an indirect function";

/* The fields of an event. */
struct fields {
    const struct field *all;
    size_t n;
    const struct pointee *pointees;
    size_t n_pointees;
};

static struct fields argument_fields(const struct probe *probe)
{
    return (struct fields){probe->args, probe->n_args, probe->arg_pointees, probe->n_arg_pointees};
}

static struct fields result_fields(const struct probe *probe)
{
    return (struct fields){probe->rets, probe->n_rets, probe->ret_pointees, probe->n_ret_pointees};
}

/* ---- registers */

/* The registers that places are in. */
struct needs {
    unsigned integers, floats; /* masks */
    const char *obstacle;      /* a place that no stub records, or NULL */
};

static void need_place(struct needs *needs, const struct value_place *place)
{
    switch (place->kind) {
    case PLACE_NONE:
    case PLACE_STACK_ARG:
    case PLACE_POINTEE:
    case PLACE_POINTEE_STATE:
        break;
    case PLACE_INTEGER_ARG:
    case PLACE_INTEGER_RET:
        if (place->index < MASK_BITS)
            needs->integers |= 1u << place->index;
        else
            needs->obstacle = "a value is in a register that stubs do not record";
        break;
    case PLACE_FLOAT_ARG:
    case PLACE_FLOAT_RET:
        if (place->index < MASK_BITS)
            needs->floats |= 1u << place->index;
        else
            needs->obstacle = "a value is in a register that stubs do not record";
        break;
    case PLACE_X87_RET:
        needs->obstacle = "the result is in an x87 register";
        break;
    case PLACE_RESULT_ADDRESS:
        needs->obstacle = "the result is in memory";
        break;
    case PLACE_EXTRA:
        if (place->index == EXTRA_STACK)
            needs->obstacle = "a call chain is wanted";
        if (place->index == EXTRA_CPU)
            needs->obstacle = "the time on a CPU is wanted, which only the kernel knows";
        break;
    }
}

static struct needs needs_of(const struct fields *fields)
{
    struct needs needs = {0};
    for (size_t i = 0; i < fields->n_pointees && !needs.obstacle; i++)
        need_place(&needs, &fields->pointees[i].address);
    for (size_t i = 0; i < fields->n && !needs.obstacle; i++) {
        const struct field *field = &fields->all[i];
        need_place(&needs, &field->place);
        need_place(&needs, &field->rest);
        need_place(&needs, &field->second);
    }
    return needs;
}

/* ---- memory */

static bool add(struct stub_layout *layout, struct stub_memory *memory,
                const struct value_place *address, const char **reason)
{
    size_t at = stub_layout_offset(layout, address);
    *reason = "a value is behind an address that stubs do not record";
    if (at == 0)
        return false;
    memory->address = (uint16_t)at;
    *reason = "more memory is wanted than a stub copies";
    return stub_layout_add(layout, memory) == 0 && stub_record_size(layout) <= RING_RECORD_MAX;
}

static bool add_string(struct stub_layout *layout, const struct field *field, size_t limit,
                       const char **reason)
{
    struct stub_memory memory = {.size = (uint16_t)limit, .is_string = true};
    *reason = "a string is of wide characters";
    if (field->unit > 1)
        return false;
    if (field->second.kind != PLACE_NONE) {
        size_t length = stub_layout_offset(layout, &field->second);
        *reason = "the length of a string is not in a word that stubs record";
        if (length == 0)
            return false;
        memory.length = (uint16_t)length;
    }
    return add(layout, &memory, &field->place, reason);
}

/* The pointees come first, each with its own number: stub_layout_offset(). */
static bool add_memory(struct stub_layout *layout, const struct fields *fields, size_t limit,
                       const char **reason)
{
    for (size_t i = 0; i < fields->n_pointees; i++) {
        const struct pointee *pointee = &fields->pointees[i];
        struct stub_memory memory = {.size = pointee->size, .low = pointee->low};
        if (!add(layout, &memory, &pointee->address, reason))
            return false;
    }
    for (size_t i = 0; i < fields->n; i++)
        if (fields->all[i].kind == VALUE_STRING && fields->all[i].place.kind != PLACE_EXTRA &&
            !add_string(layout, &fields->all[i], limit, reason))
            return false;
    *reason = NULL;
    return true;
}

/* ---- probes */

bool jump_layout_of_return(const struct probe *probe, size_t limit, struct stub_layout *layout,
                           bool *floats, const char **reason)
{
    const struct fields results = result_fields(probe);
    const struct needs needs = needs_of(&results);
    *floats = needs.floats != 0;
    *reason = needs.obstacle;
    /* What it returns is armed before the program calls it. */
    if (probe->resolves)
        *reason = RESOLVER;
    if (!*reason && ((needs.integers | needs.floats) & ~3u))
        *reason = "the result is in a register that stubs do not record";
    return !*reason && add_memory(layout, &results, limit, reason);
}

bool jump_layout_of_entry(const struct probe *probe, unsigned kinds, size_t limit,
                          struct stub_layout *layout, const char **reason)
{
    struct stub_layout back = {.is_return = true};
    bool floats;
    *layout = (struct stub_layout){0};
    if (probe->resolves) {
        *reason = RESOLVER;
        return false;
    }
    if ((kinds & HIT_EXIT) && !jump_layout_of_return(probe, limit, &back, &floats, reason))
        return false;
    if (!(kinds & HIT_ENTRY))
        return true;
    const struct fields arguments = argument_fields(probe);
    const struct needs needs = needs_of(&arguments);
    size_t words = (probe->stack_args + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    *reason = needs.obstacle ? needs.obstacle : "more of the stack is wanted than a stub copies";
    if (needs.obstacle || words > STUB_STACK_WORDS_MAX)
        return false;
    layout->integer_args = (uint8_t)needs.integers;
    layout->float_args = (uint8_t)needs.floats;
    layout->stack_words = (uint16_t)words;
    return add_memory(layout, &arguments, limit, reason);
}
