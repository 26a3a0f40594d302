/* SPDX-License-Identifier: MIT */
#include "tp/lttng/event_type.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/text.h"

/* CTF_LABEL_MAX: liblttng-ust sends labels in arrays of LTTNG_UST_ABI_SYM_NAME_LEN bytes. */
enum { CTF_LABEL_MAX = LTTNG_UST_ABI_SYM_NAME_LEN, ENUM_LABELS_MAX = 4096 };

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

/* The integer type of 1, 2, 4 or 8 bytes; NULL for other sizes. */
static const struct lttng_ust_type_integer *integer_type(size_t size, bool is_signed)
{
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return NULL;
    return (is_signed ? signed_types : unsigned_types) + __builtin_ctzl(size);
}

static bool is_integer(const struct field *field)
{
    return field->kind == VALUE_INTEGER || field->kind == VALUE_BOOL || field->kind == VALUE_ENUM;
}

bool event_type_exists(const struct field *field)
{
    switch (field->kind) {
    case VALUE_INTEGER:
    case VALUE_BOOL:
    case VALUE_ENUM:
        return integer_type(field->size, false) != NULL;
    case VALUE_FLOAT: /* wider ones were converted to double */
        return field->size == sizeof(float) || field->size >= sizeof(double);
    case VALUE_POINTER:
    case VALUE_STRING:
    case VALUE_WORD:
    case VALUE_CHARS:
    case VALUE_HEX128:
    case VALUE_COUNT:
    case VALUE_SYMBOL:
        return true;
    }
    return false;
}

size_t event_type_size(const struct field *field)
{
    if (is_integer(field) || (field->kind == VALUE_FLOAT && field->size == sizeof(float)))
        return field->size;
    return sizeof(uint64_t);
}

size_t event_type_alignment(const struct field *field)
{
    if (field->kind == VALUE_FLOAT)
        return field->size == sizeof(float) ? float_type.alignment / CHAR_BIT
                                            : double_type.alignment / CHAR_BIT;
    return integer_type(event_type_size(field), false)->alignment / CHAR_BIT;
}

/* Copies a label, with characters replaced that CTF metadata does not allow in a string (CTF 1.8.3,
   appendix C.1.4). Returns the NUL of the copy. */
static char *copy_label(char *out, const char *label)
{
    size_t length = strnlen(label, CTF_LABEL_MAX - 1);
    for (size_t i = 0; i < length;) {
        size_t n = text_visible_length(label + i, length - i);
        if (n == 0 || label[i] == '"' || label[i] == '\\') {
            *out++ = '_';
            i++;
        } else {
            memcpy(out, label + i, n);
            out += n;
            i += n;
        }
    }
    *out = '\0';
    return out;
}

static int compare_values(const void *a, const void *b)
{
    const struct enum_label *const *x = a, *const *y = b;
    if ((*x)->value != (*y)->value)
        return (*x)->value < (*y)->value ? -1 : 1;
    return *x < *y ? -1 : *x > *y; /* source order */
}

/* The labels in order of value. Of labels with the same value: the first in the source. NULL: out
   of memory. The caller frees the list. */
static const struct enum_label **one_label_per_value(const struct enum_type *type, size_t *n)
{
    const struct enum_label **list = calloc(type->n_labels, sizeof(*list));
    if (!list)
        return NULL;
    size_t named = 0;
    for (size_t i = 0; i < type->n_labels; i++)
        if (type->labels[i].name && type->labels[i].name[0])
            list[named++] = &type->labels[i];
    qsort(list, named, sizeof(*list), compare_values);
    *n = 0;
    for (size_t i = 0; i < named && *n < ENUM_LABELS_MAX; i++)
        if (*n == 0 || list[*n - 1]->value != list[i]->value)
            list[(*n)++] = list[i];
    return list;
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
    cleanup(cleanup_free) const struct enum_label **labels = one_label_per_value(type, &n);
    struct event_enum *made = calloc(1, sizeof(*made));
    if (!labels || !made)
        goto fail;
    const char *name = type->name ? type->name : "";
    size_t bytes = strnlen(name, CTF_LABEL_MAX) + 1;
    for (size_t i = 0; i < n; i++)
        bytes += strnlen(labels[i]->name, CTF_LABEL_MAX) + 1;
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
        text = copy_label(text, labels[i]->name) + 1;
    }
    made->desc = (struct lttng_ust_enum_desc){
        .struct_size = sizeof(struct lttng_ust_enum_desc),
        .name = text,
        .entries = made->entry_list,
        .nr_entries = (unsigned)n,
        .probe_desc = &version_only,
    };
    copy_label(text, name);
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

static const struct lttng_ust_type_common *enum_type_of(const struct field *field,
                                                        struct event_enums *enums)
{
    const struct lttng_ust_type_integer *container = integer_type(field->size, field->is_signed);
    /* CTF has no enumeration without labels. */
    bool labels = false;
    for (size_t i = 0; field->enumeration && i < field->enumeration->n_labels && !labels; i++)
        labels = field->enumeration->labels[i].name && field->enumeration->labels[i].name[0];
    if (!labels)
        return &container->parent;
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
    if (!event_type_exists(field))
        return NULL;
    switch (field->kind) {
    case VALUE_INTEGER:
        return &integer_type(field->size, field->is_signed)->parent;
    case VALUE_BOOL:
        return &integer_type(field->size, false)->parent;
    case VALUE_ENUM:
        return enum_type_of(field, enums);
    case VALUE_FLOAT:
        return field->size == sizeof(float) ? &float_type.parent : &double_type.parent;
    case VALUE_STRING:
    case VALUE_CHARS:
    case VALUE_HEX128:
    case VALUE_SYMBOL:
        return &string_type.parent;
    case VALUE_COUNT:
        return &integer_type(sizeof(uint64_t), false)->parent;
    case VALUE_POINTER:
    case VALUE_WORD:
        return &word_type.parent;
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
