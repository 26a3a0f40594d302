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
    /* Values that are not shown, or not in full. */
    const char *not_shown;
};

/* ---- places ---- */

/* Where the `size` bytes at `offset` of a value are that lies at `at`: *rest has those that are in
   a second register. false: nowhere, or not in one place. */
static bool place_bytes(const struct abi_location *at, uint64_t offset, uint64_t size,
                        struct value_place *place, struct value_place *rest)
{
    *place = at->place;
    *rest = (struct value_place){0};
    if (offset > PROBE_STACK_MAX || size > PROBE_STACK_MAX)
        return false;
    if (at->where == ABI_ADDRESS) {
        if (at->place.kind == PLACE_NONE || offset + size > PROBE_STACK_MAX)
            return false;
        offset += (uint64_t)(at->place.indirect ? at->place.beyond : 0);
        place->indirect = true;
        place->beyond = (int32_t)offset;
        return offset + size <= PROBE_STACK_MAX;
    }
    if (at->where == ABI_WHOLE) {
        switch (place->kind) {
        case PLACE_STACK_ARG:
            offset += (uint64_t)place->offset;
            place->offset = (int32_t)offset;
            return offset + size <= PROBE_STACK_MAX;
        case PLACE_X87_RET:
            place->index = (uint16_t)(offset / 16);
            return offset % 16 == 0 && offset < 32 && size == 16;
        case PLACE_INTEGER_ARG:
        case PLACE_INTEGER_RET:
            place->shift = (uint8_t)offset;
            return offset + size <= 8;
        case PLACE_FLOAT_ARG:
        case PLACE_FLOAT_RET:
            place->shift = (uint8_t)offset;
            return offset + size <= 16;
        case PLACE_NONE:
        case PLACE_FACT:
            break;
        }
        return false;
    }
    if (at->where != ABI_PIECES || offset + size > 16)
        return false;
    if (offset >= 8)
        *place = at->second;
    else if (offset + size > 8)
        *rest = at->second;
    place->shift = offset % 8;
    if (place->kind == PLACE_STACK_ARG)
        place->offset += place->shift;
    return place->kind != PLACE_NONE && (offset >= 8 || offset + size <= 8 || rest->kind);
}

static bool place_reference(const struct abi_location *at, const struct c_scalar *scalar,
                            struct field *field)
{
    struct value_place rest;
    if (!place_bytes(at, scalar->reference, 8, &field->place, &rest) || rest.kind ||
        field->place.indirect || scalar->offset + 8 > PROBE_STACK_MAX)
        return false;
    field->second = field->place;
    field->place.indirect = true;
    field->place.beyond = (int32_t)scalar->offset;
    if (!scalar->has_second)
        field->second.kind = PLACE_NONE;
    else if (scalar->second + 8 > PROBE_STACK_MAX)
        return false;
    field->second.indirect = true;
    field->second.beyond = (int32_t)scalar->second;
    return true;
}

/* Sets where the scalar of a value is that lies at `at`. */
static bool place_scalar(const struct abi_location *at, const struct c_scalar *scalar,
                         struct field *field)
{
    struct value_place rest;
    uint64_t size = scalar->bits ? (scalar->bit + scalar->bits + 7u) / 8u : scalar->size;
    if (scalar->referred)
        return place_reference(at, scalar, field);
    if (!place_bytes(at, scalar->offset, size, &field->place, &field->rest))
        return false;
    return !scalar->has_second ||
           (place_bytes(at, scalar->second, 8, &field->second, &rest) && !rest.kind);
}

/* ---- fields ---- */

static int note_not_shown(struct field_list *list, const char *name)
{
    list->not_shown = list->not_shown ? arena_format(list->arena, "%s, %s", list->not_shown, name)
                                      : arena_strdup(list->arena, name);
    return list->not_shown ? 0 : -ENOMEM;
}

/* 1: added; 0: there is no place for it. */
static int add_field(struct field_list *list, const char *base, const struct c_scalar *scalar,
                     const struct abi_location *at)
{
    struct field field = {
        .name = base,
        .kind = scalar->kind,
        .is_signed = scalar->is_signed,
        .size = scalar->size,
        .bit = scalar->bit,
        .bits = scalar->bits,
        .unit = scalar->unit,
        .enumeration = scalar->enumeration,
    };
    if (list->n == PROBE_FIELDS_MAX || !place_scalar(at, scalar, &field))
        return 0;
    if (scalar->name && *scalar->name)
        field.name = arena_format(list->arena, "%s_%s", base, scalar->name);
    if (!field.name)
        return -ENOMEM;
    list->fields[list->n++] = field;
    return 1;
}

