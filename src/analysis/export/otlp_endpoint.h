/* SPDX-License-Identifier: MIT */
/*
 * A server that takes spans (OTLP/HTTP: docs/specification.md of opentelemetry-proto; the
 * environment variables: protocol/exporter.md of the OpenTelemetry specification).
 *
 * What may pass is tried again: no answer, and the answers 429, 502, 503 and 504, after as long as
 * the server says, or else after a time that grows. All that is done for a request takes
 * OTEL_EXPORTER_OTLP_TIMEOUT milliseconds at most.
 */
#ifndef ANALYSIS_EXPORT_OTLP_ENDPOINT_H
#define ANALYSIS_EXPORT_OTLP_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/http_post.h"
#include "util/error.h"

enum { OTLP_ATTEMPTS_MAX = 5 };

struct otlp_endpoint {
    const struct http_post_api *http;
    struct http_client *client;
    char *shown; /* the URL without what is secret */
    uint64_t timeout_ms;
    /* Milliseconds of some clock, and to wait; NULL: CLOCK_MONOTONIC. */
    uint64_t (*now_ms)(void);
    void (*wait_ms)(uint64_t ms);
    uint64_t n_sent, n_refused; /* spans */
    char said[256];             /* what the server has said of them first; "": nothing */
};

/* `url`: NULL: that of the environment, or else localhost's. `version`: of this program. -EINVAL:
   the URL, or what the environment has, is not right. otlp_endpoint_close() is not needed after an
   error. */
MUST_CHECK int otlp_endpoint_open(struct otlp_endpoint *endpoint, const struct http_post_api *http,
                                  const char *url, const char *version, struct error *err);
void otlp_endpoint_close(struct otlp_endpoint *endpoint);

/* Sends a request with that many spans. -EREMOTEIO: it is not taken, -EHOSTUNREACH: there is no
   answer; err says both. Spans that the server refuses are counted only. */
MUST_CHECK int otlp_endpoint_send(struct otlp_endpoint *endpoint, const char *request, size_t size,
                                  size_t n_spans, struct error *err);

#endif
