/* SPDX-License-Identifier: MIT */
/*
 * Stubs: code inside the target that serves a site without a stop. A jump at the site leads to its
 * stub, which writes a record to the thread's ring (model/ring.h) and runs a copy of the
 * instructions that the jump replaces, the region. Pure functions on bytes and registers. Each
 * architecture has a directory that implements this.
 *
 * A stub preserves all registers and flags, and all memory but some below the stack pointer and its
 * red zone. Where it can write no record - the thread has no ring, or the return address is not in
 * the table - it restores everything and runs into a breakpoint of its own, `stop`: for the tracer
 * that is a hit of the site, after which the thread continues at `displaced`. A hit is dropped only
 * where the ring is full: the counter of the site (stub_request.drops) says how many, the block's
 * `gaps` where.
 *
 * A thread that stops inside a stub for another reason is to be moved out by stub_unwind() before
 * the program may see its registers. A fault in a stub, too: at `lookup`, whose thread pointer may
 * be anything, it is a hit of the site like the breakpoint; elsewhere, something has overwritten
 * the ring or the stack is at its end, and the site is to be served by a stop from then on. So it
 * is between `memory` and `memory_end`, where memory that values point to could not be read.
 */
#ifndef PTRACE_ARCH_STUB_H
#define PTRACE_ARCH_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "model/ring.h"
#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "util/addr.h"
#include "util/error.h"

enum {
    STUB_MAX = 4096, /* bytes of a stub at most */
    STUB_JUMP_MAX = 8,
    STUB_FIXUPS_MAX = 64,
    STUB_STEPS_MAX = 24,
    STUB_STACK_WORDS_MAX = 128,
    STUB_MEMORY_MAX = 16,
};

/* Bytes of the jump at a site, and how far from the site the whole stub may be. */
extern const size_t stub_jump_length;
extern const uint64_t stub_reach;

/* NULL, or why there are no stubs on this machine: a static text. */
const char *stub_unsupported(void);

/*
 * Memory that a stub copies into a record, behind an address that is in a word of the record. All
 * offsets are from the record's start. Nothing is copied behind the address 0: instead of a copy of
 * fixed size there are zeros then.
 * A string ends behind its first NUL, or at its length. What is recorded are the 8-byte words, at
 * multiples of 8, that it lies in; the bytes before its start may be any. Strings are behind all
 * else, in their order.
 */
struct stub_memory {
    uint16_t address; /* offset of the word with the address, before `to` */
    uint16_t to;      /* offset of the copy */
    uint16_t size;    /* bytes; of a string: at most */
    uint16_t length;  /* of a string: offset of the word with its length in bytes; 0: none */
    int32_t low;      /* the copy begins so many bytes behind the address; of a string: 0 */
    bool is_string;
};

/*
 * What the words of a record are. At an entry: the integer argument registers of the mask, in
 * ascending order; the floating point argument registers of the mask, of each the low 16 bytes;
 * then stack_words words from the first stack argument on (arch_stack_args()). At a return: the
 * word at the return slot, the second result register, and with return_floats the first two
 * floating point result registers, 16 bytes each. Then, of either, the copies of memory of fixed
 * size; and, if there are strings, a word that holds the bytes of the whole record, and the
 * strings.
 */
struct stub_layout {
    uint8_t integer_args;
    uint8_t float_args;
    uint16_t stack_words; /* at most STUB_STACK_WORDS_MAX */
    bool is_return;
    bool return_floats;
    uint8_t n_memory; /* at most STUB_MEMORY_MAX; set by stub_layout_add() */
    struct stub_memory memory[STUB_MEMORY_MAX];
};

/* Bytes of a record, a multiple of 8; with strings, at most. */
size_t stub_record_size(const struct stub_layout *layout);
bool stub_layout_has_strings(const struct stub_layout *layout);
/* The same of this record, of which `available` bytes can be read. 0: it is not one. What is there
   may change at any time. */
size_t stub_record_length(const struct stub_layout *layout, const void *record, size_t available);

/* The offset in a record of the word at the place: of a register, of the stack arguments, or of the
   copies that were added so far, of which the pointee with number i is the i-th. 0: not there. */
size_t stub_layout_offset(const struct stub_layout *layout, const struct value_place *place);
/* Adds memory, with the members `address`, `size`, `length`, `low` and `is_string` set: all copies
   of fixed size before the strings. -ENOSPC: there is no room. -EINVAL: a stub cannot copy it. */
MUST_CHECK int stub_layout_add(struct stub_layout *layout, const struct stub_memory *memory);
/* Whether records have the same copies of memory, at the same places. */
bool stub_layout_same_memory(const struct stub_layout *a, const struct stub_layout *b);
/* Copies to `to` the n bytes at that address of the target, or as many as the record has. Returns
   how many. `record` has stub_record_length() bytes. */
