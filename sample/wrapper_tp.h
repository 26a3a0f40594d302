/* SPDX-License-Identifier: MIT */
/* The static tracepoints of the LD_PRELOAD wrapper. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER mylib

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "wrapper_tp.h"

#if !defined(SAMPLE_WRAPPER_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define SAMPLE_WRAPPER_TP_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(
    mylib, my_traced_function_entry,
    LTTNG_UST_TP_ARGS(int, arg1, uint64_t, arg2, double, arg3, void *, arg4),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer(int, arg1, arg1)
        lttng_ust_field_integer(uint64_t, arg2, arg2)
        lttng_ust_field_float(double, arg3, arg3)
        lttng_ust_field_integer_hex(uint64_t, arg4, (uint64_t)(uintptr_t)arg4)
    )
)

LTTNG_UST_TRACEPOINT_EVENT(
    mylib, my_traced_function_exit,
    LTTNG_UST_TP_ARGS(),
    LTTNG_UST_TP_FIELDS()
)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
