/* SPDX-License-Identifier: MIT */
/* The assembly functions of same_stack.c. */
#include "function.inc"

function outer
        mov     x9, x30
        bl      middle
        add     x0, x0, #1
        br      x9
end outer

function middle
        mov     x10, x30
        bl      leaf
        bl      tail
        ret     x10
end middle

function tail
        b       leaf
end tail

function leaf
        add     x0, x0, #1
        ret
end leaf

function leaves
        mov     x9, x30
        bl      jumps_back
        br      x9
end leaves

function recurses               /* (x0 levels, x1 stack of return addresses) */
        str     x30, [x1], #8
        mov     x2, x0
        mov     x0, #1
        subs    x2, x2, #1
        b.eq    1f
        mov     x0, x2
        bl      recurses
        add     x0, x0, #1
1:      ldr     x30, [x1, #-8]!
        ret
end recurses
