/* SPDX-License-Identifier: MIT */
/*
 * The capabilities (capabilities(7)) of a tracer that has more rights than the user who runs it: by
 * its file (setcap(8)), or because it was root before it became the user who called sudo. They stay
 * permitted, and take effect only where they are needed: whatever a user names, or an environment
 * variable does, is opened with the user's own rights. All functions are about the calling thread,
 * and those that it starts inherit what it has then.
 *
 * A process that never gave up anything (root's own) has all of it in effect, always.
 */
#ifndef UTIL_CAPABILITIES_H
#define UTIL_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

/* Takes effect from all; they can be raised again. Negative errno. */
MUST_CHECK int capabilities_lower(void);

/*
 * What tracing takes at any time is in effect from here on: to attach (CAP_SYS_PTRACE), to end the
 * program that was started (CAP_KILL), to bind threads to CPUs (CAP_SYS_NICE). None of them opens
 * another user's file.
 */
void capabilities_raise_tracing(void);

/* Gives up for good all but what tracing takes; of that nothing is in effect, and none of it is
   inheritable. Negative errno. */
MUST_CHECK int capabilities_keep(void);

/* Whether the capability of this number (linux/capability.h) is permitted. */
bool capabilities_permit(int capability);

/* Those that the scope has raised. */
struct target_rights {
    uint64_t raised;
} __attribute__((unused)); /* clang: a variable that is only cleaned up is not unused */

/*
 * While the variable that this initializes is in scope, files of traced processes can be opened:
 *
 *     cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
 *
 * (CAP_DAC_OVERRIDE, CAP_CHECKPOINT_RESTORE and CAP_SYS_PTRACE, as far as they are permitted.) Only
 * the one call that opens such a file belongs into the scope, and only where the path cannot lead
 * elsewhere: never what a user, a file's content or an environment variable has named, and no call
 * of a library's that might open what it likes.
 */
struct target_rights target_rights_begin(void);
void target_rights_end(const struct target_rights *rights);

#endif
