/* SPDX-License-Identifier: MIT */
/*
 * What is known of the files of a process while its mappings are gone through, by file and by
 * place: there may be tens of thousands of mappings, and no look-up walks over them.
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
    struct table others;  /* file -> a mapping of it: no module can be made of the file */
};

void module_index_free(struct module_index *index);

/* Whether the mapping belongs to a module that is in the list. */
bool module_index_has(const struct module_index *index, const struct modules *modules,
                      const struct map *map);
/* Whether a module that is in the list is that file with that load bias. */
bool module_index_has_bias(const struct module_index *index, const struct modules *modules,
                           const struct map *map, uint64_t bias);
/* The image of the file that is mapped, NULL: none of its modules is in the list. */
struct image *module_index_image(const struct module_index *index, const struct modules *modules,
                                 const struct map *map);
/* The module that was just added to the list. -ENOMEM. */
MUST_CHECK int module_index_add(struct module_index *index, const struct modules *modules);

/* No module can be made of the file, whatever part of it is mapped. -ENOMEM. */
MUST_CHECK int module_index_leave_out(struct module_index *index, const struct map *map);
bool module_index_is_left_out(const struct module_index *index, const struct map *map);

#endif
