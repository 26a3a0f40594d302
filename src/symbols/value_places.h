/* SPDX-License-Identifier: MIT */
/* Where the scalars of a value lie, given where the value does. */
#ifndef SYMBOLS_VALUE_PLACES_H
#define SYMBOLS_VALUE_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/probe.h"
#include "symbols/abi/abi.h"
#include "symbols/types/ctype.h"

/* The pointees of one event. Starts zeroed. */
struct pointees {
    size_t n;
    struct pointee items[PROBE_POINTEES_MAX];
};

/*
 * Sets the field's places to where the scalar of a value is that lies at `at`; a pointee is added,
 * or grows, where that is behind an address. false: nobody can tell where it is, or not in one
 * piece, or it is too far away.
 */
bool value_places_scalar(struct pointees *pointees, const struct abi_location *at,
                         const struct c_scalar *scalar, struct field *field);

/* The number of the pointee behind the address that lies at `address`; pointees->n: there is none.
 */
uint16_t value_places_pointee(const struct pointees *pointees, const struct value_place *address);

/* The bytes above the first stack argument that the field's places reach to. */
size_t value_places_stack_end(const struct field *field);

#endif
