/* SPDX-License-Identifier: MIT */
/*
 * What the programs that the engine is tested on have in common. Each is quick, ends by itself, and
 * prints one line for each of its functions that a test may trace:
 *
 *     NAME ENTRIES EXITS
 *
 * the numbers being counted by the functions themselves. Lines of a child process start with
 * "child:". At its exit it prints its state (state.h). What a program checks about itself it says
 * on stderr, and then exits with 99.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdatomic.h>

#include "report.h"
#include "state.h"

/* A function that is really called, each time, and has a name that dlsym() finds. */
#define TRACED __attribute__((noinline, visibility("default"), used))

typedef atomic_ulong counter;

#endif
