/* SPDX-License-Identifier: MIT */
/*
 * For whom a thread of the tracer speaks. liblttng-ust's contexts `vtid`, `vpid` and `procname` ask
 * gettid(), getpid() and pthread_getname_np() about who emits; all are found through the dynamic
 * linker, where the executable comes first (ld.so(8), "global scope"). So the executable defines
 * them: they answer for the traced thread while a thread of the tracer emits for it, and the truth
 * otherwise, to the threads by which liblttng-ust registers with session daemons among others.
 *
 * For the same reason the executable defines poll(), with which liblttng-ust waits for room in a
 * ring of a channel that may block: so long as a thread emits, it waits there no longer than it
 * may.
 */
#ifndef TP_IDENTITY_OVERRIDE_H
#define TP_IDENTITY_OVERRIDE_H

#include <stdbool.h>
#include <sys/types.h>

enum { THREAD_NAME_MAX = 16 }; /* NUL included, as prctl(2) PR_GET_NAME */

struct identity_override {
    pid_t tid;                  /* 0: the thread speaks for itself */
    pid_t pid;                  /* likewise */
    bool pid_asked;             /* set when getpid() has answered `pid` */
    int may_wait_ms;            /* how long it may still wait for room in rings, speaking */
    char name[THREAD_NAME_MAX]; /* "": its own */
    void (*asked)(void *data);  /* called before gettid() answers `tid`; may be NULL */
    void *data;
};

/* The calling thread's own; it lives as long as the thread. */
typedef struct identity_override *thread_face_function(void);

/* Exported by the executable under this name, so that the back end finds it with dlsym(). */
#define THREAD_FACE_SYMBOL "ptrace_tracer_identity_override"
struct identity_override *ptrace_tracer_identity_override(void);

#endif
