/* SPDX-License-Identifier: MIT */
/* The assembly functions of frames_left.c. */
#include "function.inc"

function dig
        adrp    x9, n_dig
        ldr     x10, [x9, #:lo12:n_dig]
        add     x10, x10, #1
        str     x10, [x9, #:lo12:n_dig]
        stp     x29, x30, [sp, #-496]!
        bl      dig
        ldp     x29, x30, [sp], #496
        ret
end dig
