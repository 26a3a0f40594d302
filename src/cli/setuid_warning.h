/* SPDX-License-Identifier: MIT */
/* Warns that a traced program does not get the rights of its file. */
#ifndef CLI_SETUID_WARNING_H
#define CLI_SETUID_WARNING_H

/* Prints a warning if the program (searched in PATH as execvp(3) does) would get rights from its
   file that the kernel does not give it while we trace it. */
void setuid_warning_print(const char *program);

#endif
