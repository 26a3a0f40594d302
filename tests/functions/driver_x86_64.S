/* SPDX-License-Identifier: MIT */
#include "layout.h"

        .text
/* void run_function(void *r15, void *sp): calls the function with the state's registers, on the
   stack that ends at sp (NULL: this one), and stores what it has left. */
        .globl  run_function
        .type   run_function, @function
run_function:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rdi, %r15
        movq    %rsp, STATE_SP(%r15)
        /* The last byte shows in the flags of what moves the stack pointer. */
        andq    $-256, %rsp
        testq   %rsi, %rsi
        jz      1f
        movq    %rsi, %rsp
1:
        .irp    i, 0, 1, 2, 3
        movdqu  (STATE_XMM + 16 * \i)(%r15), %xmm\i
        .endr
        pushq   STATE_FLAGS(%r15)
        popfq
        movq    (STATE_REGISTERS + 0)(%r15), %rax
        /* What functions read from the red zone of their callers. */
        movq    %rax, -16(%rsp)
        movq    (STATE_REGISTERS + 8)(%r15), %rbx
        movq    %rbx, -24(%rsp)
        movq    %rbx, -32(%rsp)
        movq    (STATE_REGISTERS + 16)(%r15), %rcx
        movq    (STATE_REGISTERS + 24)(%r15), %rdx
        movq    (STATE_REGISTERS + 32)(%r15), %rsi
        movq    (STATE_REGISTERS + 40)(%r15), %rdi
        movq    (STATE_REGISTERS + 48)(%r15), %rbp
        .irp    i, 8, 9, 10, 11, 12, 13, 14
        movq    (STATE_REGISTERS + 56 + 8 * (\i - 8))(%r15), %r\i
        .endr
        call    *STATE_FUNCTION(%r15)
        movq    %rax, (STATE_REGISTERS + 0)(%r15)
        movq    -8(%rsp), %rax
        movq    %rax, STATE_SLOT(%r15)
        movq    -24(%rsp), %rax
        movq    %rax, STATE_ZONE(%r15)
        pushfq
        popq    STATE_FLAGS(%r15)
        cld
        movq    %rbx, (STATE_REGISTERS + 8)(%r15)
        movq    %rcx, (STATE_REGISTERS + 16)(%r15)
        movq    %rdx, (STATE_REGISTERS + 24)(%r15)
        movq    %rsi, (STATE_REGISTERS + 32)(%r15)
        movq    %rdi, (STATE_REGISTERS + 40)(%r15)
        movq    %rbp, (STATE_REGISTERS + 48)(%r15)
        .irp    i, 8, 9, 10, 11, 12, 13, 14
        movq    %r\i, (STATE_REGISTERS + 56 + 8 * (\i - 8))(%r15)
        .endr
        .irp    i, 0, 1, 2, 3
        movdqu  %xmm\i, (STATE_XMM + 16 * \i)(%r15)
        .endr
        movq    STATE_SP(%r15), %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
        .size   run_function, . - run_function

/* Unwinds to the caller's landing pad. Aligns the stack for C. */
        .globl  throw_here
        .type   throw_here, @function
throw_here:
        .cfi_startproc
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register rbp
        andq    $-16, %rsp
        cld
        call    throw_exception
        ud2
        .cfi_endproc
        .size   throw_here, . - throw_here

        .section .note.GNU-stack, "", @progbits
