/* SPDX-License-Identifier: MIT */
/* Creates the tracer's own session, which records only the tracer's events. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tp/session/session.h"
#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/vec.h"

enum {
    SUBBUFFERS = 4,
    SUBBUFFER_MAX = 2 << 20,
    SUBBUFFER_MIN = 1 << 16,
    METADATA_SUBBUFFERS = 2,
    METADATA_SUBBUFFER = 1 << 16,
    RING_BUFFERS_MAX = 32 << 20,   /* limit for the ring buffers of all CPUs, in bytes */
    BLOCKING_TIMEOUT_US = 1000000, /* a dead consumer daemon must not stop the traced program */
    /* After this time a record is in the files, even if the tracer is killed. */
    SWITCH_TIMER_US = 1000000,
};

struct session *session_new(enum session_owner owner)
{
    struct session *session = calloc(1, sizeof(*session));
    if (session) {
        session->owner = owner;
        session->output.fd = -1;
        session->lock_fd = -1;
        pthread_mutex_init(&session->lock, NULL);
        pthread_mutex_init(&session->rules_lock, NULL);
        name_set_init(&session->names);
        session_starts_init(&session->counter);
    }
    return session;
}

/* A call takes 30 microseconds or more and writes some 90 bytes. So the largest ring buffer holds
   the records of at least two seconds of one CPU. */
static uint64_t subbuffer_size(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    uint64_t size = SUBBUFFER_MAX, limit = RING_BUFFERS_MAX;
    struct statvfs shm;
    if (statvfs("/dev/shm", &shm) == 0 && shm.f_bavail * shm.f_frsize / 2 < limit)
        limit = shm.f_bavail * shm.f_frsize / 2;
    while (size > SUBBUFFER_MIN && size * SUBBUFFERS * (uint64_t)(cpus > 0 ? cpus : 1) > limit)
        size /= 2;
    return size;
}

static int make_channel(struct lttng_handle *handle, const char *name, uint64_t size, uint64_t n,
                        struct error *err)
{
    struct lttng_channel *channel = lttng_channel_create(&handle->domain);
    if (!channel)
        return error_set(err, -ENOMEM, "out of memory");
    snprintf(channel->name, sizeof(channel->name), "%s", name);
    channel->enabled = 1;
    channel->attr.overwrite = 0;
    channel->attr.subbuf_size = size;
    channel->attr.num_subbuf = n;
    channel->attr.switch_timer_interval = SWITCH_TIMER_US;
    channel->attr.output = LTTNG_EVENT_MMAP;
    /* liblttng-ust blocks only if its environment allows it, too. */
    int rc = 0;
    if (getenv("LTTNG_UST_ALLOW_BLOCKING"))
        rc = lttng_channel_set_blocking_timeout(channel, BLOCKING_TIMEOUT_US);
    if (rc == 0)
        rc = lttng_enable_channel(handle, channel);
    lttng_channel_destroy(channel);
    if (rc < 0)
        return error_set(err, -EIO, "cannot make a channel in session %s: %s", handle->session_name,
                         lttng_strerror(rc));
    return 0;
}

/* The IDs of process and thread, by which a reader pairs entries and exits, and the thread's name.
   In sessions of the user's, the user adds contexts. */
static int add_contexts(struct lttng_handle *handle, struct error *err)
{
    static const enum lttng_event_context_type types[] = {
        LTTNG_EVENT_CONTEXT_VPID, LTTNG_EVENT_CONTEXT_VTID, LTTNG_EVENT_CONTEXT_PROCNAME};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct lttng_event_context context = {.ctx = types[i]};
        int rc = lttng_add_context(handle, &context, NULL, "channel0");
        if (rc < 0)
            return error_set(err, -EIO, "cannot add a context in session %s: %s",
                             handle->session_name, lttng_strerror(rc));
    }
    return 0;
}

