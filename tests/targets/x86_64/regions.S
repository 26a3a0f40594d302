/* SPDX-License-Identifier: MIT */
/* Code for test_code_regions.c: for each rule a function that breaks it, and one like it that does
   not. Nothing here is ever run. */

        .macro  function name
        .p2align 4
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        .endm

        .macro  end name
        .cfi_endproc
        .size   \name, . - \name
        .endm

/* An address that the test asks for. */
        .macro  site name
        .type   \name, @function
\name:
        .endm

/* A prologue without a frame: 1 + 3 + 4 bytes. */
        .macro  prologue
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        movq    %rdi, %rbx
        subq    $16, %rsp
        .cfi_adjust_cfa_offset 16
        .endm

        .macro  epilogue
        addq    $16, %rsp
        .cfi_adjust_cfa_offset -16
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        ret
        .endm

        .text
        .globl  _start
_start: ret

/* ---- instructions */

        function plain
.Lplain:
        prologue
        epilogue
        end plain

        function marked
        endbr64
        prologue
        epilogue
        end marked

        function marked_one_instruction
        endbr64
        .byte   0x48, 0x8b, 0x87, 0, 0, 0, 0    /* movq 0(%rdi), %rax */
        ret
        end marked_one_instruction

        function one_instruction
        movl    $1, %eax
        ret
        end one_instruction

        function of_address
        movq    some_data(%rip), %rax
        ret
        end of_address

        function short_conditional
        jrcxz   1f
        movq    %rdi, %rax
1:      ret
        end short_conditional

        function last_call
        pushq   %rbx
        call    plain@plt
        popq    %rbx
        ret
        end last_call

        function early_call
        call    *%rax
        movq    %rax, %rbx
        ret
        end early_call

        .macro  with_insn name, insn:vararg
        function \name
        xorl    %eax, %eax
        \insn
        xorl    %eax, %eax
        xorl    %eax, %eax
        ret
        end \name
        .endm

        with_insn has_syscall, syscall
        with_insn has_sysenter, sysenter
        with_insn has_int, int $0x80
        with_insn has_int3, int3
        with_insn has_ud2, ud2
        with_insn has_hlt, hlt
        with_insn has_far_call, lcall *(%rax)
        with_insn has_endbr64, endbr64
        with_insn has_eip, movl (%eip), %eax
        with_insn has_call_of_stack, call *%rsp
        with_insn has_16_bit_branch, .byte 0x66, 0xe8, 0, 0, 0, 0
        with_insn has_unknown, .byte 0x06
        with_insn has_xbegin, .byte 0xc7, 0xf8, 0, 0, 0, 0

/* ---- returns and padding */

        function padded_by_nops
        ret
        end padded_by_nops

        function padded_by_zeros
        ret
        end padded_by_zeros
        .zero   15

        function followed_by_data
        ret
        end followed_by_data
        .byte   1, 2, 3, 4, 5, 6

        function zeros_before_data
        ret
        end zeros_before_data
        .zero   8
        .byte   1, 2, 3

        .p2align 4
        function directly_followed
        ret
        end directly_followed
        .globl  follows_directly
        .type   follows_directly, @function
follows_directly:
        .cfi_startproc
        nop
        nop
        nop
        nop
        ret
        end follows_directly

        .p2align 4
        function followed_by_unnamed
        ret
        end followed_by_unnamed
        .cfi_startproc
        nop
        nop
        nop
        nop
        ret
        .cfi_endproc

        function padding_inside
        jmp     1f
        .nops   6
1:      ret
        end padding_inside

        function data_inside            /* the first byte is that of nop */
        leal    1(%rax), %ecx
        ret
        .byte   0x90, 0x33, 0x46, 0xa0
        end data_inside

        function data_like_nops_inside  /* nops with prefixes that no compiler writes */
        rep
        ret
        .byte   0x49, 0x40, 0x90, 0x47
        end data_like_nops_inside

        function code_inside
        jmp     1f
        movq    %rdi, %rax
1:      ret
        end code_inside

        function zeros_inside
        jmp     1f
        .zero   6
1:      ret
        end zeros_inside

/* ---- what leads inside */

        function short_branch
        movl    %edi, %eax
.Lshort_branch:
        addl    $1, %eax
        jne     .Lshort_branch
        ret
        end short_branch

        function branch_to_start
        movl    %edi, %eax
        addl    $1, %eax
        jne     branch_to_start
        ret
        end branch_to_start

        function marked_branch_to_start
        endbr64
