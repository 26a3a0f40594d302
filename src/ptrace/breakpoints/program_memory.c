/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/program_memory.h"

#include <errno.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/table.h"

/* In bytes: up to here a look-up for each byte is cheaper than a walk over all sites. */
enum {
    HIDE_BY_LOOKUP = 256,
    HIDE_BEFORE = SITE_SKIP_MAX + SITE_CODE_MAX - 1, /* how far a site may be before its bytes */
};

static void hide_all(const struct address_space *space, target_addr at, void *buffer, size_t n)
{
    const struct site *site;
    if (n <= HIDE_BY_LOOKUP) {
        for (size_t i = 0; i < n + HIDE_BEFORE; i++) {
            site = site_table_get(space, target_addr_plus(at, (int64_t)i - HIDE_BEFORE));
            if (site)
                site_hide(site, at, buffer, n);
        }
        return;
    }
    for (size_t position = 0; (site = table_next(&space->sites, &position));)
        site_hide(site, at, buffer, n);
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
