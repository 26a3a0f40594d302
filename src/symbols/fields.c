/* SPDX-License-Identifier: MIT */
#include "symbols/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/abi/abi.h"
#include "symbols/event_names.h"
#include "symbols/value_places.h"

/* The fields of one event under construction. */
struct field_list {
    struct arena *arena;
    struct c_types *types;
    const struct function_context *context;
    size_t n;
    struct field fields[PROBE_FIELDS_MAX];
    struct pointees pointees;
    size_t reserved; /* fields that will be added after others */
    bool extras;     /* add names of functions, and memory behind addresses */
    bool limited;    /* add at most `spare` fields at the deepest level */
    size_t spare;
    bool overflow; /* a field of another level did not fit */
    /* The values that are not shown, or only in part. */
    const char *not_shown;
};

static int note_not_shown(struct field_list *list, const char *name)
{
    list->not_shown = list->not_shown ? arena_format(list->arena, "%s, %s", list->not_shown, name)
                                      : arena_strdup(list->arena, name);
    return list->not_shown ? 0 : -ENOMEM;
}

/* ---- values ---- */

/* "base_member"; `base` if there is no member. */
static const char *name_of(struct arena *arena, const char *base, const char *member)
{
    return member && *member ? arena_format(arena, "%s_%s", base, member) : base;
}

/* Returns 1 if the field was added at the end, 0 if there is no place for it. */
static int add_field(struct field_list *list, const char *base, const struct c_scalar *scalar,
                     const struct abi_location *at)
{
    struct field field = {
        .name = name_of(list->arena, base, scalar->name),
        .kind = scalar->kind,
        .is_signed = scalar->is_signed,
        .size = scalar->size,
        .bit = scalar->bit,
        .bits = scalar->bits,
        .unit = scalar->unit,
        .enumeration = scalar->enumeration,
    };
    if (!field.name)
        return -ENOMEM;
    if (list->n == PROBE_FIELDS_MAX || !value_places_scalar(&list->pointees, at, scalar, &field))
        return 0;
    list->fields[list->n++] = field;
    return 1;
}

/* Reserves room for a field that is not a value of the function's own. `depth`: levels of addresses
   still to be followed. The extra fields come last (extra_fields.h). */
static bool take_room(struct field_list *list, unsigned depth)
{
    enum { ROOM = PROBE_FIELDS_MAX - PROBE_EXTRAS_MAX };
    bool is_limited = list->limited && depth == 0;
    if (list->n + list->reserved < ROOM && !(is_limited && list->spare == 0)) {
        list->spare -= is_limited;
        return true;
    }
    list->overflow |= !is_limited;
    return false;
}

/* Adds the name of the function whose address is the last field. */
static int add_symbol_field(struct field_list *list, unsigned depth)
{
    const struct field *of = &list->fields[list->n - 1];
    struct field field = {.kind = VALUE_SYMBOL, .size = 8, .place = of->place};
    if (!take_room(list, depth))
        return 0;
    field.name = arena_format(list->arena, "%s_symbol", of->name);
    if (!field.name)
        return -ENOMEM;
    list->fields[list->n++] = field;
    return 0;
}

/* Adds the state of pointee number `pointee`, and makes it the guard of the fields from number
   `first` on, which lie there. */
static int add_state(struct field_list *list, const char *name, uint16_t pointee, size_t first)
{
    static const struct enum_label labels[] = {
        {"ok", POINTEE_READ}, {"null", POINTEE_NULL}, {"bad_address", POINTEE_BAD}};
    static const struct enum_type states = {.name = "address", .n_labels = 3, .labels = labels};
    struct field state = {
        .name = arena_format(list->arena, "%s_ptr", name),
        .kind = VALUE_ENUM,
        .size = 1,
        .enumeration = &states,
        .place = {.kind = PLACE_POINTEE_STATE, .index = pointee},
    };
    if (!state.name)
        return -ENOMEM;
    list->fields[list->n++] = state;
    for (size_t i = first; i + 1 < list->n; i++)
        if (list->fields[i].guard == 0)
            list->fields[i].guard = (uint8_t)list->n;
    return 0;
}

/* Adds the state of a parameter that lies behind an address without a field. If there is no room
   for the state, the fields are dropped: a reader could not tell whether they are valid. */
static int add_missing_state(struct field_list *list, const char *base,
                             const struct abi_location *at, size_t first)
{
    if (list->n == first)
        return 0;
    if (!take_room(list, 1)) {
        list->n = first;
        return note_not_shown(list, base);
    }
    for (size_t i = first; i < list->n; i++)
        list->fields[i].is_referred = list->fields[i].guard == 0;
    return add_state(list, base, value_places_pointee(&list->pointees, &at->place), first);
}

