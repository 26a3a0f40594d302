/* What the engine's user wants of addresses: arm, disarm, watch. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ptrace/capture/unwind.h"
#include "ptrace/core/engine_internal.h"

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
    site->probe = probe;
    site->kinds = kinds;
    return use(process, site, SITE_ENTRY, err);
}

void process_disarm(struct process *process, target_addr entry)
{
    struct site *site = address_space_site(process->space, entry);
    if (!site || !(site->uses & SITE_ENTRY))
        return;
    site->kinds = 0;
    site_unuse(process->space, site, SITE_ENTRY);
    process->engine->returns_untidy = true;
}

void process_forget(struct process *process, target_addr start, target_addr end)
{
    struct site *site;
    for (size_t at = 0; (site = table_next(&process->space->sites, &at));) {
        if (!target_addr_within(site->at, start, end))
            continue;
        site_lift(process->space, site); /* only if it is still there, whatever the caller thinks */
        site->mapped = false;
        site->uses = site->kinds = 0;
        site_drop_watches(site, true, NULL);
    }
    /* What will be mapped there is something else. */
    address_space_forget_maps(process->space);
    unwinder_forget(process->space->unwinder);
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
    struct site *site = address_space_site(process->space, at);
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
    address_space_drop_watches(process->space, false, data);
}

static int add_use(struct process *process, target_addr at, enum site_use wanted, struct error *err)
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
                                         [JUMP_CATCH] = SITE_CATCH};
    return add_use(process, at, uses[jump], err);
}

int process_watch_affinity(struct process *process, target_addr at, struct error *err)
{
    return process->engine->options.no_pin ? 0 : add_use(process, at, SITE_AFFINITY, err);
}

/* What changed before these watches is looked at once more: afterwards, and just before for those
   threads that will have run into a breakpoint by then. */
static void look_at_signals(struct process *process)
{
    struct tracee *tracee;
    for (size_t i = 0; (tracee = table_next(&process->engine->tracees, &i));)
        if (tracee->process == process)
            sigtrap_look_thread(tracee);
    sigtrap_look_process(process);
}

int process_watch_signals(struct process *process, const struct signal_functions *at,
                          struct error *err)
{
    const target_addr none = {0},
                      places[] = {at->sigmask, at->sigaction,
                                  process->space->syscalls.given_up ? none : at->syscall};
    static const enum site_use uses[] = {SITE_SIGMASK, SITE_SIGACTION, SITE_SYSCALL};
    int first = 0;
    if (!places[0].value && !places[1].value && !places[2].value)
        return 0;
    look_at_signals(process);
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        int r = places[i].value ? add_use(process, places[i], uses[i], first < 0 ? NULL : err) : 0;
        first = first < 0 ? first : r;
    }
    look_at_signals(process);
    return first;
}
