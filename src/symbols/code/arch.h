/* SPDX-License-Identifier: MIT */
/*
 * What an architecture knows of code that jumps may replace: arch_x86_64.c and others,
 * arch_aarch64.c.
 */
#ifndef SYMBOLS_CODE_ARCH_H
#define SYMBOLS_CODE_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct file_code;
struct text_part;

/* Why no jump may be planted on this architecture; NULL: it may. */
extern const char *const code_unsupported;

/* The bytes of a range, followed by CODE_INSN_MAX zeros. */
struct group_part {
    uint64_t start;
    size_t size;
    uint8_t *bytes;
};

/* ---- one instruction */

enum code_insn_kind {
    CODE_INSN_PLAIN,   /* may run elsewhere */
    CODE_INSN_CALL,    /* sets a return address */
    CODE_INSN_LAST,    /* execution does not continue after it */
    CODE_INSN_REFUSED, /* may not run elsewhere, or is unknown; see `reason` */
};

struct code_insn {
    enum code_insn_kind kind;
    uint8_t length;
    const char *reason;
};

/* Decodes the instruction at the start of n bytes. */
void code_insn_decode(struct code_insn *insn, const uint8_t *bytes, size_t n);
/* The length of the instruction that only marks a target of indirect calls; 0: it is another. */
uint8_t code_insn_is_entry_mark(const uint8_t *bytes, size_t n);
/* The length of what compilers put between functions: breakpoints and instructions without effect.
   0: it is something else. */
uint8_t code_insn_is_padding(const uint8_t *bytes, size_t n);

/* Whether a stub of a linkage table, at `at`, starts there: it jumps through the word *word. */
bool code_is_linkage_stub(const uint8_t *bytes, size_t n, uint64_t at, uint64_t *word);

/* ---- all instructions */

enum { CODE_INSN_MAX = 15 };

/*
 * Marks whatever any instruction at any of `n` bytes branches to or takes the address of, wherever
 * instructions really start, and joins the ranges between which jumps lead. Only branches with a
 * displacement of 8 bits are left to code_scan_range(), if they are in a range: about every twelfth
 * byte looks like one, and would lead to somewhere near. The bytes are those at
 * `at` in the part; CODE_INSN_MAX more, zeros behind the part's end, follow them.
 */
MUST_CHECK int code_scan(struct file_code *code, const struct text_part *part, uint64_t at,
                         const uint8_t *bytes, size_t n);

/* How far these branches lead. */
enum { CODE_SHORT_REACH = 128 + CODE_INSN_MAX };

/*
 * Marks what the instructions of the range branch to with a displacement of 8 bits. It is decoded
 * from its start, and from each marked address on; if it contains anything that is no instruction,
 * at each byte. Call it after code_scan(). -ENOMEM; -EFAULT: it is not in the text.
 */
MUST_CHECK int code_scan_range(struct file_code *code, const struct group_part *range);

/* ---- the jumps of one function */

/*
 * Whether all jumps in a function, whose n parts are in ascending order, are known: those through
 * registers and memory are tail calls, or use tables, whose targets are marked then. -EAGAIN: a
 * table leads to a further part of the function, which was joined with it. -ENOMEM, or the errno of
 * reading the file open as `fd`.
 */
MUST_CHECK int code_jumps_are_known(struct file_code *code, int fd, const struct group_part *parts,
                                    size_t n, bool *known);

#endif
