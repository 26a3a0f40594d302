/* SPDX-License-Identifier: MIT */
/*
 * Two address spaces, two types.
 *
 * A file_vaddr is an address in an ELF file (st_value, p_vaddr, DW_AT_low_pc); a target_addr is an
 * address in a running process. Only `struct module` (symbols/module.h) converts one into the
 * other, with the load bias; mixing them does not compile.
 */
#ifndef UTIL_ADDR_H
#define UTIL_ADDR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct file_vaddr {
    uint64_t value;
} file_vaddr;

typedef struct target_addr {
    uint64_t value;
} target_addr;

static inline file_vaddr file_vaddr_of(uint64_t value)
{
    return (file_vaddr){value};
}

static inline target_addr target_addr_of(uint64_t value)
{
    return (target_addr){value};
}

static inline target_addr target_addr_plus(target_addr a, int64_t bytes)
{
    return (target_addr){a.value + (uint64_t)bytes};
}

static inline bool target_addr_equal(target_addr a, target_addr b)
{
    return a.value == b.value;
}

/* Whether a lies in [start, end): start inclusive, end exclusive. */
static inline bool target_addr_within(target_addr a, target_addr start, target_addr end)
{
    return a.value >= start.value && a.value < end.value;
}

#endif
