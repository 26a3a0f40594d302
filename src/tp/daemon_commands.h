/* SPDX-License-Identifier: MIT */
/*
 * What the session daemon tells liblttng-ust: that a session is started or stopped, a rule enabled
 * or disabled. liblttng-ust's listener threads receive that by recvmsg(), which the executable
 * defines, as it does with gettid() (tp/identity_override.h): so the tracer can do something before
 * a command has an effect. `lttng stop` and the like return only when it has had it.
 */
#ifndef TP_DAEMON_COMMANDS_H
#define TP_DAEMON_COMMANDS_H

/* Calls before_command(data), in a thread of liblttng-ust, each time that something was received.
   liblttng-ust's lock may be held then: it must not wait for long for a thread that may want that.
   NULL: ends this; no call is left when it returns. */
void daemon_commands_watch(void (*before_command)(void *data), void *data);

#endif