/* Adds the state of the last field if it lies behind a reference; only an incorrect program has
   NULL there. Text fields show by themselves that there is nothing. Returns 1, or 0 if the field is
   dropped. */
static int add_reference_state(struct field_list *list, const char *base,
                               const struct c_scalar *scalar, unsigned depth)
{
    struct field *field = &list->fields[list->n - 1];
    if (!scalar->referred || value_is_text(field->kind))
        return 1;
    if (!take_room(list, depth)) {
        list->n--;
        return 0;
    }
    const char *name = name_of(list->arena, base, scalar->reference_name);
    int r = name ? add_state(list, name, field->place.index, list->n - 1) : -ENOMEM;
    return r < 0 ? r : 1;
}

static int follow_pointer(struct field_list *list, const struct c_scalar *pointer, unsigned depth);

/* Adds the memory behind the address in the last field. */
static int add_target_field(struct field_list *list, const struct c_type *type, unsigned depth)
{
    const struct field pointer = list->fields[list->n - 1];
    const struct abi_location there = {.where = ABI_ADDRESS, .place = pointer.place};
    const char *alone = arena_format(list->arena, "%s_deref", pointer.name);
    size_t first = list->n;
    bool complete = !type->incomplete;
    if (!alone)
        return -ENOMEM;
    if (type->n_scalars == 0)
        return 0;
    bool has_room = take_room(list, depth); /* for the state */
    list->reserved += has_room;
    for (size_t i = 0; i < type->n_scalars; i++) {
        const struct c_scalar *scalar = &type->scalars[i];
        bool named = scalar->name && *scalar->name;
        int r = has_room && take_room(list, depth)
                    ? add_field(list, named ? pointer.name : alone, scalar, &there)
                    : 0;
        if (r > 0)
            r = add_reference_state(list, pointer.name, scalar, depth);
        complete &= r > 0;
        if (r > 0)
            r = follow_pointer(list, scalar, depth);
        if (r < 0)
            return r;
    }
    list->reserved -= has_room;
    int r = list->n > first
                ? add_state(list, pointer.name,
                            value_places_pointee(&list->pointees, &pointer.place), first)
                : 0;
    if (r < 0 || complete)
        return r;
    const char *name = arena_format(list->arena, "*%s", pointer.name);
    return name ? note_not_shown(list, name) : -ENOMEM;
}

/* Follows the scalar `pointer`, which is the last field, if it is an address. */
static int follow_pointer(struct field_list *list, const struct c_scalar *pointer, unsigned depth)
{
    const struct field *field = &list->fields[list->n - 1];
    if (!list->extras)
        return 0;
    if (pointer->is_code)
        return add_symbol_field(list, depth);
    if (!pointer->target || depth == 0 || field->place.kind == PLACE_NONE ||
        field->rest.kind != PLACE_NONE)
        return 0;
    Dwarf_Die target = *pointer->target;
    const struct c_type *type;
    int r = c_types_resolve(list->types, list->context, &target, &type);
    return r < 0 ? r : add_target_field(list, type, depth - 1);
}

static int add_value(struct field_list *list, const char *base, const struct c_type *type,
                     const struct abi_location *at, unsigned depth)
{
    bool complete = !type->incomplete && type->abi.shape != ABI_UNCLASSIFIED;
    for (size_t i = 0; i < type->n_scalars; i++) {
        size_t first = list->n;
        int r = add_field(list, base, &type->scalars[i], at);
        if (r > 0)
            r = add_reference_state(list, base, &type->scalars[i], depth + 1);
        if (r > 0)
            list->fields[first].is_referred = list->fields[first].guard != 0;
        complete &= r > 0;
        if (r > 0)
            r = follow_pointer(list, &type->scalars[i], depth);
        if (r < 0)
            return r;
    }
    return complete ? 0 : note_not_shown(list, base);
}

/* Adds the values of an event, following addresses `depth` times. */
typedef int add_values(struct field_list *list, const struct signature *signature, unsigned depth);

static int add_result(struct field_list *list, const struct signature *signature, unsigned depth)
{
    return add_value(list, "retval", signature->result, &signature->result_at, depth);
}

