/* SPDX-License-Identifier: MIT */
/* Errors of libbabeltrace2, which it keeps for each thread, as one line. */
#ifndef ANALYSIS_BABELTRACE_BT_ERROR_H
#define ANALYSIS_BABELTRACE_BT_ERROR_H

#include "util/error.h"

/* Fills err with the formatted text and the first cause of the thread's error, and forgets that.
   Returns `code`. */
int bt_error_set(struct error *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);
void bt_error_forget(void);

#endif
