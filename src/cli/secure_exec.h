/* SPDX-License-Identifier: MIT */
/*
 * Running with more rights than the caller: by file capabilities (setcap(8)) or a set-user-ID bit,
 * which ld.so(8) calls secure-execution mode. The dynamic linker then takes variables away that
 * could make a program load what its caller likes. Before anything else runs, more of them are
 * taken away here, and the capabilities are no more in effect: see util/capabilities.h for where
 * they are. The program that is traced has none of these rights and is to find its environment as
 * it is without a tracer.
 */
#ifndef CLI_SECURE_EXEC_H
#define CLI_SECURE_EXEC_H

/*
 * In secure-execution mode: the environment as execve(2) was given it. An array that the caller
 * frees, of strings that stay. Else, or when memory is out, NULL: `environ` is all there is. To be
 * called before anything reorders argv.
 */
char **secure_exec_environment(int argc, char **argv);

#endif
