/* SPDX-License-Identifier: MIT */
/* What names the metadata of a CTF trace can hold, as LTTng writes and babeltrace2 reads it. */
#ifndef UTIL_CTF_NAME_H
#define UTIL_CTF_NAME_H

#include <stdbool.h>

/*
 * Whether the metadata's lexer takes the field's name for a keyword: LTTng writes '_' in front of
 * it, and CTF 1.8.3 (appendix C.1.1 "Lexical elements", 6.4.1 of C99) has the keywords _Bool,
 * _Complex and _Imaginary.
 */
bool ctf_name_is_keyword(const char *name);

/*
 * Whether a structure cannot have a field `later` behind one that is named `earlier`. babeltrace2
 * 2.0 takes the '_' off that LTTng writes in front of a name, but compares a name as it is written
 * with those that it has read (visitor-generate-ir.c, visit_struct_decl_field()):
 * "__x", read as "_x", is in the way of "_x", which would be read as "x".
 */
bool ctf_names_clash(const char *earlier, const char *later);

#endif
