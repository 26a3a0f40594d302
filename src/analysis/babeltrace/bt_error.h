/* SPDX-License-Identifier: MIT */
/* Errors of libbabeltrace2, which it keeps for each thread, as one line. */
#ifndef ANALYSIS_BABELTRACE_BT_ERROR_H
#define ANALYSIS_BABELTRACE_BT_ERROR_H

#include <stdbool.h>

#include "util/error.h"

/* Takes the thread's error and fills err: what cannot be read (the file, if the causes name one,
   else `path`), and the first cause. Returns -EIO, or why
   the file cannot be opened. */
int bt_error_set(struct error *err, const char *path);
/* Whether the thread has one: no function that can fail may be called then. */
bool bt_error_is_set(void);
void bt_error_forget(void);

#endif
