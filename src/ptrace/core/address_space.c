#include "ptrace/core/address_space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/breakpoints/return_sites.h"
#include "ptrace/breakpoints/trap_removal.h"
#include "ptrace/capture/unwind.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/os/memory.h"
#include "util/descriptors.h"
#include "util/log.h"

enum {
    HIDE_BY_LOOKUP =
        256, /* bytes: up to here a look-up for each is cheaper than a walk over all sites */
    PAGE_BITS = 12,
    NO_CODE_AGAIN_NS = 100 * 1000 * 1000,
};

/* What those take turns to have that got no descriptor of their own. */
static void lend(struct engine *engine, const struct address_space *space, int fd)
{
    if (engine->lent >= 0)
        close(engine->lent);
    engine->lent = fd;
    engine->lent_to = space;
}

/* The space whose memory is open at fd (or a negative errno), which it becomes the owner of. */
static int make(struct engine *engine, int fd, struct address_space **space)
{
    if (fd < 0 && fd != -EMFILE && fd != -ENFILE)
        return fd;
    struct address_space *s = calloc(1, sizeof(*s));
    if (!s) {
        if (fd >= 0)
            close(fd);
        return -ENOMEM;
    }
    s->engine = engine;
    s->users = 1;
    s->memory = fd >= 0 && descriptors_may_keep(fd) ? fd : -1;
    if (fd >= 0 && s->memory < 0)
        lend(engine, s, fd);
    *space = s;
    return 0;
}

/* Whether the thread is stopped and has not executed another program since it was last seen: that
   would be its first stop afterwards. */
static bool is_in_its_space(pid_t tid)
{
    struct stop stop;
    return engine_peek(tid, &stop) == 1 && !stop_is_end(&stop) && stop.kind != STOP_EXEC;
}

static pid_t stopped_thread(const struct address_space *space)
{
    const struct tracee *tracee;
    if (space->helper && is_in_its_space(space->helper))
        return space->helper;
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_behind(tracee))
        if (is_in_its_space(tracee->tid))
            return tracee->tid;
    return 0;
}

int address_space_memory(const struct address_space *space)
{
    struct engine *engine = space->engine;
    if (space->memory >= 0)
        return space->memory;
    if (engine->lent_to == space)
        return engine->lent;
    pid_t tid = space->newborn ? space->newborn : stopped_thread(space);
    int fd = tid ? memory_open(tid) : -EAGAIN;
    if (fd < 0)
        return fd;
    /* Of one that was killed meanwhile the ID may be another's. */
    if (!space->newborn && !is_in_its_space(tid)) {
        close(fd);
        return -EAGAIN;
    }
    lend(engine, space, fd);
    return fd;
}

int address_space_new(struct engine *engine, pid_t tid, struct address_space **space)
{
    return make(engine, memory_open(tid), space);
}

static int copy_sites(const struct address_space *from, struct address_space *to)
{
    const struct site *site;
    for (size_t at = 0; (site = table_next(&from->sites, &at));) {
        struct site *copy = site_copy(site);
        if (!copy)
            return -ENOMEM;
        int r = table_put(&to->sites, copy->at.value, copy);
        if (r < 0) {
            site_free(copy);
            return r;
        }
    }
    return 0;
}

/* The copy's arenas have the copy's sites as owners. */
static int copy_slots(const struct address_space *from, struct address_space *to)
{
    to->slots.refused = from->slots.refused;
    for (size_t i = 0; i < from->slots.arenas.count; i++) {
        const struct arena *arena = &from->slots.arenas.items[i];
        struct arena *copy = vec_push(&to->slots.arenas);
        if (!copy)
            return -ENOMEM;
        copy->start = arena->start;
        copy->used = arena->used;
        copy->owner = calloc(ARENA_SIZE / SLOT_UNIT, sizeof(*copy->owner));
        if (!copy->owner)
            return -ENOMEM;
        for (size_t unit = 0; unit < arena->used / SLOT_UNIT; unit++)
            copy->owner[unit] =
                arena->owner[unit] ? address_space_site(to, arena->owner[unit]->at) : NULL;
    }
    return 0;
}

/* Whether all that is in the slots of the arena could be written to the child's. */
static bool copy_arena(const struct address_space *from, const struct address_space *to,
                       const struct arena *arena)
{
    uint8_t bytes[4096];
    for (size_t at = 0; at < arena->used; at += sizeof(bytes)) {
        size_t n = arena->used - at < sizeof(bytes) ? arena->used - at : sizeof(bytes);
        target_addr place = target_addr_plus(arena->start, (int64_t)at);
        if (memory_read(address_space_memory(from), place, bytes, n) < 0 ||
            memory_write(address_space_memory(to), place, bytes, n) < 0)
            return false;
    }
    return true;
}

