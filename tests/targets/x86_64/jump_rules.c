/* SPDX-License-Identifier: MIT */
/*
 * jump_rules MODE [CALLS=500] [ROUNDS=4]: for each rule on where a jump may be planted, a function
 * that is harmed by one (jump_rules.S). ROUNDS times, it pauses (pause.h), calls each of them, and
 * checks what they do; the last time, the code of patched() is modified. With MODE `writable`, the
 * code of all is writable all the time. Prints "loops N N" and so on.
 */
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <unwind.h>

#include "pause.h"

enum { PAGE = 4096, CONSTANT = 3 };

long loops(long i);
long loops_to_start(long i, long result);
long entered(long i);
long enters(long i);
long entered_by_constant(long i);
long hides(long i);
void before_data(void);
long computed(long i, long times);
long parted(long i, long times);
long calls_early(long i, long (*callee)(long));
long ends_in_call(long i);
long returns_argument(long i);
long patched(void);
long patched_early(void);
long catches_inside(long i);
long catches_at(long i);

static long calls;
static unsigned long n_raises, n_returns;
static jmp_buf back;
static uintptr_t until;
static struct _Unwind_Exception exception;

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                struct _Unwind_Exception *object, struct _Unwind_Context *context,
                                void *data)
{
    (void)version;
    (void)actions;
    (void)class;
    (void)object;
    (void)data;
    if (_Unwind_GetCFA(context) > until)
        longjmp(back, 1);
    return _URC_NO_REASON;
}

TRACED long raises(long i);
long raises(long i)
{
    n_raises++;
    if (i % 8 == 7)
        _Unwind_ForcedUnwind(&exception, stop, NULL);
    n_returns++;
    return i;
}

__attribute__((noinline)) static void call_catching(long (*catches)(long), long i)
{
    until = (uintptr_t)__builtin_frame_address(0);
    if (setjmp(back))
        check(i % 8 == 7, "unwinding");
    else
        check(catches(i % 512) == i % 512, "result of a function that catches");
}

/* As an address that the file does not have. */
static unsigned char *hidden_address(const void *address)
{
    __asm__ volatile("" : "+r"(address));
    return (unsigned char *)(uintptr_t)address;
}

static void protect(unsigned char *code, size_t size, int protection)
{
    uintptr_t first = (uintptr_t)code & ~(uintptr_t)(PAGE - 1);
    uintptr_t end = ((uintptr_t)code + size + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    check(mprotect((void *)first, end - first, protection) == 0, "mprotect");
}

static void patch(long (*function)(void), int constant)
{
    unsigned char *code = hidden_address((const void *)(uintptr_t)function) + CONSTANT;
    protect(code, sizeof(constant), PROT_READ | PROT_WRITE | PROT_EXEC);
    memcpy(code, &constant, sizeof(constant));
    protect(code, sizeof(constant), PROT_READ | PROT_EXEC);
}

static int data_behind(void)
{
    const unsigned char *code = hidden_address((const void *)(uintptr_t)before_data);
    int sum = 0;
    for (int i = 1; i <= 6; i++)
        sum += code[i];
    return sum;
}

static void call_all(long i, int constant)
{
    long few = i % 4 + 1;
    check(loops(few) == few, "result of loops");
    check(loops_to_start(few, i) == i, "result of loops_to_start");
    check(entered(i) == i && enters(i) == i, "result of entered");
    check(entered_by_constant(i) == i && hides(i) == i, "result of entered_by_constant");
    before_data();
    check(data_behind() == 21, "data behind before_data");
    check(computed(i, few) == i, "result of computed");
    check(parted(i, few) == i, "result of parted");
    check(calls_early(i, returns_argument) == i + 1, "result of calls_early");
    check(ends_in_call(i) == i, "result of ends_in_call");
    check(patched() == constant, "result of patched");
    check(patched_early() == 2, "result of patched_early");
    call_catching(catches_inside, i);
    call_catching(catches_at, i);
}

int main(int argc, char **argv)
{
    static const char *const once[] = {
        "loops",        "loops_to_start", "entered",      "enters", "entered_by_constant",
        "hides",        "before_data",    "computed",     "parted", "calls_early",
        "ends_in_call", "patched",        "patched_early"};
    int is_writable = argc > 1 && strcmp(argv[1], "writable") == 0;
    calls = argument(argc, argv, 2, 500);
    long rounds = argument(argc, argv, 3, 4);
    pauses_begin();
    patch(patched_early, 2);
    if (is_writable)
        protect(hidden_address((const void *)(uintptr_t)loops), 3 * PAGE,
                PROT_READ | PROT_WRITE | PROT_EXEC);
    for (long round = 0; round < rounds; round++) {
        pause_for_tracer();
        if (round == rounds - 1)
            patch(patched, 3);
        for (long i = 0; i < calls; i++)
            call_all(i, round == rounds - 1 ? 3 : 1);
    }
    pause_for_tracer();
    unsigned long all = (unsigned long)(calls * rounds);
    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
        report(once[i], all, all);
    report("returns_argument", 2 * all, 2 * all);
    report("raises", n_raises, n_returns);
    return 0;
}
