/* SPDX-License-Identifier: MIT */
/*
 * While a program is traced: says which patterns match nothing as soon as it is known, once. A
 * thread looks for similar names, so that no stopped process waits for it.
 */
#ifndef CLI_PATTERN_HINTS_H
#define CLI_PATTERN_HINTS_H

struct target;
struct tracer;

/* The libraries that the launched program starts with are known. Called again, and of attached
   processes, it does nothing. Nor if children are followed, or the program only executes another:
   then it is said at the end. */
void pattern_hints_launched(const struct target *target);
/* All processes are attached to. */
void pattern_hints_attached(struct tracer *tracer);
/* Waits until all is said. */
void pattern_hints_finish(struct tracer *tracer);

#endif
