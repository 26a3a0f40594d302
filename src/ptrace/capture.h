/*
 * Capture: the values of a hit, read from a stopped thread's registers and memory where its probe
 * says they lie. All room is made beforehand; a hit allocates nothing.
 */
#ifndef PTRACE_CAPTURE_H
#define PTRACE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/arch.h"
#include "symbols/probe.h"
#include "util/error.h"

enum { CAPTURE_STRING_DEFAULT = 256, CAPTURE_STRING_MAX = 4096 };

struct capture {
    uint64_t values[PROBE_FIELDS_MAX];
    char *text; /* room for the text of each field, text_room bytes each */
    size_t text_room;
    size_t string_limit;
    uint8_t *pointed; /* what lies behind addresses: PROBE_STACK_MAX bytes for each */
    /* The stack arguments, and how many bytes of them are there. Who has read them already sets
       has_stack; it holds for the next capture_fields() only. */
    uint8_t stack[PROBE_STACK_MAX];
    size_t stack_got;
    bool has_stack;
    uint64_t reads; /* of memory, so far */
};

/* Where in `text` there is room for FACTS_TEXT_ROOM bytes of facts' texts. */
size_t capture_facts_text(const struct capture *capture);

MUST_CHECK int capture_init(struct capture *capture, size_t string_limit);
void capture_free(struct capture *capture);

/*
 * Reads n fields of the thread `tid`, which is stopped with these registers, and whose stack
 * arguments, if any of the fields lies there, are `stack_args` bytes; `memory` as for
 * memory_read_pieces(). `floats` may be NULL when no
 * field lies there. Never fails: what cannot be read is 0, a string then "(bad address)".
 *
 * Memory is read in as few system calls as can be: one for the stack arguments (none with
 * has_stack), one for all that lies behind addresses, one for all strings; further ones only for
 * what is not there and for strings that cross into another page.
 */
void capture_fields(struct capture *capture, pid_t tid, int memory, const arch_regs *regs,
                    const struct arch_float_regs *floats, const struct field *fields, size_t n,
                    size_t stack_args);

#endif
