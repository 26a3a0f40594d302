/* SPDX-License-Identifier: MIT */
/*
 * Who called: under sudo, the sessions are those of the user who typed the command. The tracer
 * becomes that user, for whatever it does with LTTng and with files, and keeps of root only what
 * ptrace needs.
 */
#ifndef CLI_SUDO_USER_H
#define CLI_SUDO_USER_H

#include "util/error.h"

/*
 * Under sudo by an ordinary user: changes to that user and group and sets HOME to the user's. Of
 * root's capabilities only those stay permitted that tracing takes, and none is in effect
 * (util/capabilities.h, docs/rights.md). Else does nothing. Call while there is one thread.
 */
MUST_CHECK int sudo_user_become(struct error *err);

/* The home directory that LTTng's files are in: $LTTNG_HOME, else $HOME, else the user's; NULL when
   there is none. Lives as long as the environment stays. */
const char *sudo_user_home(void);

#endif