.Lmarked_start:
        movl    %edi, %eax
        addl    $1, %eax
        jne     .Lmarked_start
        ret
        end marked_branch_to_start

/* NAME has the label .LNAME inside. */
        .macro  entered name
        function \name
        movl    %edi, %eax
.L\name:
        addl    $1, %eax
        ret
        end \name
        .endm

        entered by_jump
        entered by_call
        entered by_conditional
        entered by_xbegin
        entered by_bytes
        entered by_lea
        entered by_short_from_data
        function other
        .byte   0xb8, 0xe1      /* loope within mov */
        .byte   .Lby_short_from_data - . - 1
        .byte   0, 0
        .byte   0x06            /* no instruction */
        ret
        end other
        entered by_path
        function overlapping
        .byte   0xeb, 1         /* to the jump within the next instruction */
        .byte   0xb8, 0xeb
        .byte   .Lby_path - . - 1
        .byte   0x90, 0x90
        ret
        end overlapping

        entered by_path_back
        function overlapping_back
        .byte   0xb8
.Lhidden_1:
        .byte   0xeb
        .byte   .Lby_path_back - . - 1
        .byte   0x90, 0x90
        .byte   0xb8
.Lhidden_2:
        .byte   0xeb
        .byte   .Lhidden_1 - . - 1
        .byte   0x90, 0x90
        .byte   0xeb
        .byte   .Lhidden_2 - . - 1
        ret
        end overlapping_back

        function others
        .byte   0xe9
        .long   .Lby_jump - . - 4
        call    .Lby_call
        .byte   0x0f, 0x84
        .long   .Lby_conditional - . - 4
        .byte   0xc7, 0xf8
        .long   .Lby_xbegin - . - 4
        leaq    .Lby_lea(%rip), %rax
        /* movabs, with what would be a jump in its constant */
        .byte   0x48, 0xb8, 0x11, 0xe9
        .long   .Lby_bytes - . - 4
        .byte   0, 0
        ret
        end others

        entered by_symbol
        .set    a_label, .Lby_symbol
        entered by_object
        .type   an_object, @object
        .set    an_object, .Lby_object
        entered by_relocation
        entered by_relocated_symbol
        entered by_nothing
        entered by_word

        .section .data.rel.ro, "aw"
        .balign 8
        .quad   .Lby_relocation
        .quad   by_relocated_symbol + 2
        .text

#ifndef __PIC__
        entered by_immediate
        entered by_stored_immediate
        entered by_pushed_immediate
        entered by_absolute_lea
        function immediates
        movl    $.Lby_immediate, %eax
        movl    $.Lby_stored_immediate, 8(%rsp)
        pushq   $.Lby_pushed_immediate
        leaq    .Lby_absolute_lea, %rax
        ret
        end immediates
        .section .rodata
        .balign 4
        .long   .Lby_word
        .text
#endif

/* ---- exceptions */

        function caught
        .cfi_lsda 0x1b, .Lcaught_area
        prologue
.Lcaught_call:
        call    plain@plt
        site caught_inside
        movl    %eax, %edx
.Lcaught_pad:
        movq    %rax, %rbx
        call    plain@plt
        site caught_at
        movq    %rax, %rdi
        movq    %rdi, %rax
        epilogue
        end caught

        .section .gcc_except_table, "a"
        .balign 4
.Lcaught_area:
        .byte   0xff, 0xff, 1           /* no base, no types, uleb128 */
        .uleb128 .Lcaught_end - .Lcaught_sites
.Lcaught_sites:
        .uleb128 .Lcaught_call - caught
        .uleb128 caught_inside - .Lcaught_call
        .uleb128 .Lcaught_pad - caught
        .uleb128 0
        .uleb128 caught_inside - caught
        .uleb128 caught_at - caught_inside
        .uleb128 caught_at - caught
        .uleb128 0
.Lcaught_end:
        .text

        .p2align 4
        .globl  signal_return
        .type   signal_return, @function
signal_return:
        .cfi_startproc
        .cfi_signal_frame
        movl    $15, %eax
        nop
        end signal_return

/* ---- restartable sequences */

        function sequence
        nop
.Lsequence:
        xorl    %eax, %eax
        movq    %rdi, %rax
        movq    %rax, (%rsi)
.Lsequence_end:
        movq    %rdi, %rax
        movq    %rdi, %rax
        ret
        end sequence
        .set    in_sequence, .Lsequence
        .type   in_sequence, @function
        .set    behind_sequence, .Lsequence_end
        .type   behind_sequence, @function

        function other_sequence
        nop
