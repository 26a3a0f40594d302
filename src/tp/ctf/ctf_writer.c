/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "util/cpus.h"

enum { CPUS_IF_UNKNOWN = 64 };

static struct ctf_trace *first_trace(const struct ctf_writer *writer)
{
    return atomic_load_explicit(&writer->traces, memory_order_acquire);
}

static bool pass_all(struct ctf_writer *writer, bool now)
{
    bool news = false;
    atomic_store_explicit(&writer->wakeup.n_full, 0, memory_order_relaxed);
    for (struct ctf_trace *trace = first_trace(writer); trace; trace = trace->next)
        news |= ctf_trace_pass(trace, now);
    return news;
}

/* Until the next trace wants to try again; -1: none does. */
static int retry_in(const struct ctf_writer *writer)
{
    int soonest = -1;
    for (struct ctf_trace *trace = first_trace(writer); trace; trace = trace->next) {
        int ms = ctf_trace_retry_in(trace);
        if (ms >= 0 && (soonest < 0 || ms < soonest))
            soonest = ms;
    }
    return soonest;
}

static void answer(struct ctf_writer *writer, uint64_t requested)
{
    pthread_mutex_lock(&writer->requests);
    writer->served = requested;
    pthread_cond_broadcast(&writer->served_changed);
    pthread_mutex_unlock(&writer->requests);
}

static void *writer_main(void *data)
{
    struct ctf_writer *writer = data;
    struct ctf_wakeup *wakeup = &writer->wakeup;
    enum ctf_sleep state = CTF_AWAKE;
    uint64_t served = 0;
    prctl(PR_SET_NAME, "ctf-writer");
    for (;;) {
        bool ending = atomic_load(&writer->ending);
        uint64_t requested = atomic_load(&writer->requested);
        bool news = pass_all(writer, requested != served || ending);
        if (requested != served)
            answer(writer, served = requested);
        if (ending) {
            for (struct ctf_trace *trace = first_trace(writer); trace; trace = trace->next)
                ctf_trace_finish(trace);
            return NULL;
        }
        int timeout_ms = CTF_PERIOD_MS;
        if (news)
            ctf_wakeup_announce(wakeup, state = CTF_SLEEP_TIMED);
        else if (state != CTF_SLEEP_IDLE)
            ctf_wakeup_announce(wakeup, state = CTF_SLEEP_IDLE);
        else
            timeout_ms = retry_in(writer);
        if (atomic_load(&writer->requested) != served || atomic_load(&writer->ending) ||
            ctf_wakeup_sleep(wakeup, state, timeout_ms) || state == CTF_SLEEP_TIMED) {
            ctf_wakeup_announce(wakeup, CTF_AWAKE);
            state = CTF_AWAKE;
        }
    }
}

void ctf_writer_pass(struct ctf_writer *writer)
{
    uint64_t request = atomic_fetch_add(&writer->requested, 1) + 1;
    ctf_wakeup_now(&writer->wakeup);
    pthread_mutex_lock(&writer->requests);
    while (writer->served < request)
        pthread_cond_wait(&writer->served_changed, &writer->requests);
    pthread_mutex_unlock(&writer->requests);
}

/* Signals are for other threads. SIGXFSZ stays pending for this one, whose write fails with
   EFBIG. */
static int start_thread(struct ctf_writer *writer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = -pthread_create(&writer->thread, NULL, writer_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    writer->started = rc == 0;
    return rc;
}

int ctf_writer_new(struct ctf_writer **result, struct error *err)
{
    struct ctf_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return error_set(err, -ENOMEM, "out of memory");
    pthread_mutex_init(&writer->lists, NULL);
    pthread_mutex_init(&writer->requests, NULL);
    pthread_cond_init(&writer->served_changed, NULL);
    int n_cpus = cpus_possible();
    writer->n_cpus = n_cpus > 0 ? (uint32_t)n_cpus : CPUS_IF_UNKNOWN;
    int rc = ctf_pool_init(&writer->pool);
    if (rc == 0)
        rc = start_thread(writer);
    if (rc < 0) {
        ctf_writer_free(writer);
        return error_set(err, rc, "cannot start to write traces: %s", strerror(-rc));
    }
    *result = writer;
    return 0;
}

void ctf_writer_free(struct ctf_writer *writer)
{
    if (!writer)
        return;
    if (writer->started) {
        atomic_store(&writer->ending, true);
        ctf_wakeup_now(&writer->wakeup);
        pthread_join(writer->thread, NULL);
    }
    for (struct ctf_trace *next, *trace = first_trace(writer); trace; trace = next) {
        next = trace->next;
        ctf_trace_destroy(trace);
    }
    ctf_events_free(&writer->events);
    ctf_pool_destroy(&writer->pool);
    pthread_mutex_destroy(&writer->lists);
    pthread_mutex_destroy(&writer->requests);
    pthread_cond_destroy(&writer->served_changed);
    free(writer);
}
