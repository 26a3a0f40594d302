/* SPDX-License-Identifier: MIT */
/* The session daemon may owe an answer: since when it does. */
#include <pthread.h>

#include "tp/session/session_internal.h"
#include "util/clock.h"

void session_asks(struct session *session)
{
    session->asked_ms = clock_ms();
}

void session_lock(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session_asks(session);
}

void session_unlock(struct session *session)
{
    session->asked_ms = 0;
    pthread_mutex_unlock(&session->lock);
}

int64_t session_silent_ms(const struct session *session)
{
    int64_t asked = session->asked_ms;
    return asked ? clock_ms() - asked : 0;
}
