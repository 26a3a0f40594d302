/* SPDX-License-Identifier: MIT */
#include "symbols/extra_fields.h"

#include <errno.h>
#include <string.h>

#include "symbols/event_names.h"

static const struct {
    const char *name;
    struct field field;
    bool on_entry;
} EXTRAS[] = {
    [EXTRA_DEPTH] = {"depth", {.kind = VALUE_INTEGER, .size = 4}, true},
    [EXTRA_DURATION] = {"duration", {.kind = VALUE_INTEGER, .size = 8}, false},
    [EXTRA_CPU] = {"cpu", {.kind = VALUE_INTEGER, .size = 8}, false},
    [EXTRA_CALLER] = {"caller", {.kind = VALUE_STRING, .size = 8}, true},
    [EXTRA_TID] = {"tid", {.kind = VALUE_INTEGER, .size = 4, .is_signed = true}, true},
    [EXTRA_PID] = {"pid", {.kind = VALUE_INTEGER, .size = 4, .is_signed = true}, true},
    [EXTRA_STACK] = {"stack", {.kind = VALUE_STRING, .size = 8}, true},
};

enum { N_EXTRAS = sizeof(EXTRAS) / sizeof(EXTRAS[0]) };
_Static_assert((int)N_EXTRAS == (int)PROBE_EXTRAS_MAX, "there is room for all extras");

const char *extra_field_name(enum extra_field extra)
{
    return (unsigned)extra < N_EXTRAS ? EXTRAS[extra].name : NULL;
}

/* Appends the names of fields that were dropped to not_shown. */
static int leave_field_out(struct probe *probe, const struct field *fields, size_t n,
                           struct arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        probe->not_shown = probe->not_shown
                               ? arena_format(arena, "%s, %s", probe->not_shown, fields[i].name)
                               : fields[i].name;
        if (!probe->not_shown)
            return -ENOMEM;
    }
    return 0;
}

static int add_to(struct probe *probe, const struct field **fields, size_t *n, size_t *n_extras,
                  unsigned extras, struct arena *arena)
{
    size_t wanted = (size_t)__builtin_popcount(extras), own = *n;
    if (own + wanted > PROBE_FIELDS_MAX)
        own = PROBE_FIELDS_MAX - wanted;
    struct field *all = arena_array(arena, own + wanted, sizeof(*all));
    if (!all || leave_field_out(probe, *fields + own, *n - own, arena) < 0)
        return -ENOMEM;
    if (own)
        memcpy(all, *fields, own * sizeof(*all));
    *n = own;
    for (unsigned extra = 0; extra < N_EXTRAS; extra++) {
        if (!(extras & 1u << extra))
            continue;
        struct field *field = &all[(*n)++];
        *field = EXTRAS[extra].field;
        field->name = EXTRAS[extra].name;
        field->place = (struct value_place){.kind = PLACE_EXTRA, .index = (uint16_t)extra};
    }
    *n_extras = wanted;
    *fields = all;
    return event_names_fields(all, *n, arena) ? 0 : -ENOMEM;
}

int extra_fields_add(struct probe *probe, unsigned extras, struct arena *arena)
{
    unsigned on_entry = 0;
    for (unsigned extra = 0; extra < N_EXTRAS; extra++)
        if (EXTRAS[extra].on_entry)
            on_entry |= extras & 1u << extra;
    int r = add_to(probe, &probe->args, &probe->n_args, &probe->n_arg_extras, on_entry, arena);
    if (r == 0)
        r = add_to(probe, &probe->rets, &probe->n_rets, &probe->n_ret_extras, extras, arena);
    probe->wants_cpu = extras & 1u << EXTRA_CPU;
    return r;
}
