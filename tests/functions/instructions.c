/* SPDX-License-Identifier: MIT */
/* Random instructions of x86-64. */
#include "generator.h"

static const char *const REGISTERS[4][14] = {
    {"%al", "%bl", "%cl", "%dl", "%sil", "%dil", "%bpl", "%r8b", "%r9b", "%r10b", "%r11b", "%r12b",
     "%r13b", "%r14b"},
    {"%ax", "%bx", "%cx", "%dx", "%si", "%di", "%bp", "%r8w", "%r9w", "%r10w", "%r11w", "%r12w",
     "%r13w", "%r14w"},
    {"%eax", "%ebx", "%ecx", "%edx", "%esi", "%edi", "%ebp", "%r8d", "%r9d", "%r10d", "%r11d",
     "%r12d", "%r13d", "%r14d"},
    {"%rax", "%rbx", "%rcx", "%rdx", "%rsi", "%rdi", "%rbp", "%r8", "%r9", "%r10", "%r11", "%r12",
     "%r13", "%r14"},
};
static const char *const CONDITIONS[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                         "s", "ns", "p", "np", "l", "ge", "le", "g"};
static const char *const ALU[] = {"add", "sub", "and", "or", "xor", "adc", "sbb", "cmp"};
static const char SUFFIXES[] = "bwlq";

static const char *one_register(struct generator *g, unsigned size)
{
    return REGISTERS[size][draw(g, 14)];
}

const char *any_register(struct generator *g)
{
    return one_register(g, 3);
}

static const char *condition(struct generator *g)
{
    return CONDITIONS[draw(g, 16)];
}

/* An offset of aligned memory. */
static long memory(struct generator *g)
{
    return STATE_MEMORY + 8 * (long)draw(g, 32);
}

void put_tiny(struct generator *g)
{
    static const char *const ones[] = {"clc",
                                       "stc",
                                       "cmc",
                                       "cwtl",
                                       "cltd",
                                       "lahf",
                                       "sahf",
                                       "nop",
                                       "xchgl %eax, %ecx",
                                       "cltq",
                                       "cqto",
                                       "incl %eax",
                                       "movl %edi, %eax",
                                       "addl %ecx, %edx",
                                       "adcl %ebx, %eax",
                                       "sbbl %eax, %eax",
                                       "xorl %eax, %eax",
                                       "setc %al",
                                       "notl %edi",
                                       "movq %rdi, %rbx",
                                       "adcb $3, %al",
                                       "shll %ebx",
                                       "leal 1(%rax), %ecx",
                                       "subq %rdx, %rsi"};
    put("%s", ones[draw(g, sizeof(ones) / sizeof(ones[0]))]);
}

void put_short(struct generator *g)
{
    unsigned size = 2 + (unsigned)draw(g, 2);
    switch (draw(g, 10)) {
    case 0:
        put("mov%c %ld(%%r15), %s", SUFFIXES[size], memory(g), one_register(g, size));
        break;
    case 1:
        put("mov%c %s, %ld(%%r15)", SUFFIXES[size], one_register(g, size), memory(g));
        break;
    case 2:
        put("%s%c %s, %s", ALU[draw(g, 8)], SUFFIXES[size], one_register(g, size),
            one_register(g, size));
        break;
    case 3:
        put("%s%c $%d, %s", ALU[draw(g, 8)], SUFFIXES[size], (int)draw(g, 256) - 128,
            one_register(g, size));
        break;
    case 4:
        put("set%s %s", condition(g), one_register(g, 0));
        break;
    case 5:
        put("cmov%s %s, %s", condition(g), one_register(g, 2), one_register(g, 2));
        break;
    case 6:
        put("mov%c %s, %s", SUFFIXES[size], one_register(g, size), one_register(g, size));
        break;
    default:
        put_tiny(g);
        break;
    }
}

