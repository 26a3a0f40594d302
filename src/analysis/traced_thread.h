/* SPDX-License-Identifier: MIT */
/* A thread of a traced program, as the contexts of events tell. */
#ifndef ANALYSIS_TRACED_THREAD_H
#define ANALYSIS_TRACED_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { THREAD_NAME_SIZE = 17 /* LTTng's procname */ };

/*
 * Valid in a callback, and as long as a call of the thread is open. Later the same pid and tid may
 * be another struct: a consumer that counts by threads has its own table by (host, pid, tid).
 */
struct traced_thread {
    uint32_t host;               /* a number for each host name in the traces, from 0 */
    pid_t pid;                   /* vpid; 0: not recorded */
    pid_t tid;                   /* vtid; 0: not recorded */
    char name[THREAD_NAME_SIZE]; /* procname of the last event; "": not recorded */
    /* In lone_exit(): it is of a call that was passed to left(), when more were open than are
       followed. */
    bool is_late_exit;
};

#endif
