/* SPDX-License-Identifier: MIT */
/* Handling one stop: decides by its kind, and calls the file for it. */
#ifndef PTRACE_CONTROL_DISPATCH_H
#define PTRACE_CONTROL_DISPATCH_H

#include "ptrace/os/wait_status.h"

struct engine;

/* Handles one stop and resumes the thread, on its owner's thread. Lower layers, which handle stops
   while they wait, call it as engine.handle_stop. */
void dispatch_stop(struct engine *engine, const struct stop *stop);

#endif
