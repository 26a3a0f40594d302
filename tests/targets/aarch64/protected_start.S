/* SPDX-License-Identifier: MIT */
/*
 * The start of programs whose pages are guarded (BTI), and atexit(3): the C library's files that
 * are linked into programs need not have landing pads.
 */
#include "function.inc"
#include "guarded.inc"

function _start
        bti     jc
        mov     x29, xzr
        mov     x30, xzr
        mov     x5, x0                  /* of the dynamic linker, for atexit(3) */
        ldr     x1, [sp]                /* argc */
        add     x2, sp, #8              /* argv */
        mov     x6, sp
        adrp    x0, main
        add     x0, x0, #:lo12:main
        mov     x3, xzr
        mov     x4, xzr
        bl      __libc_start_main
        bl      abort
end _start

function atexit
        bti     c
        mov     x1, xzr
        adrp    x2, __dso_handle
        add     x2, x2, #:lo12:__dso_handle
        b       __cxa_atexit
end atexit

        .data
        .hidden __dso_handle
        .globl  __dso_handle
        .p2align 3
__dso_handle:
        .quad   0
