/* SPDX-License-Identifier: MIT */
/* The assembly functions of fault_behind.c. */
#include "function.inc"

function call_and_read
        pushq   %rbx
        movq    %rsi, %rbx
        call    *%rdi
        .globl  behind_the_call
behind_the_call:
        movq    (%rbx), %rax
        popq    %rbx
        ret
end call_and_read
