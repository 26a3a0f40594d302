/* SPDX-License-Identifier: MIT */
#include "model/field.h"

#include <string.h>

static bool enums_equal(const struct enum_type *a, const struct enum_type *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->n_labels != b->n_labels || !a->name != !b->name ||
        (a->name && strcmp(a->name, b->name) != 0))
        return false;
    for (size_t i = 0; i < a->n_labels; i++)
        if (a->labels[i].value != b->labels[i].value ||
            strcmp(a->labels[i].name, b->labels[i].name) != 0)
            return false;
    return true;
}

bool field_lists_equal(const struct field *a, size_t n_a, const struct field *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++)
        if (strcmp(a[i].name, b[i].name) != 0 || a[i].kind != b[i].kind || a[i].size != b[i].size ||
            a[i].is_signed != b[i].is_signed || !enums_equal(a[i].enumeration, b[i].enumeration))
            return false;
    return true;
}
