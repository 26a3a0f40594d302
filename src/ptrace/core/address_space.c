/* SPDX-License-Identifier: MIT */
#include "ptrace/core/address_space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_files.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/descriptors.h"
#include "util/maps.h"
#include "util/table.h"

enum {
    PAGE_BITS = 12,
    NO_CODE_AGAIN_NS = 100 * 1000 * 1000,
};

/* Sets the descriptor that address spaces without their own share. */
static void set_shared_memory(struct engine *engine, const struct address_space *space, int fd)
{
    if (engine->shared_memory >= 0)
        close(engine->shared_memory);
    engine->shared_memory = fd;
    engine->shared_memory_owner = space;
}

int address_space_make(struct engine *engine, int fd, struct address_space **space)
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
        set_shared_memory(engine, s, fd);
    *space = s;
    return 0;
}

/* Whether the thread is stopped and has not executed another program since its last stop. An exec
   would be reported first. */
static bool is_in_its_space(pid_t tid)
{
    struct stop stop;
    return wait_peek(tid, &stop) == 1 && !stop_is_end(&stop) && stop.kind != STOP_EXEC;
}

static pid_t stopped_thread(const struct address_space *space)
{
    const struct tracee *tracee;
    if (space->helper && is_in_its_space(space->helper))
        return space->helper;
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_after(tracee))
        if (is_in_its_space(tracee->tid))
            return tracee->tid;
    return 0;
}

int address_space_memory(const struct address_space *space)
{
    struct engine *engine = space->engine;
    if (space->memory >= 0)
        return space->memory;
    if (engine->shared_memory_owner == space)
        return engine->shared_memory;
    pid_t tid = space->forked_child ? space->forked_child : stopped_thread(space);
    int fd = tid ? memory_open(tid) : -EAGAIN;
    if (fd < 0)
        return fd;
    /* If the thread was killed meanwhile, another process may have its ID. */
    if (!space->forked_child && !is_in_its_space(tid)) {
        close(fd);
        return -EAGAIN;
    }
    set_shared_memory(engine, space, fd);
    return fd;
}

int address_space_new(struct engine *engine, pid_t tid, struct address_space **space)
{
    return address_space_make(engine, memory_open(tid), space);
}

void address_space_put(struct address_space *space)
{
    if (!space || --space->users > 0)
        return;
    if (space->free_jumps)
        space->free_jumps(space);
    if (space->free_sites)
        space->free_sites(space);
    if (space->free_unwinder)
        space->free_unwinder(space);
    table_free(&space->sites);
    maps_free(&space->maps);
    if (space->memory >= 0)
        close(space->memory);
    if (space->engine->shared_memory_owner == space)
        set_shared_memory(space->engine, NULL, -1);
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

/* Whether a program or library was loaded there, into memory without a file: text that was moved to
   huge pages, or a file in memory. */
static bool is_loaded(struct process *process, target_addr at)
{
    const struct engine_sink *sink = &process->space->engine->sink;
    return sink->is_code && sink->is_code(sink->data, process, at);
}

/* Whether it is code that the program has not generated. Generated code, which may change at any
   time, is in memory without a file, or in a file that is written to through another mapping. */
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
    /* Generated code, data and unmapped memory are asked about often and seldom change. A page that
       was never asked about may be new: read the mappings at once for each such page. */
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

uint64_t address_space_code_bits(struct address_space *space, pid_t tid)
{
    /* An architecture with return addresses in memory has no signatures, and no such request. */
    if (!space->code_bits)
        space->code_bits =
            arch_return_in_memory ? UINT64_MAX : engine_code_bits(space->engine, tid);
    return space->code_bits;
}

target_addr address_space_random(struct address_space *space, pid_t tid)
{
    uint64_t at;
    if (!space->random_read && proc_auxiliary(tid, AT_RANDOM, &at) == 0)
        space->random = target_addr_of(at);
    space->random_read = true;
    return space->random;
}
