/* SPDX-License-Identifier: MIT */
/* The assembly functions of namespace_init.c. */
#include "function.inc"

function first
        str     wzr, [x0]
        ret
end first