.Lother_sequence:
        xorl    %eax, %eax
        movq    %rdi, %rax
        movq    %rax, (%rsi)
.Lother_sequence_end:
        ret
        .long   0x53053053
.Lother_abort:
        nop
        ret
        end other_sequence
        .set    in_other_sequence, .Lother_sequence
        .type   in_other_sequence, @function

        .section __rseq_cs, "aw"
        .balign 32
        .long   0, 0
        .quad   .Lsequence, .Lsequence_end - .Lsequence, others
        .section .data.rel.ro
        .balign 32
        .long   0, 0
        .quad   .Lother_sequence, .Lother_sequence_end - .Lother_sequence, .Lother_abort
        .text

/* ---- indirect jumps */

        function unknown_jump
        movq    %rdi, %rax
        addq    %rsi, %rax
        jmp     *%rax
        site unknown_single
        movl    $1, %eax
        ret
        end unknown_jump

        function pushed_jump
        movq    %rdi, %rax
        addq    %rsi, %rax
        pushq   %rax
        ret
        end pushed_jump

        function stored_jump
        movq    %rdi, %rax
        addq    %rsi, %rax
        movq    %rax, (%rsp)
        ret
        end stored_jump

        .p2align 4
        .type   __x86_indirect_thunk_rax, @function
__x86_indirect_thunk_rax:
        .cfi_startproc
        nop
        ret
        end __x86_indirect_thunk_rax

        function thunk_jump
        movq    %rdi, %rax
        addq    %rsi, %rax
        jmp     __x86_indirect_thunk_rax
        end thunk_jump

        function tail_call
        prologue
        movq    (%rdi), %rax
        addq    $16, %rsp
        .cfi_adjust_cfa_offset -16
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        jmp     *%rax
        end tail_call

        function tail_call_through_memory
        movq    (%rdi), %rax
        xorl    %edx, %edx
        jmp     *24(%rax)
        end tail_call_through_memory

        function not_a_tail_call
        prologue
        movq    (%rdi), %rax
        jmp     *%rax
        end not_a_tail_call

        function computed_tail_call
        movq    (%rdi), %rax
        addq    $8, %rax
        jmp     *%rax
        end computed_tail_call

/* NAME_site: a region that starts there has the second case inside. `between`: before the load. */
        .macro  switch name
        function \name
        prologue
        .endm

        .macro  cases name
.L\name\()_0:
        call    plain@plt
        site \name\()_site
        movl    %eax, %ebx
.L\name\()_1:
        addl    $1, %ebx
.L\name\()_2:
        epilogue
        end \name
        .section .rodata
        .balign 4
.L\name\()_table:
        .long   .L\name\()_0 - .L\name\()_table
        .endm

        switch distances
        cmpl    $2, %edi
        ja      .Ldistances_2
        leaq    .Ldistances_table(%rip), %rdx
        movl    %edi, %edi
        movslq  (%rdx, %rdi, 4), %rax
        addq    %rdx, %rax
        jmp     *%rax
        cases distances
        .long   .Ldistances_1 - .Ldistances_table
        .long   .Ldistances_2 - .Ldistances_table
        .long   -1
        .text

        switch distances_unbounded
        movq    %rdi, %rcx
        leaq    .Ldistances_unbounded_table(%rip), %rdx
        movslq  (%rdx, %rcx, 4), %rax
        leaq    (%rax, %rdx), %rdi
        notrack jmp *%rdi
        cases distances_unbounded
        .long   .Ldistances_unbounded_2 - .Ldistances_unbounded_table
        .long   .Ldistances_unbounded_1 - .Ldistances_unbounded_table
        .long   -1
        .text

/* An entry that leads elsewhere is not the last one. */
        switch distances_shared
        cmpl    $3, %edi
        ja      .Ldistances_shared_2
        leaq    .Ldistances_shared_table(%rip), %rdx
        movslq  (%rdx, %rdi, 4), %rax
        addq    %rdx, %rax
        jmp     *%rax
        cases distances_shared
        .long   .Lplain - .Ldistances_shared_table
        .long   .Ldistances_shared_1 - .Ldistances_shared_table
        .long   .Ldistances_shared_2 - .Ldistances_shared_table
        .text

/* The table is shorter than its bound, and the segment ends with it. */
        switch distances_cut
        cmpl    $2, %edi
        ja      .Ldistances_cut_2
        leaq    .Ldistances_cut_words(%rip), %rdx
        movslq  (%rdx, %rdi, 4), %rax
        addq    %rdx, %rax
        jmp     *%rax
        cases distances_cut
        .text

