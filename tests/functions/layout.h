/* SPDX-License-Identifier: MIT */
/*
 * The state of a thread that runs generated functions, for C and assembler. Its middle is in r15:
 * 256 bytes of memory are within a displacement of 8 bits, and all else is behind them.
 */
#ifndef FUNCTIONS_LAYOUT_H
#define FUNCTIONS_LAYOUT_H

#define FUNCTIONS_MAX 4096
#define TOGGLES_EACH  4 /* bytes for each function, that it leaves as 0 */

/* From r15 on. */
#define STATE_MEMORY    (-128)
#define STATE_REGISTERS 128 /* rax rbx rcx rdx rsi rdi rbp r8 ... r14: input and result */
#define STATE_FLAGS     240
#define STATE_SP        248 /* of who called run_function() */
#define STATE_XMM       256 /* xmm0 ... xmm3 */
#define STATE_FUNCTION  320
#define STATE_SLOT      328 /* -8(%rsp) and -24(%rsp) when the function has returned */
#define STATE_ZONE      336
#define STATE_FAULTS    344 /* a hash of the registers at all faults */
#define STATE_COUNTERS  512 /* calls of each function */
#define STATE_TOGGLES   (STATE_COUNTERS + 8 * FUNCTIONS_MAX)
#define STATE_SIZE      (128 + STATE_TOGGLES + TOGGLES_EACH * FUNCTIONS_MAX)

/* Where a tracer finds what it needs: the table of functions, their number, and a word that it sets
   to 1 when the program may go on after pause_here(). */
#define SHARED_AT    0x0f0000000000
#define SHARED_TABLE (SHARED_AT + 0)
#define SHARED_N     (SHARED_AT + 8)
#define SHARED_GO_ON (SHARED_AT + 16)

/* What is said of each function. */
#define FUNCTION_COUNTED_BY_CALLER 1
#define FUNCTION_LEAVES_ZONE       2  /* it writes a word into the red zone before it returns */
#define FUNCTION_THROWS            4  /* no call of it returns */
#define FUNCTION_IS_TRACED_INSIDE  8  /* it has a second traced address, with the next number */
#define FUNCTION_IS_INSIDE         16 /* is that address: not to be called */
/* Its first instruction faults, and the handler moves the thread on: if only its entries are
   wanted, the next call may be taken for the same one (docs/limits.md). */
#define FUNCTION_FAULTS_FIRST 32

/* What is done about a fault: the program goes on elsewhere, or rax is made a valid address. */
#define FIX_SKIPS   0
#define FIX_RETRIES 1

#endif
