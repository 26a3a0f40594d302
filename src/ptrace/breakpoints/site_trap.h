/* SPDX-License-Identifier: MIT */
/*
 * The breakpoint method of a site: a trap instruction that stops the thread, and a displaced copy
 * of the instruction that it replaces.
 */
#ifndef PTRACE_BREAKPOINTS_SITE_TRAP_H
#define PTRACE_BREAKPOINTS_SITE_TRAP_H

#include "ptrace/breakpoints/site.h"

extern const struct site_method site_trap_method;

#endif
