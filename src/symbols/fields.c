#include "symbols/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/abi.h"
#include "symbols/names.h"
#include "util/vec.h"

struct field_list {
    struct arena *arena;
    size_t n;
    struct field fields[PROBE_FIELDS_MAX];
};

/* Where the scalar of a value that lies at `at` is. */
static struct value_place scalar_place(const struct abi_location *at, const struct c_scalar *scalar)
{
    static const struct value_place nowhere;
    struct value_place place = at->place;
    if (at->where == ABI_WHOLE && place.kind == PLACE_STACK_ARG) {
        uint64_t offset = (uint64_t)place.offset + scalar->offset;
        if (offset + scalar->size > PROBE_STACK_MAX)
            return nowhere;
        place.offset = (int32_t)offset;
        return place;
    }
    if (at->where == ABI_WHOLE && place.kind == PLACE_X87_RET)
        return scalar->offset == 0 && scalar->size == 16 ? place : nowhere;
    if (at->where != ABI_WHOLE && at->where != ABI_PIECES)
        return nowhere;

    if (at->where == ABI_PIECES && scalar->offset >= 8)
        place = at->second;
    uint64_t within = at->where == ABI_PIECES ? scalar->offset % 8 : scalar->offset;
    if (scalar->offset >= 16 || within + scalar->size > 8)
        return nowhere;
    place.shift = (uint8_t)within;
    return place;
}

static int add_field(struct field_list *list, const char *base, const struct c_scalar *scalar,
                     struct value_place place)
{
    if (place.kind == PLACE_NONE || list->n == PROBE_FIELDS_MAX)
        return 0;
    const char *name = base;
    if (scalar->name && *scalar->name)
        name = arena_format(list->arena, "%s_%s", base, scalar->name);
    if (!name)
        return -ENOMEM;
    list->fields[list->n++] = (struct field){
        .name = name,
        .kind = scalar->kind,
        .size = scalar->size,
        .is_signed = scalar->is_signed,
        .enumeration = scalar->enumeration,
        .place = place,
    };
    return 0;
}

static int add_value(struct field_list *list, const char *base, const struct c_type *type,
                     const struct abi_location *at)
{
    /* The value lies in memory, and what is passed is where. */
    static const struct c_scalar address = {.kind = VALUE_POINTER, .size = 8};
    if (at->where == ABI_ADDRESS)
        return add_field(list, base, &address, at->place);
    for (size_t i = 0; i < type->n_scalars; i++) {
        const struct c_scalar *scalar = &type->scalars[i];
        int r = add_field(list, base, scalar, scalar_place(at, scalar));
        if (r < 0)
            return r;
    }
    return 0;
}

/* Where debug information has the parameter, if it is a scalar and in a simple place. */
static struct abi_location location_of(const struct parameter *parameter)
{
    struct abi_location at = {.where = ABI_NOWHERE};
    const struct abi_value *value = &parameter->type->abi;
    if (value->shape != ABI_SCALAR || value->n_parts != 1 || parameter->type->n_scalars != 1)
        return at;
    bool is_float = value->parts[0].kind == ABI_FLOAT,
         is_integer = value->parts[0].kind == ABI_INTEGER;
    enum place_kind kind = parameter->place.kind;
    if (kind == PLACE_STACK_ARG || (kind == PLACE_FLOAT_ARG && is_float) ||
        (kind == PLACE_INTEGER_ARG && is_integer))
        at = (struct abi_location){.where = ABI_WHOLE, .place = parameter->place};
    return at;
}

static int add_arguments(struct field_list *list, const struct signature *signature,
                         const struct abi_location *at)
{
    for (size_t i = 0; i < signature->n; i++) {
        const struct parameter *parameter = &signature->parameters[i];
        if (parameter->is_hidden)
            continue;
        /* What debug information says is of this very function. Where it says nothing (unoptimised
           code spills its parameters after the entry), and the caller knows nothing but the ABI,
           the ABI tells. */
        struct abi_location found = location_of(parameter);
        if (found.where == ABI_NOWHERE && signature->trusted)
            found = at[i];
        const char *base = parameter->name && *parameter->name
                               ? parameter->name
                               : arena_format(list->arena, "arg%zu", i + 1);
        int r = base ? add_value(list, base, parameter->type, &found) : -ENOMEM;
        if (r < 0)
            return r;
    }
    return 0;
}

/* Moves the list to where the probe's fields live. */
static int keep(struct field_list *list, const struct field **fields, size_t *n)
{
    struct field *copy = arena_array(list->arena, list->n, sizeof(*copy));
    if (!copy)
        return -ENOMEM;
    if (list->n)
        memcpy(copy, list->fields, list->n * sizeof(*copy));
    if (!names_fields(copy, list->n, list->arena))
        return -ENOMEM;
    *fields = copy;
    *n = list->n;
    return 0;
}

static bool any_in_float_registers(const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].place.kind == PLACE_FLOAT_ARG || fields[i].place.kind == PLACE_FLOAT_RET ||
            fields[i].place.kind == PLACE_X87_RET)
            return true;
    return false;
}

int fields_of_signature(struct probe *probe, const struct signature *signature, struct arena *arena)
{
    struct abi_value *values = calloc(signature->n + 1, sizeof(*values));
    struct abi_location *at = calloc(signature->n + 1, sizeof(*at));
    struct field_list *list = calloc(1, sizeof(*list));
    int r = -ENOMEM;
    if (!values || !at || !list)
        goto out;
    list->arena = arena;

    for (size_t i = 0; i < signature->n; i++)
        values[i] = signature->parameters[i].type->abi;
    struct abi_location result_at;
    abi_place(&signature->result->abi, &result_at, values, signature->n, at);

    r = add_arguments(list, signature, at);
    if (r == 0)
        r = keep(list, &probe->args, &probe->n_args);
    list->n = 0;
    if (r == 0 && signature->result_trusted)
        r = add_value(list, "retval", signature->result, &result_at);
    if (r == 0)
        r = keep(list, &probe->rets, &probe->n_rets);
    if (r < 0)
        goto out;
    probe->float_args = any_in_float_registers(probe->args, probe->n_args);
    probe->float_rets = any_in_float_registers(probe->rets, probe->n_rets);
    probe->returns_not = signature->returns_not;
    probe->source = SIGNATURE_DWARF;
    probe->signature = signature->text;
out:
    free(values);
    free(at);
    free(list);
    return r;
}

int fields_of_nothing(struct probe *probe, struct arena *arena)
{
    unsigned n = abi_integer_arguments();
    struct field *args = arena_array(arena, n, sizeof(*args));
    struct field *ret = arena_alloc(arena, sizeof(*ret));
    if (!args || !ret)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        args[i] = (struct field){
            .kind = VALUE_WORD,
            .size = 8,
            .place = {.kind = PLACE_INTEGER_ARG, .index = (uint16_t)i},
        };
    *ret = (struct field){
        .name = "retval", .kind = VALUE_WORD, .size = 8, .place = {.kind = PLACE_INTEGER_RET}};
    if (!names_fields(args, n, arena))
        return -ENOMEM;
    probe->args = args;
    probe->n_args = n;
    probe->rets = ret;
    probe->n_rets = 1;
    probe->source = SIGNATURE_NONE;
    return 0;
}
