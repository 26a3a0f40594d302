/* SPDX-License-Identifier: MIT */
/*
 * Capture: reads the values of a hit from a stopped thread's registers and memory, at the places
 * that its probe gives. All buffers are allocated in advance: a hit allocates nothing.
 *
 * Capture uses as few system calls as possible. The addresses in registers are known at once: that
 * memory is read together with what the caller needs (capture_begin(), capture_read()). Each
 * further level of pointers takes one more read. More reads are needed only for unreadable memory
 * and for strings that cross a page boundary.
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

/* Where values come from: a stopped thread, or a copy of what it had. */
struct capture_source {
    const arch_regs *regs;
    const struct arch_float_regs *floats; /* NULL: none; set by capture_finish() */
    uint64_t result_address;              /* of PLACE_RESULT_ADDRESS */
    /* Reads n spans of memory and sets `got` of each. Returns how many requests that took. */
    unsigned (*read)(void *data, struct span *spans, size_t n);
    void *data;
};

/* The fields of one event and the pointees they need. */
struct capture_set {
    const struct field *fields;
    size_t n;
    const struct pointee *pointees;
    size_t n_pointees;
    size_t stack_args; /* bytes of stack arguments to read */
};

/* Writes the name of the code at an address, for VALUE_SYMBOL: NUL-terminated, less than `size`
   bytes. */
typedef void capture_name_code(void *data, uint64_t address, char *out, size_t size);

/* The state of a read. */
enum capture_state { CAPTURE_WAITING, CAPTURE_READING, CAPTURE_DONE };

struct captured_pointee {
    enum capture_state state;
    enum pointee_state result; /* valid in CAPTURE_DONE */
    uint16_t got;              /* bytes that were read */
};

/* A string of characters of `unit` bytes, as it is read. */
struct captured_string {
    enum capture_state state;
    size_t field;
    unsigned unit;
    uint64_t at;
    size_t most; /* bytes: the limit, or the string's length if that is less */
    size_t got;
    bool bad; /* the string is not readable */
};

struct capture {
    uint64_t values[PROBE_FIELDS_MAX];
    char *text; /* the text of each field, text_room bytes each */
    size_t text_room;
    size_t string_limit;
    char *wide;     /* strings of wider characters before conversion, four times that each */
    uint8_t *bytes; /* the bytes of the pointees, PROBE_POINTEE_MAX each */
    capture_name_code *name_code; /* NULL: addresses have no names */
    void *name_data;
    program_read *read_code; /* for stack traces */
    uint64_t reads;          /* reads of memory so far */

    /* The hit that is being captured: from capture_begin() to capture_finish(). */
    struct capture_set set;
    struct capture_source source;
    enum capture_state stack_state;
    size_t stack_got;
    uint8_t stack[PROBE_STACK_MAX];
    struct captured_pointee pointees[PROBE_POINTEES_MAX];
    struct captured_string strings[PROBE_FIELDS_MAX];
    size_t n_strings;
    struct span spans[SPANS_MAX]; /* of the next read: stack, pointees, strings, in that order */
    size_t n_spans;
};

/* The offset in `text` of EXTRA_FIELDS_TEXT_SIZE bytes for the texts of extra fields. */
size_t capture_extra_text(const struct capture *capture);

MUST_CHECK int capture_init(struct capture *capture, size_t string_limit);
void capture_free(struct capture *capture);

/* Begins the capture of an event. The source's registers must stay valid until capture_finish(). */
void capture_begin(struct capture *capture, const struct capture_set *set,
                   const struct capture_source *source);
/* Reads the caller's n spans, at most CAPTURE_OWN_MAX, and the planned spans together. Optional. */
enum { CAPTURE_OWN_MAX = 4 };
void capture_read(struct capture *capture, struct span *own, size_t n);
/* Reads the rest and sets the values. `floats` may be NULL if no field needs it. Never fails: the
   value of a field that cannot be read is 0, or "(bad address)" for a string. */
void capture_finish(struct capture *capture, const struct arch_float_regs *floats);

#endif
