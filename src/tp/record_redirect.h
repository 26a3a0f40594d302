/* SPDX-License-Identifier: MIT */
/*
 * A record redirect: takes records that the LTTng back end would write to LTTng's ring buffers, to
 * write them elsewhere. Event rules, filters, and start and stop of sessions stay LTTng's: a
 * redirect is offered only what a session would record.
 */
#ifndef TP_RECORD_REDIRECT_H
#define TP_RECORD_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "model/hit.h"
#include "util/error.h"

/*
 * Where a record would go. liblttng-ust gives no names: these are addresses in it, to tell sessions
 * and channels apart. When a session was destroyed, a later one may get its address.
 */
struct record_place {
    const void *session;
    const void *channel;
};

struct record_redirect {
    void *data; /* the first argument of both functions */
    /*
     * An event that records may be of, with its full name ("mylib:f_entry"), which is copied, and
     * its fields, which must outlive the redirect. Returns its number, or a negative errno: its
     * records are not redirected.
     */
    MUST_CHECK int (*add_event)(void *data, const char *name, const struct field *fields,
                                size_t n_fields);
    /* Takes a record. false: LTTng has to record it. On the hit path: does not allocate or wait.
       The redirect counts what it takes. */
    bool (*record)(void *data, struct record_place place, uint32_t event, const struct hit *hit);
};

#endif
