/* SPDX-License-Identifier: MIT */
/* What is done for a request with spans until a server takes it, and what is not. */
#include "analysis/export/otlp_endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/otlp_settings.h"
#include "unit/check_main.h"

static const char *const variables[] = {
    "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",  "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_TIMEOUT",  "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
};

/* The server: its answers in turn, the last one again and again. */
static struct http_answer answers[8];
static unsigned n_answers, n_posts, n_waits;
static uint64_t clock_now, waits[8], post_takes_ms, last_timeout_ms;

static int fake_open(const struct http_options *options, struct http_client **client,
                     struct error *err)
{
    (void)options;
    (void)err;
    *client = (struct http_client *)&n_posts;
    return 0;
}

static void fake_post(struct http_client *client, const char *body, size_t size,
                      uint64_t timeout_ms, struct http_answer *answer)
{
    ck_assert_ptr_eq(client, &n_posts);
    ck_assert(size != 4 || memcmp(body, "body", 4) == 0);
    *answer = answers[n_posts < n_answers ? n_posts : n_answers - 1];
    if (answer->body)
        answer->size = strlen(answer->body);
    n_posts++;
    last_timeout_ms = timeout_ms;
    clock_now += post_takes_ms;
}

static void fake_close(struct http_client *client)
{
    (void)client;
}

static uint64_t fake_now(void)
{
    return clock_now;
}

static void fake_wait(uint64_t ms)
{
    ck_assert_uint_lt(n_waits, 8);
    waits[n_waits++] = ms;
    clock_now += ms;
}

static const struct http_post_api fake = {fake_open, fake_post, fake_close};
static struct otlp_endpoint endpoint;

static void setup(void)
{
    struct error err;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        unsetenv(variables[i]);
    n_answers = n_posts = n_waits = 0;
    clock_now = 5;
    post_takes_ms = 0;
    ck_assert_int_eq(otlp_endpoint_open(&endpoint, &fake, "http://host", "1", &err), 0);
    endpoint.now_ms = fake_now;
    endpoint.wait_ms = fake_wait;
}

static void teardown(void)
{
    otlp_endpoint_close(&endpoint);
}

static void answer(int status, int64_t retry_after_ms, const char *body)
{
    answers[n_answers++] =
        (struct http_answer){.status = status, .retry_after_ms = retry_after_ms, .body = body};
}

static void no_answer(bool may_come)
{
    answers[n_answers++] =
        (struct http_answer){.may_come = may_come, .retry_after_ms = -1, .reason = "no reason"};
}

static void expect(int wanted, const char *text)
{
    struct error err = {0};
    ck_assert_int_eq(otlp_endpoint_send(&endpoint, "body", 4, 10, &err), wanted);
    ck_assert_str_eq(err.text, text);
}

static void expect_counts(uint64_t sent, uint64_t refused, const char *said)
{
    ck_assert_uint_eq(endpoint.n_sent, sent);
    ck_assert_uint_eq(endpoint.n_refused, refused);
    ck_assert_str_eq(endpoint.said, said);
}

START_TEST(taken)
{
    static const char *const bodies[] = {NULL, "{}", "{\"partialSuccess\": {}}",
                                         "{\"partialSuccess\": {\"rejectedSpans\": \"0\"}}"};
    answer(200, -1, bodies[_i]);
    expect(0, "");
    expect(0, "");
    expect_counts(20, 0, "");
    ck_assert_uint_eq(n_posts, 2);
    ck_assert_uint_eq(last_timeout_ms, 10000);
}
END_TEST

START_TEST(partly_taken)
{
    static const struct {
        const char *body;
        uint64_t refused;
        const char *said;
    } cases[] = {
        {"{\"partialSuccess\": {\"rejectedSpans\": \"3\", \"errorMessage\": \"why\"}}", 3, "why"},
        {"{\"partialSuccess\": {\"rejectedSpans\": 4}}", 4, ""},
        {"{\"partialSuccess\": {\"errorMessage\": \"soon no more\"}}", 0, "soon no more"},
        {"{\"partialSuccess\": {\"rejectedSpans\": \"18446744073709551615\"}}", 10, ""},
        {"{\"partialSuccess\": {\"rejectedSpans\": -1}}", 0, ""},
        {"{\"partialSuccess\": {\"rejectedSpans\": \"-1\"}}", 0, ""},
        {"{\"partialSuccess\": [3]}", 0, ""},
        {"<html>", 0, "(the answer is not OTLP/JSON: spans may be refused)"},
    };
    answer(200, -1, cases[_i].body);
    expect(0, "");
    expect_counts(10 - cases[_i].refused, cases[_i].refused, cases[_i].said);
    ck_assert_uint_eq(n_posts, 1);
}
END_TEST

START_TEST(refused)
{
    static const int statuses[] = {301, 400, 401, 404, 413, 500, 501, 505};
    char wanted[200];
    answer(200, -1, NULL);
    answer(statuses[_i], 0, "{\"message\": \"bad\"}");
    expect(0, "");
    snprintf(wanted, sizeof(wanted),
             "http://host/v1/traces does not take spans: it answers %d: bad (10 spans were sent "
             "before)",
             statuses[_i]);
    expect(-EREMOTEIO, wanted);
    ck_assert_uint_eq(n_posts, 2);
    ck_assert_uint_eq(n_waits, 0);
}
END_TEST

/* After as long as the server says, or after a time that grows. */
START_TEST(later)
{
    static const int statuses[] = {429, 502, 503, 504};
    answer(statuses[_i], 0, NULL);
    answer(statuses[_i], 1234, NULL);
    answer(statuses[_i], -1, NULL);
    no_answer(true);
    answer(200, -1, NULL);
    expect(0, "");
    expect_counts(10, 0, "");
    ck_assert_uint_eq(n_posts, 5);
    ck_assert_uint_eq(n_waits, 3);
    ck_assert_uint_eq(waits[0], 1234);
    ck_assert(waits[1] >= 2025 && waits[1] < 2475);
    ck_assert(waits[2] >= 3000 && waits[2] < 3720);
    ck_assert_uint_eq(last_timeout_ms, 10000 - waits[0] - waits[1] - waits[2]);
}
END_TEST

START_TEST(never)
{
    answer(503, 0, "no JSON");
    expect(-EREMOTEIO, "http://host/v1/traces does not take spans: it answers 503, 5 times");
    ck_assert_uint_eq(n_posts, 5);
    n_posts = n_answers = 0;
    no_answer(true);
    expect(-EHOSTUNREACH, "cannot send spans to http://host/v1/traces: no reason, 5 times");
    ck_assert_uint_eq(n_waits, 4);
    ck_assert_uint_eq(n_posts, 5);
    n_posts = n_answers = 0;
    no_answer(false);
    expect(-EHOSTUNREACH, "cannot send spans to http://host/v1/traces: no reason");
    ck_assert_uint_eq(n_posts, 1);
    expect_counts(0, 0, "");
}
END_TEST

/* All that is done for a request takes no longer than is wanted. */
START_TEST(time_limit)
{
    answer(429, 9999, NULL);
    post_takes_ms = 1;
    expect(-EREMOTEIO, "http://host/v1/traces does not take spans: it answers 429");
    ck_assert_uint_eq(n_posts, 1);
    ck_assert_uint_eq(n_waits, 0);
    n_answers = n_posts = 0;
    post_takes_ms = 10000;
    no_answer(true);
    expect(-EHOSTUNREACH, "cannot send spans to http://host/v1/traces: no reason");
    ck_assert_uint_eq(n_posts, 1);
    ck_assert_uint_eq(n_waits, 0);
}
END_TEST

START_TEST(too_large)
{
    struct error err = {0};
    ck_assert_int_eq(otlp_endpoint_send(&endpoint, "body", (64 << 20) + 1, 10, &err), 0);
    expect_counts(0, 10, "a request is larger than 64 MiB");
    ck_assert_uint_eq(n_posts, 0);
}
END_TEST

/* ---- settings ---- */

static struct otlp_settings settings;
static struct error why;

static void expect_url(const char *option, const char *url, const char *shown)
{
    ck_assert_int_eq(otlp_settings_read(&settings, option, &why), 0);
    ck_assert_str_eq(settings.url, url);
    ck_assert_str_eq(settings.shown, shown);
    otlp_settings_free(&settings);
}

