/* SPDX-License-Identifier: MIT */
/* The writer: the thread that writes the files of all traces. */
#ifndef TP_CTF_CTF_WRITER_H
#define TP_CTF_CTF_WRITER_H

#include <pthread.h>

#include "tp/ctf/ctf_event.h"
#include "tp/ctf/ctf_pool.h"
#include "tp/ctf/ctf_trace_files.h"
#include "tp/ctf/ctf_wakeup.h"

struct ctf_writer {
    struct ctf_events events;
    struct ctf_pool pool;
    struct ctf_wakeup wakeup;
    uint32_t n_cpus;
    pthread_t thread;
    bool started;

    pthread_mutex_t
        lists; /* who adds events, traces and channels; not held while files are written */
    _Atomic(struct ctf_trace *) traces;

    pthread_mutex_t requests;
    pthread_cond_t served_changed;
    _Atomic uint64_t requested;
    uint64_t served; /* under `requests` */
    _Atomic bool ending;
};

/* Waits for a pass of all traces that begins now. */
void ctf_writer_pass(struct ctf_writer *writer);

#endif