static int add_arguments(struct field_list *list, const struct signature *signature, unsigned depth)
{
    for (size_t i = 0; i < signature->n; i++) {
        const struct parameter *parameter = &signature->parameters[i];
        if (parameter->is_hidden)
            continue;
        const char *base = parameter->name && *parameter->name
                               ? parameter->name
                               : arena_format(list->arena, "arg%zu", i + 1);
        size_t first = list->n;
        int r = base ? add_value(list, base, parameter->type, &parameter->at, depth) : -ENOMEM;
        if (r == 0 && signature->quirks.may_be_missing && parameter->at.where == ABI_ADDRESS)
            r = add_missing_state(list, base, &parameter->at, first);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Copies the list to the arena for the probe, and empties it. */
static int store_fields(struct field_list *list, const struct field **fields, size_t *n,
                        const struct pointee **pointees, size_t *n_pointees)
{
    struct field *copy = arena_array(list->arena, list->n, sizeof(*copy));
    struct pointee *pointee_copy =
        arena_array(list->arena, list->pointees.n, sizeof(*pointee_copy));
    if (!copy || !pointee_copy)
        return -ENOMEM;
    if (list->n)
        memcpy(copy, list->fields, list->n * sizeof(*copy));
    if (list->pointees.n)
        memcpy(pointee_copy, list->pointees.items, list->pointees.n * sizeof(*pointee_copy));
    if (!event_names_fields(copy, list->n, list->arena))
        return -ENOMEM;
    *fields = copy;
    *n = list->n;
    *pointees = pointee_copy;
    *n_pointees = list->pointees.n;
    list->n = list->pointees.n = 0;
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

static uint16_t stack_bytes(const struct probe *probe)
{
    size_t end = 0;
    for (size_t i = 0; i < probe->n_args; i++) {
        size_t field = value_places_stack_end(&probe->args[i]);
        end = field > end ? field : end;
    }
    for (size_t i = 0; i < probe->n_arg_pointees; i++) {
        const struct value_place *address = &probe->arg_pointees[i].address;
        size_t word = address->kind == PLACE_STACK_ARG ? (size_t)address->offset + 8 : 0;
        end = word > end ? word : end;
    }
    return end < PROBE_STACK_MAX ? (uint16_t)end : PROBE_STACK_MAX;
}

/* Empties a list that was tried; keeps what the probe's other event added to not_shown. */
static void reset(struct field_list *list, const char *not_shown)
{
    list->n = list->pointees.n = list->reserved = 0;
    list->not_shown = not_shown;
    list->overflow = false;
}

/*
 * The function's own values come first, then memory behind one address, behind two, and so on. If
 * there is not room for all, the nearer values are shown: all levels that fit, and of the next
 * level as much as fits.
 */
static int fill_fields(struct field_list *list, add_values *add, const struct signature *signature)
{
    const struct value_options *value_options = &list->types->value_options;
    const char *not_shown = list->not_shown;
    list->extras = list->limited = false;
    int r = add(list, signature, 0);
    size_t taken = list->n;
    unsigned depth = 0;
    list->extras = value_options->deref || value_options->symbols;
    for (; r == 0 && list->extras && depth <= value_options->deref; depth++) {
        reset(list, not_shown);
        r = add(list, signature, depth);
        if (list->overflow)
            break;
        taken = list->n;
    }
    if (r < 0 || !list->overflow)
        return r;
    list->limited = true;
    list->spare = taken < PROBE_FIELDS_MAX ? PROBE_FIELDS_MAX - taken : 0;
    reset(list, not_shown);
    return add(list, signature, depth);
}

int fields_of_signature(struct probe *probe, const struct signature *signature,
                        struct c_types *types, struct arena *arena)
{
    struct field_list *list = calloc(1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    list->arena = arena;
    list->types = types;
    list->context = &signature->context;

    int r = fill_fields(list, add_arguments, signature);
    if (r == 0)
        r = store_fields(list, &probe->args, &probe->n_args, &probe->arg_pointees,
                         &probe->n_arg_pointees);
    const char *args_not_shown = list->not_shown;
    if (r == 0)
        r = fill_fields(list, add_result, signature);
    /* An empty class has nothing to show. */
    probe->result_unknown = list->n == 0 && list->not_shown != args_not_shown;
    if (r == 0)
        r = store_fields(list, &probe->rets, &probe->n_rets, &probe->ret_pointees,
                         &probe->n_ret_pointees);
    if (r < 0)
        goto out;
    probe->float_args = any_in_float_registers(probe->args, probe->n_args);
    probe->float_rets = any_in_float_registers(probe->rets, probe->n_rets);
    probe->stack_args = stack_bytes(probe);
    probe->not_shown = list->not_shown;
    probe->returns_not = signature->returns_not;
    probe->source = SIGNATURE_DWARF;
    probe->signature = signature->text;
out:
    free(list);
    return r;
}

int fields_without_signature(struct probe *probe, struct arena *arena)
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
    if (!event_names_fields(args, n, arena))
        return -ENOMEM;
    probe->args = args;
    probe->n_args = n;
    probe->rets = ret;
    probe->n_rets = 1;
    probe->source = SIGNATURE_NONE;
    return 0;
}
