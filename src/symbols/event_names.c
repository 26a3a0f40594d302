/* SPDX-License-Identifier: MIT */
#include "symbols/event_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/ctf_name.h"
#include "util/text.h"

static bool is_plain(unsigned char c)
{
    return isascii(c) && (isalnum(c) || c == '_');
}

static const char *file_of_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* ---- providers ---- */

static const char *clean_provider(const char *name, size_t length, struct arena *arena)
{
    char out[NAMES_PROVIDER_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < length && n < NAMES_PROVIDER_MAX; i++) {
        unsigned char c = (unsigned char)name[i];
        out[n++] = is_plain(c) || c == '.' || c == '+' || c == '-' ? (char)c : '_';
    }
    if (length > NAMES_PROVIDER_MAX)
        n = NAMES_PROVIDER_MAX - 9;
    out[n] = '\0';
    if (length > NAMES_PROVIDER_MAX)
        snprintf(out + n, sizeof(out) - n, "-%08x", (uint32_t)text_hash(TEXT_HASH_START, name));
    return arena_strdup(arena, n ? out : "_");
}

const char *event_names_provider(const char *path, struct arena *arena)
{
    const char *file = file_of_path(path);
    const char *start = file, *end = file + strlen(file);
    /* "libfoo.so.2.1" and "libfoo-2.so", but not "foo.sock" */
    for (const char *so = strstr(file, ".so"); so; so = strstr(so + 1, ".so"))
        if (so > file && (!so[3] || so[3] == '.')) {
            end = so;
            if (strncmp(file, "lib", 3) == 0 && end > file + 3)
                start += 3;
            break;
        }
    return clean_provider(start, (size_t)(end - start), arena);
}

const char *event_names_provider_of_file(const char *path, struct arena *arena)
{
    const char *file = file_of_path(path);
    return clean_provider(file, strlen(file), arena);
}

/* ---- functions ---- */

static size_t clean_function(char *out, const char *name)
{
    size_t n = 0, rest = strlen(name);
    for (const char *at = name; *at;) {
        size_t length = text_visible_length(at, rest);
        if (*at == ',') {
            out[n++] = ';';
            length += at[1] == ' ';
        } else if (length == 0 || *at == '"' || *at == '\\') {
            out[n++] = '_';
            length = 1;
        } else {
            memcpy(out + n, at, length);
            n += length;
        }
        at += length;
        rest -= length;
    }
    out[n] = '\0';
    return n;
}

const char *event_names_function(const char *name, const char *parameters, struct arena *arena)
{
    size_t room = strlen(name) + (parameters ? strlen(parameters) : 0) + 1;
    char *out = arena_alloc(arena, room);
    if (!out)
        return NULL;
    size_t n = clean_function(out, name);
    if (parameters)
        clean_function(out + n, parameters);
    return out;
}

const char *event_names_event(const char *provider, const char *function, const char *suffix,
                              struct arena *arena)
{
    /* The longest suffix decides, so that the entry and exit events are cut at the same place. */
    size_t longest = strlen("_entry"), length = strlen(suffix);
    size_t used = strlen(provider) + 1 + (length > longest ? length : longest);
    size_t room = used < NAMES_EVENT_MAX ? NAMES_EVENT_MAX - used : 0;
    if (strlen(function) <= room)
        return arena_format(arena, "%s%s", function, suffix);
    int cut = room > 9 ? (int)(room - 9) : 0;
    /* Cut between characters: a byte 10xxxxxx continues one. */
    while (cut > 0 && ((unsigned char)function[cut] & 0xc0) == 0x80)
        cut--;
    return arena_format(arena, "%.*s~%08x%s", cut, function,
                        (uint32_t)text_hash(TEXT_HASH_START, function), suffix);
}

/* ---- fields ---- */

static void clean_field(char out[NAMES_FIELD_MAX + 1], const char *name, size_t index)
{
    if (!name || !*name) {
        snprintf(out, NAMES_FIELD_MAX + 1, "arg%zu", index + 1);
        return;
    }
    size_t n = 0;
    if (isdigit((unsigned char)*name) || ctf_name_is_keyword(name))
        out[n++] = '_';
    for (const char *at = name; *at && n < NAMES_FIELD_MAX; at++)
        out[n++] = is_plain((unsigned char)*at) ? *at : '_';
    out[n] = '\0';
}

/* Fields added to others (states, symbols, memory behind addresses). The fields of the source have
   precedence for names. */
static bool is_added(const struct field *field)
{
    return (field->guard && !field->is_referred) || field->kind == VALUE_SYMBOL ||
           field->place.kind == PLACE_POINTEE_STATE;
}

/* Whether field i cannot have this name because of fields that are named before it. */
static bool is_name_taken(const struct field *fields, size_t n, size_t i, const char *name)
{
    for (size_t k = 0; k < n; k++) {
        bool is_named = is_added(&fields[k]) == is_added(&fields[i]) ? k < i : is_added(&fields[i]);
        if (is_named &&
            (k < i ? ctf_names_clash(fields[k].name, name) : ctf_names_clash(name, fields[k].name)))
            return true;
    }
    return false;
}

