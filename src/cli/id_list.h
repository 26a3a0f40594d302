/* SPDX-License-Identifier: MIT */
/* A list of the IDs of processes or threads, as it is typed: "1,2", or what pidof(1) prints. */
#ifndef CLI_ID_LIST_H
#define CLI_ID_LIST_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/error.h"

/* Accepts only digits. false: it is no number from 1 to `max`. */
bool id_list_number(const char *text, size_t length, long max, long *number);

/*
 * The next ID of the list at *at, which moves behind it. Commas, blanks and newlines separate IDs.
 * 1: there was one. 0: the list ends here. -EINVAL: something else is there; err has the reason.
 */
MUST_CHECK int id_list_next(const char **at, pid_t *id, struct error *err);

#endif
