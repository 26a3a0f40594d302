/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jump_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/hit.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/fault_signals.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/capture/capture.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/jump_values.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/result_kinds.h"
#include "ptrace/jumps/ring_memory.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/log.h"
#include "util/maps.h"
#include "util/table.h"
#include "util/vec.h"

static int bar(struct site *site, const char *reason)
{
    site->jump.reason = reason;
    log_debug("no jump at 0x%lx: %s", site->at.value, reason);
    return -EPERM;
}

/* Whether a stub can record the results of the function, if one that returns to the site is known.
 */
static bool may_callee_return(struct jumps *jumps, struct site *site, const struct site *callee,
                              size_t limit, const char **reason)
{
    bool floats = false;
    if (!callee || !(callee->uses & SITE_ENTRY))
        return true;
    unsigned kind = result_kind_of(&jumps->result_kinds, callee->probe, limit, &floats, reason);
    jumps->floats = jumps->floats || floats;
    return kind < RESULT_KINDS_MAX && result_kind_note(site, kind, reason);
}

/* The same of all functions that are known to return to the site. */
static bool may_all_return(struct jumps *jumps, struct site *site, size_t limit,
                           const char **reason)
{
    const struct site *callee;
    if (!may_callee_return(jumps, site, site->callee, limit, reason))
        return false;
    for (size_t at = 0; (callee = table_next(&site->callees, &at));)
        if (!may_callee_return(jumps, site, callee, limit, reason))
            return false;
    return true;
}

static int layout_of(struct jumps *jumps, struct site *site, size_t limit,
                     struct stub_layout *layout, unsigned *kind, const char **reason)
{
    bool floats;
    *kind = 0;
    if (site->uses == SITE_ENTRY) {
        if (!jump_layout_of_entry(site->probe, site->kinds, limit, layout, reason))
            return -EPERM;
        if (site->kinds & HIT_EXIT)
            *kind = result_kind_of(&jumps->result_kinds, site->probe, limit, &floats, reason);
        return *kind < RESULT_KINDS_MAX ? 0 : -EPERM;
    }
    *reason = "more is to be done there than to record a call";
    if (site->uses != SITE_RETURN || !may_all_return(jumps, site, limit, reason))
        return -EPERM;
    *layout = (struct stub_layout){.is_return = true, .return_floats = jumps->floats};
    *kind = site->jump.results ? site->jump.results - 1u : 0;
    *reason = "more memory is wanted than a stub copies";
    return result_kind_add(&jumps->result_kinds, *kind, layout) ? 0 : -EPERM;
}

/* A jump there would be overwritten in part. */
static bool is_writable_code(const struct address_space *space, target_addr at)
{
    const struct map *map = maps_find(&space->maps, at);
    return map && map->write;
}

/* Whether a thread of the space has a shadow stack, which the call of a copy does not write to.
   They are looked at once in a change of jumps. */
static bool is_shadowed(struct address_space *space)
{
    struct jumps *jumps = space->jumps;
    uint64_t change = space->engine->stats.jump_batches + 1;
    const struct tracee *t = thread_walk_first(space);
    for (; t && !jumps->is_shadowed && jumps->shadows_at != change; t = thread_walk_after(t))
        jumps->is_shadowed = engine_has_shadow_stack(space->engine, t->tid);
    jumps->shadows_at = change;
    return jumps->is_shadowed || space->engine->options.jumps_shadowed;
}

static const char has_site[] = "a breakpoint is in the code that the jump would replace";

/* Whether another site is among the bytes behind the site, before `end`. */
static bool is_site_before(const struct address_space *space, const struct site *site,
                           target_addr end)
{
    for (target_addr at = target_addr_plus(site->at, 1); at.value < end.value;
         at = target_addr_plus(at, 1)) {
        const struct site *other = site_table_get(space, at);
        if (other && other->mapped)
            return true;
    }
    return false;
}