static bool name_field(struct field *fields, size_t n, size_t i, struct arena *arena)
{
    char base[NAMES_FIELD_MAX + 1], name[NAMES_FIELD_MAX + 32];
    clean_field(base, fields[i].name, i);
    strcpy(name, base);
    for (unsigned nth = 2; is_name_taken(fields, n, i, name); nth++)
        snprintf(name, sizeof(name), "%s_%u", base, nth);
    fields[i].name = arena_strdup(arena, name);
    return fields[i].name != NULL;
}

bool event_names_fields(struct field *fields, size_t n, struct arena *arena)
{
    for (int added = 0; added <= 1; added++)
        for (size_t i = 0; i < n; i++)
            if (is_added(&fields[i]) == added && !name_field(fields, n, i, arena))
                return false;
    return true;
}

/* ---- names in use ---- */

struct event_names_entry {
    struct event_names_entry
        *next; /* another name of the same hash, or the same name in another module */
    const struct probe *probe;
    const struct event_names_origin *origin; /* of the name, before it was made fit for events */
};

bool event_names_same_fields(const struct probe *a, const struct probe *b)
{
    return field_lists_equal(a->args, a->n_args, b->args, b->n_args) &&
           field_lists_equal(a->rets, a->n_rets, b->rets, b->n_rets);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_name(const struct event_names_origin *a, const struct event_names_origin *b)
{
    return same_text(a->name, b->name) && same_text(a->parameters, b->parameters) &&
           same_text(a->long_name, b->long_name) &&
           same_text(a->long_parameters, b->long_parameters);
}

/* Returns 1 if the probe has the name now, 0 if another function has it, or -ENOMEM. */
static int claim(struct event_names *names, struct probe *probe,
                 const struct event_names_origin *origin, const char *function)
{
    const char *entry_event = event_names_event(probe->provider, function, "_entry", names->arena);
    if (!entry_event)
        return -ENOMEM;
    uint64_t key = text_hash_event(probe->provider, entry_event);
    struct event_names_entry *first = table_get(&names->events, key);
    for (struct event_names_entry *entry = first; entry; entry = entry->next) {
        const struct probe *other = entry->probe;
        if (strcmp(other->entry_event, entry_event) != 0 ||
            strcmp(other->provider, probe->provider) != 0)
            continue;
        /* Names that differ only in characters that events cannot have belong to different
           functions. */
        if (!event_names_same_fields(other, probe) || !same_name(entry->origin, origin))
            return 0;
        probe->function = other->function;
        probe->entry_event = other->entry_event;
        probe->exit_event = other->exit_event;
        return 1;
    }

    probe->entry_event = entry_event;
    probe->exit_event = event_names_event(probe->provider, function, "_exit", names->arena);
    struct event_names_entry *entry = arena_alloc(names->arena, sizeof(*entry));
    struct event_names_origin *kept = arena_alloc(names->arena, sizeof(*kept));
    if (!entry || !kept || !probe->exit_event)
        return -ENOMEM;
    probe->function = function;
    *kept = *origin;
    *entry = (struct event_names_entry){.next = first, .probe = probe, .origin = kept};
    int r = table_put(&names->events, key, entry);
    return r < 0 ? r : 1;
}

/* Claims "wanted_2" and so on. A file may have thousands of functions of one name: after the first
   few numbers, those known to be taken are skipped. */
static int claim_number(struct event_names *names, struct probe *probe,
                        const struct event_names_origin *origin, const char *wanted)
{
    enum { TRIED = 32 };
    uint64_t key = text_hash_event(probe->provider, wanted);
    uintptr_t last = (uintptr_t)table_get(&names->numbers, key);
    for (uintptr_t nth = 2;; nth++) {
        if (nth == TRIED && last > nth)
            nth = last + 1;
        const char *numbered = arena_format(names->arena, "%s_%ju", wanted, (uintmax_t)nth);
        int r = numbered ? claim(names, probe, origin, numbered) : -ENOMEM;
        if (r < 0)
            return r;
        if (r > 0)
            return nth > last ? table_put(&names->numbers, key, (void *)nth) : 0;
    }
}

int event_names_claim(struct event_names *names, struct probe *probe,
                      const struct event_names_origin *origin)
{
    const char *file = origin->file;
    const char *wanted = event_names_function(origin->name, origin->parameters, names->arena);
    if (!wanted)
        return -ENOMEM;
    int r = claim(names, probe, origin, wanted);
    if (r != 0)
        return r < 0 ? r : 0;

    if (file && *file) {
        const char *told_apart = arena_format(names->arena, "%s@%s", wanted, file_of_path(file));
        wanted = told_apart ? event_names_function(told_apart, NULL, names->arena) : NULL;
        if (!wanted)
            return -ENOMEM;
        r = claim(names, probe, origin, wanted);
    }
    return r == 0 ? claim_number(names, probe, origin, wanted) : r < 0 ? r : 0;
}

void event_names_free(struct event_names *names)
{
    table_free(&names->events);
    table_free(&names->numbers);
}
