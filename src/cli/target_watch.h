/* SPDX-License-Identifier: MIT */
/* What a target watches in its modules, whichever functions are traced. */
#ifndef CLI_TARGET_WATCH_H
#define CLI_TARGET_WATCH_H

#include "cli/target.h"

/* Watches in the module what it has of: the dynamic linker's hook (on_libraries is called there,
   with the target as data), functions that change what SIGTRAP does, and those that leave calls
   without returning from them. */
void target_watch(struct target *target, const struct module *module, watch_reached *on_libraries);

/* Whether the module has LeakSanitizer, and it is not switched off in the process. */
bool target_checks_leaks(const struct target *target, const struct module *module);

#endif
