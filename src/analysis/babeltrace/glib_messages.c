/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/glib_messages.h"

#include <stdlib.h>

/* Of GLib's gmessages.h, which need not be there: libbabeltrace2 brings the library alone. */
enum { LEVEL_ERROR = 1 << 2, LEVEL_CRITICAL = 1 << 3 };
typedef void glib_log_function(const char *domain, int level, const char *text, void *data);
extern __attribute__((weak)) glib_log_function *
g_log_set_default_handler(glib_log_function *handler, void *data);

static void on_glib_message(const char *domain, int level, const char *text, void *data)
{
    (void)domain, (void)text, (void)data;
    if (level & (LEVEL_ERROR | LEVEL_CRITICAL))
        abort();
}

void glib_messages_take(void)
{
    if (g_log_set_default_handler)
        g_log_set_default_handler(on_glib_message, NULL);
}