size_t stub_record_memory(const struct stub_layout *layout, const struct ring_record *record,
                          uint64_t at, void *to, size_t n);

/*
 * Sets the registers as they were at the hit, as far as they were recorded; all others are 0 (the
 * PC, too). `record` has stub_record_size() bytes.
 */
void stub_record_registers(const struct stub_layout *layout, const struct ring_record *record,
                           arch_regs *regs, struct arch_float_regs *floats);

/* Of a record at a return: the word at the return slot. If the function has returned, it is still
   the return address. */
uint64_t stub_record_slot_word(const struct ring_record *record);

/* The words from the first stack argument on; NULL: none were recorded. */
const uint64_t *stub_record_stack(const struct stub_layout *layout,
                                  const struct ring_record *record);

struct stub_request {
    target_addr at;      /* address of the stub, executable and readable */
    target_addr site;    /* of the jump */
    const uint8_t *code; /* the region's bytes, without planted breakpoints or jumps */
    size_t region;       /* how many; whole instructions, at least stub_jump_length bytes */
    uint32_t index;      /* ring_record.site */
    struct stub_layout layout;
    /* An entry whose return is wanted: a return address that is not in `returns` makes a stop. */
    bool checks_return;
    uint64_t return_mark;      /* bits that are set in the words of `returns` */
    bool stops_when_full;      /* a full ring makes a stop, and drops nothing */
    struct ring_table threads; /* of struct ring_table_entry */
    struct ring_table returns; /* of return addresses; unused without checks_return */
    target_addr drops;         /* this site's uint64_t: counts the dropped hits of all threads */
};

/* From `offset` on, how the registers of the site are restored: private to the architecture. */
struct stub_fixup {
    uint16_t offset;
    uint8_t pushed;
    uint8_t state;
};

/* What the tracer keeps of a stub. All offsets are from the stub's start. */
struct stub_map {
    uint16_t length;
    uint16_t lookup;        /* the load through the thread pointer */
    uint16_t stop;          /* the breakpoint; nothing else has the PC after its trap */
    uint16_t displaced;     /* the copy of the region */
    uint16_t displaced_end; /* behind it */
    uint16_t memory;        /* from here on, memory is copied, which may fault */
    uint16_t memory_end;    /* behind that */
    uint8_t n_fixups;
    struct stub_fixup fixups[STUB_FIXUPS_MAX];
    /* PCs in the copy that correspond to PCs at the site (displaced.h); their slot_offset is from
       `displaced` on. Every thread that is in the copy has been recorded. */
    uint8_t n_steps;
    struct displaced_step steps[STUB_STEPS_MAX];
};

struct stub {
    uint8_t bytes[STUB_MAX];
    struct stub_map map;
    const char *reason; /* of -EINVAL: a static text */
};

/*
 * Builds a stub. Instructions that cannot be displaced, a call that is not the last one and a
 * branch into the region behind the site are refused. Negative errno:
 *   -EINVAL   it cannot be built: see stub->reason
 *   -ERANGE   the stub is too far from the site, or from what the region refers to
 *   -ENOTSUP  stub_unsupported()
 */
MUST_CHECK int stub_build(struct stub *stub, const struct stub_request *request);

/* The jump from the site to its stub: stub_jump_length bytes. -ERANGE: too far. -ENOTSUP. */
MUST_CHECK int stub_jump(uint8_t bytes[STUB_JUMP_MAX], target_addr site, target_addr stub);

enum stub_position {
    STUB_BEFORE, /* nothing was recorded: the thread is to continue at the site, or to be served as
                    if it had hit a breakpoint there */
    STUB_AFTER, /* the hit was recorded or dropped: the thread is at the copy's first instruction */
    STUB_COPY,  /* in the copy, and recorded */
    STUB_NONE,  /* no PC of a thread that came by the jump: data, or not in the stub */
};

/* Reads n bytes of the thread's memory. false: cannot. */
typedef bool stub_read(void *data, uint64_t address, void *to, size_t n);

/*
 * Moves a thread, whose PC is stub + offset, out of the part of the stub that is not the copy.
 * *regs are its registers. STUB_BEFORE: they become those of the site, with the PC there.
 * STUB_AFTER: likewise, with the PC at the copy. Otherwise they stay as they are. The PC stop +
 * arch_trap_pc_offset, after the trap of the breakpoint, is STUB_BEFORE.
 * `stub` and `site`: the addresses. -EFAULT: the stack cannot be read, which the stub has just
 * written to.
 */
MUST_CHECK int stub_unwind(const struct stub_map *map, target_addr stub, target_addr site,
                           arch_regs *regs, stub_read *read, void *data,
                           enum stub_position *position);

#endif
