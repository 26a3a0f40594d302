/* SPDX-License-Identifier: MIT */
/*
 * first_instructions [CALLS=20]: calls functions with all kinds of first instructions (in
 * first_instructions.S), CALLS times each, and checks their results. Prints "f_NAME CALLS CALLS"
 * for each; but f_loop, which branches to its own first instruction, is entered three times a call,
 * and f_tail is also entered by other functions' jumps and calls.
 */
#include <sys/auxv.h>
#include <sys/syscall.h>

#include "target.h"

typedef int one_argument(int i);
one_argument f_ret, f_nop, f_hint, f_yield, f_barrier, f_isb, f_bti_c, f_bti_jc, f_paciasp,
    f_pacibsp, f_stp, f_sub_sp, f_mov, f_adr, f_adrp, f_ldr_w, f_ldr_x, f_ldrsw, f_ldr_xzr,
    f_ldr_x0, f_ldr_x16, f_ldr_x17, f_ldr_s, f_ldr_d, f_ldr_q, f_prfm, f_b, f_b_tail, f_tail,
    f_falls, f_fallen, f_jump_back, f_load_back, f_one_1, f_one_2, f_one_3, call_f_bl,
    call_f_bl_tail, call_f_retaa;
typedef int with_callee(int i, one_argument *callee);
with_callee f_br, call_f_blr, call_f_blr_x30, call_f_braaz, call_f_blraaz;
typedef int with_number(int i, long number);
with_number call_f_b_eq, f_cbz, f_cbnz, f_tbz, f_tbnz, f_loop;
typedef int on_memory(int i, unsigned long *failures, int *memory, int one, int other);
on_memory f_exclusive, f_exclusive_in, f_exclusive_behind, f_store_exclusive, f_ldadd, f_cas;
void *f_mrs(void);
unsigned long call_f_flags(void);
long call_f_svc(long number), call_f_svc_other(long number);

/* Functions that return their argument plus one. */
static const struct {
    const char *name;
    one_argument *function;
} plus_one[] = {
    {"f_nop", f_nop},
    {"f_hint", f_hint},
    {"f_yield", f_yield},
    {"f_barrier", f_barrier},
    {"f_isb", f_isb},
    {"f_bti_c", f_bti_c},
    {"f_bti_jc", f_bti_jc},
    {"f_paciasp", f_paciasp},
    {"f_pacibsp", f_pacibsp},
    {"f_stp", f_stp},
    {"f_sub_sp", f_sub_sp},
    {"f_mov", f_mov},
    {"f_adr", f_adr},
    {"f_adrp", f_adrp},
    {"f_ldr_w", f_ldr_w},
    {"f_ldr_x", f_ldr_x},
    {"f_ldrsw", f_ldrsw},
    {"f_ldr_xzr", f_ldr_xzr},
    {"f_ldr_x16", f_ldr_x16},
    {"f_ldr_x17", f_ldr_x17},
    {"f_ldr_s", f_ldr_s},
    {"f_ldr_d", f_ldr_d},
    {"f_ldr_q", f_ldr_q},
    {"f_prfm", f_prfm},
    {"f_b", f_b},
    {"f_b_tail", f_b_tail},
    {"f_bl", call_f_bl},
    {"f_bl_tail", call_f_bl_tail},
    {"f_falls", f_falls},
    {"f_jump_back", f_jump_back},
    {"f_load_back", f_load_back},
};

/* The same, with the function to call as the second argument. */
static const struct {
    const char *name;
    with_callee *function;
} callers[] = {{"f_br", f_br}, {"f_blr", call_f_blr}, {"f_blr_x30", call_f_blr_x30}};

static unsigned long n_tail;

/* The same, if the processor has pointer authentication. */
static void call_authenticated(unsigned long n)
{
    if (!(getauxval(AT_HWCAP) & HWCAP_PACA))
        return;
    for (int i = 0; i < (int)n; i++) {
        check(call_f_retaa(i) == i + 1, "f_retaa");
        check(call_f_braaz(i, f_tail) == i + 1, "f_braaz");
        check(call_f_blraaz(i, f_tail) == i + 1, "f_blraaz");
    }
    report("f_retaa", n, n);
    report("f_braaz", n, n);
    report("f_blraaz", n, n);
    n_tail += 2 * n;
}

