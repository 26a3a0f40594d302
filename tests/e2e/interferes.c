/* SPDX-License-Identifier: MIT */
/* Preloaded into the tracer: changes the session right before or after the tracer stops it, by
   liblttng-ctl, as lttng(1) does. INTERFERENCE: "stop", "restart" or "destroy" before, "start"
   after. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <lttng/lttng.h>

__attribute__((visibility("default"))) int lttng_stop_tracing_no_wait(const char *name)
{
    int (*stop)(const char *session) =
        (int (*)(const char *))dlsym(RTLD_NEXT, "lttng_stop_tracing_no_wait");
    const char *what = getenv("INTERFERENCE");
    if (!stop || !what)
        abort();
    if (strcmp(what, "stop") == 0 || strcmp(what, "restart") == 0)
        stop(name);
    if (strcmp(what, "restart") == 0)
        lttng_start_tracing(name);
    if (strcmp(what, "destroy") == 0)
        lttng_destroy_session_no_wait(name);
    int rc = stop(name);
    if (strcmp(what, "start") == 0)
        lttng_start_tracing(name);
    return rc;
}
