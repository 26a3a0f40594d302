/* SPDX-License-Identifier: MIT */
/*
 * first_instructions [CALLS=20]: calls functions with all kinds of first instructions (in
 * first_instructions.S), CALLS times each, and checks their results. Prints "f_NAME CALLS CALLS"
 * for each; but f_loop, which branches to its own first byte, is entered three times a call, and
 * f_tail is also entered by other functions' jumps and calls.
 */
#include <string.h>
#include <sys/syscall.h>

#include "target.h"

typedef int one_argument(int i);
one_argument f_ret, f_ret_imm, f_rep_ret, f_endbr64, f_nop, f_long_nop, f_push, f_push_call,
    f_jmp_short, f_jmp_long, f_jmp_memory, f_tail, f_call, f_call_memory, f_load, f_compare, f_lock,
    f_lea, f_sse, f_eip, f_enter, f_pushf, f_into_itself, f_jump_back, f_avx, f_vzeroupper, f_evex,
    f_endbr64_ret, f_push_memory, f_byte_1, f_byte_2, f_byte_3, f_falls, f_fallen;
int f_cmps(const char *a, const char *b, int unused, size_t n);
int f_call_register(int i, one_argument *callee);
int f_jrcxz(int i, int unused, int unused2, long count);
int f_loop(int i, int unused, int unused2, long count);
void f_movs(char *to, const char *from, int unused, size_t n);
void *f_segment(void);
int call_f_jcc(int i, int zero_or_not);
long call_f_syscall(long number, long *difference);
extern int f_count;

/* Functions that return their argument plus one. */
static const struct {
    const char *name;
    one_argument *function;
} plus_one[] = {
    {"f_endbr64", f_endbr64},
    {"f_nop", f_nop},
    {"f_long_nop", f_long_nop},
    {"f_push", f_push},
    {"f_push_call", f_push_call},
    {"f_jmp_short", f_jmp_short},
    {"f_jmp_long", f_jmp_long},
    {"f_jmp_memory", f_jmp_memory},
    {"f_call", f_call},
    {"f_call_memory", f_call_memory},
    {"f_load", f_load},
    {"f_compare", f_compare},
    {"f_lock", f_lock},
    {"f_lea", f_lea},
    {"f_sse", f_sse},
    {"f_eip", f_eip},
    {"f_enter", f_enter},
    {"f_pushf", f_pushf},
    {"f_into_itself", f_into_itself},
    {"f_jump_back", f_jump_back},
    {"f_push_memory", f_push_memory},
    {"f_falls", f_falls},
};

/* These, too, if the processor has them. */
static void call_vector(int calls)
{
    unsigned long n = (unsigned long)calls;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx")) {
        for (int i = 0; i < calls; i++)
            check(f_avx(i) == i + 1 && f_vzeroupper(i) == i + 1, "f_avx, f_vzeroupper");
        report("f_avx", n, n);
        report("f_vzeroupper", n, n);
    }
    if (__builtin_cpu_supports("avx512vl")) {
        for (int i = 0; i < calls; i++)
            check(f_evex(i) == i + 1, "f_evex");
        report("f_evex", n, n);
    }
}

/* rax is 0 at its start, and so is the operand. */
static int call_cmpxchg(int i)
{
    int result, unused, zero = 0;
    __asm__ volatile("call f_cmpxchg"
                     : "=a"(result), "=D"(unused), "+d"(zero)
                     : "a"(0), "D"(i)
                     : "rcx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 20);
    unsigned long n = (unsigned long)calls;
    char buffer[16];
    void *self;
    long difference;

    for (size_t k = 0; k < sizeof(plus_one) / sizeof(plus_one[0]); k++) {
        for (int i = 0; i < calls; i++)
            check(plus_one[k].function(i) == i + 1, plus_one[k].name);
        report(plus_one[k].name, n, n);
    }
    check(f_count == calls, "f_lock counts");
    __asm__("mov %%fs:0, %0" : "=r"(self));
    for (int i = 0; i < calls; i++) {
        f_ret(i);
        f_ret_imm(i);
        f_rep_ret(i);
        check(f_call_register(i, f_tail) == i + 1, "f_call_register");
        check(f_jrcxz(i, 0, 0, i % 2) == i + 1, "f_jrcxz");
        check(f_loop(i, 0, 0, 3) == i + 1, "f_loop");
        check(call_f_jcc(i, i % 2) == i + 1, "f_jcc");
        memset(buffer, 0, sizeof(buffer));
        f_movs(buffer, "displaced", 0, 10);
        check(strcmp(buffer, "displaced") == 0, "f_movs");
        check(call_f_syscall(SYS_getpid, &difference) == getpid(), "f_syscall");
        check(difference == 0, "rcx after f_syscall");
        check(f_segment() == self, "f_segment");
        check(call_cmpxchg(i) == i + 1, "f_cmpxchg");
        check(f_cmps("abcdef", "abcxef", 0, 6) == 2, "f_cmps");
        f_endbr64_ret(i);
        f_byte_1(i);
        f_byte_2(i);
        f_byte_3(i);
    }
    call_vector(calls);
    static const char *const others[] = {"f_ret",     "f_ret_imm", "f_rep_ret", "f_call_register",
                                         "f_jrcxz",   "f_jcc",     "f_movs",    "f_syscall",
                                         "f_segment", "f_cmpxchg", "f_cmps",    "f_endbr64_ret",
                                         "f_byte_1",  "f_byte_2",  "f_byte_3",  "f_fallen"};
    for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
        report(others[k], n, n);
    report("f_loop", 3 * n, 3 * n);
    report("f_tail", 3 * n, 3 * n);
    return 0;
}
