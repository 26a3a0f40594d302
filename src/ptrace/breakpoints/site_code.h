/* SPDX-License-Identifier: MIT */
/* The bytes that a site has in memory: the original code, the breakpoint, or the jump. */
#ifndef PTRACE_BREAKPOINTS_SITE_CODE_H
#define PTRACE_BREAKPOINTS_SITE_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "ptrace/breakpoints/site.h"
#include "util/addr.h"
#include "util/error.h"

enum site_form { SITE_FORM_ORIGINAL, SITE_FORM_TRAP, SITE_FORM_JUMP };

/* The most bytes that a planted site replaces. */
enum {
    SITE_CODE_MAX = SITE_JUMP_MAX,
    SITE_SKIP_MAX = 4, /* bytes between the site's address and its jump: endbr64 */
};
_Static_assert((int)SITE_CODE_MAX >= (int)ARCH_TRAP_MAX, "a breakpoint is no longer than a jump");

/* Where the form's bytes are, what they are, and what they replace; *length: how many. */
target_addr site_form_at(const struct site *site, enum site_form form);
const uint8_t *site_form_bytes(const struct site *site, enum site_form form, size_t *length);
const uint8_t *site_form_original(const struct site *site, enum site_form form);

/* Which form there is in that memory (a descriptor as from memory_open()): an enum site_form. Other
   code than the site's counts as SITE_FORM_ORIGINAL. A negative errno of memory_read(). */
MUST_CHECK int site_form_in(int memory, const struct site *site);

/* Replaces what is planted at the site by the original code, in a buffer with the n bytes at `at`.
 */
void site_hide(const struct site *site, target_addr at, uint8_t *buffer, size_t n);

#endif