void put_instruction(struct generator *g)
{
    unsigned size = (unsigned)draw(g, 4);
    switch (draw(g, 18)) {
    case 0:
        put("mov%c $%d, %ld(%%r15)", SUFFIXES[size], (int)draw(g, 100), memory(g));
        break;
    case 1:
        put("%s%c %ld(%%r15), %s", ALU[draw(g, 8)], SUFFIXES[size], memory(g),
            one_register(g, size));
        break;
    case 2:
        put("%s%c %s, %ld(%%r15)", ALU[draw(g, 8)], SUFFIXES[size], one_register(g, size),
            memory(g));
        break;
    case 3: /* RIP-relative */
        put("%s%c constants+%lu(%%rip), %s", ALU[draw(g, 8)], SUFFIXES[size], 8 * draw(g, 8),
            one_register(g, size));
        break;
    case 4:
        put("leaq constants+%lu(%%rip), %s", draw(g, 64), one_register(g, 3));
        break;
    case 5:
        put("cmp%c $%d, constants+%lu(%%rip)", SUFFIXES[size], (int)draw(g, 100), 8 * draw(g, 7));
        break;
    case 6:
        put("movl $%lu, %s", draw(g, UINT32_MAX), one_register(g, 2));
        break;
    case 7:
        put("movabsq $%lu, %s", draw(g, UINT64_MAX), one_register(g, 3));
        break;
    case 8:
        put("imulq %s, %s", one_register(g, 3), one_register(g, 3));
        break;
    case 9:
        put("%s $%lu, %s", draw(g, 2) ? "rolq" : "shrq", 1 + draw(g, 31), one_register(g, 3));
        break;
    case 10:
        put("leaq %lu(%s, %s, %u), %s", draw(g, 200), one_register(g, 3), one_register(g, 3),
            1u << draw(g, 4), one_register(g, 3));
        break;
    case 11:
        put("%s %%xmm%lu, %%xmm%lu", draw(g, 2) ? "paddq" : "pxor", draw(g, 4), draw(g, 4));
        break;
    case 12:
        if (draw(g, 2))
            put("movq %s, %%xmm%lu", one_register(g, 3), draw(g, 4));
        else
            put("movq %%xmm%lu, %s", draw(g, 4), one_register(g, 3));
        break;
    case 13:
        put("movups %ld(%%r15), %%xmm%lu", STATE_MEMORY + 16 * (long)draw(g, 16), draw(g, 4));
        break;
    case 14:
        put("lock xadd%c %s, %ld(%%r15)", SUFFIXES[size], one_register(g, size), memory(g));
        break;
    case 15:
        put("bswapq %s", one_register(g, 3));
        break;
    case 16:
        put("test%c %s, %s", SUFFIXES[size], one_register(g, size), one_register(g, size));
        break;
    default:
        put_short(g);
        break;
    }
}

/* ---- blocks */

static void put_zone(struct generator *g)
{
    unsigned word = (unsigned)draw(g, 15);
    if (draw(g, 2) || !g->zone) {
        put("movq %s, -%u(%%rsp)", one_register(g, 3), 8 * (word + 1));
        g->zone |= 1u << word;
        return;
    }
    while (!(g->zone >> word & 1))
        word = (word + 1) % 15;
    put("%s -%u(%%rsp), %s", draw(g, 2) ? "movq" : "adcq", 8 * (word + 1), one_register(g, 3));
}

static void put_branch(struct generator *g)
{
    unsigned label = new_label(g), n = 1 + (unsigned)draw(g, 3);
    switch (draw(g, 8)) {
    case 0:
        put("jrcxz .L%u", label);
        break;
    case 1:
        put(".byte 0x0f, 0x8%lx", draw(g, 16)); /* a displacement of 32 bits */
        put(".long .L%u - . - 4", label);
        break;
    default:
        put("j%s .L%u", condition(g), label);
        break;
    }
    for (unsigned i = 0; i < n; i++)
        put_short(g);
    put_label(label);
}

static void put_loop(struct generator *g)
{
    unsigned label = new_label(g);
    put("movl $%lu, %%ecx", 1 + draw(g, 3));
    put_label(label);
    for (unsigned i = 0, n = (unsigned)draw(g, 3); i < n; i++)
        put("%s %s, %%edx", draw(g, 2) ? "adcl" : "xorl", draw(g, 2) ? "%edi" : "%ebx");
    if (draw(g, 4) == 0) {
        put("loop .L%u", label);
    } else {
        put("decl %%ecx");
        put("jnz .L%u", label);
    }
}

static void put_push(struct generator *g)
{
    put("pushq %s", one_register(g, 3));
    put_short(g);
    put_short(g);
    put("popq %s", one_register(g, 3));
    g->zone |= 1;
}

