/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/program_memory.h"

#include <errno.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/table.h"

/* In bytes: up to here a look-up for each byte is cheaper than a walk over all sites. */
enum { HIDE_BY_LOOKUP = 256 };

static void hide_site(const struct site *site, target_addr at, uint8_t *buffer, size_t n)
{
    if (!site->planted)
        return;
    for (size_t i = 0; i < arch_trap_length; i++) {
        uint64_t offset = site->at.value + i - at.value;
        /* The program may have overwritten it. */
        if (offset < n && buffer[offset] == arch_trap[i])
            buffer[offset] = site->trap.original[i];
    }
}

static void hide_all(const struct address_space *space, target_addr at, void *buffer, size_t n)
{
    const struct site *site;
    if (n <= HIDE_BY_LOOKUP) {
        for (size_t i = 0; i < n + arch_trap_length - 1; i++) {
            site = site_table_get(space,
                                  target_addr_plus(at, (int64_t)i - (int64_t)arch_trap_length + 1));
            if (site)
                hide_site(site, at, buffer, n);
        }
        return;
    }
    for (size_t position = 0; (site = table_next(&space->sites, &position));)
        hide_site(site, at, buffer, n);
}

int program_memory_read(const struct address_space *space, target_addr at, void *buffer, size_t n)
{
    int r = memory_read(address_space_memory(space), at, buffer, n);
    if (r == 0)
        hide_all(space, at, buffer, n);
    return r < 0 ? -EIO : 0;
}

size_t program_memory_read_some(const struct address_space *space, target_addr at, void *buffer,
                                size_t n)
{
    size_t got = memory_read_some(address_space_memory(space), at, buffer, n);
    if (got > 0)
        hide_all(space, at, buffer, got);
    return got;
}

int trap_is_at(int memory, target_addr at)
{
    uint8_t there[ARCH_TRAP_MAX];
    int r = memory_read(memory, at, there, arch_trap_length);
    return r < 0 ? r : memcmp(there, arch_trap, arch_trap_length) == 0;
}