static int region_for(struct process *process, const struct site *site, bool stopped,
                      struct jump_region *region, const char **reason)
{
    struct address_space *space = process->space;
    const struct engine *engine = space->engine;
    uint8_t code[JUMP_REGION_MAX];
    *reason = "its code is not known";
    if (!engine->sink.jump_region)
        return -ENOTSUP;
    int r = engine->sink.jump_region(engine->sink.data, process, site->at,
                                     site->uses == SITE_RETURN, space->suspends, region, reason);
    if (r < 0)
        return r;
    if (region->ends_in_call && !stopped)
        return -EAGAIN; /* a running thread cannot be asked for its shadow stack */
    *reason = "it ends in a call, and the thread's shadow stack would not see that";
    if (region->ends_in_call && is_shadowed(space))
        return -EPERM;
    target_addr start = target_addr_plus(site->at, region->skip);
    *reason = "the program may write to its code";
    if (is_writable_code(space, start))
        return -EPERM;
    *reason = "the code in memory is not that of the file";
    if (region->length > sizeof(code) || region->length < stub_jump_length ||
        region->skip > SITE_SKIP_MAX ||
        program_memory_read(space, start, code, region->length) < 0 ||
        memcmp(code, region->code, region->length) != 0)
        return -EPERM;
    *reason = has_site;
    return is_site_before(space, site, target_addr_plus(start, (int64_t)region->length)) ? -EPERM
                                                                                         : 0;
}

static struct jump *add_jump(struct jumps *jumps, struct site *site)
{
    struct jump *jump = jumps->table.count < RING_MEMORY_JUMPS ? calloc(1, sizeof(*jump)) : NULL;
    struct jump **place = jump ? vec_push(&jumps->table) : NULL;
    if (!place) {
        free(jump);
        return NULL;
    }
    *place = jump;
    jump->site = site;
    jump->index = (uint32_t)(jumps->table.count - 1);
    return jump;
}

/* Of one that could not be made: no record may name it. */
static void remove_last_jump(struct jumps *jumps)
{
    free(jumps->table.items[--jumps->table.count]);
}

/* One that was made for the site before and records the same, or NULL. Padding may make equal
   layouts look different: then there is another stub. */
static struct jump *find_jump(const struct site *site, const struct stub_request *request,
                              unsigned kind)
{
    struct jump *jump = site->jump.made;
    while (jump && (memcmp(&jump->layout, &request->layout, sizeof(jump->layout)) != 0 ||
                    jump->checks_return != request->checks_return || jump->result_kind != kind ||
                    jump->region != request->region ||
                    memcmp(jump->code, request->code, request->region) != 0))
        jump = jump->next;
    return jump;
}

/* Builds the stub twice: its length is known only then. */
static int write_stub(struct address_space *space, struct site *site, struct jump *jump,
                      struct stub_request *request, const char **reason)
{
    struct stub stub;
    request->at = request->site;
    int r = stub_build(&stub, request);
    *reason = stub.reason ? stub.reason : "the stub cannot be built";
    if (r < 0)
        return r;
    *reason = "no memory is near enough";
    r = code_slots_take(space, site, request->site, stub.map.length + SLOT_UNIT, &jump->stub);
    if (r < 0)
        return r;
    request->at = jump->stub;
    size_t room = stub.map.length + SLOT_UNIT;
    r = stub_build(&stub, request);
    if (r == 0 && stub.map.length > room)
        r = -ERANGE;
    if (r == 0)
        r = stub_jump(site->jump.bytes, request->site, jump->stub);
    if (r == 0)
        r = memory_write(address_space_memory(space), jump->stub, stub.bytes, stub.map.length);
    jump->map = stub.map;
    jump->layout = request->layout;
    jump->record_size = stub_record_size(&request->layout);
    jump->has_strings = stub_layout_has_strings(&request->layout);
    jump->checks_return = request->checks_return;
    jump->region = (uint8_t)request->region;
    memcpy(jump->code, request->code, request->region);
    return r;
}

