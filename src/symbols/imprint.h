/*
 * An imprint: what stands at the very start of an ELF file, its headers and its build ID, as it was
 * when the file was opened. A process has it in its memory when it has that file mapped; what the
 * path leads to may be another file by now, or the file may have been written over.
 */
#ifndef SYMBOLS_IMPRINT_H
#define SYMBOLS_IMPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/addr.h"

enum { IMPRINT_MAX = 4096 };

struct imprint {
    file_vaddr at;
    size_t length; /* 0: the file maps no headers, and nothing can be told */
    uint8_t *bytes;
};

enum imprint_verdict {
    IMPRINT_SAME,
    IMPRINT_DIFFERENT,
    IMPRINT_UNKNOWN, /* there is none, or the memory may not be read */
};

/* Compares with the memory of a process that has the file mapped with that bias. */
enum imprint_verdict imprint_compare(const struct imprint *imprint, pid_t pid, uint64_t load_bias);

/* Whether both files have the same headers and build ID, as far as can be told. */
bool imprint_equal(const struct imprint *a, const struct imprint *b);

#endif
