/* SPDX-License-Identifier: MIT */
/*
 * The symbolic links through which a process has reached its files: /usr/bin/python3 is python3.11.
 * What the process says of itself may be wrong: only paths that lead to the file now count.
 */
#ifndef SYMBOLS_LINK_NAMES_H
#define SYMBOLS_LINK_NAMES_H

#include <sys/types.h>

#include "symbols/elf/process_root.h"
#include "symbols/module.h"
#include "util/error.h"

/*
 * Adds to the names of the program that the process executes the name that was given to execve(2)
 * (AT_EXECFN: getauxval(3)), and its first argument, which for a script is that of the interpreter.
 * -ENOMEM.
 */
MUST_CHECK int link_names_of_program(struct image *program, pid_t pid,
                                     const struct process_root *root);

/*
 * Adds to the names of libraries the paths by which the dynamic linker found them: its list for
 * debuggers (struct r_debug of link.h), which DT_DEBUG of `program` leads to. -ENOMEM.
 */
MUST_CHECK int link_names_of_libraries(const struct modules *modules, const struct module *program,
                                       pid_t pid, const struct process_root *root);

#endif
