/* SPDX-License-Identifier: MIT */
/* The assembly functions of call_chain.c. */
#include "function.inc"
#include "guarded.inc"

function smashed
        .cfi_startproc
        stp     x29, x30, [sp, #-32]!
        .cfi_def_cfa_offset 32
        .cfi_offset 29, -32
        .cfi_offset 30, -24
        str     x19, [sp, #16]
        .cfi_offset 19, -16
        mov     x19, x30
        mov     x1, #0x1234
        str     x1, [sp, #8]
        mov     w0, #0
        bl      leaf
        mov     x30, x19
        ldr     x19, [sp, #16]
        ldr     x29, [sp], #32
        .cfi_def_cfa_offset 0
        .cfi_restore 19
        .cfi_restore 29
        .cfi_restore 30
        ret
        .cfi_endproc
end smashed

/* Their unwind tables are wrong. */
.macro  calls_leaf name, rule:vararg
function \name
        .cfi_startproc
        \rule
        stp     x29, x30, [sp, #-16]!
        mov     w0, #0
        bl      leaf
        ldp     x29, x30, [sp], #16
        ret
        .cfi_endproc
end \name
.endm

/* x19 */
#define KEPT 19
#include "wrong_tables.inc"

        .section .rodata
        .balign 8
        .globl  made_code, made_code_end, fault_code, fault_code_end
made_code:
        stp     x29, x30, [sp, #-16]!
        mov     x9, x0
        mov     w0, #1
        blr     x9
        ldp     x29, x30, [sp], #16
        ret
made_code_end:

fault_code:
        stp     x29, x30, [sp, #-16]!
        mov     x29, sp
        udf     #0
        mov     w0, #0
        ldp     x29, x30, [sp], #16
        ret
fault_code_end:
