/* SPDX-License-Identifier: MIT */
/* The assembly functions of interrupted_call.c. */
#include "function.inc"

function it
        svc     #0
        ret
end it

function call_it
        mov     x8, x0
        mov     x0, x1
        mov     x1, x2
        mov     x2, x3
        mov     x3, x4
        stp     x29, x30, [sp, #-16]!
        bl      it
        ldp     x29, x30, [sp], #16
        ret
end call_it
