/* SPDX-License-Identifier: MIT */
/* Under sudo, the tracer uses the sessions and files of the user who called sudo. It becomes that
   user, and keeps only the capabilities that ptrace needs. */
#ifndef CLI_SUDO_USER_H
#define CLI_SUDO_USER_H

#include "util/error.h"

/*
 * Under sudo, called by an ordinary user: changes to that user and group, and sets HOME. Only the
 * capabilities for tracing stay permitted, and none stays effective (util/capabilities.h,
 * docs/rights.md). Otherwise does nothing. Call it while there is one thread.
 */
MUST_CHECK int sudo_user_become(struct error *err);

/* The home directory for LTTng: $LTTNG_HOME, else $HOME, else that of the user database; NULL:
   there is none. Valid until the environment changes. */
const char *sudo_user_home(void);

#endif
