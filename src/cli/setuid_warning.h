/* SPDX-License-Identifier: MIT */
/* What a program loses by being traced. */
#ifndef CLI_SETUID_WARNING_H
#define CLI_SETUID_WARNING_H

/* Says so, in one line, when the program (found in PATH as execvp(3) would) would get rights from
   its file that the kernel does not give it while we trace it. */
void setuid_warning_print(const char *program);

#endif
