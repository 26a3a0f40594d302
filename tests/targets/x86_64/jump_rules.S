/* SPDX-License-Identifier: MIT */
/* Functions for jump_rules.c. Each is out of reach of what looks like a short branch elsewhere. */
        .macro  function name
        .skip   160, 0x90
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        .endm

        .macro  end name
        .cfi_endproc
        .size   \name, . - \name
        .endm

        .text
/* A loop whose start is 2 bytes behind the function's. Each of these returns i. */
        function loops
        xorl    %eax, %eax
1:      incl    %eax
        decl    %edi
        jnz     1b
        ret
        end loops

/* Behind a landing pad for indirect calls, to which the loop comes back. */
        function loops_to_start
        endbr64
1:      movl    %esi, %eax
        subl    $1, %edi
        jnz     1b
        ret
        end loops_to_start

        function entered
        movl    %edi, %eax
.Lentered:
        xorl    %edx, %edx
        nopl    (%rax)
        ret
        end entered

        function enters
        movl    %edi, %eax
        jmp     .Lentered
        end enters

        function entered_by_constant
        movl    %edi, %eax
.Lentered_by_constant:
        xorl    %edx, %edx
        nopl    (%rax)
        ret
        end entered_by_constant

/* Jumps to a jump in the constant of another instruction. */
        function hides
        movl    %edi, %eax
        jmp     .Lhidden + 3
.Lhidden:
        .byte   0x48, 0xb8, 0x11, 0xe9
        .long   .Lentered_by_constant - . - 4
        .byte   0, 0
        ret
        end hides

/* Six bytes of data follow. */
        function before_data
        ret
        end before_data
        .byte   1, 2, 3, 4, 5, 6
        .balign 16, 0
        .type   behind_data, @function
behind_data:
        .cfi_startproc
        movl    $1, %eax
        ret
        end behind_data

/* Jumps through a register to behind its first instruction. */
        function computed
        movq    %rdi, %rax
        subq    $1, %rsi
        jle     1f
        leaq    computed(%rip), %rdx
        addq    $3, %rdx
        jmp     *%rdx
1:      ret
        end computed

/* The same from another part of the function. */
        function parted
        movq    %rdi, %rax
        subq    $1, %rsi
        jle     1f
        jmp     parted.cold
1:      ret
        end parted

        .section .text.unlikely, "ax"
        .skip   160, 0x90
        .type   parted.cold, @function
parted.cold:
        .cfi_startproc
        leaq    parted(%rip), %rdx
        addq    $3, %rdx
        jmp     *%rdx
        end parted.cold
        .text

        function calls_early
        call    *%rsi
        addq    $1, %rax
        ret
        end calls_early

        function ends_in_call
        pushq   %rbx
        call    returns_argument
        popq    %rbx
        ret
        end ends_in_call

        function returns_argument
        movl    %edi, %eax
        ret
        end returns_argument

/* The constants are written to. A breakpoint needs the first instruction alone. */
        function patched
        xorl    %edx, %edx
        movl    $1, %eax
        ret
        end patched

        function patched_early
        xorl    %edx, %edx
        movl    $1, %eax
        ret
        end patched_early

/* Call raises(i), which returns, or unwinds the stack. They return its result. */
        .macro  catches name, distance
        function \name
        .cfi_personality 0x9b, .Lpersonality
        .cfi_lsda 0x1b, .L\name\()_area
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_offset %rbx, -16
        movl    $1, %ebx
.L\name\()_call:
        call    raises
.L\name\()_return:
        .if     \distance
        xorl    %ebx, %ebx
        .endif
.L\name\()_pad:
        testl   %ebx, %ebx
        nopl    (%rax)
        jnz     1f
2:      popq    %rbx
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_adjust_cfa_offset 8
1:      cmpq    $0x1000, %rax
        jb      2b
        movq    %rax, %rdi
        call    _Unwind_Resume
        end \name
        .section .gcc_except_table, "a"
        .balign 4
.L\name\()_area:
        .byte   0xff, 0xff, 1           /* no base, no types, uleb128 */
        .uleb128 .L\name\()_end - .L\name\()_sites
.L\name\()_sites:
        .uleb128 .L\name\()_call - \name
        .uleb128 .L\name\()_return - .L\name\()_call
        .uleb128 .L\name\()_pad - \name
        .uleb128 0
.L\name\()_end:
        .text
        .endm

        catches catches_inside, 2
        catches catches_at, 0

        .data
        .balign 8
.Lpersonality:
        .quad   __gcc_personality_v0
        .section .note.GNU-stack, "", @progbits
