/* SPDX-License-Identifier: MIT */
/*
 * What a field of an event is to the others. A trace has names and types alone; the tracer's names
 * tell the rest (symbols/fields.c, symbols/extra_fields.c).
 */
#ifndef ANALYSIS_FIELD_ROLES_H
#define ANALYSIS_FIELD_ROLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "model/probe.h"

/* The extra fields that no entry has. */
#define FIELD_ROLES_EXIT_ONLY (1u << EXTRA_DURATION | 1u << EXTRA_CPU)

/*
 * The extra fields (--with) that the event can end with, as a mask of 1 << enum extra_field. What
 * follows `retval` in an exit is certain; the last parameters of an entry may have the same names
 * and types: field_roles_set_extras() says which are extra fields.
 */
unsigned field_roles_extras(const struct field *fields, size_t n, bool is_exit);

/* Makes extra fields of the last ones, which are those of `mask`. Sets extras[] to their indices,
   or -1. Returns their number; 0, with nothing changed, if the fields do not end with all of
   them. */
size_t field_roles_set_extras(struct field *fields, size_t n, unsigned mask,
                              int16_t extras[PROBE_EXTRAS_MAX]);

/* Finds the states of pointees, the fields that they are of (`guard`, `is_referred`), and the names
   of code addresses (VALUE_SYMBOL). */
void field_roles_set_pointees(struct field *fields, size_t n);

#endif
