/* SPDX-License-Identifier: MIT */
#include "tp/lttng/event_class.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/ctf_name.h"
#include "util/text.h"

/* liblttng-ust attaches an event to a tracepoint only if their signatures are the same string. Our
   fields differ in their descriptions, which the session daemon gets. */
static const char signature[] = "hit";

/* Whether the name can be a quoted string in CTF metadata and an argument of lttng(1). */
static bool is_plain_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0)
        return false;
    for (size_t i = 0; i < length;) {
        size_t n = text_visible_length(name + i, length - i);
        if (n == 0 || strchr("\"\\,", name[i]))
            return false;
        i += n;
    }
    return true;
}

static bool is_field_name(const char *name)
{
    size_t length = strnlen(name, LTTNG_UST_ABI_SYM_NAME_LEN);
    if (length == 0 || length == LTTNG_UST_ABI_SYM_NAME_LEN)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(c >= '0' && c <= '9'))
            return false;
    }
    return !ctf_name_is_keyword(name);
}

int event_check(const char *provider, const char *name, const struct field *fields, size_t n_fields,
                struct error *err)
{
    if (!is_plain_name(provider) || strchr(provider, ':'))
        return error_set(err, -EINVAL, "\"%s\" is not a valid provider name", provider);
    if (!is_plain_name(name))
        return error_set(err, -EINVAL, "\"%s\" is not a valid event name", name);
    /* The limit includes the colon and the NUL (lttng_ust_tp_validate_event_name()). */
    if (strlen(provider) + 1 + strlen(name) >= LTTNG_UST_ABI_SYM_NAME_LEN)
        return error_set(err, -EINVAL, "the name is longer than %d bytes",
                         LTTNG_UST_ABI_SYM_NAME_LEN - 1);
    if (n_fields > PROBE_FIELDS_MAX)
        return error_set(err, -EINVAL, "%zu fields are too many", n_fields);
    for (size_t i = 0; i < n_fields; i++) {
        if (!is_field_name(fields[i].name))
            return error_set(err, -EINVAL, "\"%s\" is not a valid field name", fields[i].name);
        for (size_t j = 0; j < i; j++)
            if (ctf_names_clash(fields[j].name, fields[i].name))
                return error_set(err, -EINVAL, "trace readers mistake field %s for field %s",
                                 fields[i].name, fields[j].name);
        if (!event_type_exists(&fields[i]))
            return error_set(err, -EINVAL, "there is no type for the %d bytes of field %s",
                             fields[i].size, fields[i].name);
    }
    return 0;
}

/* Copies the name to *text and moves *text behind the copy. */
static const char *put_text(char **text, const char *name)
{
    char *copy = *text;
    *text = stpcpy(copy, name) + 1;
    return copy;
}

/* Fills event `i` of the batch. Its name goes to *text, the descriptions of its fields start at
 *next_field; both are advanced. */
static int fill_event(struct event_batch *batch, size_t i, const struct event_request *request,
                      struct event_enums *enums, size_t *next_field, char **text)
{
    const char *name = put_text(text, request->name);
    size_t first = *next_field;
    for (size_t f = 0; f < request->n_fields; f++) {
        const struct lttng_ust_type_common *type = event_type_of(&request->fields[f], enums);
        if (!type)
            return -ENOMEM;
        batch->fields[first + f] = (struct lttng_ust_event_field){
            .struct_size = sizeof(struct lttng_ust_event_field),
            .name = request->fields[f].name,
            .type = type,
        };
        batch->field_list[first + f] = &batch->fields[first + f];
    }
    *next_field += request->n_fields;
    batch->classes[i] = (struct lttng_ust_tracepoint_class){
        .struct_size = sizeof(struct lttng_ust_tracepoint_class),
        .fields = batch->field_list + first,
        .nr_fields = request->n_fields,
        .probe_callback = event_probe_callback,
        .signature = signature,
        .probe_desc = &batch->provider,
    };
    batch->descs[i] = (struct lttng_ust_event_desc){
        .struct_size = sizeof(struct lttng_ust_event_desc),
        .event_name = name,
        .probe_desc = &batch->provider,
        .tp_class = &batch->classes[i],
    };
    batch->tracepoints[i] = (struct lttng_ust_tracepoint){
        .struct_size = sizeof(struct lttng_ust_tracepoint),
        .provider_name = batch->provider.provider_name,
        .event_name = name,
        .signature = signature,
    };
    batch->events[i] = (struct event){
        .tracepoint = &batch->tracepoints[i],
        .n_fields = request->n_fields,
        .fields = request->fields,
        .redirect_number = -1,
    };
    batch->desc_list[i] = &batch->descs[i];
    batch->tracepoint_list[i] = &batch->tracepoints[i];
    return 0;
}

