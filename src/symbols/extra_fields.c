/* SPDX-License-Identifier: MIT */
#include "symbols/extra_fields.h"

#include <errno.h>
#include <string.h>

#include "symbols/event_names.h"

static const struct {
    const char *name;
    struct field field;
    bool on_entry;
} FACTS[] = {
    [FACT_DEPTH] = {"depth", {.kind = VALUE_INTEGER, .size = 4}, true},
    [FACT_DURATION] = {"duration", {.kind = VALUE_INTEGER, .size = 8}, false},
    [FACT_CALLER] = {"caller", {.kind = VALUE_STRING, .size = 8}, true},
    [FACT_TID] = {"tid", {.kind = VALUE_INTEGER, .size = 4, .is_signed = true}, true},
    [FACT_PID] = {"pid", {.kind = VALUE_INTEGER, .size = 4, .is_signed = true}, true},
    [FACT_STACK] = {"stack", {.kind = VALUE_STRING, .size = 8}, true},
};

enum { N_FACTS = sizeof(FACTS) / sizeof(FACTS[0]) };
_Static_assert((int)N_FACTS == (int)PROBE_FACTS_MAX, "there is room for all facts");

const char *extra_field_name(enum call_fact fact)
{
    return (unsigned)fact < N_FACTS ? FACTS[fact].name : NULL;
}

/* Notes fields that have no room. */
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

static int add_to(struct probe *probe, const struct field **fields, size_t *n, size_t *n_facts,
                  unsigned facts, struct arena *arena)
{
    size_t wanted = (size_t)__builtin_popcount(facts), own = *n;
    if (own + wanted > PROBE_FIELDS_MAX)
        own = PROBE_FIELDS_MAX - wanted;
    struct field *all = arena_array(arena, own + wanted, sizeof(*all));
    if (!all || leave_field_out(probe, *fields + own, *n - own, arena) < 0)
        return -ENOMEM;
    if (own)
        memcpy(all, *fields, own * sizeof(*all));
    *n = own;
    for (unsigned fact = 0; fact < N_FACTS; fact++) {
        if (!(facts & 1u << fact))
            continue;
        struct field *field = &all[(*n)++];
        *field = FACTS[fact].field;
        field->name = FACTS[fact].name;
        field->place = (struct value_place){.kind = PLACE_FACT, .index = (uint16_t)fact};
    }
    *n_facts = wanted;
    *fields = all;
    return event_names_fields(all, *n, arena) ? 0 : -ENOMEM;
}

int extra_fields_add(struct probe *probe, unsigned facts, struct arena *arena)
{
    unsigned on_entry = 0;
    for (unsigned fact = 0; fact < N_FACTS; fact++)
        if (FACTS[fact].on_entry)
            on_entry |= facts & 1u << fact;
    int r = add_to(probe, &probe->args, &probe->n_args, &probe->arg_facts, on_entry, arena);
    if (r == 0)
        r = add_to(probe, &probe->rets, &probe->n_rets, &probe->ret_facts, facts, arena);
    return r;
}
