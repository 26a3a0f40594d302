/* SPDX-License-Identifier: MIT */
/* Requests to a server: what libptrace_tracer_http.so (analysis/http/) does for exports. It is
   loaded when there is something to send, since libcurl is not needed before. */
#ifndef ANALYSIS_HTTP_POST_H
#define ANALYSIS_HTTP_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct http_options {
    const char *url;          /* of http or https; no other protocol is used */
    const char *agent;        /* the User-Agent */
    char *const *headers;     /* "Name: value", NULL after the last; NULL: none */
    const char *certificates; /* a file with those that servers' are verified with; NULL: the
                                 system's */
    size_t answer_max;        /* bytes; a longer one is an error */
};

struct http_answer {
    int status;             /* 200; 0: there is no answer, but a reason */
    bool may_come;          /* no answer: another request may get one */
    int64_t retry_after_ms; /* -1: the server does not say */
    const char *body;       /* until the next request */
    size_t size;
    char reason[256];
};

struct http_client;

struct http_post_api {
    /* -EINVAL: not a URL; -ENOMEM. */
    int (*open)(const struct http_options *options, struct http_client **client, struct error *err);
    /* Redirections are answers, and not followed. The connection is kept for the next request. */
    void (*post)(struct http_client *client, const char *body, size_t size, uint64_t timeout_ms,
                 struct http_answer *answer);
    void (*close)(struct http_client *client);
};

#endif
