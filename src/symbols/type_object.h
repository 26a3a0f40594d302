/* SPDX-License-Identifier: MIT */
/*
 * A type object: an ELF file with debug information of functions that are defined elsewhere, and
 * have no debug information there. It is a relocatable file, a library or a program. Declarations
 * count as well as definitions; of a C compiler, they have no names of parameters: see
 * symbols/type_lines.h, which not every type object has.
 */
#ifndef SYMBOLS_TYPE_OBJECT_H
#define SYMBOLS_TYPE_OBJECT_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "symbols/signature.h"
#include "symbols/type_lines.h"
#include "util/error.h"

struct type_object;

/*
 * Reads the file open as `fd`; the caller keeps the descriptor. `path` is for messages. `reader`
 * has the arena and the options for its types. -ENOEXEC: not an ELF file; -ENOTSUP: of another
 * machine; -ENODATA: it has no debug information; -EBADMSG: it is damaged, which is logged; or
 * another negative errno.
 */
MUST_CHECK int type_object_open(struct type_object **object, int fd, const char *path,
                                const struct signature_reader *reader, struct error *err);
void type_object_free(struct type_object *object);

const char *type_object_path(const struct type_object *object);
/* The reader of its signatures. */
struct signature_reader *type_object_reader(struct type_object *object);

/*
 * Finds what is known of the function with that symbol, whose version is `version`, in a module
 * with that DT_SONAME (both NULL if there is none): a definition, else a declaration. *line is its
 * line, or NULL if the object has no lines. The first look-up reads the file's units.
 */
enum type_found { TYPE_UNKNOWN, TYPE_DECLARED, TYPE_DEFINED };
enum type_found type_object_find(struct type_object *object, const char *symbol,
                                 const char *version, const char *soname, Dwarf_Die *die,
                                 const struct type_line **line);

#endif
