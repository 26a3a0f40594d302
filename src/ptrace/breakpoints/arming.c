/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/arming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/engine.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/maps.h"

static int use(struct process *process, struct site *site, enum site_use use, struct error *err)
{
    int r = site_use(process->space, site, use);
    if (r < 0)
        error_set(err, r, "cannot write a breakpoint to 0x%lx: %s", site->at.value, strerror(-r));
    return r;
}

int process_arm(struct process *process, target_addr entry, const struct probe *probe,
                unsigned kinds, struct error *err)
{
    struct error own = {0};
    struct site *site = site_get(process->space, entry, &own);
    if (!site) {
        if (err)
            *err = own;
        return own.code;
    }
    if ((site->uses & SITE_ENTRY) && (site->kinds & HIT_EXIT) && !(kinds & HIT_EXIT))
        process->engine->returns_untidy = true;
    /* If the code was mapped after the mappings were read, the next search that fails reads them
       again. */
    if (!maps_find(&process->space->maps, entry))
        process->space->maps_read_ns = 0;
    process->engine->settle(process->space);
    site->probe = probe;
    site->kinds = kinds;
    if (process->space->jumps)
        process->engine->armed(process->space, site);
    return use(process, site, SITE_ENTRY, err);
}

void process_disarm(struct process *process, target_addr entry)
{
    struct site *site = site_table_get(process->space, entry);
    if (!site || !(site->uses & SITE_ENTRY))
        return;
    process->engine->settle(process->space);
    site->kinds = 0;
    site_unuse(process->space, site, SITE_ENTRY);
    process->engine->returns_untidy = true;
}

int process_watch(struct process *process, target_addr at, watch_reached *reached, void *data,
                  struct error *err)
{
    struct error own = {0};
    struct site *site = site_get(process->space, at, &own);
    struct watch *watch = site ? calloc(1, sizeof(*watch)) : NULL;
    if (!watch) {
        if (site)
            return error_set(err, -ENOMEM, "out of memory");
        if (err)
            *err = own;
        return own.code;
    }
    *watch = (struct watch){.reached = reached, .data = data};
    int r = use(process, site, SITE_WATCH, err);
    if (r < 0) {
        free(watch);
        return r;
    }
    struct watch **end = &site->watches;
    while (*end)
        end = &(*end)->next;
    *end = watch;
    return 0;
}

void process_unwatch(struct process *process, target_addr at, watch_reached *reached, void *data)
{
    struct site *site = site_table_get(process->space, at);
    for (struct watch **w = site ? &site->watches : NULL; w && *w; w = &(*w)->next) {
        struct watch *watch = *w;
        if (watch->reached == reached && watch->data == data) {
            *w = watch->next;
            if (site->next_watch == watch)
                site->next_watch = watch->next;
            free(watch);
            break;
        }
    }
    if (site && !site->watches && (site->uses & SITE_WATCH))
        site_unuse(process->space, site, SITE_WATCH);
}

void process_unwatch_all(struct process *process, const void *data)
{
    site_table_drop_watches(process->space, false, data);
}

int arming_add_use(struct process *process, target_addr at, enum site_use wanted, struct error *err)
{
    struct error own = {0};
    struct site *site = site_get(process->space, at, &own);
    if (!site) {
        if (err)
            *err = own;
        return own.code;
    }
    return use(process, site, wanted, err);
}

int process_watch_jump(struct process *process, target_addr at, enum process_jump jump,
                       struct error *err)
{
    static const enum site_use uses[] = {[JUMP_LONGJMP] = SITE_JUMP,
                                         [JUMP_CONTEXT] = SITE_CONTEXT,
                                         [JUMP_THROW] = SITE_THROW,
                                         [JUMP_THREAD_END] = SITE_THREAD_END,
                                         [JUMP_CATCH] = SITE_CATCH};
    return arming_add_use(process, at, uses[jump], err);
}

int process_watch_affinity(struct process *process, target_addr at, struct error *err)
{
    return process->engine->options.no_pin ? 0 : arming_add_use(process, at, SITE_AFFINITY, err);
}

int process_watch_stacks(struct process *process, target_addr at, struct error *err)
{
    bool wanted = process->engine->jumping && !process->space->suspends;
    return wanted ? arming_add_use(process, at, SITE_STACKS, err) : 0;
}

int process_watch_protection(struct process *process, target_addr at, struct error *err)
{
    return process->engine->jumping ? arming_add_use(process, at, SITE_PROTECT, err) : 0;
}
