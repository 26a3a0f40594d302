/* SPDX-License-Identifier: MIT */
#include "tp/lttng/event_type.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tp/event_fields.h"
#include "util/cleanup.h"

_Static_assert(EVENT_LABEL_SIZE == LTTNG_UST_ABI_SYM_NAME_LEN, "labels fit liblttng-ust's arrays");

/* An enumeration type for fields of one size and signedness. */
struct event_enum {
    struct event_enum *next;
    struct lttng_ust_type_enum type;
    struct lttng_ust_enum_desc desc;
    struct lttng_ust_enum_entry *entries;
    const struct lttng_ust_enum_entry **entry_list;
    char *text; /* the labels and the name */
};

/* liblttng-ust uses the provider of an enumeration only for its version. */
static const struct lttng_ust_probe_desc version_only = {
    .struct_size = sizeof(struct lttng_ust_probe_desc),
    .provider_name = "ptrace_tracer",
    .major = LTTNG_UST_PROVIDER_MAJOR,
    .minor = LTTNG_UST_PROVIDER_MINOR,
};

#define INTEGER_TYPE(c_type, is_signed, digits)                                                    \
    {                                                                                              \
        .parent = {.type = lttng_ust_type_integer},                                                \
        .struct_size = sizeof(struct lttng_ust_type_integer), .size = sizeof(c_type) * CHAR_BIT,   \
        .alignment = lttng_ust_rb_alignof(c_type) * CHAR_BIT, .signedness = (is_signed),           \
        .base = (digits),                                                                          \
    }

#define FLOAT_TYPE(c_type)                                                                         \
    {                                                                                              \
        .parent = {.type = lttng_ust_type_float},                                                  \
        .struct_size = sizeof(struct lttng_ust_type_float),                                        \
        .exp_dig = sizeof(c_type) * CHAR_BIT - lttng_ust_float_mant_dig(c_type),                   \
        .mant_dig = lttng_ust_float_mant_dig(c_type),                                              \
        .alignment = lttng_ust_rb_alignof(c_type) * CHAR_BIT,                                      \
        .reverse_byte_order = LTTNG_UST_BYTE_ORDER != LTTNG_UST_FLOAT_WORD_ORDER,                  \
    }

/* Index: log2 of the size in bytes. */
static const struct lttng_ust_type_integer unsigned_types[] = {
    INTEGER_TYPE(uint8_t, 0, 10),
    INTEGER_TYPE(uint16_t, 0, 10),
    INTEGER_TYPE(uint32_t, 0, 10),
    INTEGER_TYPE(uint64_t, 0, 10),
};
static const struct lttng_ust_type_integer signed_types[] = {
    INTEGER_TYPE(int8_t, 1, 10),
    INTEGER_TYPE(int16_t, 1, 10),
    INTEGER_TYPE(int32_t, 1, 10),
    INTEGER_TYPE(int64_t, 1, 10),
};
static const struct lttng_ust_type_integer word_type = INTEGER_TYPE(uint64_t, 0, 16);
static const struct lttng_ust_type_float float_type = FLOAT_TYPE(float);
static const struct lttng_ust_type_float double_type = FLOAT_TYPE(double);
static const struct lttng_ust_type_string string_type = {
    .parent = {.type = lttng_ust_type_string},
    .struct_size = sizeof(struct lttng_ust_type_string),
    .encoding = lttng_ust_string_encoding_UTF8,
};

/* The integer type of the form. */
static const struct lttng_ust_type_integer *integer_type(const struct event_form *form)
{
    if (form->base == 16)
        return &word_type;
    return (form->is_signed ? signed_types : unsigned_types) + __builtin_ctzl(form->size);
}

bool event_type_exists(const struct field *field)
{
    return event_form_of(field).kind != EVENT_FORM_NONE;
}

size_t event_type_size(const struct field *field)
{
    return event_form_size(field);
}

