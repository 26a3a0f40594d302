/* SPDX-License-Identifier: MIT */
#ifndef UNIT_PLACES_H
#define UNIT_PLACES_H

/* What describe_fields() writes on this architecture for what it writes on x86-64. */
static inline const char *placed(const char *text)
{
    return text;
}

/* Whether the places of arguments depend on whether the result is in memory. */
enum { RESULT_MOVES_ARGUMENTS = 1 };

#endif