/* The base may be that of another table. */
        switch distances_of_two
        leaq    .Ldistances_of_two_table(%rip), %rdx
        testl   %esi, %esi
        je      1f
        leaq    .Ldistances_table(%rip), %rdx
1:      movslq  (%rdx, %rdi, 4), %rax
        addq    %rdx, %rax
        jmp     *%rax
        cases distances_of_two
        .long   .Ldistances_of_two_1 - .Ldistances_of_two_table
        .text

/* The base is set before a loop, and the jump comes back to itself. */
        switch distances_hoisted
        leaq    .Ldistances_hoisted_table(%rip), %r12
.Ldistances_hoisted_next:
        movzbl  (%rdi), %eax
        movslq  (%r12, %rax, 4), %rax
        addq    %r12, %rax
        jmp     *%rax
.Ldistances_hoisted_3:
        incq    %rdi
        jmp     .Ldistances_hoisted_next
        cases distances_hoisted
        .long   .Ldistances_hoisted_1 - .Ldistances_hoisted_table
        .long   .Ldistances_hoisted_3 - .Ldistances_hoisted_table
        .text

        function abort
        ud2
        end abort

/* The base is not set where a call does not return. */
        switch no_return
        leaq    .Lno_return_table(%rip), %r12
        testl   %esi, %esi
        je      .Lno_return_next
        movq    %rsi, %r12
        call    abort@plt
.Lno_return_next:
        movslq  (%r12, %rdi, 4), %rax
        addq    %r12, %rax
        jmp     *%rax
        cases no_return
        .long   .Lno_return_1 - .Lno_return_table
        .long   .Lno_return_2 - .Lno_return_table
        .long   -1
        .text

/* The same, where it does. */
        switch returning
        leaq    .Lreturning_table(%rip), %r12
        testl   %esi, %esi
        je      .Lreturning_next
        movq    %rsi, %r12
        call    plain@plt
.Lreturning_next:
        movslq  (%r12, %rdi, 4), %rax
        addq    %r12, %rax
        jmp     *%rax
        cases returning
        .long   .Lreturning_1 - .Lreturning_table
        .text

/* Two tables, each with its base in a loop's register that is not set in the other loop. */
        switch two_loops
        testl   %esi, %esi
        je      .Ltwo_loops_other
        leaq    .Ltwo_loops_table(%rip), %r12
.Ltwo_loops_next:
        movzbl  (%rdi), %eax
        movslq  (%r12, %rax, 4), %rax
        addq    %r12, %rax
        jmp     *%rax
.Ltwo_loops_3:
        incq    %rdi
        jmp     .Ltwo_loops_next
.Ltwo_loops_other:
        leaq    .Ltwo_loops_second(%rip), %rdx
        movslq  (%rdx, %rdi, 4), %rax
        addq    %rdx, %rax
        jmp     *%rax
        cases two_loops
        .long   .Ltwo_loops_1 - .Ltwo_loops_table
        .long   .Ltwo_loops_3 - .Ltwo_loops_table
        .long   -1
.Ltwo_loops_second:
        .long   .Ltwo_loops_2 - .Ltwo_loops_second
        .long   -1
        .text

/* Another base is set before a jump through a table of addresses. */
        switch two_bases
        leaq    .Ltwo_bases_table(%rip), %r12
        testl   %esi, %esi
        je      .Ltwo_bases_next
        leaq    .Ltwo_loops_table(%rip), %r12
        leaq    .Ltwo_bases_words(%rip), %rdx
        jmp     *(%rdx, %rdi, 8)
.Ltwo_bases_next:
        movslq  (%r12, %rdi, 4), %rax
        addq    %r12, %rax
        jmp     *%rax
.Ltwo_bases_3:
        jmp     .Ltwo_bases_next
        cases two_bases
        .long   .Ltwo_bases_1 - .Ltwo_bases_table
        .long   -1
        .section .data.rel.ro
        .balign 8
.Ltwo_bases_words:
        .quad   .Ltwo_bases_3
        .text

        switch addresses
        leaq    .Laddresses_words(%rip), %rdx
        jmp     *(%rdx, %rdi, 8)
        cases addresses
        .section .data.rel.ro
        .balign 8
.Laddresses_words:
        .quad   .Laddresses_0, .Laddresses_1, .Laddresses_2
        .text

/* ---- parts of functions */

        function split
        prologue
        addq    %rsi, %rdi
        jmp     *%rdi
        end split

        .section .text.unlikely, "ax"
        .p2align 4
        .type   split.cold, @function
split.cold:
        .cfi_startproc
        call    plain@plt
        site split_cold_site
        movl    %eax, %ebx
        addl    $1, %ebx
        ret
        end split.cold
        .text

        function jumps_away
        prologue
        addq    %rsi, %rdi
        testl   %eax, %eax
        je      .Laway
        jmp     *%rdi
        end jumps_away

/* The table leads to a part without a symbol. */
        switch table_part
        leaq    .Ltable_part_table(%rip), %rdx
        movslq  (%rdx, %rdi, 4), %rax
        addq    %rdx, %rax
        jmp     *%rax
        cases table_part
        .long   .Lpart_of_table - .Ltable_part_table
        .long   .Ltable_part_1 - .Ltable_part_table
        .long   -1
        .text
        .p2align 4
        .cfi_startproc
        nop
.Lpart_of_table:
        ud2
        .cfi_endproc

/* A part of a function that a table of another one leads to, too. */
        function first_of_shared
        prologue
        testl   %eax, %eax
        jne     .Lshared_part
        epilogue
        end first_of_shared

        .p2align 4
        .cfi_startproc
        nop
.Lshared_part:
        ud2
.Lshared_part_end:
        ud2
        .cfi_endproc

        switch second_of_shared
        leaq    .Lsecond_of_shared_table(%rip), %rdx
        movslq  (%rdx, %rdi, 4), %rax
        testl   %esi, %esi
        je      1f
        addq    %rdx, %rax
        jmp     *%rax
1:      jmp     *%rax
        cases second_of_shared
        .long   .Lsecond_of_shared_1 - .Lsecond_of_shared_table
        .long   .Lshared_part_end - .Lsecond_of_shared_table
        .long   -1
        .text

        function thunk_and_part
        movq    %rdi, %rax
        addq    %rsi, %rax
        je      1f
        jmp     __x86_indirect_thunk_rax
1:      jmp     .Lthunk_part
        end thunk_and_part
        .p2align 4
        .cfi_startproc
        nop
.Lthunk_part:
        ud2
        .cfi_endproc

/* Without a symbol. */
        .p2align 4
        .cfi_startproc
        nop
.Laway: call    plain@plt
        site away_site
        movl    %eax, %ebx
        addl    $1, %ebx
        ret
        .cfi_endproc

        .p2align 4
        .cfi_startproc
        call    plain@plt
        site fragment_site
        movl    %eax, %ebx
        addl    $1, %ebx
        ret
        .cfi_endproc

/* Called through pointers alone, and what only looks like that. */
        function points
        leaq    .Lcomputed(%rip), %rax
        leaq    .Lframed(%rip), %rax
        leaq    .Lunaligned(%rip), %rax
        leaq    .Lbehind_start(%rip), %rax
        ret
        end points

        .macro  unnamed name, state:vararg
        .cfi_startproc
        \state
        call    plain@plt
        site \name\()_site
        movl    %eax, %ebx
        addl    $1, %ebx
        ret
        .cfi_endproc
        .endm

        .p2align 4
.Lcomputed:
        unnamed computed
        .p2align 4
.Lstored:
        unnamed stored
        .p2align 4
.Lframed:
        unnamed framed, .cfi_def_cfa_offset 32
        .p2align 4
        .byte   0x0f, 0x1f, 0x40, 0x00
.Lunaligned:
        unnamed unaligned
        .p2align 4
        .cfi_startproc
        nop
.Lbehind_start:
        call    plain@plt
        site behind_start_site
        movl    %eax, %ebx
        addl    $1, %ebx
        ret
        .cfi_endproc

        .section .data.rel.ro
        .balign 8
        .quad   .Lstored
        .text

        function calls_static
        prologue
        call    .Lstatic
        epilogue
        end calls_static
        .p2align 4
        .cfi_startproc
.Lstatic:
        call    plain@plt
        site static_site
        movl    %eax, %ebx
        addl    $1, %ebx
        ret
        .cfi_endproc

        .p2align 4
        .globl  without_bounds
        .type   without_bounds, @function
without_bounds:
        movl    %edi, %eax
        addl    $1, %eax
        ret
        .p2align 4
        .globl  single_without_bounds
        .type   single_without_bounds, @function
single_without_bounds:
        movl    $1, %eax
        ret

#ifdef TEXT_RELOCATION
        .quad   plain
#endif

        .data
some_data:
        .quad   0
        .section last_data, "aw"
        .balign 4
.Ldistances_cut_words:
        .long   .Ldistances_cut_0 - .Ldistances_cut_words
        .section .note.GNU-stack, "", @progbits