static int add_value(struct field_list *list, const char *base, const struct c_type *type,
                     const struct abi_location *at)
{
    bool complete = !type->incomplete && type->abi.shape != ABI_UNCLASSIFIED;
    for (size_t i = 0; i < type->n_scalars; i++) {
        int r = add_field(list, base, &type->scalars[i], at);
        if (r < 0)
            return r;
        complete &= r > 0;
    }
    return complete ? 0 : note_not_shown(list, base);
}

/* Whether a value of the type can lie there: what debug information says is not taken on trust. */
static bool fits(const struct abi_location *at, const struct c_type *type)
{
    const struct abi_value *value = &type->abi;
    if (value->shape == ABI_VOID || value->shape == ABI_UNCLASSIFIED)
        return false;
    if (at->where == ABI_ADDRESS || at->place.kind == PLACE_STACK_ARG)
        return true;
    if (value->shape == ABI_INDIRECT)
        return false;
    if (at->where == ABI_PIECES)
        return value->size > 8 && value->size <= 16;
    for (size_t i = 0; i < value->n_parts; i++)
        if (value->parts[i].kind == ABI_EXTENDED)
            return false;
    bool is_scalar = value->shape == ABI_SCALAR && value->n_parts == 1,
         is_integer = is_scalar && value->parts[0].kind == ABI_INTEGER,
         is_float = is_scalar && !is_integer;
    if (at->place.kind == PLACE_INTEGER_ARG)
        return value->size <= 8 && !is_float;
    return !is_integer && (value->size <= 8 || is_scalar);
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
        struct abi_location found = parameter->at;
        /* What is passed by invisible reference is never among the arguments itself: LLVM says
           where the reference lies. */
        if (parameter->type->abi.shape == ABI_INDIRECT && found.where == ABI_WHOLE &&
            found.place.kind == PLACE_STACK_ARG)
            found.where = ABI_ADDRESS;
        bool is_whole = found.where == ABI_PIECES
                            ? found.place.kind != PLACE_NONE && found.second.kind != PLACE_NONE
                            : found.where != ABI_NOWHERE;
        if (!fits(&found, parameter->type))
            found = (struct abi_location){0};
        if (!(is_whole && found.where) && signature->trust.parameters)
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

static bool is_in_float_register(const struct value_place *place)
{
    return place->kind == PLACE_FLOAT_ARG || place->kind == PLACE_FLOAT_RET ||
           place->kind == PLACE_X87_RET;
}

static bool any_in_float_registers(const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_in_float_register(&fields[i].place) || is_in_float_register(&fields[i].rest))
            return true;
    return false;
}

static uint64_t stack_end(const struct value_place *place, uint64_t size)
{
    return place->kind == PLACE_STACK_ARG
               ? (uint64_t)place->offset + (place->indirect ? sizeof(uint64_t) : size)
               : 0;
}

static uint16_t stack_bytes(const struct field *fields, size_t n)
{
    uint64_t end = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t place = stack_end(&fields[i].place, field_bytes(&fields[i])),
                 rest = stack_end(&fields[i].rest, sizeof(uint64_t)),
                 second = stack_end(&fields[i].second, sizeof(uint64_t));
        end = place > end ? place : end;
        end = rest > end ? rest : end;
        end = second > end ? second : end;
    }
    return end < PROBE_STACK_MAX ? (uint16_t)end : PROBE_STACK_MAX;
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
    abi_place(&signature->result->abi, &result_at, values, signature->n, signature->trust.habits,
              at);

    r = add_arguments(list, signature, at);
    if (r == 0)
        r = keep(list, &probe->args, &probe->n_args);
    list->n = 0;
    if (r == 0) {
        static const struct abi_location unknown;
        r = add_value(list, "retval", signature->result,
                      signature->trust.result ? &result_at : &unknown);
    }
    if (r == 0)
        r = keep(list, &probe->rets, &probe->n_rets);
    if (r < 0)
        goto out;
    probe->float_args = any_in_float_registers(probe->args, probe->n_args);
    probe->float_rets = any_in_float_registers(probe->rets, probe->n_rets);
    probe->stack_args = stack_bytes(probe->args, probe->n_args);
    probe->not_shown = list->not_shown;
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
