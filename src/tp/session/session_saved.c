/* SPDX-License-Identifier: MIT */
/*
 * Reads the event rules of a session from the file that the daemon saves (lttng-save(1)). Not from
 * its list of rules: listing a rule with exclusions crashes the session daemons of LTTng 2.13
 * before 2.13.10. Saved sessions are XML in a fixed form (lttng-tools,
 * src/common/config/session.xsd): elements without attributes, text only in the innermost elements,
 * no comments, no CDATA. All else is skipped.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/text.h"

enum { SAVED_MAX = 64 << 20 /* bytes; longer files are an error */ };

struct parser {
    struct rule_list *rules;
    const char *session;
    bool in_channel, in_event, in_contexts, in_counter;
    bool user_space;                        /* of the domain */
    bool channel_enabled;                   /* of the channel */
    bool enabled;                           /* of the rule */
    char level_type[LTTNG_SYMBOL_NAME_LEN]; /* of the rule: "ALL", "RANGE", "SINGLE" */
    long level;
    struct rule rule;
    struct counter counter;
    struct tracker tracker;
};

/* Copies the text and replaces the predefined entity references (XML 1.0, section 4.6). */
static void decode(char *out, size_t size, const char *text, size_t length)
{
    static const struct {
        const char *reference;
        char character;
    } table[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    size_t n = 0;
    for (size_t i = 0; i < length && n + 1 < size;) {
        char character = text[i];
        size_t used = 1;
        for (size_t j = 0; j < sizeof(table) / sizeof(table[0]); j++) {
            size_t reference = strlen(table[j].reference);
            if (reference <= length - i && memcmp(text + i, table[j].reference, reference) == 0) {
                character = table[j].character;
                used = reference;
            }
        }
        out[n++] = character;
        i += used;
    }
    out[n] = '\0';
}

static void rule_reset(struct rule *rule)
{
    for (size_t i = 0; i < rule->exclusions.count; i++)
        free(rule->exclusions.items[i]);
    vec_free(&rule->exclusions);
    free(rule->filter);
    *rule = (struct rule){0};
}

static void open_element(struct parser *parser, const char *name)
{
    if (tracker_open(&parser->tracker, name))
        return;
    if (strcmp(name, "rotation_schedules") == 0) {
        parser->rules->is_rotated = true;
    } else if (strcmp(name, "domain") == 0) {
        parser->user_space = parser->in_channel = parser->in_event = parser->in_contexts = false;
    } else if (strcmp(name, "channel") == 0) {
        parser->in_channel = true;
        parser->channel_enabled = false;
    } else if (strcmp(name, "contexts") == 0) {
        parser->in_contexts = true;
        parser->in_counter = false;
    } else if (strcmp(name, "perf") == 0 && parser->in_contexts) {
        parser->in_counter = true;
        parser->counter = (struct counter){0};
    } else if (strcmp(name, "event") == 0 && !parser->in_contexts) {
        parser->in_event = true;
        parser->enabled = false;
        parser->level_type[0] = '\0';
        rule_reset(&parser->rule);
    }
}

static bool level_reaches_us(const struct parser *parser)
{
    if (strcmp(parser->level_type, "RANGE") == 0) /* at least as severe; 0 is the most severe */
        return RULE_OUR_LOG_LEVEL <= parser->level;
    if (strcmp(parser->level_type, "SINGLE") == 0)
        return RULE_OUR_LOG_LEVEL == parser->level;
    return true;
}

static int end_of_event(struct parser *parser)
{
    parser->in_event = false;
    if (!parser->user_space)
        return 0;
    bool enabled = parser->channel_enabled && parser->enabled;
    struct rule *rule =
        enabled ? vec_push(&parser->rules->list) : vec_push(&parser->rules->disabled);
    if (!rule)
        return -ENOMEM;
    *rule = parser->rule;
    parser->rule = (struct rule){0};
    snprintf(rule->session, sizeof(rule->session), "%s", parser->session);
    rule->reaches_us = level_reaches_us(parser);
    rule->channel = parser->rules->channels.count ? parser->rules->channels.count - 1 : 0;
    return 0;
}

static int close_in_event(struct parser *parser, const char *name, const char *text)
{
    if (strcmp(name, "event") == 0)
        return end_of_event(parser);
    if (strcmp(name, "name") == 0) {
        snprintf(parser->rule.pattern, sizeof(parser->rule.pattern), "%s", text);
    } else if (strcmp(name, "enabled") == 0) {
        parser->enabled = strcmp(text, "true") == 0;
    } else if (strcmp(name, "loglevel_type") == 0) {
        snprintf(parser->level_type, sizeof(parser->level_type), "%s", text);
    } else if (strcmp(name, "loglevel") == 0) {
        parser->level = strtol(text, NULL, 10);
    } else if (strcmp(name, "filter") == 0) {
        free(parser->rule.filter);
        parser->rule.filter = NULL;
        if (strlen(text) < FILTER_MAX - 1 && !(parser->rule.filter = strdup(text)))
            return -ENOMEM;
    } else if (strcmp(name, "exclusion") == 0) {
        char **exclusion = vec_push(&parser->rule.exclusions);
        if (!exclusion || !(*exclusion = strdup(text)))
            return -ENOMEM;
    }
    return 0;
}

static void note_blocking(struct parser *parser)
{
    struct rule_list *rules = parser->rules;
    rules->blocks_forever = true;
    snprintf(rules->blocking_channel, sizeof(rules->blocking_channel), "%s",
             rules->channels.items[rules->channels.count - 1]);
    snprintf(rules->blocking_session, sizeof(rules->blocking_session), "%s", parser->session);
}

/* The types that liblttng-ctl reads (lttng-tools, src/common/config/config-session-abi.h). */
static void note_context(struct parser *parser, const char *type)
{
    static const char *const types[SESSION_CONTEXTS_MAX] = {
        [SESSION_CONTEXT_VPID] = "VPID",
        [SESSION_CONTEXT_VTID] = "VTID",
        [SESSION_CONTEXT_PROCNAME] = "PROCNAME",
        [SESSION_CONTEXT_IP] = "IP",
    };
    struct rule_list *rules = parser->rules;
    if (!parser->user_space || !rules->contexts.count)
        return;
    struct context_list *list = &rules->contexts.items[rules->contexts.count - 1];
    for (size_t i = 0; type && i < SESSION_CONTEXTS_MAX; i++)
        if (strcmp(type, types[i]) == 0 && list->count < SESSION_CONTEXTS_MAX) {
            list->items[list->count++] = (enum session_context)i;
            return;
        }
    list->is_foreign = true;
}

static void note_file_limit(struct rule_list *rules, const char *text)
{
    if (rules->contexts.count && strtoull(text, NULL, 10) > 0)
        rules->contexts.items[rules->contexts.count - 1].limited_files = true;
}

static int add_channel(struct rule_list *rules, const char *name)
{
    struct context_list *contexts = vec_push(&rules->contexts);
    char **channel = contexts ? vec_push(&rules->channels) : NULL;
    if (!channel) {
        rules->contexts.count -= contexts != NULL;
        return -ENOMEM;
    }
    return (*channel = strdup(name)) ? 0 : -ENOMEM;
}

static int close_in_contexts(struct parser *parser, const char *name, const char *text)
{
    struct counter *counter = &parser->counter;
    if (strcmp(name, "contexts") == 0) {
        parser->in_contexts = false;
    } else if (!parser->in_counter) {
        /* A context has a type, or an element for a perf counter or an application's context. */
        if (strcmp(name, "type") == 0)
            note_context(parser, text);
        else if (strcmp(name, "app") == 0)
            note_context(parser, NULL);
        return 0;
    } else if (strcmp(name, "type") == 0) {
        counter->type = (uint32_t)strtoul(text, NULL, 10);
    } else if (strcmp(name, "config") == 0) {
        counter->config = strtoull(text, NULL, 10);
    } else if (strcmp(name, "name") == 0) {
        snprintf(counter->name, sizeof(counter->name), "%s", text);
    } else if (strcmp(name, "perf") == 0) {
        parser->in_counter = false;
        note_context(parser, NULL);
        if (!parser->user_space || !parser->channel_enabled || !parser->rules->channels.count)
            return 0;
        struct counter *kept = vec_push(&parser->rules->counters);
        if (!kept)
            return -ENOMEM;
        *kept = *counter;
        kept->channel = parser->rules->channels.count - 1;
        snprintf(kept->session, sizeof(kept->session), "%s", parser->session);
    }
    return 0;
}

static int close_element(struct parser *parser, const char *name, const char *text)
{
    bool excludes = false;
    if (tracker_close(&parser->tracker, name, text, &excludes)) {
        parser->rules->is_untracked |= excludes && parser->user_space;
        return 0;
    } else if (parser->in_contexts) {
        return close_in_contexts(parser, name, text);
    } else if (parser->in_event) {
        return close_in_event(parser, name, text);
    } else if (strcmp(name, "channel") == 0) {
        parser->in_channel = false;
    } else if (!parser->in_channel && strcmp(name, "type") == 0) {
        parser->user_space = strcmp(text, "UST") == 0;
    } else if (parser->in_channel && strcmp(name, "enabled") == 0) {
        parser->channel_enabled = strcmp(text, "true") == 0;
    } else if (parser->in_channel && parser->user_space && strcmp(name, "blocking_timeout") == 0) {
        if (strtol(text, NULL, 10) < 0 && parser->rules->channels.count)
            note_blocking(parser);
    } else if (parser->in_channel && parser->user_space &&
               (strcmp(name, "tracefile_size") == 0 || strcmp(name, "tracefile_count") == 0)) {
        note_file_limit(parser->rules, text);
    } else if (parser->in_channel && parser->user_space && strcmp(name, "name") == 0) {
        return add_channel(parser->rules, text);
    }
    return 0;
}

int rules_parse_saved(struct rule_list *rules, const char *session, const char *text)
{
    struct parser parser = {.rules = rules, .session = session};
    const char *content = text; /* the text after the previous tag */
    int rc = 0;
    while (rc == 0) {
        const char *start = strchr(content, '<');
        const char *end = start ? strchr(start, '>') : NULL;
        if (!end)
            break;
        bool closing = start[1] == '/', empty = end[-1] == '/';
        const char *name_start = start + 1 + closing;
        char name[64], decoded[FILTER_MAX];
        size_t length = strcspn(name_start, " \t\r\n/>");
        snprintf(name, sizeof(name), "%.*s", (int)(length < sizeof(name) ? length : 0), name_start);
        decode(decoded, sizeof(decoded), content, (size_t)(start - content));
        if (closing)
            rc = close_element(&parser, name, decoded);
        else if (!empty)
            open_element(&parser, name);
        content = end + 1;
    }
    rule_reset(&parser.rule);
    return rc;
}

/* Tells the daemon to save the session into the directory. */
static int save_session(const char *session, const char *directory)
{
    struct lttng_save_session_attr *attributes = lttng_save_session_attr_create();
    if (!attributes)
        return -LTTNG_ERR_NOMEM;
    int rc = lttng_save_session_attr_set_session_name(attributes, session);
    if (rc == 0)
        rc = lttng_save_session_attr_set_output_url(attributes, directory);
    if (rc == 0)
        rc = lttng_save_session(attributes);
    lttng_save_session_attr_destroy(attributes);
    return rc;
}

/* The contents of the file; the caller frees. NULL: errno is set. */
static char *read_file(const char *path)
{
    cleanup(cleanup_file) FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    cleanup(cleanup_free) char *text = NULL;
    size_t length = 0, capacity = 0;
    do {
        if (capacity - length < 4096) {
            capacity = capacity * 2 + 65536;
            char *larger = capacity <= SAVED_MAX ? realloc(text, capacity) : NULL;
            if (!larger) {
                errno = capacity <= SAVED_MAX ? ENOMEM : EFBIG;
                return NULL;
            }
            text = larger;
        }
        length += fread(text + length, 1, capacity - length - 1, file);
    } while (!feof(file) && !ferror(file));
    text[length] = '\0';
    return ferror(file) ? NULL : take_ptr(text);
}

int rules_read_saved(struct rule_list *rules, const char *session, struct error *err)
{
    const char *temporary = getenv("TMPDIR");
    char directory[PATH_MAX];
    int n = snprintf(directory, sizeof(directory), "%s/ptrace_tracer.XXXXXX",
                     temporary && *temporary == '/' ? temporary : "/tmp");
    if (n < 0 || (size_t)n >= sizeof(directory))
        return error_set(err, -ENAMETOOLONG,
                         "cannot make a temporary directory: TMPDIR is too long");
    if (!mkdtemp(directory))
        return error_set(err, -errno, "cannot make a temporary directory: %s", strerror(errno));
    cleanup(cleanup_free) char *path = text_format("%s/%s.lttng", directory, session);
    int rc = path ? save_session(session, directory) : -LTTNG_ERR_NOMEM;
    cleanup(cleanup_free) char *text = NULL;
    if (rc < 0)
        rc = error_set(err, -EIO, "cannot read the rules of session %s: %s", session,
                       lttng_strerror(rc));
    else if (!(text = read_file(path)))
        rc = error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    else if ((rc = rules_parse_saved(rules, session, text)) < 0)
        error_set(err, rc, "out of memory");
    if (path)
        unlink(path);
    rmdir(directory);
    return rc;
}
