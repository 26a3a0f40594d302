/* SPDX-License-Identifier: MIT */
/* The places of a value's scalars, from the place of the value. */
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
 * Sets the field's places for the scalar of a value that lies at `at`. A scalar behind an address
 * adds or extends a pointee. false: the place is not known, is not contiguous, or is too far away.
 */
bool value_places_scalar(struct pointees *pointees, const struct abi_location *at,
                         const struct c_scalar *scalar, struct field *field);

/* The index of the pointee whose address lies at `address`; pointees->n: there is none. */
uint16_t value_places_pointee(const struct pointees *pointees, const struct value_place *address);

/* The end of the field's places, in bytes above the first stack argument. */
size_t value_places_stack_end(const struct field *field);

#endif
