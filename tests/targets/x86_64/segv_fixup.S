/* SPDX-License-Identifier: MIT */
/* The assembly functions of segv_fixup.c. */
#include "function.inc"

function reads
        movl    (%rdi), %eax
        ret
end reads

function skips
        movl    (%rdi), %eax
        .globl  skips_behind
skips_behind:
        movl    $77, %eax
        ret
end skips

function jumps
        call    *(%rdi)
        addl    $1, %eax
        ret
end jumps

function undefined
        ud2
        .globl  undefined_behind
undefined_behind:
        movl    $55, %eax
        ret
end undefined
