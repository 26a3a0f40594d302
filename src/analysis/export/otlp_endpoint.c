/* SPDX-License-Identifier: MIT */
#include "analysis/export/otlp_endpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/export/otlp_settings.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/text.h"

/* Of requests and answers (docs/specification.md). */
enum { REQUEST_MAX = 64 << 20, ANSWER_MAX = 4 << 20 };
/* How long to wait before the second attempt; each wait is half as long again. */
enum { FIRST_WAIT_MS = 1000, WAIT_MAX_MS = 5000 };

static uint64_t monotonic_ms(void)
{
    return (uint64_t)clock_ms();
}

static void sleep_for(uint64_t ms)
{
    const struct timespec until = clock_in_ms((int64_t)ms);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

int otlp_endpoint_open(struct otlp_endpoint *endpoint, const struct http_post_api *http,
                       const char *url, const char *version, struct error *err)
{
    struct otlp_settings settings = {0};
    int rc = otlp_settings_read(&settings, url, err);
    if (rc < 0)
        return rc;
    cleanup(cleanup_free) char *agent = text_format("ptrace_tracer/%s", version);
    const struct http_options options = {
        .url = settings.url,
        .agent = agent,
        .headers = settings.headers.items,
        .certificates = settings.certificates,
        .answer_max = ANSWER_MAX,
    };
    *endpoint = (struct otlp_endpoint){
        .http = http,
        .timeout_ms = settings.timeout_ms,
        .now_ms = monotonic_ms,
        .wait_ms = sleep_for,
    };
    rc = agent ? http->open(&options, &endpoint->client, err)
               : error_set(err, -ENOMEM, "out of memory");
    if (rc == 0)
        endpoint->shown = take_ptr(settings.shown);
    otlp_settings_free(&settings);
    return rc;
}

void otlp_endpoint_close(struct otlp_endpoint *endpoint)
{
    if (endpoint->client)
        endpoint->http->close(endpoint->client);
    free(endpoint->shown);
    *endpoint = (struct otlp_endpoint){0};
}

/* ---- answers ---- */

static void keep_words(struct otlp_endpoint *endpoint, const char *words)
{
    if (!*endpoint->said && words)
        snprintf(endpoint->said, sizeof(endpoint->said), "%s", words);
}

/* 64-bit integers are strings, or numbers. */
static uint64_t rejected_of(const json_t *value)
{
    if (json_is_integer(value))
        return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
    const char *text = json_string_value(value);
    return text && *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10) : 0;
}

/* The spans are taken, or some of them. */
static void take_success(struct otlp_endpoint *endpoint, const struct http_answer *answer,
                         size_t n_spans)
{
    json_error_t why;
    json_t *root = answer->size ? json_loadb(answer->body, answer->size, 0, &why) : NULL;
    const json_t *partial = json_object_get(root, "partialSuccess");
    uint64_t refused = rejected_of(json_object_get(partial, "rejectedSpans"));
    const char *words = json_string_value(json_object_get(partial, "errorMessage"));
    if (refused > n_spans)
        refused = n_spans;
    if (answer->size && !json_is_object(root))
        keep_words(endpoint, "(the answer is not OTLP/JSON: spans may be refused)");
    keep_words(endpoint, words && *words ? words : NULL);
    endpoint->n_sent += n_spans - refused;
    endpoint->n_refused += refused;
    json_decref(root);
}

/* What a Status of the answer says, or "". */
static void read_status(const struct http_answer *answer, char *words, size_t size)
{
    json_error_t why;
    json_t *root = answer->size ? json_loadb(answer->body, answer->size, 0, &why) : NULL;
    const char *message = json_string_value(json_object_get(root, "message"));
    snprintf(words, size, "%s", message ? message : "");
    json_decref(root);
}

static int set_failure(const struct otlp_endpoint *endpoint, const struct http_answer *answer,
                       unsigned n_attempts, struct error *err)
{
    char words[200] = "", attempts[40] = "", before[60] = "";
    if (n_attempts > 1)
        snprintf(attempts, sizeof(attempts), ", %u times", n_attempts);
    if (endpoint->n_sent)
        snprintf(before, sizeof(before), " (%" PRIu64 " spans were sent before)", endpoint->n_sent);
    if (answer->status == 0)
        return error_set(err, -EHOSTUNREACH, "cannot send spans to %s: %s%s%s", endpoint->shown,
                         answer->reason, attempts, before);
    read_status(answer, words, sizeof(words));
    return error_set(err, -EREMOTEIO, "%s does not take spans: it answers %d%s%s%s%s",
                     endpoint->shown, answer->status, attempts, *words ? ": " : "", words, before);
}

static bool may_pass(const struct http_answer *answer)
{
    switch (answer->status) {
    case 0:
        return answer->may_come;
    case 429:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

/* ---- requests ---- */

/* Without a word of the server's: a time that grows, with a tenth more or less, so that the
   requests of several programs do not come together. */
static uint64_t wait_of(const struct http_answer *answer, unsigned n_attempts)
{
    if (answer->status && answer->retry_after_ms >= 0)
        return (uint64_t)answer->retry_after_ms;
    uint64_t ms = FIRST_WAIT_MS;
    for (unsigned i = 1; i < n_attempts && ms < WAIT_MAX_MS; i++)
        ms += ms / 2;
    ms = ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS;
    return ms * 9 / 10 + clock_now_ns() / 1000 % (ms / 5);
}

int otlp_endpoint_send(struct otlp_endpoint *endpoint, const char *request, size_t size,
                       size_t n_spans, struct error *err)
{
    if (size > REQUEST_MAX) {
        endpoint->n_refused += n_spans;
        keep_words(endpoint, "a request is larger than 64 MiB");
        return 0;
    }
    uint64_t end_ms = endpoint->now_ms() + endpoint->timeout_ms;
    for (unsigned n_attempts = 1;; n_attempts++) {
        struct http_answer answer;
        uint64_t now_ms = endpoint->now_ms();
        endpoint->http->post(endpoint->client, request, size, end_ms > now_ms ? end_ms - now_ms : 1,
                             &answer);
        if (answer.status >= 200 && answer.status < 300) {
            take_success(endpoint, &answer, n_spans);
            return 0;
        }
        uint64_t wait_ms = wait_of(&answer, n_attempts);
        now_ms = endpoint->now_ms();
        if (!may_pass(&answer) || n_attempts == OTLP_ATTEMPTS_MAX || now_ms >= end_ms ||
            wait_ms >= end_ms - now_ms)
            return set_failure(endpoint, &answer, n_attempts, err);
        if (wait_ms)
            endpoint->wait_ms(wait_ms);
    }
}
