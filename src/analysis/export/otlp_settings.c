/* SPDX-License-Identifier: MIT */
#include "analysis/export/otlp_settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/cleanup.h"
#include "util/text.h"

#define DEFAULT_URL "http://localhost:4318"

enum { DEFAULT_TIMEOUT_MS = 10000, TIMEOUT_MAX_MS = 3600 * 1000 };

static const char *not_empty(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The variable for spans, or else the one for all that OTLP has. */
static const char *setting(const char *traces, const char *all)
{
    const char *value = not_empty(traces);
    return value ? value : not_empty(all);
}

/* Behind "http://" or "https://"; NULL: it is not such a URL. */
static const char *authority_of(const char *url)
{
    size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
                    : strncasecmp(url, "https://", 8) == 0 ? 8
                                                           : 0;
    return scheme && strcspn(url + scheme, "/?#") > 0 ? url + scheme : NULL;
}

static bool ends_in(const char *text, size_t length, const char *end)
{
    return length >= strlen(end) && memcmp(text + length - strlen(end), end, strlen(end)) == 0;
}

/* The path v1/traces relative to the URL, which may have it already. */
static char *traces_url(const char *url)
{
    static const char path[] = "/v1/traces";
    size_t length = strcspn(url, "?#");
    const char *rest = url + length;
    while (length && url[length - 1] == '/')
        length--;
    return text_format("%.*s%s%s", (int)length, url, ends_in(url, length, path) ? "" : path, rest);
}

static char *shown_url(const char *url)
{
    const char *authority = authority_of(url);
    size_t length = strcspn(authority, "?#"), host = strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', host);
    size_t hidden = at ? (size_t)(at + 1 - authority) : 0;
    return text_format("%.*s%.*s", (int)(authority - url), url, (int)(length - hidden),
                       authority + hidden);
}

static int read_url(struct otlp_settings *settings, const char *url, struct error *err)
{
    const char *whole = url ? NULL : not_empty("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    const char *from = url     ? "--endpoint"
                       : whole ? "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
                               : "OTEL_EXPORTER_OTLP_ENDPOINT";
    if (!url && !whole)
        url = not_empty("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (!url && !whole)
        url = DEFAULT_URL;
    if (!authority_of(whole ? whole : url))
        return error_set(err, -EINVAL,
                         "%s takes a URL that begins with http:// or https://, not '%s'", from,
                         whole ? whole : url);
    settings->url = whole ? strdup(whole) : traces_url(url);
    settings->shown = settings->url ? shown_url(settings->url) : NULL;
    return settings->shown ? 0 : error_set(err, -ENOMEM, "out of memory");
}

/* A token (RFC 9110, section 5.6.2). */
static bool is_token(const char *text)
{
    size_t n = 0;
    for (; text[n]; n++)
        if (!isalnum((unsigned char)text[n]) && !strchr("!#$%&'*+-.^_`|~", text[n]))
            return false;
    return n > 0;
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t n = strlen(text);
    while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    text[n] = '\0';
    return text;
}

/* Replaces %XX in place. false: it would be a header of several lines, or with other characters
   that a value may not have. */
static bool decode_value(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
            const char digits[] = {from[1], from[2], '\0'};
            *to = (char)strtoul(digits, NULL, 16);
            from += 2;
        } else {
            *to = *from;
        }
        unsigned char byte = (unsigned char)*to++;
        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return false;
    }
    *to = '\0';
    return true;
}

/* "name1=value1,name2=value2" (W3C Baggage, section 3.2.1). */
static int read_headers(struct otlp_settings *settings, struct error *err)
{
    const char *name = not_empty("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
                           ? "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
                           : "OTEL_EXPORTER_OTLP_HEADERS";
    const char *list = not_empty(name);
    cleanup(cleanup_free) char *copy = strdup(list ? list : "");
    char *rest = copy;
    for (char *part; copy && (part = strsep(&rest, ","));) {
        part = trimmed(part);
        if (!*part)
            continue;
        char *value = strchr(part, '=');
        if (value)
            *value++ = '\0';
        if (!value || !is_token(trimmed(part)) || !decode_value(trimmed(value)))
            return error_set(err, -EINVAL, "%s is not of the form NAME=VALUE,... of headers", name);
        char **header = vec_push(&settings->headers);
        /* A header without a value would be one to leave out, for libcurl. */
        value = trimmed(value);
        if (header)
            *header = *value ? text_format("%s: %s", trimmed(part), value)
                             : text_format("%s;", trimmed(part));
        if (!header || !*header)
            return error_set(err, -ENOMEM, "out of memory");
    }
    return copy && vec_push(&settings->headers) ? 0 : error_set(err, -ENOMEM, "out of memory");
}

static int read_timeout(struct otlp_settings *settings, struct error *err)
{
    const char *text = setting("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT");
    char *end;
    settings->timeout_ms = DEFAULT_TIMEOUT_MS;
    if (!text)
        return 0;
    errno = 0;
    unsigned long long ms = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || ms == 0 || ms > TIMEOUT_MAX_MS)
        return error_set(err, -EINVAL,
                         "OTEL_EXPORTER_OTLP_TIMEOUT takes milliseconds from 1 to %d, not '%s'",
                         TIMEOUT_MAX_MS, text);
    settings->timeout_ms = ms;
    return 0;
}

int otlp_settings_read(struct otlp_settings *settings, const char *url, struct error *err)
{
    int rc = read_url(settings, url, err);
    if (rc == 0)
        rc = read_headers(settings, err);
    if (rc == 0)
        rc = read_timeout(settings, err);
    settings->certificates =
        setting("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE");
    if (rc < 0)
        otlp_settings_free(settings);
    return rc;
}

void otlp_settings_free(struct otlp_settings *settings)
{
    free(settings->url);
    free(settings->shown);
    for (size_t i = 0; i < settings->headers.count; i++)
        free(settings->headers.items[i]);
    vec_free(&settings->headers);
    *settings = (struct otlp_settings){0};
}
