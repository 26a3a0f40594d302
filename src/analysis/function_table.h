/* SPDX-License-Identifier: MIT */
/*
 * The functions that a trace has events of. Each is stored once, whatever the number of its event
 * classes (of several traces, or of an entry and an exit), and has an index, so that consumers can
 * keep what they know of functions in arrays.
 */
#ifndef ANALYSIS_FUNCTION_TABLE_H
#define ANALYSIS_FUNCTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Where a function's events are from. */
enum function_origin {
    FUNCTION_BY_NAME,    /* MODULE:NAME_entry and MODULE:NAME_exit */
    FUNCTION_BY_ADDRESS, /* lttng_ust_cyg_profile, lttng_ust_cyg_profile_fast */
};

struct traced_function {
    uint32_t id;        /* from 0, without gaps, in the order in which they were met */
    const char *module; /* the provider: "mylib"; "" if an address is in no known module */
    const char *name; /* "my_traced_function", as in the event's name; "0x55d0..." without a name */
    enum function_origin origin;
    bool selected;               /* by the options' `selects`; true without it */
    bool has_entries, has_exits; /* such an event of it is known: in the metadata, or seen */
    uint64_t exits;              /* that were read so far */
};

struct function_table;

/* NULL: out of memory. `selects` may be NULL: all are. */
struct function_table *
function_table_new(bool (*selects)(void *data, const char *module, const char *name), void *data);
void function_table_free(struct function_table *table);

/* The function of that name, which is added if it is new. The strings are copied. NULL: out of
   memory. It stays where it is until the table is freed. */
struct traced_function *function_table_intern(struct function_table *table, const char *module,
                                              const char *name, enum function_origin origin);

size_t function_table_count(const struct function_table *table);
/* id < count */
struct traced_function *function_table_at(const struct function_table *table, uint32_t id);

#endif
