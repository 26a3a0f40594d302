/* SPDX-License-Identifier: MIT */
/*
 * The functions that the debug information of one ELF file describes; see
 * symbols/dwarf/dwarf_file.h for where it is found. The DWARF is untrusted: what libdw cannot read
 * counts as missing.
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
 * Looks for the debug information of the file open as `fd`, as `search` says. The caller keeps the
 * descriptor. *debuginfo is NULL when there is none, or when it is damaged, which is logged in one
 * warning. Fails only when memory or descriptors run out.
 */
MUST_CHECK int debuginfo_open(struct debuginfo **debuginfo, int fd,
                              const struct debug_search *search, struct debuginfod *debuginfod);
void debuginfo_free(struct debuginfo *debuginfo);

/* debuginfo_warned(): whether a warning was logged. debuginfo_silence(): log no more. */
bool debuginfo_warned(const struct debuginfo *debuginfo);
void debuginfo_silence(struct debuginfo *debuginfo);
/* Stops reading once *stop is true. NULL: never. */
void debuginfo_stop_when(struct debuginfo *debuginfo, const atomic_bool *stop);

/* The path of the file that contains it. */
const char *debuginfo_path(const struct debuginfo *debuginfo);
/* The ELF file that contains it, for its symbols; add *bias to their values. */
Elf *debuginfo_elf(const struct debuginfo *debuginfo, uint64_t *bias);

/*
 * Finds the definition (DW_TAG_subprogram) of the function whose code starts at `entry`. If several
 * functions share the address (folded identical code), prefers the one named `symbol`.
 */
bool debuginfo_function(struct debuginfo *debuginfo, file_vaddr entry, const char *symbol,
                        Dwarf_Die *die);
/* Whether a function whose code starts at `entry` is named `symbol`: in the source, or only for the
   linker. */
enum naming { NAMED_NOT, NAMED_BY_LINKAGE, NAMED_BY_SOURCE };
enum naming debuginfo_naming(struct debuginfo *debuginfo, file_vaddr entry, const char *symbol);
/* Converts the address to one of the DWARF. */
uint64_t debuginfo_address(const struct debuginfo *debuginfo, file_vaddr vaddr);

#endif
