/* SPDX-License-Identifier: MIT */
/* The assembly functions of segv_fixup.c. */
#include "function.inc"

function reads
        ldr     w0, [x0]
        ret
end reads

function skips
        ldr     w0, [x0]
        .globl  skips_behind
skips_behind:
        mov     w0, #77
        ret
end skips

function jumps
        ldr     x1, [x0]
        stp     x29, x30, [sp, #-16]!
        blr     x1
        add     w0, w0, #1
        ldp     x29, x30, [sp], #16
        ret
end jumps

function undefined
        udf     #0
        .globl  undefined_behind
undefined_behind:
        mov     w0, #55
        ret
end undefined
