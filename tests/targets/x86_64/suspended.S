/* SPDX-License-Identifier: MIT */
        .text
        .skip 160, 0x90

/* long stops_inside(const long *p): returns *p + 1. A jump would replace both loads. */
        .globl  stops_inside
        .type   stops_inside, @function
stops_inside:
        .cfi_startproc
        movq    %rdi, %rax
        movq    (%rax), %rax
        addq    $1, %rax
        ret
        .cfi_endproc
        .size   stops_inside, . - stops_inside
        .skip 160, 0x90

/* The same; a jump would replace the load, behind the mark that a breakpoint is on. */
        .globl  stops_behind_mark
        .type   stops_behind_mark, @function
stops_behind_mark:
        .cfi_startproc
        endbr64
        .byte   0x48, 0x8b, 0x87, 0, 0, 0, 0    /* movq 0(%rdi), %rax */
        addq    $1, %rax
        ret
        .cfi_endproc
        .size   stops_behind_mark, . - stops_behind_mark
        .skip 160, 0x90

/* void switch_stack(void **from, void *to): stores the stack pointer, and returns on another stack
   where it was stored. */
        .globl  switch_stack
        .type   switch_stack, @function
switch_stack:
        .cfi_startproc
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
        .cfi_endproc
        .size   switch_stack, . - switch_stack
        .section .note.GNU-stack, "", @progbits
