/* SPDX-License-Identifier: MIT */
/*
 * The functions that the debug information of one ELF file describes: see
 * symbols/dwarf/dwarf_file.h for where it is found. DWARF is hostile like all else: what libdw
 * cannot read is not there.
 */
#ifndef SYMBOLS_DWARF_DEBUGINFO_H
#define SYMBOLS_DWARF_DEBUGINFO_H

#include <elfutils/libdw.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "symbols/elf/debug_file.h"
#include "symbols/elf/debuginfod.h"
#include "util/addr.h"
#include "util/arena.h"
#include "util/error.h"

struct debuginfo;

/*
 * Looks for the debug information of the file open as `fd`, which stays the caller's, and is
 * searched for as `search` says. *debuginfo is NULL when there is none.
 * Fails only when memory or descriptors are out. One warning is logged for what is there but
 * damaged.
 */
MUST_CHECK int debuginfo_open(struct debuginfo **debuginfo, int fd,
                              const struct debug_search *search, struct debuginfod *debuginfod);
void debuginfo_free(struct debuginfo *debuginfo);

/* Whether a warning has been logged; and that none is to be logged any more. */
bool debuginfo_warned(const struct debuginfo *debuginfo);
void debuginfo_hush(struct debuginfo *debuginfo);
/* From when *asked is true on, no more is read than what is being read. NULL: never. */
void debuginfo_stop_when(struct debuginfo *debuginfo, const atomic_bool *asked);

/* The file it was found in. */
const char *debuginfo_path(const struct debuginfo *debuginfo);
/* The ELF file it was found in, for its symbols; *bias is to be added to their values. */
Elf *debuginfo_elf(const struct debuginfo *debuginfo, uint64_t *bias);

/*
 * The definition (DW_TAG_subprogram) of the function whose code starts at `entry`. Where several
 * functions share the address (folded identical code), the one called `symbol` if there is one.
 */
bool debuginfo_function(struct debuginfo *debuginfo, file_vaddr entry, const char *symbol,
                        Dwarf_Die *die);
/* Whether a function whose code starts at `entry` has `symbol` for its name: the source's, or else
   only the one that the linker is given for it. */
enum naming { NAMED_NOT, NAMED_BY_LINKAGE, NAMED_BY_SOURCE };
enum naming debuginfo_naming(struct debuginfo *debuginfo, file_vaddr entry, const char *symbol);
/* The address as the DWARF has it. */
uint64_t debuginfo_address(const struct debuginfo *debuginfo, file_vaddr vaddr);

#endif
