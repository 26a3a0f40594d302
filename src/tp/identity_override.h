/* SPDX-License-Identifier: MIT */
/*
 * The identity that a thread of the tracer shows to liblttng-ust. The contexts `vtid`, `vpid` and
 * `procname` call gettid(), getpid() and pthread_getname_np(). The dynamic linker finds these in
 * the executable first (ld.so(8), "global scope"), so the executable defines them: while a thread
 * of the tracer emits a hit, they answer for the traced thread. Otherwise, and in all other
 * threads, they return the real values.
 *
 * For the same reason the executable defines poll(), in which liblttng-ust waits for space in a
 * ring buffer of a blocking channel: an emitting thread waits there no longer than it may.
 */
#ifndef TP_IDENTITY_OVERRIDE_H
#define TP_IDENTITY_OVERRIDE_H

#include <stdbool.h>
#include <sys/types.h>

enum { THREAD_NAME_MAX = 16 }; /* NUL included, as prctl(2) PR_GET_NAME */

struct identity_override {
    pid_t tid;          /* 0: the real one */
    pid_t pid;          /* 0: the real one */
    bool getpid_called; /* set when getpid() has returned `pid` */
    int may_wait_ms;    /* how long it may still wait for ring buffer space while it emits */
    char name[THREAD_NAME_MAX];    /* "": the real one */
    void (*on_gettid)(void *data); /* called before gettid() returns `tid`; may be NULL */
    void *data;
};

/* Returns that of the calling thread. It is valid until the thread ends. */
typedef struct identity_override *identity_override_function(void);

/* Exported by the executable under this name; the back end finds it with dlsym(). */
#define IDENTITY_OVERRIDE_SYMBOL "ptrace_tracer_identity_override"
struct identity_override *ptrace_tracer_identity_override(void);

#endif
