/* SPDX-License-Identifier: MIT */
/* The assembly functions of signal_pc.c. */
#include "function.inc"

function pushes
        stp     x29, x30, [sp, #-16]!
        add     x0, x0, #1
        ldp     x29, x30, [sp], #16
        ret
end pushes

function flags
        mrs     x1, nzcv
        msr     nzcv, x1
        add     x0, x0, #1
        ret
end flags

function loads
        ldr     x0, loaded
        ret
end loads

function jumps
        b       1f
        udf     #0
1:      add     x0, x0, #1
        ret
end jumps

function calls                  /* x9 keeps the return address */
        adr     x10, 2f
        mov     x9, x30
        blr     x10
        add     x0, x0, #1
        br      x9
2:      ret
end calls

        .balign 8
loaded: .quad   4711
