/* SPDX-License-Identifier: MIT */
/* The lock for requests to the session daemon, and how long the current request has waited. */
#include <pthread.h>

#include "tp/session/session_internal.h"
#include "util/clock.h"

void session_mark_waiting(struct session *session)
{
    session->waiting_since_ms = clock_ms();
}

void session_lock(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session_mark_waiting(session);
}

void session_unlock(struct session *session)
{
    session->waiting_since_ms = 0;
    pthread_mutex_unlock(&session->lock);
}

int64_t session_waiting_ms(const struct session *session)
{
    int64_t since = session->waiting_since_ms;
    return since ? clock_ms() - since : 0;
}