static bool holds(const struct arena *arena, target_addr at)
{
    return target_addr_within(at, arena->start,
                              target_addr_plus(arena->start, (int64_t)arena->used));
}

/* Nothing stands at the site in the child. Return addresses are planted again when they are met. */
static void forget_planted(struct site *site)
{
    site->planted = false;
    site->uses &= ~(unsigned)SITE_RETURN;
}

/* What stands in slots that the child does not have is not to be run there: the sites of these are
   to be made anew. */
static void drop_arena(struct address_space *space, size_t index)
{
    struct arena *arena = &space->slots.arenas.items[index];
    struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));) {
        if (!holds(arena, site->slot))
            continue;
        site->slot = target_addr_of(0);
        site->slot_room = 0;
        if (site->kind != DISPLACED_SLOT)
            continue;
        site_lift(space, site);
        forget_planted(site);
        site->mapped = false;
    }
    if (holds(arena, space->parking))
        space->parking = target_addr_of(0);
    free(arena->owner);
    *arena = space->slots.arenas.items[--space->slots.arenas.count];
}

/* Makes them, in slots that the child `tid` maps. */
static void remake(struct address_space *space, pid_t tid)
{
    struct site *site;
    struct error err;
    space->helper = tid;
    for (size_t at = 0; (site = table_next(&space->sites, &at));) {
        if (site->mapped || !site->uses)
            continue;
        if (!site_get(space, site->at, &err) || site_plant(space, site) < 0)
            log_debug("no breakpoint at 0x%lx in a child", site->at.value);
    }
    space->helper = 0;
}

/* Puts in the breakpoint that the records have, unless it is there or the program has put something
   of its own there. */
static void conform_planted(struct address_space *space, struct site *site)
{
    uint8_t there[ARCH_TRAP_MAX];
    if (memory_read(address_space_memory(space), site->at, there, arch_trap_length) == 0 &&
        memcmp(there, arch_trap, arch_trap_length) == 0)
        return;
    site->planted = false;
    if (!site_is_as_it_was(space, site) || site_plant(space, site) < 0)
        forget_planted(site);
}

/* Makes the memory of the child `tid` hold what the records say, which may be newer. */
static void conform(const struct address_space *from, struct address_space *to, pid_t tid)
{
    struct site *site;
    for (size_t at = 0; (site = table_next(&to->sites, &at));) {
        if (!site->mapped)
            continue;
        if (site->planted) {
            conform_planted(to, site);
        } else {
            site->planted = true; /* perhaps: it is looked at */
            site_lift(to, site);
        }
    }
    for (size_t i = to->slots.arenas.count; i-- > 0;)
        if (!copy_arena(from, to, &to->slots.arenas.items[i]))
            drop_arena(to, i);
    remake(to, tid);
}

int address_space_copy(struct address_space *from, pid_t tid, uint64_t changes,
                       struct address_space **space)
{
    struct address_space *s = NULL;
    int r = make(from->engine, remote_open_memory(from, tid), &s);
    if (r == 0) {
        s->newborn = tid;
        r = copy_sites(from, s);
    }
    if (r == 0)
        r = copy_slots(from, s);
    if (r == 0)
        r = return_sites_copy_links(from, s);
    if (r < 0) {
        address_space_put(s);
        return r;
    }
    s->syscall_insn = from->syscall_insn;
    s->parking = from->parking;
    s->syscalls = from->syscalls;
    if (changes != from->changes)
        conform(from, s, tid);
    s->newborn = 0;
    *space = s;
    return 0;
}

void address_space_drop_watches(struct address_space *space, bool all, const void *data)
{
    struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));) {
        if (!site->watches)
            continue;
        site_drop_watches(site, all, data);
        if (!site->watches && (site->uses & SITE_WATCH))
            site_unuse(space, site, SITE_WATCH);
    }
}

size_t address_space_watches(const struct address_space *space)
{
    const struct site *site;
    size_t n = 0;
    for (size_t at = 0; (site = table_next(&space->sites, &at));)
        for (const struct watch *watch = site->watches; watch; watch = watch->next)
            n++;
    return n;
}

int address_space_copy_unseen(const struct address_space *from, struct address_space **space)
{
    struct address_space *s = NULL;
    struct site *site;
    int r = make(from->engine, -EMFILE, &s);
    if (r == 0)
        r = copy_sites(from, s);
    if (r == 0)
        r = copy_slots(from, s);
    if (r < 0) {
        address_space_put(s);
        return r;
    }
    s->unclean = true;
    for (size_t at = 0; (site = table_next(&s->sites, &at));) {
        site->planted = site->mapped;
        site->uses = site->kinds = 0;
    }
    *space = s;
    return 0;
}