static void free_memory(struct event_batch *batch)
{
    free(batch->events);
    free(batch->tracepoints);
    free(batch->tracepoint_list);
    free(batch->classes);
    free(batch->descs);
    free(batch->desc_list);
    free(batch->fields);
    free(batch->field_list);
    free(batch->last_states);
    free(batch->text);
    free(batch);
}

int event_batch_new(const char *provider, const struct event_request *requests, size_t n,
                    struct event_enums *enums, struct event_batch **result)
{
    size_t n_fields = 0, length = strlen(provider) + 1;
    for (size_t i = 0; i < n; i++) {
        n_fields += requests[i].n_fields;
        length += strlen(requests[i].name) + 1;
    }
    struct event_batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return -ENOMEM;
    batch->n_events = n;
    batch->events = calloc(n, sizeof(*batch->events));
    batch->tracepoints = calloc(n, sizeof(*batch->tracepoints));
    batch->tracepoint_list = calloc(n, sizeof(*batch->tracepoint_list));
    batch->classes = calloc(n, sizeof(*batch->classes));
    batch->descs = calloc(n, sizeof(*batch->descs));
    batch->desc_list = calloc(n, sizeof(*batch->desc_list));
    batch->fields = calloc(n_fields + 1, sizeof(*batch->fields));
    batch->field_list = calloc(n_fields + 1, sizeof(*batch->field_list));
    batch->last_states = calloc(n, sizeof(*batch->last_states));
    batch->text = malloc(length);
    int rc = -ENOMEM;
    if (!batch->events || !batch->tracepoints || !batch->tracepoint_list || !batch->classes ||
        !batch->descs || !batch->desc_list || !batch->fields || !batch->field_list ||
        !batch->last_states || !batch->text)
        goto fail;
    char *text = batch->text;
    batch->provider = (struct lttng_ust_probe_desc){
        .struct_size = sizeof(struct lttng_ust_probe_desc),
        .provider_name = put_text(&text, provider),
        .event_desc = batch->desc_list,
        .nr_events = (unsigned)n,
        .major = LTTNG_UST_PROVIDER_MAJOR,
        .minor = LTTNG_UST_PROVIDER_MINOR,
    };
    size_t next_field = 0;
    for (size_t i = 0; i < n; i++)
        if ((rc = fill_event(batch, i, &requests[i], enums, &next_field, &text)) < 0)
            goto fail;
    /* Tracepoints first: events attach to them when the provider is registered. */
    rc = lttng_ust_tracepoint_module_register(batch->tracepoint_list, (int)n);
    if (rc < 0)
        goto fail;
    batch->registered = lttng_ust_probe_register(&batch->provider);
    if (!batch->registered) {
        lttng_ust_tracepoint_module_unregister(batch->tracepoint_list);
        rc = -EINVAL;
        goto fail;
    }
    *result = batch;
    return 0;
fail:
    free_memory(batch);
    return rc;
}

void event_batches_retire(struct event_batch *first)
{
    /* A reference for leak checkers. */
    static struct event_batch *retired;
    while (first) {
        struct event_batch *batch = first;
        first = batch->next;
        lttng_ust_probe_unregister(batch->registered);
        lttng_ust_tracepoint_module_unregister(batch->tracepoint_list);
        batch->next = retired;
        retired = batch;
    }
}
