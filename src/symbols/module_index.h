/* SPDX-License-Identifier: MIT */
/*
 * An index of a process's files during a scan, by file and by load bias: there may be tens of
 * thousands of mappings, so that look-ups must not walk a list.
 */
#ifndef SYMBOLS_MODULE_INDEX_H
#define SYMBOLS_MODULE_INDEX_H

#include <stdbool.h>

#include "symbols/module.h"
#include "util/error.h"
#include "util/maps.h"
#include "util/table.h"

struct module_index {
    struct table modules; /* file and load bias -> index in the list of modules, plus 1 */
    struct table files;   /* file -> index of one of its modules, plus 1 */
    struct table others;  /* file -> a mapping of it; the file gives no module */
};

void module_index_free(struct module_index *index);

/* Whether the mapping belongs to a module in the list. */
bool module_index_has(const struct module_index *index, const struct modules *modules,
                      const struct map *map);
/* Whether a module in the list is that file with that load bias. */
bool module_index_has_bias(const struct module_index *index, const struct modules *modules,
                           const struct map *map, uint64_t bias);
/* The image of the mapped file; NULL: none of its modules is in the list. */
struct image *module_index_image(const struct module_index *index, const struct modules *modules,
                                 const struct map *map);
/* Adds the last module of the list. -ENOMEM. */
MUST_CHECK int module_index_add(struct module_index *index, const struct modules *modules);

/* Records that the file gives no module, whatever part of it is mapped. -ENOMEM. */
MUST_CHECK int module_index_leave_out(struct module_index *index, const struct map *map);
bool module_index_is_left_out(const struct module_index *index, const struct map *map);

#endif
