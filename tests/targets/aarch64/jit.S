/* SPDX-License-Identifier: MIT */
/* The assembly functions of jit.c. */
#include "function.inc"

        .section .rodata
        .balign 8
.macro  code name
        .globl  \name, \name\()_operand, \name\()_end
\name:
.endm

code jit_1
        stp     x29, x30, [sp, #-16]!
        blr     x1
jit_1_operand:
        mov     w1, #0
        add     w0, w0, w1
        ldp     x29, x30, [sp], #16
        ret
jit_1_end:

code jit_2
        stp     x29, x30, [sp, #-16]!
        blr     x1
        ldr     w1, jit_2_operand
        add     w0, w0, w1
        ldp     x29, x30, [sp], #16
        ret
jit_2_operand:
        .word   0
jit_2_end:

code jit_3
        stp     x29, x30, [sp, #-16]!
        blr     x1
        nop
jit_3_operand:
        mov     w1, #0
        add     w0, w0, w1
        ldp     x29, x30, [sp], #16
        ret
jit_3_end:
