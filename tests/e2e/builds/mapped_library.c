/* SPDX-License-Identifier: MIT */
/*
 * A library of mapped.c: m_work() returns its argument plus PLUS. PAD puts code before it, so that
 * it has another address in each; TEXT_RELOCATION makes it start with an instruction that the
 * dynamic linker relocates; SECOND_SEGMENT puts it into a separate section.
 */
#ifndef PLUS
#define PLUS 1
#endif

extern const int m_plus;
int m_work(int value);
int m_pad(int value);

__attribute__((visibility("default"))) const int m_plus = PLUS;

#ifdef PAD
__attribute__((visibility("default"))) int m_pad(int value)
{
    volatile int sum = value;
#define ADD   sum = sum * 3 + 1;
#define ADD_4 ADD ADD ADD ADD
    ADD_4 ADD_4
#if PAD > 1
        ADD_4 ADD_4 ADD
#endif
#if PAD > 2
            ADD_4 ADD_4 ADD ADD ADD
#endif
        return sum;
}
#endif

#ifdef TEXT_RELOCATION
__asm__(".text\n"
        ".globl m_work\n"
        ".type m_work, @function\n"
        "m_work:\n"
        "    movabs $m_plus, %rax\n"
        "    mov (%rax), %eax\n"
        "    add %edi, %eax\n"
        "    ret\n"
        ".size m_work, . - m_work\n");
#else
#ifdef SECOND_SEGMENT
__attribute__((section(".text2")))
#endif
__attribute__((noinline, visibility("default"))) int
m_work(int value)
{
    volatile int result = value;
    result += PLUS;
    return result;
}
#endif
