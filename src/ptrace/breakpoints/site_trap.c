/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/site_trap.h"

#include <errno.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/error.h"

/* Decodes the instruction at the site. If its copy needs a slot, allocates and fills one. */
static int build_copy(struct address_space *space, struct site *site, struct error *err)
{
    uint8_t code[DISPLACED_CODE_MAX];
    struct displaced copy;
    size_t n = program_memory_read_some(space, site->at, code, sizeof(code));
    /* A copy that includes the next instruction must not include one that has a site of its own. */
    for (size_t i = 1; i < n; i++)
        if (site_table_get(space, target_addr_plus(site->at, (int64_t)i)))
            n = i;
    if (n < arch_trap_length) {
        int gone = memory_read(address_space_memory(space), site->at, code, 1);
        if (gone == -EIO)
            return error_set(err, -EINVAL, "no code at 0x%lx", site->at.value);
        /* The memory is readable now, but was not a moment ago. */
        return error_set(err, gone < 0 ? gone : -EIO, "cannot read the code at 0x%lx",
                         site->at.value);
    }
    /* The length does not depend on the address of a near slot: build once to learn it. If even
       this slot cannot reach something at the end of the instruction's own reach, none is sought:
       it is stepped. */
    int r = displaced_build(&copy, site->at, code, n, site->at);
    if (r < 0 && r != -ERANGE)
        return error_set(err, r, "the instruction at 0x%lx cannot be moved", site->at.value);
    if (copy.kind == DISPLACED_REFUSE)
        return error_set(err, -EINVAL, "cannot plant a breakpoint at 0x%lx: %s", site->at.value,
                         copy.reason);
    if (copy.kind == DISPLACED_SLOT) {
        if (site->trap.slot_room < copy.slot_length) {
            r = code_slots_take(space, site, site->at, copy.slot_length, &site->trap.slot);
            if (r == -ESRCH || r == -EAGAIN)
                return error_set(err, r, "no thread of the process can map memory now");
            site->trap.slot_room = r == 0 ? copy.slot_length : 0;
        }
        if (site->trap.slot_room &&
            displaced_build(&copy, site->at, code, n, site->trap.slot) == 0 &&
            copy.kind == DISPLACED_SLOT && copy.slot_length <= site->trap.slot_room &&
            memory_write(address_space_memory(space), site->trap.slot, copy.bytes,
                         copy.slot_length) == 0) {
            space->engine->stats.text_writes++;
            space->changes++;
        } else {
            copy.kind = DISPLACED_STEP;
        }
    }
    memcpy(site->trap.original, code, arch_trap_length);
    memcpy(site->trap.code, code, copy.covered);
    site->trap.covered = copy.covered;
    memcpy(site->trap.steps, copy.steps, sizeof(site->trap.steps));
    site->trap.kind = copy.kind;
    site->trap.ambiguous = copy.ambiguous;
    site->trap.system_call = copy.system_call;
    site->trap.length = copy.length;
    site->trap.slot_length = copy.slot_length;
    site->trap.n_steps = (uint8_t)copy.n_steps;
    site->mapped = true;
    return 0;
}

/* Rebuilds the copies of preceding sites that include the instruction at `at`, without it. Threads
   that run these copies would miss the new site. */
static void uncover(struct address_space *space, target_addr at)
{
    struct error ignored;
    for (int i = 1; i < DISPLACED_CODE_MAX; i++) {
        struct site *before = site_table_get(space, target_addr_plus(at, -i));
        if (before && before->jump.jump)
            space->engine->uncover(space, before, at);
        if (!before || !before->mapped || before->trap.covered <= i)
            continue;
        /* A thread may be in the old slot. It is left unchanged. */
        before->trap.slot_room = 0;
        if (build_copy(space, before, &ignored) < 0)
            before->trap.kind = DISPLACED_STEP;
    }
}

static int prepare_trap(struct address_space *space, struct site *site, struct error *err)
{
    int r = build_copy(space, site, err);
    if (r == 0)
        uncover(space, site->at);
    return r;
}

static bool is_trap_current(const struct address_space *space, const struct site *site)
{
    uint8_t code[DISPLACED_CODE_MAX];
    return program_memory_read_some(space, site->at, code, site->trap.covered) ==
               site->trap.covered &&
           memcmp(code, site->trap.code, site->trap.covered) == 0;
}

static void discard_trap(struct site *site)
{
    site->trap.slot_room = 0;
}

static int plant_trap(struct address_space *space, struct site *site)
{
    return memory_write(address_space_memory(space), site->at, arch_trap, arch_trap_length);
}

static int lift_trap(struct address_space *space, const struct site *site)
{
    int r = trap_is_at(address_space_memory(space), site->at);
    /* The program has unmapped or replaced the code: leave it unchanged. */
    if (r == 0)
        r = -ENOENT;
    if (r > 0)
        r = memory_write(address_space_memory(space), site->at, site->trap.original,
                         arch_trap_length);
    if (r == 0)
        space->engine->stats.text_writes++;
    return r;
}

static bool pass_trap(const struct site *site, target_addr *to)
{
    switch (site->trap.kind) {
    case DISPLACED_SKIP:
        *to = target_addr_plus(site->at, site->trap.length);
        return true;
    case DISPLACED_SLOT:
        *to = site->trap.slot;
        return true;
    default:
        return false;
    }
}

const struct site_method site_trap_method = {
    .prepare = prepare_trap,
    .is_current = is_trap_current,
    .discard = discard_trap,
    .plant = plant_trap,
    .lift = lift_trap,
    .pass = pass_trap,
};
