/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/bt_error.h"

#include <babeltrace2/babeltrace.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void bt_error_forget(void)
{
    const bt_error *error = bt_current_thread_take_error();
    if (error)
        bt_error_release(error);
}

int bt_error_set(struct error *err, int code, const char *format, ...)
{
    char what[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    const bt_error *error = bt_current_thread_take_error();
    if (!error || bt_error_get_cause_count(error) == 0) {
        error_set(err, code, "%s", what);
    } else {
        const char *cause = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));
        /* What follows a colon at its end are values for who debugs libbabeltrace2. */
        const char *values = strstr(cause, ": ");
        size_t length =
            values && strchr(values, '=') ? (size_t)(values - cause) : strcspn(cause, "\n");
        while (length > 0 && cause[length - 1] == '.')
            length--;
        error_set(err, code, "%s: %.*s", what, (int)length, cause);
    }
    if (error)
        bt_error_release(error);
    return code;
}
