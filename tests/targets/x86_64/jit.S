/* SPDX-License-Identifier: MIT */
/* The assembly functions of jit.c. */
#include "function.inc"

        .section .rodata
.macro  code name
        .globl  \name, \name\()_operand, \name\()_end
\name:
.endm

code jit_1
        push    %rbx
        call    *%rsi
        .byte   0xb9            /* mov $operand, %ecx */
jit_1_operand:
        .long   0
        add     %ecx, %eax
        pop     %rbx
        ret
jit_1_end:

code jit_2
        push    %rbx
        call    *%rsi
        .byte   0x05            /* add $operand, %eax */
jit_2_operand:
        .long   0
        pop     %rbx
        ret
jit_2_end:

code jit_3
        push    %rbx
        call    *%rsi
        nop
        .byte   0x05
jit_3_operand:
        .long   0
        pop     %rbx
        ret
jit_3_end:
