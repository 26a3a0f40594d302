/* SPDX-License-Identifier: MIT */
/* Calls of other functions, exceptions, and how functions end. */
#include "generator.h"

/* A function of a lower level. */
static const struct function *draw_callee(struct generator *g, bool short_)
{
    for (unsigned tries = 0; tries < 200; tries++) {
        const struct function *callee = &g->functions[draw(g, g->n)];
        if (callee->level < g->f->level && (!short_ || callee->is_short) &&
            !(callee->flags & (FUNCTION_THROWS | FUNCTION_IS_INSIDE)))
            return callee;
    }
    return NULL;
}

static void count_call(const struct function *callee)
{
    if (callee->flags & FUNCTION_COUNTED_BY_CALLER)
        put_count(callee->number, 1);
}

/* Writes what the callee reads. `slot`: bytes that the call is going to push. */
static void write_zone(struct generator *g, const struct function *callee, unsigned slot)
{
    if (!callee->reads_zone)
        return;
    for (unsigned i = 1; i <= 3; i++) {
        put("movq %s, -%u(%%rsp)", any_register(g), 8 * i + slot);
        g->zone |= 1u << (i + slot / 8 - 1);
    }
}

static unsigned put_pointer_to(struct generator *g, const struct function *callee)
{
    unsigned label = new_label(g);
    put(".section .data.rel.ro, \"aw\"");
    put(".balign 8");
    put_label(label);
    put(".quad f%u", callee->number);
    put(".text");
    return label;
}

static void put_call_of(struct generator *g, const struct function *callee)
{
    unsigned style = (unsigned)draw(g, 10);
    const char *reg;
    switch (style) {
    case 0:
        put("call *.L%u(%%rip)", put_pointer_to(g, callee));
        break;
    case 1:
        reg = any_register(g);
        put("leaq f%u(%%rip), %s", callee->number, reg);
        put("call *%s", reg);
        break;
    case 2:
        put("movq .L%u(%%rip), %%r11", put_pointer_to(g, callee));
        put("call *%%r11");
        break;
    default:
        put("call f%u", callee->number);
        break;
    }
    /* What unwinds pushes r15, too. */
    g->zone = (g->has_throws ? 0 : g->zone) | 1 | (callee->flags & FUNCTION_LEAVES_ZONE ? 4 : 0);
}

/* Two calls, of which the second has three bytes, right behind the first. Short functions leave r12
   and memory alone. */
static void put_two_calls(struct generator *g, const struct function *callee)
{
    const struct function *first = draw_callee(g, true);
    if (first) {
        count_call(first);
        count_call(callee);
        write_zone(g, callee, 8);
        put("leaq f%u(%%rip), %%r12", callee->number);
        put("call f%u", first->number);
        if (draw(g, 2))
            put_tiny(g);
        put("call *%%r12");
        g->zone = (g->has_throws ? 0 : g->zone) | 1;
        put_short(g);
    }
}

void put_call(struct generator *g)
{
    const struct function *callee = draw_callee(g, false);
    if (!callee)
        return;
    if (draw(g, 8) == 0) {
        put_two_calls(g, callee);
        return;
    }
    struct hazard hazard = before_return(g);
    count_call(callee);
    write_zone(g, callee, 8);
    put_call_of(g, callee);
    if (!hazard.name && callee->flags & FUNCTION_LEAVES_ZONE && draw(g, 2))
        put("adcq -24(%%rsp), %s", any_register(g));
    if (!hazard.name && g->has_faults && draw(g, g->only ? 2 : 25) == 0)
        put_first_fault(g);
    put_return(g, &hazard);
}

/* ---- exceptions */

static void put_clear(void)
{
    static const char *const registers[] = {"eax", "ecx", "edx",  "esi", "edi",
                                            "r8d", "r9d", "r10d", "r11d"};
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        put("xorl %%%s, %%%s", registers[i], registers[i]);
    for (unsigned i = 0; i < 4; i++)
        put("pxor %%xmm%u, %%xmm%u", i, i);
}

