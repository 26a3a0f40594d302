/* SPDX-License-Identifier: MIT */
/*
 * Capture: the values of a hit, read from a stopped thread's registers and memory where its probe
 * says they lie. All room is made beforehand; a hit allocates nothing.
 *
 * Memory is read in as few system calls as can be. What registers lead to is known at once, and
 * read together with what the caller needs besides (capture_begin(), capture_read()); what that
 * leads to is read together again, and so on, one read for each address on the way. Further ones
 * come only for what is not there and for strings that cross into another page.
 */
#ifndef PTRACE_CAPTURE_CAPTURE_H
#define PTRACE_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/core/address_space.h"
#include "ptrace/os/spans.h"
#include "util/addr.h"
#include "util/error.h"

enum { CAPTURE_STRING_DEFAULT = 256, CAPTURE_STRING_MAX = 4096 };

/* The values of one event and what they lie in. */
struct capture_set {
    const struct field *fields;
    size_t n;
    const struct pointee *pointees;
    size_t n_pointees;
    size_t stack_args; /* bytes of stack arguments that are among it */
};

/* Names the code at an address for VALUE_SYMBOL: writes a NUL-terminated text of less than `size`
   bytes. */
typedef void capture_name_code(void *data, uint64_t address, char *out, size_t size);

/* How far something that is to be read has come. */
enum capture_state { CAPTURE_WAITING, CAPTURE_READING, CAPTURE_DONE };

struct captured_pointee {
    enum capture_state state;
    enum pointee_state result; /* once it is done */
    uint16_t got;              /* bytes of it that are there */
};

/* A string that is being read, raw, of characters of `unit` bytes. */
struct captured_string {
    enum capture_state state;
    size_t field;
    unsigned unit;
    uint64_t at;
    size_t most; /* bytes: the limit, or its length if that is less */
    size_t got;
    bool bad; /* nothing is there */
};

struct capture {
    uint64_t values[PROBE_FIELDS_MAX];
    char *text; /* room for the text of each field, text_room bytes each */
    size_t text_room;
    size_t string_limit;
    char *wide;     /* room for strings of wider characters as they are, four times as much each */
    uint8_t *bytes; /* what is in the pointees: PROBE_POINTEE_MAX for each */
    capture_name_code *name_code; /* NULL: addresses have no names */
    void *name_data;
    program_read *read_code; /* for stack traces */
    uint64_t reads;          /* of memory, so far */

    /* The hit that is being captured: from capture_begin() to capture_finish(). */
    struct capture_set set;
    const arch_regs *regs;
    const struct arch_float_regs *floats;
    enum capture_state stack_state;
    size_t stack_got;
    uint8_t stack[PROBE_STACK_MAX];
    struct captured_pointee pointees[PROBE_POINTEES_MAX];
    struct captured_string strings[PROBE_FIELDS_MAX];
    size_t n_strings;
    struct span spans[SPANS_MAX]; /* of the next read: stack, pointees, strings, in that order */
    size_t n_spans;
};

/* Where in `text` there is room for EXTRA_FIELDS_TEXT_SIZE bytes of facts' texts. */
size_t capture_extra_text(const struct capture *capture);

MUST_CHECK int capture_init(struct capture *capture, size_t string_limit);
void capture_free(struct capture *capture);

/* Begins with a thread that is stopped with these registers, which must stay until
   capture_finish(). */
void capture_begin(struct capture *capture, const struct capture_set *set, const arch_regs *regs);
/* Reads the n spans of the caller's, at most CAPTURE_OWN_MAX, and behind them what is known to be
   needed. `memory` as for memory_read_pieces(). Need not be called. */
enum { CAPTURE_OWN_MAX = 4 };
void capture_read(struct capture *capture, pid_t tid, int memory, struct span *own, size_t n);
/* Reads the rest and sets the values. `floats` may be NULL when no field lies there. Never fails:
   what cannot be read is 0, a string then "(bad address)". */
void capture_finish(struct capture *capture, pid_t tid, int memory,
                    const struct arch_float_regs *floats);

#endif