/* Limits the session to this process: other programs may have providers with the same names. */
static int track_ourselves(const struct session *session, struct error *err)
{
    struct lttng_process_attr_tracker_handle *tracker = NULL;
    enum lttng_error_code code = lttng_session_get_tracker_handle(
        session->name, LTTNG_DOMAIN_UST, LTTNG_PROCESS_ATTR_VIRTUAL_PROCESS_ID, &tracker);
    if (code != LTTNG_OK)
        return error_set(err, -EIO, "cannot limit session %s to the tracer: %s", session->name,
                         lttng_strerror(-(int)code));
    int status = lttng_process_attr_tracker_handle_set_tracking_policy(
        tracker, LTTNG_TRACKING_POLICY_INCLUDE_SET);
    if (status == LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_OK)
        status = lttng_process_attr_virtual_process_id_tracker_handle_add_pid(tracker, getpid());
    lttng_process_attr_tracker_handle_destroy(tracker);
    if (status != LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_OK)
        return error_set(err, -EIO, "cannot limit session %s to the tracer (status %d)",
                         session->name, status);
    return 0;
}

/* Creates the session, with a name that is not in use. */
static int create_session(struct session *session, const char *program, struct error *err)
{
    cleanup(cleanup_free) char *base = output_name(program);
    if (!base)
        return error_set(err, -ENOMEM, "out of memory");
    int code = LTTNG_ERR_EXIST_SESS;
    for (int i = 1; i < 1000 && code == LTTNG_ERR_EXIST_SESS; i++) {
        int n = i == 1 ? snprintf(session->name, sizeof(session->name), "%s", base)
                       : snprintf(session->name, sizeof(session->name), "%s-%d", base, i);
        if (n < 0 || (size_t)n >= sizeof(session->name))
            break;
        struct lttng_session_descriptor *descriptor =
            lttng_session_descriptor_local_create(session->name, session->output.path);
        if (!descriptor)
            return error_set(err, -ENOMEM, "out of memory");
        code = lttng_create_session_ext(descriptor);
        lttng_session_descriptor_destroy(descriptor);
    }
    if (code != LTTNG_OK)
        return error_set(err, -EIO, "cannot create a session that records to %s: %s",
                         session->output.path, lttng_strerror(-code));
    session->exists = true;
    return 0;
}

int session_make_own(const struct session_request *request, struct session **result,
                     struct error *err)
{
    int rc = daemon_start(err);
    if (rc < 0)
        return rc;
    struct session *session = session_new(SESSION_OWN);
    if (!session)
        return error_set(err, -ENOMEM, "out of memory");
    struct lttng_handle *handle = NULL;
    struct lttng_domain domain = {.type = LTTNG_DOMAIN_UST, .buf_type = LTTNG_BUFFER_PER_UID};
    rc = output_make(&session->output, request->output, request->force, request->program, err);
    if (rc == 0)
        rc = create_session(session, request->program, err);
    if (rc == 0) {
        snprintf(session->path, sizeof(session->path), "%s", session->output.path);
        handle = lttng_create_handle(session->name, &domain);
        rc = handle ? 0 : error_set(err, -ENOMEM, "out of memory");
    }
    /* The metadata is a channel, too. Without a timer, LTTng writes it only when its buffer is full
       or the session is stopped. */
    if (rc == 0)
        rc = make_channel(handle, "metadata", METADATA_SUBBUFFER, METADATA_SUBBUFFERS, err);
    if (rc == 0)
        rc = make_channel(handle, "channel0", subbuffer_size(), SUBBUFFERS, err);
    if (rc == 0)
        rc = add_contexts(handle, err);
    if (rc == 0)
        rc = track_ourselves(session, err);
    if (handle)
        lttng_destroy_handle(handle);
    if (rc < 0)
        session_free(session);
    else
        *result = session;
    return rc;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    session_discard(session);
    if (session->lock_fd >= 0)
        close(session->lock_fd);
    free(session->lock_path);
    output_unmake(&session->output);
    output_free(&session->output);
    rule_list_clear(&session->rules);
    rule_list_clear(&session->chosen);
    unmatched_free(&session->unmatched);
    filters_free(&session->filters);
    counters_free(&session->counters);
    for (size_t i = 0; i < session->enabled.count; i++)
        free(session->enabled.items[i]);
    vec_free(&session->enabled);
    free(session->channel);
    name_set_free(&session->names);
    session_starts_free(&session->counter);
    pthread_mutex_destroy(&session->rules_lock);
    pthread_mutex_destroy(&session->lock);
    free(session);
}
