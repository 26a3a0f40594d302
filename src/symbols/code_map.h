/* SPDX-License-Identifier: MIT */
/*
 * A code map: which file's code lies where in one process, to give addresses their names. It is
 * told of all modules whenever they change, on the engine's thread; it is asked from any thread.
 */
#ifndef SYMBOLS_CODE_MAP_H
#define SYMBOLS_CODE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "symbols/module.h"
#include "util/addr.h"

struct code_map;

/* NULL when memory is out. */
struct code_map *code_map_new(void);
/* NULL is fine. Nobody may be asking. */
void code_map_free(struct code_map *map);

/* From here on these n modules, in any order, are all there are. Out of memory, there are none. */
void code_map_set(struct code_map *map, const struct module *const *modules, size_t n);

/*
 * Writes what stands at `at` into out (of `size` bytes, NUL included, at least 64) as
 * image_name_code() does; what lies in no file is hex: "0x7f0012345678". Returns the length. Once
 * a file's symbols are sorted and the name is made, nothing is allocated.
 */
size_t code_map_name(struct code_map *map, target_addr at, bool is_return, char *out, size_t size);

/* Whether a module was loaded with code at `at`, whatever is mapped there now. Nothing is
 * allocated. */
bool code_map_is_code(struct code_map *map, target_addr at);

#endif
