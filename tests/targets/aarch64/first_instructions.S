/* SPDX-License-Identifier: MIT */
/* Functions of first_instructions.c whose first instruction is an odd one. */
#include "function.inc"

        .arch   armv8.3-a

/* Ends a function: w0 + 1 if the condition holds, else 0. */
.macro  plus_one_if condition
        add     w0, w0, #1
        csel    w0, w0, wzr, \condition
        ret
.endm

.macro  address_of register, symbol
        adrp    \register, \symbol
        add     \register, \register, #:lo12:\symbol
.endm

function f_ret
        ret
end f_ret

function f_nop
        nop
        add     w0, w0, #1
        ret
end f_nop

function f_hint                 /* one that no processor knows */
        hint    #127
        add     w0, w0, #1
        ret
end f_hint

function f_yield
        yield
        add     w0, w0, #1
        ret
end f_yield

function f_barrier
        dmb     ish
        add     w0, w0, #1
        ret
end f_barrier

function f_isb
        isb
        add     w0, w0, #1
        ret
end f_isb

function f_bti_c
        bti     c
        add     w0, w0, #1
        ret
end f_bti_c

function f_bti_jc
        bti     jc
        add     w0, w0, #1
        ret
end f_bti_jc

function f_paciasp
        paciasp
        stp     x29, x30, [sp, #-16]!
        mov     x30, xzr
        add     w0, w0, #1
        ldp     x29, x30, [sp], #16
        autiasp
        ret
end f_paciasp

function f_pacibsp
        pacibsp
        stp     x29, x30, [sp, #-16]!
        mov     x30, xzr
        add     w0, w0, #1
        ldp     x29, x30, [sp], #16
        autibsp
        ret
end f_pacibsp

function f_stp
        stp     x29, x30, [sp, #-16]!
        mov     x30, xzr
        add     w0, w0, #1
        ldp     x29, x30, [sp], #16
        ret
end f_stp

function f_sub_sp
        sub     sp, sp, #32
        str     w0, [sp, #8]
        ldr     w0, [sp, #8]
        add     w0, w0, #1
        add     sp, sp, #32
        ret
end f_sub_sp

function f_mov
        mov     w1, w0
        add     w0, w1, #1
        ret
end f_mov

function f_adr
        adr     x1, f_literals
        address_of x2, f_literals
        cmp     x1, x2
        plus_one_if eq
end f_adr

function f_adrp
        adrp    x1, f_data
        add     x1, x1, #:lo12:f_data
        adr     x2, f_data
        cmp     x1, x2
        plus_one_if eq
end f_adrp

function f_ldr_w
        ldr     w1, f_literals
        ldr     w2, =0x89abcdef
        cmp     x1, x2
        plus_one_if eq
end f_ldr_w

function f_ldr_x
        ldr     x1, f_literals
        ldr     x2, =0x0123456789abcdef
        cmp     x1, x2
        plus_one_if eq
end f_ldr_x

function f_ldrsw
        ldrsw   x1, f_literals
        ldr     x2, =0xffffffff89abcdef
        cmp     x1, x2
        plus_one_if eq
end f_ldrsw

function f_ldr_xzr              /* the value goes nowhere */
        ldr     xzr, f_literals
        add     w0, w0, #1
        ret
end f_ldr_xzr

function f_ldr_x0               /* into an argument */
        ldr     w0, f_one
        ret
end f_ldr_x0

function f_ldr_x16              /* into registers that a copy might want for itself */
        ldr     x16, f_literals
        ldr     x2, =0x0123456789abcdef
        cmp     x16, x2
        plus_one_if eq
end f_ldr_x16

function f_ldr_x17
        ldr     x17, f_literals
        ldr     x2, =0x0123456789abcdef
        cmp     x17, x2
        plus_one_if eq
end f_ldr_x17

function f_ldr_s
        ldr     s0, f_literals
        fmov    w1, s0
        ldr     w2, =0x89abcdef
        cmp     w1, w2
        plus_one_if eq
end f_ldr_s

function f_ldr_d
        ldr     d0, f_literals
        fmov    x1, d0
        ldr     x2, =0x0123456789abcdef
        cmp     x1, x2
        plus_one_if eq
end f_ldr_d

function f_ldr_q
        ldr     q31, f_literals
        fmov    x1, d31
        ldr     x2, =0x0123456789abcdef
        cmp     x1, x2
        umov    x1, v31.d[1]
        ldr     x2, =0xfedcba9876543210
        ccmp    x1, x2, #0, eq
        plus_one_if eq
end f_ldr_q

function f_prfm
        prfm    pldl1keep, f_literals
        add     w0, w0, #1
        ret
end f_prfm

function f_b
        b       1f
        udf     #0
1:      add     w0, w0, #1
        ret
end f_b

function f_b_tail               /* a tail call of f_tail */
        b       f_tail
end f_b_tail

function f_tail
        add     w0, w0, #1
        ret
end f_tail

function f_br                   /* x1 is f_tail */
        br      x1
end f_br

function f_bl                   /* the caller has its return address in x9, too */
        bl      1f
0:      add     w0, w0, #1
        br      x9
1:      adr     x10, 0b
        cmp     x30, x10
        csel    w0, w0, wzr, eq
        ret
end f_bl

function f_bl_tail              /* calls a function that is traced */
        bl      f_tail
        br      x9
end f_bl_tail

function f_blr                  /* x1 is f_tail */
        blr     x1
        br      x9
end f_blr

function f_blr_x30              /* x30 is f_tail, too */
        blr     x30
        br      x9
end f_blr_x30

function f_b_eq                 /* taken every second call, by the caller's flags */
        b.eq    1f
        add     w0, w0, #1
        ret
1:      add     w0, w0, #1
        ret
end f_b_eq

function f_cbz                  /* w1 is 0 every second call */
        cbz     w1, 1f
        cmp     w1, #0
        plus_one_if ne
1:      cmp     w1, #0
        plus_one_if eq
end f_cbz

function f_cbnz                 /* x1 has its upper half alone set every second call */
        cbnz    x1, 1f
        cmp     x1, #0
        plus_one_if eq
1:      cmp     x1, #0
        plus_one_if ne
end f_cbnz

function f_tbz                  /* bit 32 */
        tbz     x1, #32, 1f
        tst     x1, #0x100000000
        plus_one_if ne
1:      tst     x1, #0x100000000
        plus_one_if eq
end f_tbz

function f_tbnz                 /* bit 0 */
        tbnz    w1, #0, 1f
        tst     w1, #1
        plus_one_if eq
1:      tst     w1, #1
        plus_one_if ne
end f_tbnz

function f_loop                 /* back to its first instruction, w1 times: so many entries */
        subs    w1, w1, #1
        b.ne    f_loop
        add     w0, w0, #1
        ret
end f_loop

function f_svc                  /* x8 is the number */
        svc     #0
        ret
end f_svc

function f_svc_other            /* the immediate has no meaning */
        svc     #0x1234
        ret
end f_svc_other

function f_mrs                  /* the thread pointer */
        mrs     x0, tpidr_el0
        ret
end f_mrs

function f_flags                /* leaves the caller's flags */
        mrs     x0, nzcv
        ret
end f_flags

/* Exclusive accesses, from the first instruction on. x1 counts how often the store fails. */
function f_exclusive            /* (int i, unsigned long *failures, int *memory) */
        ldxr    w3, [x2]
        add     w3, w3, #1
        stxr    w4, w3, [x2]
        cbnz    w4, 1f
        add     w0, w0, #1
        ret
1:      ldr     x5, [x1]
        add     x5, x5, #1
        str     x5, [x1]
2:      ldxr    w3, [x2]
        add     w3, w3, #1
        stxr    w4, w3, [x2]
        cbnz    w4, 2b
        add     w0, w0, #1
        ret
end f_exclusive

/* The same in a loop that begins with the first instruction. It is not traced: how often that is
   executed varies. */
function loops_exclusive
        ldxr    w3, [x2]
        add     w3, w3, #1
        stxr    w4, w3, [x2]
        cbnz    w4, loops_exclusive
        add     w0, w0, #1
        ret
end loops_exclusive

/* The instruction after a call begins a loop of exclusive accesses. */
function f_exclusive_behind
        stp     x29, x30, [sp, #-16]!
        bl      f_tail
1:      ldaxr   w3, [x2]
        add     w3, w3, #1
        stlxr   w4, w3, [x2]
        cbnz    w4, 1b
        ldp     x29, x30, [sp], #16
        ret
end f_exclusive_behind

function f_exclusive_in         /* the loop is behind the first instruction */
        mov     w5, #1
1:      ldaxr   w3, [x2]
        add     w3, w3, w5
        stlxr   w4, w3, [x2]
        cbnz    w4, 1b
        add     w0, w0, #1
        ret
end f_exclusive_in

function f_store_exclusive      /* without a load before it: fails, and writes nothing */
        stxr    w1, wzr, [x2]
        cmp     w1, #0
        plus_one_if ne
end f_store_exclusive

        .arch_extension lse
function f_ldadd
        ldadd   w3, w4, [x2]    /* w3 is 1 */
        add     w0, w0, #1
        ret
end f_ldadd

function f_cas
        cas     w3, w4, [x2]
        add     w0, w0, #1
        ret
end f_cas

/* Pointer authentication that processors without it do not know. */
function f_retaa
        add     w0, w0, #1      /* call_f_retaa signs the return address */
        retaa
end f_retaa

function f_braaz                /* x1 is f_tail, signed by call_f_braaz */
        braaz   x1
end f_braaz

function f_blraaz
        blraaz  x1
        br      x9
end f_blraaz

        /* Functions of one instruction, one right after the other. */
        .globl  f_one_1, f_one_2, f_one_3
        .type   f_one_1, %function
        .type   f_one_2, %function
        .type   f_one_3, %function
f_one_1:
        ret
        .size   f_one_1, 4
f_one_2:
        ret
        .size   f_one_2, 4
f_one_3:
        ret
        .size   f_one_3, 4

/* Falls from one function into the next: both are entered. */
        .globl  f_falls
        .type   f_falls, %function
f_falls:
        nop
        .size   f_falls, 4
        .globl  f_fallen
        .type   f_fallen, %function
f_fallen:
        add     w0, w0, #1
        ret
        .size   f_fallen, . - f_fallen

before_f_jump_back:
        add     w0, w0, #1
        ret

function f_jump_back            /* to code before the first instruction */
        b       before_f_jump_back
end f_jump_back

function f_load_back            /* from before the first instruction */
        ldr     x1, f_literals_before
        ldr     x2, =0x0123456789abcdef
        cmp     x1, x2
        plus_one_if eq
end f_load_back

/* Parts of calls that C cannot express: a return address in x9 as well, flags, signed addresses. */
.macro  call_with_x9 name, function
function \name
        stp     x29, x30, [sp, #-16]!
        adr     x9, 1f
        bl      \function
1:      ldp     x29, x30, [sp], #16
        ret
end \name
.endm

call_with_x9 call_f_bl, f_bl
call_with_x9 call_f_bl_tail, f_bl_tail
call_with_x9 call_f_blr, f_blr

function call_f_blr_x30         /* enters f_blr_x30 with another return address than its own */
        stp     x29, x30, [sp, #-16]!
        adr     x9, 1f
        mov     x30, x1
        b       f_blr_x30
1:      ldp     x29, x30, [sp], #16
        ret
end call_f_blr_x30

function call_f_blraaz
        paciza  x1
        stp     x29, x30, [sp, #-16]!
        adr     x9, 1f
        bl      f_blraaz
1:      ldp     x29, x30, [sp], #16
        ret
end call_f_blraaz

function call_f_braaz
        paciza  x1
        b       f_braaz
end call_f_braaz

function call_f_retaa
        paciasp
        b       f_retaa
end call_f_retaa

function call_f_b_eq
        cmp     w1, #0
        b       f_b_eq
end call_f_b_eq

function call_f_flags           /* 0x60000000: Z and C */
        cmp     x0, x0
        b       f_flags
end call_f_flags

function call_f_svc
        mov     x8, x0
        b       f_svc
end call_f_svc

function call_f_svc_other
        mov     x8, x0
        b       f_svc_other
end call_f_svc_other

        .balign 16
f_literals_before:
f_literals:
        .quad   0x0123456789abcdef, 0xfedcba9876543210
f_one:
        .word   1

        .data
        .p2align 4
f_data:
        .quad   0
