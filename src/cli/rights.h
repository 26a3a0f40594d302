/* What a program loses by being traced. */
#ifndef CLI_RIGHTS_H
#define CLI_RIGHTS_H

/* Says so, in one line, when the program (found in PATH as execvp(3) would) would get rights from
   its file that the kernel does not give it while we trace it. */
void rights_warn(const char *program);

#endif
