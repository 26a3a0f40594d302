/* SPDX-License-Identifier: MIT */
/*
 * One pattern of the user's: what -f, -x and a line of a file of patterns take.
 *
 * A pattern is ERE[@GLOB]: the ERE must match a whole name without parameters, the GLOB the module.
 * Besides, it is read as what the tracer prints of a function: the name with its parameters, in
 * front of it "MODULE:", behind it "_entry" or "_exit" of an event, or "@GLOB". All readings count:
 * a function is selected if it is meant by one of them.
 *
 * ADDRESS@GLOB means the function that starts at that address of the module's file: hexadecimal
 * digits after "0x". Such text has no other reading.
 *
 * Functions without a symbol are named by their address, "sub_4a10". A reading means them only if
 * it has a module and its ERE, or an alternative in it, begins with "sub_"; or by their address.
 */
#ifndef SYMBOLS_FUNCTION_PATTERN_H
#define SYMBOLS_FUNCTION_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/module_names.h"
#include "symbols/printed_name.h"
#include "util/error.h"

struct function_pattern;

/* How functions without a symbol are named, before their address in the file in hexadecimal. */
#define UNNAMED_PREFIX "sub_"

/* -EINVAL: the text has no reading; `err` has the reason. */
MUST_CHECK int function_pattern_parse(const char *text, struct function_pattern **pattern,
                                      struct error *err);
void function_pattern_free(struct function_pattern *pattern);

/* As the user wrote it. */
const char *function_pattern_text(const struct function_pattern *pattern);
/* The part that is for the name, without "_entry" or "_exit": an ERE, or a name as it is printed.
 */
const char *function_pattern_name(const struct function_pattern *pattern);
/* The part that is for the module; NULL: there is none. */
const char *function_pattern_module(const struct function_pattern *pattern);
/* The address that it means, also as "sub_4a10@GLOB"; 0: it means none. */
uint64_t function_pattern_address(const struct function_pattern *pattern);
/* Whether it has a module. */
bool function_pattern_names_module(const struct function_pattern *pattern);

/* Whether it could mean a function of the module. */
bool function_pattern_matches_module(const struct function_pattern *pattern,
                                     const struct module_names *module);
/* Whether it means the function with these names. */
bool function_pattern_matches(const struct function_pattern *pattern,
                              const struct printed_name *names, size_t n,
                              const struct module_names *module);
/* The same for the function without a symbol of this name. */
bool function_pattern_matches_unnamed(const struct function_pattern *pattern,
                                      const struct printed_name *name,
                                      const struct module_names *module);
/* Whether it could mean functions without a symbol of the module. */
bool function_pattern_names_unnamed(const struct function_pattern *pattern,
                                    const struct module_names *module);

/* Whether it may mean the function by its name in events, if that is another than its name
   (printed_name_is_told_apart()). */
bool function_pattern_may_be_event(const struct function_pattern *pattern,
                                   const struct printed_name *names, size_t n,
                                   const struct module_names *module);
/* Whether it means the function that has this name in events. */
bool function_pattern_is_event(const struct function_pattern *pattern, const char *name,
                               const struct module_names *module);

#endif
