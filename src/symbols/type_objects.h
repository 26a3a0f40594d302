/* SPDX-License-Identifier: MIT */
/*
 * The type objects of a catalog: those that the user gave, in their order, and after them those of
 * a directory, which are opened when a library has a function without debug information. Protected
 * by the catalog's lock.
 *
 * A type object tells of a function only where it cannot be another one: of a symbol that other
 * modules see, in its default version. Where its lines name a library (DT_SONAME) and a version,
 * both must be the symbol's. A function without debug information may have another name than the
 * symbol that is known: two names of one address are one function.
 */
#ifndef SYMBOLS_TYPE_OBJECTS_H
#define SYMBOLS_TYPE_OBJECTS_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "symbols/image_internal.h"
#include "symbols/type_object.h"
#include "util/error.h"

/* What is known of a function. */
struct typed_function {
    struct type_object *object;
    Dwarf_Die die;
    const struct type_line *line; /* NULL: none */
};

/* Finds the types of the image's function: by the name `first` before its others, but a definition
   before a declaration. */
bool type_objects_find(const struct image *image, const struct function *function,
                       const struct alias *first, struct typed_function *typed);
/* Frees all. */
void type_objects_free(struct type_objects *objects);

#endif
