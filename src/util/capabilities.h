/* SPDX-License-Identifier: MIT */
/*
 * The capabilities (capabilities(7)) of a tracer with more rights than the user who runs it:
 * because of its file (setcap(8)), or because it was root before it became the user who called
 * sudo. They stay permitted, and become effective only where they are needed. Files named by the
 * user or by an environment variable are opened with the user's own rights. All functions act on
 * the calling thread; threads that it creates inherit its sets.
 *
 * In a process that gave up nothing (root's own), all capabilities are always effective.
 */
#ifndef UTIL_CAPABILITIES_H
#define UTIL_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

/* Clears the effective set; the permitted set stays. Negative errno. */
MUST_CHECK int capabilities_lower(void);

/*
 * Makes the capabilities effective that tracing always needs: to attach (CAP_SYS_PTRACE), to kill
 * the program that was started (CAP_KILL), to bind threads to CPUs (CAP_SYS_NICE). None of them
 * opens another user's file.
 */
void capabilities_raise_tracing(void);

/* Gives up all capabilities but those for tracing, for good. None of these is effective or
   inheritable then. Negative errno. */
MUST_CHECK int capabilities_keep(void);

/* Whether the capability of this number (linux/capability.h) is permitted. */
bool capabilities_permit(int capability);

/* The capabilities that the scope made effective. */
struct target_rights {
    uint64_t raised;
} __attribute__((unused)); /* clang warns that a variable with only a cleanup is unused */

/*
 * Makes CAP_DAC_OVERRIDE, CAP_CHECKPOINT_RESTORE and CAP_SYS_PTRACE effective, as far as they are
 * permitted, so that files of traced processes can be opened while the variable is in scope:
 *
 *     cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
 *
 * The scope must contain only the one call that opens such a file, and only a path that cannot lead
 * elsewhere: never a name from the user, a file or an environment variable, and no library function
 * that may open other files.
 */
struct target_rights target_rights_begin(void);
void target_rights_end(const struct target_rights *rights);

#endif
