/* SPDX-License-Identifier: MIT */
#include "analysis/field_roles.h"

#include <ctype.h>
#include <string.h>

/* As symbols/extra_fields.c makes them, in the order of enum extra_field. */
static const struct {
    const char *name;
    enum value_kind kind;
    uint16_t size;
    bool is_signed;
} ROLES[PROBE_EXTRAS_MAX] = {
    [EXTRA_DEPTH] = {"depth", VALUE_INTEGER, 4, false},
    [EXTRA_DURATION] = {"duration", VALUE_INTEGER, 8, false},
    [EXTRA_CPU] = {"cpu", VALUE_INTEGER, 8, false},
    [EXTRA_CALLER] = {"caller", VALUE_STRING, 8, false},
    [EXTRA_TID] = {"tid", VALUE_INTEGER, 4, true},
    [EXTRA_PID] = {"pid", VALUE_INTEGER, 4, true},
    [EXTRA_STACK] = {"stack", VALUE_STRING, 8, false},
};

/* Whether it is the name, or the name with a number that makes it unique: "depth_2". */
static bool is_named(const char *name, const char *base)
{
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0)
        return false;
    const char *rest = name + length;
    if (*rest == '\0')
        return true;
    return rest[0] == '_' && rest[1] && strspn(rest + 1, "0123456789") == strlen(rest + 1);
}

static bool can_be(const struct field *field, unsigned extra)
{
    return field->kind == ROLES[extra].kind && field->is_signed == ROLES[extra].is_signed &&
           (field->kind == VALUE_STRING || field->size == ROLES[extra].size) &&
           is_named(field->name, ROLES[extra].name);
}

unsigned field_roles_extras(const struct field *fields, size_t n, bool is_exit)
{
    unsigned mask = 0;
    int below = PROBE_EXTRAS_MAX;
    while (n > 0 && !(is_exit && strncmp(fields[n - 1].name, "retval", 6) == 0)) {
        int extra = below - 1;
        while (extra >= 0 && !can_be(&fields[n - 1], (unsigned)extra))
            extra--;
        if (extra < 0)
            break;
        mask |= 1u << extra;
        below = extra;
        n--;
    }
    return mask;
}

size_t field_roles_set_extras(struct field *fields, size_t n, unsigned mask,
                              int16_t extras[PROBE_EXTRAS_MAX])
{
    size_t count = (size_t)__builtin_popcount(mask), at = n - count;
    for (int i = 0; i < PROBE_EXTRAS_MAX; i++)
        extras[i] = -1;
    if (count > n)
        return 0;
    for (unsigned extra = 0; extra < PROBE_EXTRAS_MAX; extra++)
        if (mask & 1u << extra && !can_be(&fields[at++], extra))
            return 0;
    at = n - count;
    for (unsigned extra = 0; extra < PROBE_EXTRAS_MAX; extra++)
        if (mask & 1u << extra) {
            fields[at].place = (struct value_place){.kind = PLACE_EXTRA, .index = (uint16_t)extra};
            extras[extra] = (int16_t)at++;
        }
    return count;
}

/* Whether the field is the state of a pointee: "NAME_ptr", of which *length is set to NAME's. */
static bool is_state(const struct field *field, size_t *length)
{
    static const char *const labels[] = {"ok", "null", "bad_address"};
    const struct enum_type *type = field->enumeration;
    if (field->kind != VALUE_ENUM || field->size != 1 || !type || type->n_labels != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (type->labels[i].value != i || strcmp(type->labels[i].name, labels[i]) != 0)
            return false;
    const char *end = field->name + strlen(field->name);
    const char *digits = end;
    while (digits > field->name && isdigit((unsigned char)digits[-1]))
        digits--;
    if (digits > field->name && digits < end && digits[-1] == '_')
        end = digits - 1;
    *length = (size_t)(end - field->name);
    if (*length <= 4 || memcmp(end - 4, "_ptr", 4) != 0)
        return false;
    *length -= 4;
    return true;
}

static bool begins_with(const struct field *field, const char *name, size_t length)
{
    return strncmp(field->name, name, length) == 0 &&
           (field->name[length] == '\0' || field->name[length] == '_');
}

/* The first field of the pointee whose state is number `at`. *is_followed: a field before it has
   the address. */
static size_t first_of_pointee(const struct field *fields, size_t at, size_t length,
                               bool *is_followed)
{
    const char *name = fields[at].name;
    size_t first = at;
    for (; first > 0 && begins_with(&fields[first - 1], name, length); first--) {
        const struct field *field = &fields[first - 1];
        *is_followed = field->kind == VALUE_POINTER && field->name[length] == '\0' && first < at;
        if (*is_followed)
            return first;
    }
    return first;
}

void field_roles_set_pointees(struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t length;
        if (i > 0 && fields[i].kind == VALUE_STRING && fields[i - 1].kind == VALUE_POINTER &&
            begins_with(&fields[i], fields[i - 1].name, strlen(fields[i - 1].name)) &&
            is_named(fields[i].name + strlen(fields[i - 1].name), "_symbol"))
            fields[i].kind = VALUE_SYMBOL;
        if (!is_state(&fields[i], &length))
            continue;
        bool is_followed = false;
        size_t first = first_of_pointee(fields, i, length, &is_followed);
        fields[i].place.kind = PLACE_POINTEE_STATE;
        for (size_t k = first; k < i; k++)
            if (fields[k].guard == 0) {
                fields[k].guard = (uint8_t)(i + 1);
                fields[k].is_referred = !is_followed && fields[k].place.kind != PLACE_POINTEE_STATE;
            }
    }
    /* What is behind an address that was followed is not there if that could not be read. */
    for (size_t i = 0; i < n; i++)
        if (fields[i].is_referred && fields[fields[i].guard - 1].guard)
            fields[i].is_referred = false;
}
