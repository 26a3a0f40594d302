/* SPDX-License-Identifier: MIT */
/*
 * A code map: the address ranges of all modules of one process, to name code addresses. The
 * engine's thread updates it when modules change; any thread may look up.
 */
#ifndef SYMBOLS_CODE_MAP_H
#define SYMBOLS_CODE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "symbols/module.h"
#include "util/addr.h"

struct code_map;

/* NULL: out of memory. */
struct code_map *code_map_new(void);
/* `map` may be NULL. No other thread may use it. */
void code_map_free(struct code_map *map);

/* Replaces all modules by these n, in any order. If memory runs out, the map becomes empty. */
void code_map_set(struct code_map *map, const struct module *const *modules, size_t n);

/*
 * Writes the name of the code at `at` to out (of `size` bytes, NUL included, at least 64), as
 * image_name_code() does. An address in no file is written in hexadecimal: "0x7f0012345678".
 * Returns the length. Allocates nothing once the file's symbols are sorted and the name is made.
 */
size_t code_map_name(struct code_map *map, target_addr at, bool is_return, char *out, size_t size);

/* Whether a module has code at `at`, whatever is mapped there now. Allocates nothing. */
bool code_map_is_code(struct code_map *map, target_addr at);

#endif
