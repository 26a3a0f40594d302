/* SPDX-License-Identifier: MIT */
/*
 * Common code of the programs that the engine is tested on. Each is quick, ends by itself, and
 * prints one line for each of its functions that a test may trace:
 *
 *   NAME ENTRIES EXITS
 *
 * with the function's own counts. Lines of a child process start with "child:". At exit it prints
 * its state (state.h). Failed checks of its own go to stderr, with exit status 99.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdatomic.h>

#include "report.h"
#include "state.h"

/* A function that is really called each time, and that dlsym() finds. */
#define TRACED __attribute__((noinline, visibility("default"), used))

typedef atomic_ulong counter;

#endif
