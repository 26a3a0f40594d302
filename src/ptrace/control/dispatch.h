/* SPDX-License-Identifier: MIT */
/* Handling one stop: what has stopped is told apart here, and each kind goes to its own file. */
#ifndef PTRACE_CONTROL_DISPATCH_H
#define PTRACE_CONTROL_DISPATCH_H

#include "ptrace/os/wait_status.h"

struct engine;

/* Handles one stop and resumes the thread, on the thread of its owner: engine.serve_stop, for those
   below that have to serve stops while they wait. */
void dispatch_stop(struct engine *engine, const struct stop *stop);

#endif