static void put_flags(struct generator *g)
{
    put("pushfq");
    put_short(g);
    put("popfq");
    g->zone |= 1;
}

static void put_string(struct generator *g)
{
    put("leaq %ld(%%r15), %%rdi", memory(g) / 2);
    put("movl $%lu, %%ecx", draw(g, 32));
    put("rep stosb");
    put("xorl %%edi, %%edi");
}

/* As GCC and Clang make them for a switch; each case is a few bytes. */
static void put_switch(struct generator *g)
{
    unsigned table = new_label(g), end = new_label(g), first = g->labels + 1;
    unsigned n = 2 + (unsigned)draw(g, 3), style = (unsigned)draw(g, g->is_fixed ? 3 : 2);
    g->labels += n;
    put("movl %s, %%ecx", one_register(g, 2));
    put("andl $7, %%ecx");
    put("cmpl $%u, %%ecx", n - 1);
    put("ja .L%u", end);
    if (style == 2) {
        put("jmp *.L%u(, %%rcx, 8)", table);
    } else {
        put("leaq .L%u(%%rip), %%rdx", table);
        put("movslq (%%rdx, %%rcx, 4), %s", style ? "%rcx" : "%rax");
        put("addq %%rdx, %s", style ? "%rcx" : "%rax");
        put("%sjmp *%s", draw(g, 2) ? "notrack " : "", style ? "%rcx" : "%rax");
    }
    for (unsigned i = 0; i < n; i++) {
        put_label(first + i);
        put_short(g);
        if (i + 1 < n && draw(g, 4))
            put("jmp .L%u", end);
    }
    put_label(end);
    put(".section .rodata");
    put(".balign 8");
    put_label(table);
    for (unsigned i = 0; i < n; i++)
        if (style == 2)
            put(".quad .L%u", first + i);
        else
            put(".long .L%u - .L%u", first + i, table);
    put(".text");
}

static void put_fix(unsigned *labels, unsigned at, unsigned to, unsigned how)
{
    unsigned row = ++*labels;
    put(".section .fixes, \"a\"");
    put_label(row);
    put(".long .L%u - .L%u, .L%u - .L%u, %u", at, row, to, row, how);
    put(".text");
}

void put_first_fault(struct generator *g)
{
    unsigned at = new_label(g), to = new_label(g);
    put_label(at);
    put("movl %s, 16", draw(g, 2) ? "%ecx" : "%eax");
    put_label(to);
    put_fix(&g->labels, at, to, FIX_SKIPS);
}

void put_fault(struct generator *g)
{
    unsigned at = new_label(g), to = new_label(g);
    switch (draw(g, 5)) {
    case 0: /* at the second instruction */
        put("xorl %%eax, %%eax");
        put_label(at);
        put("movl (%%rax), %%ecx");
        put_label(to);
        put_fix(&g->labels, at, to, FIX_SKIPS);
        break;
    case 1: /* the handler makes the address valid */
        put("movl $1, %%eax");
        put_label(at);
        put("addl %s, (%%rax)", "%ebx");
        put_label(to);
        put("xorl %%eax, %%eax");
        put_fix(&g->labels, at, to, FIX_RETRIES);
        break;
    case 2:
        put_short(g);
        put_label(at);
        put("ud2");
        put_label(to);
        put_fix(&g->labels, at, to, FIX_SKIPS);
        break;
    case 3:
        put("xorl %%ecx, %%ecx");
        put_label(at);
        put("divb %%cl");
        put_label(to);
        put_short(g);
        put_fix(&g->labels, at, to, FIX_SKIPS);
        break;
    default:
        put_first_fault(g);
        break;
    }
}

void put_block(struct generator *g)
{
    switch (draw(g, 12)) {
    case 0:
    case 1:
        put_branch(g);
        break;
    case 2:
        put_loop(g);
        break;
    case 3:
        put_push(g);
        break;
    case 4:
        put_switch(g);
        break;
    case 5:
        if (draw(g, 3) == 0)
            put_string(g);
        else
            put_flags(g);
        break;
    case 6:
    case 7:
    case 8:
        put_zone(g);
        break;
    default:
        put_instruction(g);
        break;
    }
}
