/* SPDX-License-Identifier: MIT */
/*
 * Runs with more rights than the caller: file capabilities (setcap(8)) or a set-user-ID bit, the
 * secure-execution mode of ld.so(8). The dynamic linker then removes variables that could make the
 * process load the caller's code. This removes more of them before any other code runs, and makes
 * the capabilities ineffective: see util/capabilities.h for where they are used. The traced program
 * has none of these rights and gets its unchanged environment.
 */
#ifndef CLI_SECURE_EXEC_H
#define CLI_SECURE_EXEC_H

/*
 * In secure-execution mode: the environment as given to execve(2). The caller frees the array, not
 * the strings. NULL: not in that mode, or out of memory; use `environ`. Call it before argv is
 * permuted.
 */
char **secure_exec_environment(int argc, char **argv);

#endif