size_t event_type_alignment(const struct field *field)
{
    size_t size = event_form_size(field);
    if (field->kind == VALUE_FLOAT)
        return (size == sizeof(float) ? float_type : double_type).alignment / CHAR_BIT;
    return unsigned_types[__builtin_ctzl(size)].alignment / CHAR_BIT;
}

static void event_enum_free(struct event_enum *enumeration)
{
    if (!enumeration)
        return;
    free(enumeration->entries);
    free(enumeration->entry_list);
    free(enumeration->text);
    free(enumeration);
}

static struct event_enum *event_enum_new(const struct enum_type *type,
                                         const struct lttng_ust_type_integer *container)
{
    size_t n = 0;
    cleanup(cleanup_free) const struct enum_label **labels = event_labels(type, &n);
    struct event_enum *made = calloc(1, sizeof(*made));
    if (!labels || !made)
        goto fail;
    const char *name = type->name ? type->name : "";
    size_t bytes = strnlen(name, EVENT_LABEL_SIZE) + 1;
    for (size_t i = 0; i < n; i++)
        bytes += strnlen(labels[i]->name, EVENT_LABEL_SIZE) + 1;
    made->text = malloc(bytes);
    made->entries = calloc(n + 1, sizeof(*made->entries));
    made->entry_list = calloc(n + 1, sizeof(*made->entry_list));
    if (!made->text || !made->entries || !made->entry_list)
        goto fail;
    char *text = made->text;
    for (size_t i = 0; i < n; i++) {
        struct lttng_ust_enum_value value = {labels[i]->value, container->signedness};
        made->entries[i] = (struct lttng_ust_enum_entry){
            .struct_size = sizeof(struct lttng_ust_enum_entry),
            .start = value,
            .end = value,
            .string = text,
        };
        made->entry_list[i] = &made->entries[i];
        text = event_label_copy(text, labels[i]->name) + 1;
    }
    made->desc = (struct lttng_ust_enum_desc){
        .struct_size = sizeof(struct lttng_ust_enum_desc),
        .name = text,
        .entries = made->entry_list,
        .nr_entries = (unsigned)n,
        .probe_desc = &version_only,
    };
    event_label_copy(text, name);
    made->type = (struct lttng_ust_type_enum){
        .parent = {.type = lttng_ust_type_enum},
        .struct_size = sizeof(struct lttng_ust_type_enum),
        .desc = &made->desc,
        .container_type = &container->parent,
    };
    return made;
fail:
    event_enum_free(made);
    return NULL;
}

static const struct lttng_ust_type_common *
enum_type_of(const struct field *field, const struct lttng_ust_type_integer *container,
             struct event_enums *enums)
{
    uint64_t key = (uintptr_t)field->enumeration;
    struct event_enum *first = table_get(&enums->by_type, key);
    for (struct event_enum *e = first; e; e = e->next)
        if (e->type.container_type == &container->parent)
            return &e->type.parent;
    struct event_enum *made = event_enum_new(field->enumeration, container);
    if (!made)
        return NULL;
    made->next = first;
    if (table_put(&enums->by_type, key, made) < 0) {
        event_enum_free(made);
        return NULL;
    }
    return &made->type.parent;
}

const struct lttng_ust_type_common *event_type_of(const struct field *field,
                                                  struct event_enums *enums)
{
    struct event_form form = event_form_of(field);
    switch (form.kind) {
    case EVENT_FORM_INTEGER:
        return &integer_type(&form)->parent;
    case EVENT_FORM_ENUM:
        return enum_type_of(field, integer_type(&form), enums);
    case EVENT_FORM_FLOAT:
        return form.size == sizeof(float) ? &float_type.parent : &double_type.parent;
    case EVENT_FORM_STRING:
        return &string_type.parent;
    case EVENT_FORM_NONE:
        break;
    }
    return NULL;
}

void event_enums_free(struct event_enums *enums)
{
    size_t position = 0;
    struct event_enum *e;
    while ((e = table_next(&enums->by_type, &position)))
        while (e) {
            struct event_enum *next = e->next;
            event_enum_free(e);
            e = next;
        }
    table_free(&enums->by_type);
}
