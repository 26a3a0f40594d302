/* SPDX-License-Identifier: MIT */
/*
 * Unwind rules (FDEs and CIEs of .eh_frame) that were looked at and found fit, as they were then. A
 * program may write to its memory meanwhile: what is given to libunwind of them comes from here,
 * also when an expression is evaluated later.
 */
#ifndef PTRACE_CAPTURE_CHECKED_RULES_H
#define PTRACE_CAPTURE_CHECKED_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

struct checked_rule {
    uint64_t start, end; /* in the program's memory */
    uint8_t *bytes;
    bool is_fde; /* else a CIE */
};

struct checked_rules {
    VEC(struct checked_rule) list; /* ascending, none overlaps another */
};

/* The rule that begins there, until another is added; NULL: none does. */
const struct checked_rule *checked_rules_find(const struct checked_rules *rules, uint64_t start);
/* Copies it. -EEXIST: it lies over another one; -ENOMEM. */
MUST_CHECK int checked_rules_add(struct checked_rules *rules, uint64_t start, const void *bytes,
                                 size_t n, bool is_fde);
/* The word was read at the address: puts into it what belongs to rules. */
void checked_rules_show(const struct checked_rules *rules, uint64_t at, uint64_t *word);
/* Forgets all. */
void checked_rules_clear(struct checked_rules *rules);

#endif
