/* SPDX-License-Identifier: MIT */
/*
 * Call instructions that functions of all types share, for programs of generate.py. The compiler
 * gives each type of result a call of its own. These are in assembly: whoever calls PLACE(n, f),
 * which has the type of `f`, calls it from the one call instruction of place n. A place takes its
 * own return address from the stack, or the link register, and keeps it until the function has
 * returned. So the function finds all parameters where its caller has put them, and the caller the
 * result. Places do not nest. Where there is no such code the function itself is called.
 */
#ifndef VALUES_PLACES_H
#define VALUES_PLACES_H

/* What the next place that is called calls, and where it returns to. */
static void *volatile place_target __asm__("place_target") __attribute__((used));
static void *volatile place_return __asm__("place_return") __attribute__((used));

#define PLACE_BEGINS(n) ".p2align 4\n.type place_" #n ", %function\nplace_" #n ":\n"
#define PLACE_ENDS(n)   ".size place_" #n ", . - place_" #n "\n"

#if defined(__x86_64__)
/* They differ in what is at the return site: a jump, a push, a load, a nop. */
#define PLACE_CODE(n, back)                                                                        \
    PLACE_BEGINS(n)                                                                                \
    "popq place_return(%rip)\n"                                                                    \
    "call *place_target(%rip)\n" back                                                              \
    PLACE_ENDS(n)
#define BY_JUMP "jmp *place_return(%rip)\n"
#define BY_PUSH "pushq place_return(%rip)\nret\n"
#define BY_LOAD "movq place_return(%rip), %rcx\njmp *%rcx\n"
#define BY_NOP  "nopl 0(%rax, %rax, 1)\n" BY_JUMP
__asm__(".text\n" /**/
        PLACE_CODE(0, BY_JUMP) PLACE_CODE(1, BY_PUSH) PLACE_CODE(2, BY_LOAD) PLACE_CODE(3, BY_NOP)
            PLACE_CODE(4, BY_JUMP) PLACE_CODE(5, BY_PUSH) PLACE_CODE(6, BY_LOAD)
                PLACE_CODE(7, BY_NOP));
#elif defined(__aarch64__)
#define PLACE_CODE(n)                                                                              \
    PLACE_BEGINS(n)                                                                                \
    "hint #34\n" /* bti c */                                                                       \
    "adrp x16, place_return\n"                                                                     \
    "str x30, [x16, :lo12:place_return]\n"                                                         \
    "adrp x16, place_target\n"                                                                     \
    "ldr x16, [x16, :lo12:place_target]\n"                                                         \
    "blr x16\n"                                                                                    \
    "adrp x16, place_return\n"                                                                     \
    "ldr x30, [x16, :lo12:place_return]\n"                                                         \
    "ret\n" PLACE_ENDS(n)
__asm__(".text\n" /**/
        PLACE_CODE(0) PLACE_CODE(1) PLACE_CODE(2) PLACE_CODE(3) PLACE_CODE(4) PLACE_CODE(5)
            PLACE_CODE(6) PLACE_CODE(7));
#endif

#if defined(__x86_64__) || defined(__aarch64__)
__asm__(".data\n.p2align 3\nplaces:\n"
        ".quad place_0, place_1, place_2, place_3, place_4, place_5, place_6, place_7\n.text\n");
#ifdef __cplusplus
extern "C"
#else
extern
#endif
    void *const volatile places[];

static inline void *place_for(unsigned n, void *function)
{
    place_target = function;
    return places[n];
}
#else
static inline void *place_for(unsigned n, void *function)
{
    (void)n;
    return function;
}
#endif

#define PLACE(n, function) ((__typeof__(&(function)))place_for(n, (void *)(function)))

/* The next of a random sequence of numbers below `n`, apart from rnd(). */
static inline unsigned any_place(unsigned n)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (state >> 16) % n;
}

#ifdef __cplusplus
/* The same for a method that is not virtual: a pointer to one is its address and an offset of
   `this` (Itanium C++ ABI, 2.3). */
template <typename Method> static inline Method place_for_method(unsigned n, Method method)
{
    void *words[2];
    static_assert(sizeof(words) == sizeof(method), "not of the Itanium C++ ABI");
    memcpy(words, &method, sizeof(words));
    words[0] = place_for(n, words[0]);
    memcpy(&method, words, sizeof(words));
    return method;
}
#endif

#endif
