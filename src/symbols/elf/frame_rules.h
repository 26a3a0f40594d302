/* SPDX-License-Identifier: MIT */
/* One frame description: its common part (CIE), and the rules for the canonical frame address. */
#ifndef SYMBOLS_ELF_FRAME_RULES_H
#define SYMBOLS_ELF_FRAME_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

struct byte_reader;
struct code_section;

/* Of a common information entry. */
struct frame_common {
    uint8_t encoding;      /* of addresses of code */
    uint8_t area_encoding; /* of the address of the language-specific data area */
    bool has_augmentation; /* 'z' */
    bool is_signal;        /* 'S' */
    uint64_t code_factor;
    int64_t data_factor;
    uint32_t rules, end; /* offsets in the section: the initial instructions */
};

/* Sets `entry` to what the next entry contains after its length, and moves `reader` behind it.
   -ENOEXEC: it is longer than the section, or is not 32-bit DWARF. */
MUST_CHECK int frame_entry_start(struct byte_reader *reader, struct byte_reader *entry);
/* Decodes the CIE at offset `at`. -ENOEXEC: it is invalid or of an unknown kind. */
MUST_CHECK int frame_common_read(struct frame_common *common, const struct code_section *eh_frame,
                                 uint32_t at);
/* Whether the canonical frame address is as at the function's start, `offset` bytes after it: in
   terms of the stack pointer. */
bool frame_rules_restored(const struct code_section *eh_frame, uint32_t entry, uint32_t common,
                          uint64_t offset);
/* Whether the frame at the entry's first instruction is that of a function that has just been
   called: nothing is on the stack but the return address, and no register is saved. A part of a
   function that is only jumped to ("f.cold") usually begins with another one. */
bool frame_rules_entered(const struct code_section *eh_frame, uint32_t entry, uint32_t common);

#endif
