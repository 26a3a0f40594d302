/* SPDX-License-Identifier: MIT */
/* Functions of first_instructions.c whose first instruction is an odd one. */

#include "function.inc"

function f_ret
        ret
end f_ret

function f_ret_imm              /* ret 0: C2 with an immediate */
        .byte   0xc2, 0, 0
end f_ret_imm

function f_rep_ret
        rep ret
end f_rep_ret

function f_endbr64
        endbr64
        lea     1(%rdi), %eax
        ret
end f_endbr64

function f_nop
        nop
        lea     1(%rdi), %eax
        ret
end f_nop

function f_long_nop
        nopw    %cs:0x200(%rax,%rax,1)
        lea     1(%rdi), %eax
        ret
end f_long_nop

function f_push                 /* one byte, then one byte */
        push    %rbx
        pop     %rbx
        lea     1(%rdi), %eax
        ret
end f_push

function f_push_call            /* one byte, then a call */
        push    %rbx
        call    1f
        pop     %rbx
        ret
1:      lea     1(%rdi), %eax
        ret
end f_push_call

function f_jmp_short
        jmp     1f
        ud2
1:      lea     1(%rdi), %eax
        ret
end f_jmp_short

function f_jmp_long
        .byte   0xe9
        .long   1f - . - 4
        ud2
1:      lea     1(%rdi), %eax
        ret
end f_jmp_long

function f_jmp_memory           /* a PLT entry's form; a tail call of f_tail */
        jmp     *f_tail_pointer(%rip)
end f_jmp_memory

function f_tail
        lea     1(%rdi), %eax
        ret
end f_tail

function f_call                 /* it must push the original's address */
        call    1f
0:      ret
1:      lea     0b(%rip), %rdx
        cmp     %rdx, (%rsp)
        jne     2f
        lea     1(%rdi), %eax
        ret
2:      xor     %eax, %eax
        ret
end f_call

function f_call_memory
        call    *f_tail_pointer(%rip)
        ret
end f_call_memory

function f_call_register        /* %rsi is the second argument: f_tail */
        call    *%rsi
        ret
end f_call_register

function f_load
        mov     f_value(%rip), %eax
        lea     1(%rdi), %eax
        ret
end f_load

function f_compare              /* an immediate behind the displacement */
        cmpl    $0x12345678, f_value(%rip)
        jne     1f
        lea     1(%rdi), %eax
        ret
1:      xor     %eax, %eax
        ret
end f_compare

function f_lock
        lock incl f_count(%rip)
        lea     1(%rdi), %eax
        ret
end f_lock

function f_lea                  /* must give the address relative to its own place */
        lea     f_value(%rip), %rax
        lea     f_value_pointer(%rip), %rdx
        cmp     (%rdx), %rax
        jne     1f
        lea     1(%rdi), %eax
        ret
1:      xor     %eax, %eax
        ret
end f_lea

function f_sse
        movups  f_value(%rip), %xmm0
        lea     1(%rdi), %eax
        ret
end f_sse

function f_eip                  /* relative to EIP: can only be single-stepped */
        .byte   0x67, 0x8d, 0x05 /* lea f_value(%eip), %eax */
        .long   f_value - . - 4
        lea     f_value_pointer(%rip), %rdx
        cmp     (%rdx), %eax
        jne     1f
        lea     1(%rdi), %eax
        ret
1:      xor     %eax, %eax
        ret
end f_eip

function f_jrcxz                /* %rcx is the fourth argument: 0 every other call */
        jrcxz   1f
        nop
1:      lea     1(%rdi), %eax
        ret
end f_jrcxz

function f_loop                 /* to itself, %rcx times: that many entries, one return */
        loop    f_loop
        lea     1(%rdi), %eax
        ret
end f_loop

function f_jcc                  /* taken every second call, by the caller's flags */
        jz      1f
        lea     1(%rdi), %eax
        ret
1:      lea     1(%rdi), %eax
        ret
end f_jcc

function f_enter
        enter   $16, $0
        lea     1(%rdi), %eax
        leave
        ret
end f_enter

function f_pushf                /* the trap flag must not show */
        pushf
        pop     %rax
        test    $0x100, %eax
        jnz     1f
        lea     1(%rdi), %eax
        ret
1:      xor     %eax, %eax
        ret
end f_pushf

function f_movs                 /* to f_buffer, %rcx bytes from %rsi */
        rep movsb
        ret
end f_movs

function f_syscall              /* %rax is the number; %rcx becomes the address after it */
        syscall
0:      lea     0b(%rip), %rdx
        sub     %rdx, %rcx
        ret
end f_syscall

function f_segment              /* the thread pointer */
        mov     %fs:0, %rax
        ret
end f_segment

function f_into_itself          /* jmp to its own second byte, where inc %eax starts */
        .byte   0xeb, 0xff, 0xc0
        lea     1(%rdi), %eax
        ret
end f_into_itself

function f_jump_back            /* to code before the first byte */
        jmp     before_f_jump_back
end f_jump_back

function f_avx
        vmovups f_value(%rip), %xmm0
        lea     1(%rdi), %eax
        ret
end f_avx

function f_vzeroupper
        vzeroupper
        lea     1(%rdi), %eax
        ret
end f_vzeroupper

function f_evex
        vmovups f_value(%rip), %xmm16
        lea     1(%rdi), %eax
        ret
end f_evex

function f_cmpxchg              /* 0 to 0: %rax is 0 */
        lock cmpxchg %edx, f_zero(%rip)
        lea     1(%rdi), %eax
        ret
end f_cmpxchg

function f_cmps                 /* repe: as long as both are equal */
        repe cmpsb
        lea     (%rcx), %eax
        ret
end f_cmps

function f_endbr64_ret          /* four bytes, then one */
        endbr64
        ret
end f_endbr64_ret

function f_push_memory
        push    f_value_pointer(%rip)
        pop     %rax
        lea     1(%rdi), %eax
        ret
end f_push_memory

        /* Functions of one byte, one right after the other. */
        .globl  f_byte_1, f_byte_2, f_byte_3
        .type   f_byte_1, @function
        .type   f_byte_2, @function
        .type   f_byte_3, @function
f_byte_1:
        ret
        .size   f_byte_1, 1
f_byte_2:
        ret
        .size   f_byte_2, 1
f_byte_3:
        ret
        .size   f_byte_3, 1

/* Falls from one function into the next: both are entered. */
        .globl  f_falls
        .type   f_falls, @function
f_falls:
        nop
        .size   f_falls, 1
        .globl  f_fallen
        .type   f_fallen, @function
f_fallen:
        lea     1(%rdi), %eax
        ret
        .size   f_fallen, . - f_fallen

before_f_jump_back:
        lea     1(%rdi), %eax
        ret

/* Parts of f_jcc and f_syscall that C cannot express. */
function call_f_jcc
        test    %esi, %esi
        jmp     f_jcc
end call_f_jcc

function call_f_syscall         /* long (long number, long *difference) */
        push    %rsi
        mov     %rdi, %rax
        call    f_syscall
        pop     %rsi
        mov     %rcx, (%rsi)
        ret
end call_f_syscall

        .section .data.rel, "aw"
        .p2align 4
        .globl  f_value, f_count
f_value:
        .long   0x12345678, 2, 3, 4
f_count:
        .long   0
f_zero:
        .long   0
        .p2align 3
f_value_pointer:
        .quad   f_value
f_tail_pointer:
        .quad   f_tail
