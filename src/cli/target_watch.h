/* SPDX-License-Identifier: MIT */
/* Watches functions of a target's modules that the tracer itself needs. */
#ifndef CLI_TARGET_WATCH_H
#define CLI_TARGET_WATCH_H

#include "cli/target.h"

/*
 * Watches those of these functions that the module has: the dynamic linker's hook (`on_libraries`
 * is called there, with the target as data), functions that change the disposition or mask of
 * SIGTRAP, and functions that leave calls without returning from them.
 */
void target_watch(struct target *target, const struct module *module, watch_reached *on_libraries);

/* Whether the module has LeakSanitizer, and it is enabled in the process. */
bool target_checks_leaks(const struct target *target, const struct module *module);

#endif