/* Whether the program has not changed the code since the jump was made. */
static bool is_code_current(const struct address_space *space, const struct site *site)
{
    uint8_t code[JUMP_REGION_MAX];
    const struct jump *jump = site->jump.jump;
    return program_memory_read(space, site_form_at(site, SITE_FORM_JUMP), code, jump->region) ==
               0 &&
           memcmp(code, jump->code, jump->region) == 0;
}

static int make_anew(struct address_space *space, struct site *site, struct stub_request *request,
                     unsigned kind, struct jump **made, const char **reason)
{
    struct jumps *jumps = space->jumps;
    struct jump *jump = add_jump(jumps, site);
    *reason = "there are too many jumps";
    if (!jump)
        return -ENOMEM;
    request->index = jump->index;
    request->drops = ring_memory_drops_at(&jumps->rings.memory, jump->index);
    jump->result_kind = kind;
    int r = write_stub(space, site, jump, request, reason);
    if (r < 0) {
        remove_last_jump(jumps);
        return r;
    }
    jump->next = site->jump.made;
    site->jump.made = *made = jump;
    space->engine->stats.stubs++;
    return 0;
}

/* Why a site's jump that was made before may not be planted again; NULL: it may. */
static const char *why_not_again(const struct address_space *space, const struct site *site)
{
    target_addr start = site_form_at(site, SITE_FORM_JUMP);
    const char *why = space->suspends ? jump_why_suspended(site, NULL) : NULL;
    if (why)
        return why;
    if (is_writable_code(space, start))
        return "the program may write to its code";
    return is_site_before(space, site, target_addr_plus(start, site->jump.jump->region)) ? has_site
                                                                                         : NULL;
}

/* Whether its stub records what is known to be wanted since it was made. */
static bool records_enough(const struct jumps *jumps, const struct jump *jump)
{
    return !jump->layout.is_return || jump->layout.return_floats || !jumps->floats;
}

int jump_make(struct process *process, struct site *site, bool stopped)
{
    struct address_space *space = process->space;
    if (site->jump.jump && records_enough(space->jumps, site->jump.jump) &&
        is_code_current(space, site)) {
        const char *why = why_not_again(space, site);
        return why ? bar(site, why) : 0;
    }
    struct jumps *jumps = space->jumps;
    struct jump_region region;
    struct stub_layout layout;
    unsigned kind;
    const char *reason = NULL;
    int r = layout_of(jumps, site, space->engine->capture->string_limit, &layout, &kind, &reason);
    if (r == 0)
        r = region_for(process, site, stopped, &region, &reason);
    if (r < 0)
        return r == -EAGAIN ? r : bar(site, reason);
    /* A fault there must not change what the program has asked of the kernel. */
    r = layout.n_memory ? fault_signals_look_process(process, space->helper) : 0;
    if (r == -EAGAIN || r == -ESRCH)
        return -EAGAIN;
    if (r < 0)
        return bar(site, "the program's actions for faults cannot be read");
    struct stub_request request = {
        .site = target_addr_plus(site->at, region.skip),
        .code = region.code,
        .region = region.length,
        .layout = layout,
        .checks_return = site->uses == SITE_ENTRY && (site->kinds & HIT_EXIT),
        .return_mark = result_kind_mark(kind),
        .stops_when_full = space->engine->options.jumps_never_drop,
        .threads = ring_memory_threads(&jumps->rings.memory),
        .returns = ring_memory_returns(&jumps->rings.memory),
    };
    struct jump *jump = find_jump(site, &request, kind);
    if (jump)
        r = stub_jump(site->jump.bytes, request.site, jump->stub);
    else
        r = make_anew(space, site, &request, kind, &jump, &reason);
    if (r == -EAGAIN || r == -ESRCH)
        return -EAGAIN;
    if (r < 0)
        return bar(site, reason);
    jump->is_single = region.is_single;
    site->jump.jump = jump;
    site->jump.skip = region.skip;
    site->jump.length = (uint8_t)stub_jump_length;
    memcpy(site->jump.original, region.code, stub_jump_length);
    return 0;
}
