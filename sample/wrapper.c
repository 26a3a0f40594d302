/* SPDX-License-Identifier: MIT */
/*
 * What one would write by hand for one function: a library for LD_PRELOAD that stands in for
 * my_traced_function() and records entry and exit as static LTTng tracepoints. It is the reference
 * that the tracer's own events are compared with.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "wrapper_tp.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "mylib.h"

typedef void traced_function(int, uint64_t, double, void *);

static traced_function *real;

__attribute__((constructor)) static void find_real(void)
{
    *(void **)&real = dlsym(RTLD_NEXT, "my_traced_function");
    if (!real) {
        fprintf(stderr, "wrapper: no my_traced_function() to wrap\n");
        abort();
    }
}

void my_traced_function(int arg1, uint64_t arg2, double arg3, void *arg4)
{
    lttng_ust_tracepoint(mylib, my_traced_function_entry, arg1, arg2, arg3, arg4);
    real(arg1, arg2, arg3, arg4);
    lttng_ust_tracepoint(mylib, my_traced_function_exit);
}
