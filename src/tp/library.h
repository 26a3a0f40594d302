/* SPDX-License-Identifier: MIT */
/* Finds a loaded library among those that dl_iterate_phdr(3) lists. */
#ifndef TP_LIBRARY_H
#define TP_LIBRARY_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether the address lies in one of the library's segments. */
static inline bool library_holds(const struct dl_phdr_info *info, const void *address)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD &&
            (uintptr_t)address - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
            return true;
    }
    return false;
}

#endif