void address_space_put(struct address_space *space)
{
    if (!space || --space->users > 0)
        return;
    struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));)
        site_free(site);
    table_free(&space->sites);
    code_slots_free(&space->slots);
    maps_free(&space->maps);
    unwinder_put(space->engine, space->unwinder);
    if (space->memory >= 0)
        close(space->memory);
    if (space->engine->lent_to == space)
        lend(space->engine, NULL, -1);
    free(space);
}

void address_space_read_maps(struct address_space *space, pid_t tid, uint64_t now_ns)
{
    struct maps maps = {0};
    space->maps_read_ns = now_ns;
    if (maps_read(&maps, tid) < 0) {
        maps_free(&maps);
        return;
    }
    maps_free(&space->maps);
    space->maps = maps;
}

void address_space_forget_maps(struct address_space *space)
{
    maps_free(&space->maps);
    space->maps = (struct maps){0};
    space->maps_read_ns = 0;
    memset(space->no_code, 0, sizeof(space->no_code));
}

/* Whether what a program or library was loaded with lies there, in memory of no file: text that was
   moved to huge pages, a file in memory. */
static bool is_loaded(struct process *process, target_addr at)
{
    const struct engine_sink *sink = &process->space->engine->sink;
    return sink->is_code && sink->is_code(sink->data, process, at);
}

/* Whether it is code, and none of the program's own making, which it may change at any time: that
   lies in no file, or in one that is written to by way of another mapping. */
static bool is_code(struct process *process, const struct map *map, target_addr at)
{
    static const char no_file[] = "/memfd:"; /* memfd_create(2) */
    if (!map || !map->execute || map->shared)
        return false;
    if (map->inode != 0 && strncmp(map->path, no_file, sizeof(no_file) - 1) != 0)
        return true;
    return is_loaded(process, at);
}

bool address_space_is_code(struct process *process, target_addr at, uint64_t now_ns)
{
    struct address_space *space = process->space;
    const struct map *map = maps_find(&space->maps, at);
    if (is_code(process, map, at))
        return true;
    /* What was made code a moment ago, or data, or nothing, is asked about often, and seldom
       becomes anything else. What was never asked about may be new: each such page is looked for at
       once. */
    uint64_t page = at.value >> PAGE_BITS;
    struct no_code *known = &space->no_code[page % NO_CODE_PAGES];
    uint64_t seen_ns = map && map->execute   ? space->maps_read_ns
                       : known->page == page ? known->seen_ns
                                             : 0;
    if (seen_ns && now_ns - seen_ns < NO_CODE_AGAIN_NS)
        return false;
    address_space_read_maps(space, space->helper, now_ns);
    if (is_code(process, maps_find(&space->maps, at), at))
        return true;
    *known = (struct no_code){.page = page, .seen_ns = now_ns};
    return false;
}

static void hide(const struct site *site, target_addr at, uint8_t *buffer, size_t n)
{
    if (!site->planted)
        return;
    for (size_t i = 0; i < arch_trap_length; i++) {
        uint64_t offset = site->at.value + i - at.value;
        /* The program may have written other code over it. */
        if (offset < n && buffer[offset] == arch_trap[i])
            buffer[offset] = site->original[i];
    }
}

static void hide_all(const struct address_space *space, target_addr at, void *buffer, size_t n)
{
    const struct site *site;
    if (n <= HIDE_BY_LOOKUP) {
        for (size_t i = 0; i < n + arch_trap_length - 1; i++) {
            site = address_space_site(
                space, target_addr_plus(at, (int64_t)i - (int64_t)arch_trap_length + 1));
            if (site)
                hide(site, at, buffer, n);
        }
        return;
    }
    for (size_t position = 0; (site = table_next(&space->sites, &position));)
        hide(site, at, buffer, n);
}

int address_space_read(const struct address_space *space, target_addr at, void *buffer, size_t n)
{
    int r = memory_read(address_space_memory(space), at, buffer, n);
    if (r == 0)
        hide_all(space, at, buffer, n);
    return r < 0 ? -EIO : 0;
}

size_t address_space_read_some(const struct address_space *space, target_addr at, void *buffer,
                               size_t n)
{
    size_t got = memory_read_some(address_space_memory(space), at, buffer, n);
    if (got > 0)
        hide_all(space, at, buffer, got);
    return got;
}

int address_space_lift_all(struct address_space *space, pid_t stopped)
{
    struct site *site;
    int r = traps_remove(space, address_space_memory(space), stopped);
    for (size_t position = 0; (site = table_next(&space->sites, &position));) {
        /* One that may be left is passed like others. */
        site->planted = r < 0 && site->mapped;
        site->uses = 0;
        site->kinds = 0;
    }
    space->changes++;
    return r;
}
