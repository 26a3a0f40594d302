/* SPDX-License-Identifier: MIT */
/*
 * The CTF types of fields, which LTTng's traces and our own have in common: the same values look
 * the same in both.
 */
#ifndef TP_EVENT_FIELDS_H
#define TP_EVENT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/field.h"

/* EVENT_LABEL_SIZE: the bytes of a label or of the name of an enumeration, NUL included. As many as
   LTTNG_UST_ABI_SYM_NAME_LEN: liblttng-ust sends them in arrays of that size. */
enum { EVENT_LABEL_SIZE = 256, EVENT_LABELS_MAX = 4096 };

enum event_form_kind {
    EVENT_FORM_NONE, /* there is no type for the field's kind and size */
    EVENT_FORM_INTEGER,
    EVENT_FORM_ENUM, /* an integer with labels */
    EVENT_FORM_FLOAT,
    EVENT_FORM_STRING, /* UTF-8, NUL-terminated */
};

/* A CTF type. */
struct event_form {
    enum event_form_kind kind;
    bool is_signed;
    unsigned char size; /* bytes: 1, 2, 4, 8; 4 or 8 of floats; 0 of strings */
    unsigned char base; /* of an integer in readers' output: 10 or 16 */
};

struct event_form event_form_of(const struct field *field);
/* The size of that form, without a look at labels: for each hit. */
size_t event_form_size(const struct field *field);

/* The labels of the enumeration that have a name, in order of value. Of labels with the same value:
   the first in the source. NULL: out of memory. The caller frees the list. */
const struct enum_label **event_labels(const struct enum_type *type, size_t *n);

/*
 * Copies a label, with characters replaced that CTF metadata does not allow in a string (CTF 1.8.3,
 * appendix C.1.4). `out` has EVENT_LABEL_SIZE bytes; a copy is no longer than its label. Returns
 * the NUL of the copy.
 */
char *event_label_copy(char *out, const char *label);

#endif
