/* SPDX-License-Identifier: MIT */
/* The assembly functions of frames_left.c. */
#include "function.inc"

function dig
        incq    n_dig(%rip)
        sub     $504, %rsp
        call    dig
        add     $504, %rsp
        ret
end dig
