/* SPDX-License-Identifier: MIT */
/* The assembly functions of signal_pc.c. */
#include "function.inc"

function pushes
        push    %rdi
        lea     1(%rdi), %rax
        pop     %rdi
        ret
end pushes

/* A thread that is stepped here must not keep the trap flag. */
function flags
        pushf
        popf
        lea     1(%rdi), %rax
        ret
end flags

function loads
        mov     loaded(%rip), %rax
        ret
end loads

function jumps
        jmp     1f
        ud2
1:      lea     1(%rdi), %rax
        ret
end jumps

function calls
        call    1f
        inc     %rax
        ret
1:      mov     %rdi, %rax
        ret
end calls

        .data
        .balign 8
loaded: .quad   4711
