/* SPDX-License-Identifier: MIT */
/* A pager for long output on a terminal, as git(1) has one: $PAGER, else less. */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

#include <stdio.h>
#include <sys/types.h>

/* All zero: there is none. */
struct pager {
    FILE *stream; /* to write to */
    pid_t pid;
};

/* Starts the pager if standard output and standard input are terminals. Without one, also if it
   cannot be started or PAGER is empty or "cat", pager->stream is NULL. */
void pager_start(struct pager *pager);
/* Closes the stream and waits until the user has left the pager. 0, or a negative errno of writing;
   -EPIPE: the user has left before the end; -ENOEXEC: the pager cannot be run. */
int pager_end(struct pager *pager);

#endif
