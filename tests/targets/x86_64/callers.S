/* SPDX-License-Identifier: MIT */
/* Functions and callers of callers.c. Between them is what is out of reach of a short branch. */

#include "function.inc"

        .macro  apart
        .skip   160, 0x90
        .endm

        apart
function keeps                  /* changes nothing but its result */
        lea     1(%rdi), %rax
        nopl    0x200(%rax,%rax,1)
        ret
end keeps

        apart
function compares               /* its result is in the flags */
        lea     1(%rdi), %rax
        cmp     %rsi, %rdi
        ret
end compares

        apart
function entered                /* others enter it at its second instruction */
        mov     %rdi, %rax
entered_inside:
        lea     1(%rax), %rax
        nopl    0x200(%rax,%rax,1)
        ret
end entered

        apart
function enters_inside
        mov     $100, %eax
        call    entered_inside
        ret
end enters_inside

        apart
function enters_by_pointer
        mov     $200, %eax
        call    *pointer_inside(%rip)
        ret
end enters_by_pointer

        .section .data.rel.ro, "aw"
        .p2align 3
pointer_inside:
        .quad   entered_inside
        .text

        apart
function called_once
        lea     1(%rdi), %rcx
        nopl    0x200(%rax,%rax,1)
        ret
end called_once

/* Jumps by a table to places that are so many bytes behind a call; 0: makes the call. Returns
   whether the number of instructions from there is odd. */
        apart
function tables
        push    %rbx
        mov     %rdi, %rbx
        lea     .Ltable(%rip), %rax
        movslq  (%rax,%rdi,4), %rdx
        add     %rdx, %rax
        clc
        notrack jmp *%rax
.Lcall: call    called_once
        cmc
.Lbehind1:
        cmc
.Lbehind2:
        cmc
.Lbehind3:
        cmc
.Lbehind4:
        cmc
        setc    %al
        movzbl  %al, %eax
        pop     %rbx
        ret
end tables

        .section .rodata
        .p2align 2
.Ltable:
        .long   .Lcall - .Ltable, .Lbehind1 - .Ltable, .Lbehind2 - .Ltable, .Lbehind3 - .Ltable
        .long   .Lbehind4 - .Ltable
        .text

/* Calls a function with all registers from `before`, and stores all in `after`. */
        .macro  all_integers operation place
        \operation \place, 0, %rax
        \operation \place, 8, %rbx
        \operation \place, 16, %rcx
        \operation \place, 24, %rdx
        \operation \place, 32, %rsi
        \operation \place, 40, %rdi
        \operation \place, 48, %rbp
        \operation \place, 56, %r8
        \operation \place, 64, %r9
        \operation \place, 72, %r10
        \operation \place, 80, %r11
        \operation \place, 88, %r12
        \operation \place, 96, %r13
        \operation \place, 104, %r14
        \operation \place, 112, %r15
        .endm
        .macro  load place offset register
        movq    \place+\offset(%rip), \register
        .endm
        .macro  store place offset register
        movq    \register, \place+\offset(%rip)
        .endm
        .macro  all_vectors operation place
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        \operation \place, \number, %xmm\number
        .endr
        .endm
        .macro  load_vector place number register
        movups  \place+136+16*\number(%rip), \register
        .endm
        .macro  store_vector place number register
        movups  \register, \place+136+16*\number(%rip)
        .endm

        .macro  caller name callee
        apart
function \name
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        pushfq
        movq    %rsp, own_stack(%rip)
        all_vectors load_vector before
        pushq   before+120(%rip)
        popfq
        all_integers load before
        movq    before+128(%rip), %rsp
        call    \callee
        movq    %rax, after(%rip)
        movq    %rsp, after+128(%rip)
        movq    own_stack(%rip), %rsp
        pushfq
        popq    after+120(%rip)
        popfq                   /* others than this may access words at any address */
        all_integers store after
        all_vectors store_vector after
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
end \name
        .endm

        caller  calls_keeps, keeps
        caller  calls_compares, compares

        .local  own_stack
        .comm   own_stack, 8, 8
        .section .note.GNU-stack, "", @progbits