START_TEST(right_urls)
{
    expect_url(NULL, "http://localhost:4318/v1/traces", "http://localhost:4318/v1/traces");
    expect_url("http://a", "http://a/v1/traces", "http://a/v1/traces");
    expect_url("http://a/", "http://a/v1/traces", "http://a/v1/traces");
    expect_url("https://a:1/b/c/", "https://a:1/b/c/v1/traces", "https://a:1/b/c/v1/traces");
    expect_url("http://a/v1/traces", "http://a/v1/traces", "http://a/v1/traces");
    expect_url("http://a/b/v1/traces/", "http://a/b/v1/traces", "http://a/b/v1/traces");
    expect_url("HTTP://u:p@a?key=secret", "HTTP://u:p@a/v1/traces?key=secret",
               "HTTP://a/v1/traces");
    expect_url("http://a/@b", "http://a/@b/v1/traces", "http://a/@b/v1/traces");
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all/", 1);
    expect_url(NULL, "http://all/v1/traces", "http://all/v1/traces");
    setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://spans/x", 1);
    expect_url(NULL, "http://spans/x", "http://spans/x");
    expect_url("http://a", "http://a/v1/traces", "http://a/v1/traces");
    setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", 1);
    expect_url(NULL, "http://all/v1/traces", "http://all/v1/traces");
}
END_TEST

START_TEST(wrong_urls)
{
    static const char *const urls[] = {"",          "host",      "host:4318", "ftp://host",
                                       "file:///x", "http://",   "https:///", "http://?x",
                                       "httpx://h", "http:/host"};
    char wanted[200];
    snprintf(wanted, sizeof(wanted),
             "--endpoint takes a URL that begins with http:// or https://, not '%s'", urls[_i]);
    ck_assert_int_eq(otlp_settings_read(&settings, urls[_i], &why), -EINVAL);
    ck_assert_str_eq(why.text, wanted);
}
END_TEST

START_TEST(headers)
{
    setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key = a%20b%3D%2c , x=,y=1=2,,z=\xc3\xa4", 1);
    ck_assert_int_eq(otlp_settings_read(&settings, NULL, &why), 0);
    ck_assert_uint_eq(settings.headers.count, 5);
    ck_assert_str_eq(settings.headers.items[0], "api-key: a b=,");
    ck_assert_str_eq(settings.headers.items[1], "x;");
    ck_assert_str_eq(settings.headers.items[2], "y: 1=2");
    ck_assert_str_eq(settings.headers.items[3], "z: \xc3\xa4");
    ck_assert_ptr_null(settings.headers.items[4]);
    otlp_settings_free(&settings);
    setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "only=this", 1);
    ck_assert_int_eq(otlp_settings_read(&settings, NULL, &why), 0);
    ck_assert_uint_eq(settings.headers.count, 2);
    ck_assert_str_eq(settings.headers.items[0], "only: this");
    otlp_settings_free(&settings);
}
END_TEST

/* None becomes two headers, or part of the request. */
START_TEST(wrong_headers)
{
    static const char *const lists[] = {"name",       "=value",       "na me=1", "a=1,b",
                                        "a=\r\nb: c", "a=%0d%0ab: c", "a:=1",    "a=%00",
                                        "a=\x7f",     "\xc3\xa4=1"};
    setenv("OTEL_EXPORTER_OTLP_HEADERS", lists[_i], 1);
    ck_assert_int_eq(otlp_settings_read(&settings, NULL, &why), -EINVAL);
    ck_assert_str_eq(why.text,
                     "OTEL_EXPORTER_OTLP_HEADERS is not of the form NAME=VALUE,... of headers");
    ck_assert_ptr_null(settings.url);
}
END_TEST

START_TEST(timeouts)
{
    static const char *const wrong[] = {"0", "-1", "1s", " 5", "3600001", "99999999999999999999"};
    ck_assert_int_eq(otlp_settings_read(&settings, NULL, &why), 0);
    ck_assert_uint_eq(settings.timeout_ms, 10000);
    otlp_settings_free(&settings);
    setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "250", 1);
    ck_assert_int_eq(otlp_settings_read(&settings, NULL, &why), 0);
    ck_assert_uint_eq(settings.timeout_ms, 250);
    otlp_settings_free(&settings);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        setenv("OTEL_EXPORTER_OTLP_TIMEOUT", wrong[i], 1);
        ck_assert_msg(otlp_settings_read(&settings, NULL, &why) == -EINVAL, "%s", wrong[i]);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, taken, 0, 4);
    tcase_add_loop_test(tests, partly_taken, 0, 8);
    tcase_add_loop_test(tests, refused, 0, 8);
    tcase_add_loop_test(tests, later, 0, 4);
    tcase_add_test(tests, never);
    tcase_add_test(tests, time_limit);
    tcase_add_test(tests, too_large);
    tcase_add_test(tests, right_urls);
    tcase_add_loop_test(tests, wrong_urls, 0, 10);
    tcase_add_test(tests, headers);
    tcase_add_loop_test(tests, wrong_headers, 0, 10);
    tcase_add_test(tests, timeouts);
}
CHECK_MAIN("otlp_endpoint", 30, add_tests)
