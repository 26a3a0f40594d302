/* SPDX-License-Identifier: MIT */
/*
 * Copies of the unwind rules (FDEs and CIEs of .eh_frame) that were checked and accepted. The
 * program may write to its memory later, so libunwind reads accepted rules from these copies, also
 * when it evaluates an expression later.
 */
#ifndef PTRACE_CAPTURE_CHECKED_RULES_H
#define PTRACE_CAPTURE_CHECKED_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

struct checked_rule {
    uint64_t start, end; /* addresses in the program's memory; end is exclusive */
    uint8_t *bytes;
    bool is_fde; /* else a CIE */
};

struct checked_rules {
    VEC(struct checked_rule) list; /* ascending, without overlap */
};

/* The rule that begins at `start`, valid until the next checked_rules_add(). NULL: none. */
const struct checked_rule *checked_rules_find(const struct checked_rules *rules, uint64_t start);
/* Copies the rule's n bytes. -EEXIST: it overlaps another; -ENOMEM. */
MUST_CHECK int checked_rules_add(struct checked_rules *rules, uint64_t start, const void *bytes,
                                 size_t n, bool is_fde);
/* The word at address `at` was read: replaces the bytes that belong to rules by their copies. */
void checked_rules_show(const struct checked_rules *rules, uint64_t at, uint64_t *word);
/* Forgets all. */
void checked_rules_clear(struct checked_rules *rules);

#endif
