/* SPDX-License-Identifier: MIT */
/* The assembly functions of call_chain.c. */
#include "function.inc"

function smashed
        .cfi_startproc
        push    %rbx
        .cfi_def_cfa_offset 16
        .cfi_offset 3, -16
        mov     8(%rsp), %rbx
        movq    $0x1234, 8(%rsp)
        sub     $16, %rsp
        .cfi_def_cfa_offset 32
        xor     %edi, %edi
        call    leaf
        add     $16, %rsp
        .cfi_def_cfa_offset 16
        mov     %rbx, 8(%rsp)
        pop     %rbx
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
end smashed

/* Their unwind tables are wrong. */
.macro  calls_leaf name, rule:vararg
function \name
        .cfi_startproc
        \rule
        sub     $8, %rsp
        xor     %edi, %edi
        call    leaf
        add     $8, %rsp
        ret
        .cfi_endproc
end \name
.endm

/* %rbx */
#define KEPT 3
#include "wrong_tables.inc"

        .section .rodata
        .globl  made_code, made_code_end, fault_code, fault_code_end
made_code:
        sub     $8, %rsp
        mov     %rdi, %rax
        mov     $1, %edi
        call    *%rax
        add     $8, %rsp
        ret
made_code_end:

fault_code:
        push    %rbp
        mov     %rsp, %rbp
        ud2
        xor     %eax, %eax
        pop     %rbp
        ret
fault_code_end:
