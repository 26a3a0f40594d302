/*
 * Capture: the values of a hit, read from a stopped thread's registers and memory where its probe
 * says they lie. All room is made beforehand; a hit allocates nothing.
 */
#ifndef PTRACE_CAPTURE_H
#define PTRACE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/arch.h"
#include "symbols/probe.h"
#include "util/error.h"

enum { CAPTURE_STACK_MAX = 1024, CAPTURE_STRING_DEFAULT = 256, CAPTURE_STRING_MAX = 4096 };

struct capture {
    uint64_t values[PROBE_FIELDS_MAX];
    char *text; /* the strings of the hit, one behind the other */
    size_t text_used;
    size_t string_limit;
    uint8_t stack[CAPTURE_STACK_MAX];
};

MUST_CHECK int capture_init(struct capture *capture, size_t string_limit);
void capture_free(struct capture *capture);

/*
 * Reads n fields of the thread `tid`, which is stopped with these registers; `memory` as for
 * memory_read_pieces(). `floats`
 * may be NULL when no field lies there. Never fails: what cannot be read is 0, a string then
 * "(bad address)".
 */
void capture_fields(struct capture *capture, pid_t tid, int memory, const arch_regs *regs,
                    const struct arch_float_regs *floats, const struct field *fields, size_t n);

#endif