/* The same, if the processor has the atomic instructions of Armv8.1. */
static void call_atomic(unsigned long n)
{
    int memory = 0;
    if (!(getauxval(AT_HWCAP) & HWCAP_ATOMICS))
        return;
    for (int i = 0; i < (int)n; i++)
        check(f_ldadd(i, NULL, &memory, 1, 0) == i + 1 && memory == i + 1, "f_ldadd");
    for (int i = 0; i < (int)n; i++)
        check(f_cas(i, NULL, &memory, (int)n + i, (int)n + i + 1) == i + 1 &&
                  memory == (int)n + i + 1,
              "f_cas");
    report("f_ldadd", n, n);
    report("f_cas", n, n);
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 20), memory = 0;
    unsigned long n = (unsigned long)calls, failures = 0;

    for (size_t k = 0; k < sizeof(plus_one) / sizeof(plus_one[0]); k++) {
        for (int i = 0; i < calls; i++)
            check(plus_one[k].function(i) == i + 1, plus_one[k].name);
        report(plus_one[k].name, n, n);
    }
    for (size_t k = 0; k < sizeof(callers) / sizeof(callers[0]); k++) {
        for (int i = 0; i < calls; i++)
            check(callers[k].function(i, f_tail) == i + 1, callers[k].name);
        n_tail += n;
    }
    for (int i = 0; i < calls; i++) {
        long upper = i % 2 * 0x100000000;
        f_ret(i);
        f_one_1(i);
        f_one_2(i);
        f_one_3(i);
        check(f_ldr_x0(i) == 1, "f_ldr_x0");
        check(call_f_b_eq(i, i % 2) == i + 1, "f_b_eq");
        check(f_cbz(i, i % 2) == i + 1, "f_cbz");
        check(f_cbnz(i, upper) == i + 1, "f_cbnz");
        check(f_tbz(i, upper) == i + 1, "f_tbz");
        check(f_tbnz(i, i % 2) == i + 1, "f_tbnz");
        check(f_loop(i, 3) == i + 1, "f_loop");
        check(call_f_svc(SYS_getpid) == getpid(), "f_svc");
        check(call_f_svc_other(SYS_getpid) == getpid(), "f_svc_other");
        check(f_mrs() == __builtin_thread_pointer(), "f_mrs");
        check(call_f_flags() == 0x60000000, "f_flags");
        check(f_store_exclusive(i, NULL, &memory, 0, 0) == i + 1 && memory == 3 * i,
              "f_store_exclusive");
        check(f_exclusive(i, &failures, &memory, 0, 0) == i + 1 && memory == 3 * i + 1,
              "f_exclusive");
        check(f_exclusive_in(i, NULL, &memory, 0, 0) == i + 1 && memory == 3 * i + 2,
              "f_exclusive_in");
        check(f_exclusive_behind(i, NULL, &memory, 0, 0) == i + 1 && memory == 3 * i + 3,
              "f_exclusive_behind");
    }
    static const char *const others[] = {"f_ret",          "f_one_1",     "f_one_2",
                                         "f_one_3",        "f_ldr_x0",    "f_b_eq",
                                         "f_cbz",          "f_cbnz",      "f_tbz",
                                         "f_tbnz",         "f_svc",       "f_svc_other",
                                         "f_mrs",          "f_flags",     "f_br",
                                         "f_blr",          "f_fallen",    "f_store_exclusive",
                                         "f_exclusive_in", "f_exclusive", "f_exclusive_behind"};
    for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
        report(others[k], n, n);
    call_authenticated(n);
    call_atomic(n);
    /* An interrupt lets some fail. */
    check(failures < n, "each store fails after a load at the first instruction");
    report("f_loop", 3 * n, 3 * n);
    report("f_tail", n_tail + 3 * n, n_tail + 3 * n);
    return 0;
}
