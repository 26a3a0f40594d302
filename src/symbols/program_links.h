/* SPDX-License-Identifier: MIT */
/* The symbolic links through which a process was started: /usr/bin/python3 is python3.11. */
#ifndef SYMBOLS_PROGRAM_LINKS_H
#define SYMBOLS_PROGRAM_LINKS_H

#include <sys/types.h>

#include "symbols/elf/process_root.h"
#include "symbols/image.h"
#include "util/error.h"

/*
 * Adds to the names of the program that the process executes the name that was given to execve(2)
 * (AT_EXECFN: getauxval(3)), and its first argument, which for a script is that of the interpreter.
 * The process can have overwritten both: only paths that lead to the program's file now count.
 * -ENOMEM.
 */
MUST_CHECK int program_links_learn(struct image *program, pid_t pid,
                                   const struct process_root *root);

#endif
