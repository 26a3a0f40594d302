/* SPDX-License-Identifier: MIT */
/* The assembly functions of interrupted_call.c. */
#include "function.inc"

function it
        syscall
        ret
end it

function call_it
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        mov     %r8, %r10
        call    it
        ret
end call_it
