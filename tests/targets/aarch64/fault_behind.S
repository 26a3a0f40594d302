/* SPDX-License-Identifier: MIT */
/* The assembly functions of fault_behind.c. */
#include "function.inc"

function call_and_read
        stp     x30, x19, [sp, #-16]!
        mov     x19, x1
        blr     x0
        .globl  behind_the_call
behind_the_call:
        ldr     x0, [x19]
        ldp     x30, x19, [sp], #16
        ret
end call_and_read
