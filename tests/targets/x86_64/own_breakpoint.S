/* SPDX-License-Identifier: MIT */
/* The assembly functions of own_breakpoint.c. */
#include "function.inc"

function own_trap
        int3
        .globl  own_trap_behind
own_trap_behind:
        ret
end own_trap

function traps
        push    %rbx
        .globl  traps_here, traps_behind
traps_here:
        int3
traps_behind:
        pop     %rbx
        ret
end traps