/* The format is GCC's: a header without bases, and one call site. */
static void put_area(struct generator *g, unsigned begin, unsigned end, unsigned pad)
{
    unsigned first = new_label(g), last = new_label(g);
    put(".section .gcc_except_table, \"a\"");
    put(".balign 4");
    printf(".Larea%u:\n", g->f->number);
    put(".byte 0xff, 0xff, 1");
    put(".uleb128 .L%u - .L%u", last, first);
    put_label(first);
    put(".uleb128 .L%u - f%u", begin, g->f->number);
    put(".uleb128 .L%u - .L%u", end, begin);
    put(".uleb128 .L%u - f%u", pad, g->f->number);
    put(".uleb128 0");
    put_label(last);
    put(".text");
}

static const struct function *draw_thrower(struct generator *g)
{
    for (unsigned tries = 0; tries < 60; tries++) {
        const struct function *callee = &g->functions[draw(g, g->n)];
        if (callee->flags & FUNCTION_THROWS)
            return callee;
    }
    return NULL;
}

static void put_throwing_call(struct generator *g, unsigned begin, unsigned end)
{
    const struct function *thrower = draw(g, 2) ? draw_thrower(g) : NULL;
    put_label(begin);
    if (thrower)
        put("call f%u", thrower->number);
    else
        put("call throw_here");
    put_label(end);
}

void put_catch(struct generator *g)
{
    unsigned begin = new_label(g), end = new_label(g), pad = new_label(g), skip = new_label(g);
    unsigned style = (unsigned)draw(g, 4);
    const struct function *callee = draw_callee(g, true);
    if (style >= 2 && callee && g->toggles < TOGGLES_EACH) {
        count_call(callee);
        put("call f%u", callee->number);
        if (style == 2)
            put_tiny(g); /* the pad is in the code behind the call */
        put_label(pad);
        put_clear();
        put("xorb $1, %ld(%%r15)", toggle_at(g, g->toggles++));
        put("jz .L%u", skip);
        put_throwing_call(g, begin, end);
        put("ud2");
    } else {
        put_throwing_call(g, begin, end);
        if (style)
            put("ud2");
        put_label(pad);
        put_clear();
    }
    put_label(skip);
    g->zone = 0;
    put_area(g, begin, end, pad);
}

/* ---- ends */

static void put_tail_call(struct generator *g)
{
    static const char *const conditions[] = {"jc", "jz", "js", "jnp"};
    const struct function *callee = draw_callee(g, false);
    unsigned style = (unsigned)draw(g, 6);
    if (!callee) {
        put("ret");
        return;
    }
    if (style == 0 && callee->flags & FUNCTION_COUNTED_BY_CALLER)
        style = 1;
    count_call(callee);
    write_zone(g, callee, 0);
    switch (style) {
    case 0:
        put("%s f%u", conditions[draw(g, 4)], callee->number);
        put_short(g);
        put("ret");
        break;
    case 1:
        put("jmp *.L%u(%%rip)", put_pointer_to(g, callee));
        break;
    case 2:
        put("movq .L%u(%%rip), %%rax", put_pointer_to(g, callee));
        put("jmp *%%rax");
        break;
    default:
        put("jmp f%u", callee->number);
        break;
    }
}

/* After an exception, whether a call in the slot of one that is open is a tail call is not known: a
   tracer may lose the exit of the first. */
void put_end(struct generator *g)
{
    static const char *const returns[] = {"ret", "ret", "ret", "rep ret", "bnd ret", "ret $0"};
    if (g->f->flags & FUNCTION_LEAVES_ZONE)
        put("movq %s, -16(%%rsp)", any_register(g));
    else if (!g->has_throws && chance(g, 15)) {
        put_tail_call(g);
        return;
    }
    put("%s", returns[draw(g, 6)]);
}
