/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/trap_removal.h"

#include <errno.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/table.h"

enum { TRIES = 100 };

/* A memory and the ways to access it. */
struct ways {
    struct engine *engine;
    int fd;    /* negative: none */
    pid_t tid; /* 0: none */
};

/* Reads or writes bytes through the aligned words that contain them. */
static int move_words(const struct ways *ways, target_addr at, uint8_t *bytes, size_t n, bool write)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t word;
        target_addr byte = target_addr_plus(at, (int64_t)i);
        target_addr aligned = target_addr_of(byte.value & ~(uint64_t)(sizeof(word) - 1));
        uint8_t *its = (uint8_t *)&word + (byte.value - aligned.value);
        int r = engine_read_word(ways->engine, ways->tid, aligned, &word);
        if (r < 0)
            return r;
        if (!write) {
            bytes[i] = *its;
            continue;
        }
        *its = bytes[i];
        r = engine_write_word(ways->engine, ways->tid, aligned, word);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Accesses the memory through the file or, if that fails, through the thread. That the thread is
   gone says nothing about the memory: other threads may run in it. */
static int try_move(const struct ways *ways, target_addr at, uint8_t *bytes, size_t n, bool write)
{
    int r = -EBADF;
    if (ways->fd >= 0)
        r = write ? memory_write(ways->fd, at, bytes, n) : memory_read(ways->fd, at, bytes, n);
    if (r == 0 || r == -ESRCH || !ways->tid)
        return r;
    int words = move_words(ways, at, bytes, n, write);
    return words == -ESRCH && ways->fd >= 0 ? r : words;
}

/* If memory is out (fs/proc/base.c: mem_rw()), there may be some at the next try. */
static int move_bytes(const struct ways *ways, target_addr at, uint8_t *bytes, size_t n, bool write)
{
    int r = -ENOMEM;
    for (int i = 0; i < TRIES && r == -ENOMEM; i++)
        r = try_move(ways, at, bytes, n, write);
    return r;
}

static int read_there(const struct ways *ways, target_addr at, uint8_t *bytes, size_t n)
{
    return move_bytes(ways, at, bytes, n, false);
}

static int write_there(const struct ways *ways, target_addr at, const uint8_t *bytes, size_t n)
{
    uint8_t copy[SITE_CODE_MAX];
    memcpy(copy, bytes, n);
    return move_bytes(ways, at, copy, n, true);
}

/* Whether the form is in the memory: 1, 0 or a negative errno. */
static int has_form_there(const struct ways *ways, const struct site *site, enum site_form form)
{
    uint8_t there[SITE_CODE_MAX];
    size_t n;
    const uint8_t *bytes = site_form_bytes(site, form, &n);
    int r = read_there(ways, site_form_at(site, form), there, n);
    return r < 0 ? r : memcmp(there, bytes, n) == 0;
}

/* -ESRCH: the process has ended. Another error: some of it may remain. */
static int remove_form(const struct ways *ways, const struct site *site, enum site_form form)
{
    size_t n;
    int r = has_form_there(ways, site, form);
    if (r <= 0)
        return r == -ESRCH || r == -ENOMEM ? r : 0;
    site_form_bytes(site, form, &n);
    ways->engine->stats.text_writes++;
    return write_there(ways, site_form_at(site, form), site_form_original(site, form), n);
}

/* Whether the memory is readable at all: there is code at the thread's PC. */
static int is_readable(const struct ways *ways)
{
    uint8_t bytes[ARCH_TRAP_MAX];
    arch_regs regs;
    if (!ways->tid)
        return ways->fd < 0 ? -EBADF : 0;
    int r = engine_get_regs(ways->engine, ways->tid, &regs);
    if (r == -ESRCH && ways->fd >= 0)
        return 0; /* it was killed: use the file */
    return r < 0 ? r : read_there(ways, arch_pc(&regs), bytes, arch_trap_length);
}

int traps_remove(const struct address_space *space, int fd, pid_t tid)
{
    const struct ways ways = {.engine = space->engine, .fd = fd, .tid = tid};
    const struct site *site;
    int result = is_readable(&ways);
    for (size_t position = 0; result == 0 && (site = table_next(&space->sites, &position));) {
        /* Also sites that are not planted: a child may have been forked just before the removal.
           Code that the program has unmapped or replaced has no breakpoint. */
        if (!site->mapped)
            continue;
        result = remove_form(&ways, site, SITE_FORM_TRAP);
        if (result == 0 && site->jump.length)
            result = remove_form(&ways, site, SITE_FORM_JUMP);
    }
    return result == -ESRCH ? 0 : result;
}
