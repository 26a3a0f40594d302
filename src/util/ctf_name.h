/* SPDX-License-Identifier: MIT */
/* Restrictions on names in the metadata of a CTF trace, as written by LTTng and read by
   babeltrace2. */
#ifndef UTIL_CTF_NAME_H
#define UTIL_CTF_NAME_H

#include <stdbool.h>

/*
 * Whether the field name is a keyword for the metadata's lexer: LTTng writes '_' before each name,
 * and CTF 1.8.3 (appendix C.1.1 "Lexical elements", 6.4.1 of C99) has the keywords _Bool, _Complex
 * and _Imaginary.
 */
bool ctf_name_is_keyword(const char *name);

/*
 * Whether a structure with a field `earlier` cannot have a field `later` after it. babeltrace2 2.0
 * removes the '_' that LTTng writes before a name, but compares a name as written with those it has
 * already stripped (visitor-generate-ir.c, visit_struct_decl_field()): "__x", stored as "_x",
 * clashes with "_x", which would be stored as "x".
 */
bool ctf_names_clash(const char *earlier, const char *later);

#endif
