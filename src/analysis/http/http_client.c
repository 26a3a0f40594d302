/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "analysis/http_post.h"
#include "util/vec.h"

struct http_client {
    CURL *curl;
    struct curl_slist *headers;
    size_t answer_max;
    VEC(char) body;
    bool is_too_long;
    int64_t retry_after_ms;
    char why[CURL_ERROR_SIZE];
};

static size_t take_body(char *bytes, size_t size, size_t n, void *data)
{
    struct http_client *client = data;
    (void)size; /* 1 */
    if (n > client->answer_max - client->body.count) {
        client->is_too_long = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        char *byte = vec_push(&client->body);
        if (!byte)
            return 0;
        *byte = bytes[i];
    }
    return n;
}

/* A number of seconds, or a date (RFC 9110, section 10.2.3). -1: neither. */
static int64_t retry_after_of(const char *value)
{
    char *end;
    errno = 0;
    unsigned long long seconds = strtoull(value, &end, 10);
    if (end != value && *end == '\0' && *value != '-')
        return errno == 0 && seconds < INT32_MAX ? (int64_t)seconds * 1000
                                                 : INT64_C(1000) * INT32_MAX;
    time_t then = curl_getdate(value, NULL), now = time(NULL);
    if (then == -1)
        return -1;
    return then > now ? (int64_t)(then - now) * 1000 : 0;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *data)
{
    static const char name[] = "retry-after:";
    struct http_client *client = data;
    char value[64] = "";
    (void)size; /* 1 */
    if (n < sizeof(name) - 1 || strncasecmp(bytes, name, sizeof(name) - 1) != 0)
        return n;
    const char *at = bytes + sizeof(name) - 1, *end = bytes + n;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' '))
        end--;
    if ((size_t)(end - at) < sizeof(value)) {
        memcpy(value, at, (size_t)(end - at));
        client->retry_after_ms = retry_after_of(value);
    }
    return n;
}

static void http_close(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    vec_free(&client->body);
    free(client);
}

static bool add_header(struct http_client *client, const char *line)
{
    struct curl_slist *longer = curl_slist_append(client->headers, line);
    if (!longer)
        return false;
    client->headers = longer;
    return true;
}

static CURLcode set_options(struct http_client *client, const struct http_options *options)
{
    CURL *curl = client->curl;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, options->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    code = code ? code : curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    code =
        code ? code
             : curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    /* No SIGALRM, no SIGPIPE. */
    code = code ? code : curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_POST, 1L);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_USERAGENT, options->agent);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->why);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    code = code ? code : curl_easy_setopt(curl, CURLOPT_HEADERDATA, client);
    if (options->certificates)
        code = code ? code : curl_easy_setopt(curl, CURLOPT_CAINFO, options->certificates);
    return code;
}

static int http_open(const struct http_options *options, struct http_client **result,
                     struct error *err)
{
    struct http_client *client = calloc(1, sizeof(*client));
    if (!client || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        !(client->curl = curl_easy_init())) {
        free(client);
        return error_set(err, -ENOMEM, "out of memory");
    }
    client->answer_max = options->answer_max;
    /* Without "Expect:" a request waits for the server to agree to its size. */
    bool added = add_header(client, "Content-Type: application/json") &&
                 add_header(client, "Accept: application/json") && add_header(client, "Expect:");
    for (size_t i = 0; added && options->headers && options->headers[i]; i++)
        added = add_header(client, options->headers[i]);
    CURLcode code = added ? set_options(client, options) : CURLE_OUT_OF_MEMORY;
    if (code != CURLE_OK) {
        http_close(client);
        return error_set(err, code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL,
                         "cannot send requests: %s", curl_easy_strerror(code));
    }
    *result = client;
    return 0;
}

/* Whether another request may be answered: this one was not, or not whole. */
static bool is_transient(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return true;
    default:
        return false;
    }
}

static void http_post(struct http_client *client, const char *body, size_t size,
                      uint64_t timeout_ms, struct http_answer *answer)
{
    long status = 0;
    client->body.count = 0;
    client->is_too_long = false;
    client->retry_after_ms = -1;
    *client->why = '\0';
    *answer = (struct http_answer){0};
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)(timeout_ms ? timeout_ms : 1));
    CURLcode code = curl_easy_perform(client->curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    else
        snprintf(answer->reason, sizeof(answer->reason), "%s",
                 client->is_too_long ? "the answer is too long"
                 : *client->why      ? client->why
                                     : curl_easy_strerror(code));
    answer->status = (int)status;
    answer->may_come = is_transient(code);
    answer->retry_after_ms = client->retry_after_ms;
    answer->body = client->body.items;
    answer->size = client->body.count;
}

__attribute__((visibility("default"))) extern const struct http_post_api http_post_api;
const struct http_post_api http_post_api = {
    .open = http_open,
    .post = http_post,
    .close = http_close,
};
