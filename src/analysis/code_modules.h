/* SPDX-License-Identifier: MIT */
/*
 * Which modules were mapped where, as liblttng-ust records it (lttng_ust_statedump, lttng_ust_lib):
 * to tell which code an address in an event is.
 */
#ifndef ANALYSIS_CODE_MODULES_H
#define ANALYSIS_CODE_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event_source.h"
#include "analysis/trace_reader.h"

struct code_modules;

/* NULL: out of memory. */
struct code_modules *code_modules_new(void);
void code_modules_free(struct code_modules *modules);
/* 0, or -ENOMEM. Of more than 4096 modules of a process the later ones are left out.
 *is_new_program: the event shows that the process runs another program than before. */
MUST_CHECK int code_modules_change(struct code_modules *modules, const struct module_event *event,
                                   const struct event_origin *origin, bool *is_new_program);
/* Fills in place->path, base and is_pic. The path is valid until the modules are freed. */
void code_modules_find(const struct code_modules *modules, const struct event_origin *origin,
                       struct code_address *place);

/* The function that an address was found to be in; NULL: not known yet, or modules have changed. */
struct traced_function *code_modules_known(const struct code_modules *modules,
                                           const struct event_origin *origin, uint64_t address);
MUST_CHECK int code_modules_remember(struct code_modules *modules,
                                     const struct event_origin *origin, uint64_t address,
                                     struct traced_function *function);

#endif
