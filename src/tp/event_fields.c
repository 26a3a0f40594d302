/* SPDX-License-Identifier: MIT */
#include "tp/event_fields.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* An integer of 1, 2, 4 or 8 bytes. */
static struct event_form integer_form(size_t size, bool is_signed, unsigned char base)
{
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return (struct event_form){.kind = EVENT_FORM_NONE};
    return (struct event_form){EVENT_FORM_INTEGER, is_signed, (unsigned char)size, base};
}

/* CTF has no enumeration without labels. */
static bool has_labels(const struct enum_type *type)
{
    for (size_t i = 0; type && i < type->n_labels; i++)
        if (type->labels[i].name && type->labels[i].name[0])
            return true;
    return false;
}

/* The form of the field, with no regard to labels. */
static struct event_form plain_form(const struct field *field)
{
    struct event_form form = {.kind = EVENT_FORM_NONE};
    switch (field->kind) {
    case VALUE_INTEGER:
    case VALUE_ENUM:
        return integer_form(field->size, field->is_signed, 10);
    case VALUE_BOOL:
        return integer_form(field->size, false, 10);
    case VALUE_FLOAT: /* wider ones were converted to double */
        if (field->size == sizeof(float))
            return (struct event_form){EVENT_FORM_FLOAT, true, sizeof(float), 10};
        if (field->size >= sizeof(double))
            return (struct event_form){EVENT_FORM_FLOAT, true, sizeof(double), 10};
        return form;
    case VALUE_STRING:
    case VALUE_CHARS:
    case VALUE_HEX128:
    case VALUE_SYMBOL:
        form.kind = EVENT_FORM_STRING;
        return form;
    case VALUE_COUNT:
        return integer_form(sizeof(uint64_t), false, 10);
    case VALUE_POINTER:
    case VALUE_WORD:
        return integer_form(sizeof(uint64_t), false, 16);
    }
    return form;
}

struct event_form event_form_of(const struct field *field)
{
    struct event_form form = plain_form(field);
    if (field->kind == VALUE_ENUM && form.kind == EVENT_FORM_INTEGER &&
        has_labels(field->enumeration))
        form.kind = EVENT_FORM_ENUM;
    return form;
}

size_t event_form_size(const struct field *field)
{
    return plain_form(field).size;
}

static int compare_values(const void *a, const void *b)
{
    const struct enum_label *const *x = a, *const *y = b;
    if ((*x)->value != (*y)->value)
        return (*x)->value < (*y)->value ? -1 : 1;
    return *x < *y ? -1 : *x > *y; /* source order */
}

const struct enum_label **event_labels(const struct enum_type *type, size_t *n)
{
    const struct enum_label **list = calloc(type->n_labels + 1, sizeof(*list));
    if (!list)
        return NULL;
    size_t named = 0;
    for (size_t i = 0; i < type->n_labels; i++)
        if (type->labels[i].name && type->labels[i].name[0])
            list[named++] = &type->labels[i];
    qsort(list, named, sizeof(*list), compare_values);
    *n = 0;
    for (size_t i = 0; i < named && *n < EVENT_LABELS_MAX; i++)
        if (*n == 0 || list[*n - 1]->value != list[i]->value)
            list[(*n)++] = list[i];
    return list;
}

char *event_label_copy(char *out, const char *label)
{
    size_t length = strnlen(label, EVENT_LABEL_SIZE - 1);
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
