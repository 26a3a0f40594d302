/* SPDX-License-Identifier: MIT */
/* The assembly functions of same_stack.c. */
#include "function.inc"

function outer
        call    middle
        inc     %rax
        ret
end outer

function middle
        call    leaf
        mov     %rax, %rdi
        call    tail
        ret
end middle

function tail
        jmp     leaf
end tail

function leaf
        lea     1(%rdi), %rax
        ret
end leaf

function leaves
        sub     $8, %rsp
        call    jumps_back
        add     $8, %rsp
        ret
end leaves

function recurses               /* (%rdi levels) */
        mov     $1, %eax
        dec     %rdi
        jz      1f
        call    recurses
        inc     %rax
1:      ret
end recurses
