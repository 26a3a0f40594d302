/* SPDX-License-Identifier: MIT */
#include "symbols/passing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* The maximum number of classes for which it is not known; each doubles the number of cases. */
enum { CLASSES_MAX = 4 };

/* A class is passed in the same way everywhere. */
struct unsure_classes {
    size_t n;
    const struct c_type *types[CLASSES_MAX];
};

static bool add_class(struct unsure_classes *classes, const struct c_type *type)
{
    if (!(type->abi.uncertain & ABI_MAY_BE_INDIRECT))
        return true;
    for (size_t i = 0; i < classes->n; i++)
        if (classes->types[i] == type)
            return true;
    if (classes->n == CLASSES_MAX)
        return false;
    classes->types[classes->n++] = type;
    return true;
}

/* The type when the classes in `mask` are passed by address. */
static struct abi_value value_of(const struct unsure_classes *classes, unsigned mask,
                                 const struct c_type *type)
{
    struct abi_value value = type->abi;
    if (!(value.uncertain & ABI_MAY_BE_INDIRECT))
        return value;
    value.shape = ABI_UNCLASSIFIED; /* more classes than the maximum */
    for (size_t i = 0; i < classes->n; i++)
        if (classes->types[i] == type)
            value.shape = mask & 1u << i ? ABI_INDIRECT : ABI_AGGREGATE;
    return value;
}

static struct abi_value result_of(const struct unsure_classes *classes, unsigned mask,
                                  const struct signature *signature)
{
    struct abi_value value = value_of(classes, mask, signature->result);
    /* The caller passes an address, as for a result of more than 16 bytes. */
    if (signature->context.returns_in_memory && value.shape == ABI_AGGREGATE)
        value.shape = value.n_parts ? ABI_INDIRECT : ABI_UNCLASSIFIED;
    return value;
}

/* Whether the classes in `mask` can be passed by address, given the locations of parameters in
   debug information and that the caller follows the ABI. */
static bool is_possible(const struct signature *signature, const struct unsure_classes *classes,
                        unsigned mask)
{
    for (size_t i = 0; i < signature->n && signature->quirks.abi_parameters; i++) {
        const struct parameter *parameter = &signature->parameters[i];
        enum abi_shape shape = value_of(classes, mask, parameter->type).shape;
        if ((parameter->type->abi.uncertain & ABI_MAY_BE_INDIRECT) &&
            ((shape == ABI_INDIRECT && parameter->passing == PASSING_DIRECT) ||
             (shape == ABI_AGGREGATE && parameter->passing == PASSING_INDIRECT)))
            return false;
    }
    return true;
}

/* `any`: there is a place to compare with. */
static void keep_same(struct abi_location *at, const struct abi_location *other, bool any)
{
    if (!any)
        *at = *other;
    else if (at->where != other->where || at->beyond != other->beyond ||
             at->element != other->element || at->n != other->n ||
             !place_is_same(&at->place, &other->place) ||
             !place_is_same(&at->second, &other->second))
        *at = (struct abi_location){0};
}

int passing_place(const struct signature *signature, struct abi_location *result_at,
                  struct abi_location *args_at)
{
    size_t n = signature->n;
    cleanup(cleanup_free) struct abi_value *values = calloc(n + 1, sizeof(*values));
    cleanup(cleanup_free) struct abi_location *at = calloc(n + 1, sizeof(*at));
    struct unsure_classes classes = {0};
    bool any = false;
    if (!values || !at)
        return -ENOMEM;
    memset(result_at, 0, sizeof(*result_at));
    if (n)
        memset(args_at, 0, n * sizeof(*args_at));
    bool all = add_class(&classes, signature->result);
    for (size_t i = 0; i < n && all; i++)
        all = add_class(&classes, signature->parameters[i].type);
    for (unsigned mask = 0; mask < 1u << classes.n; mask++) {
        struct abi_location result;
        struct abi_value result_value = result_of(&classes, mask, signature);
        if (!is_possible(signature, &classes, mask))
            continue;
        for (size_t i = 0; i < n; i++)
            values[i] = value_of(&classes, mask, signature->parameters[i].type);
        /* The compiler of a function that is only declared here is not known. */
        struct abi_quirks quirks = signature->quirks.abi;
        for (unsigned other = 0; other <= signature->is_declared; other++) {
            quirks.splits_int128 ^= other != 0;
            abi_place(&result_value, &result, values, n, quirks, at);
            for (size_t i = 0; i < n; i++)
                keep_same(&args_at[i], &at[i], any);
            keep_same(result_at, &result, any);
            any = true;
        }
    }
    return 0;
}
