/* SPDX-License-Identifier: MIT */
/* The CPUs of the computer. */
#ifndef UTIL_CPUS_H
#define UTIL_CPUS_H

/* The highest possible CPU number plus one; 0: unknown. */
int cpus_possible(void);

#endif
