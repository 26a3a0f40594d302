/* SPDX-License-Identifier: MIT */
/* The assembly functions of own_breakpoint.c. */
#include "function.inc"

function own_trap
        brk     #0
        .globl  own_trap_behind
own_trap_behind:
        ret
end own_trap

function traps
        str     x19, [sp, #-16]!
        .globl  traps_here, traps_behind
traps_here:
        brk     #0
traps_behind:
        ldr     x19, [sp], #16
        ret
end traps
