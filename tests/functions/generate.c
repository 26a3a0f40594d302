/* SPDX-License-Identifier: MIT */
/*
 * generate SEED N [HAZARD]: writes N random functions of x86-64 in assembler, for driver.c. The
 * first line is "# fixed" if they are not position-independent. With HAZARD they have that one
 * alone (hazards.c), often; also: "pad", a landing pad, "fault", and "data", data behind a
 * function.
 *
 * A function may change all registers but rsp and r15 (layout.h). It counts its calls, or its
 * callers do if it is too short. It does the same whenever it begins with the same state.
 */
#include <string.h>

#include "generator.h"

static void plan(struct generator *g)
{
    for (unsigned i = 0; i < g->n; i++) {
        struct function *f = &g->functions[i];
        unsigned level = (unsigned)draw(g, 20);
        f->number = i;
        if (i > 0 && f[-1].flags & FUNCTION_IS_TRACED_INSIDE) {
            f->flags = FUNCTION_IS_INSIDE;
            continue;
        }
        f->level = level < 9 ? 0 : level < 14 ? 1 : level < 18 ? 2 : 3;
        f->is_short = f->level == 0 && draw(g, 4) == 0;
        f->is_marked = chance(g, 20);
        f->has_frame_rules = chance(g, 70);
        f->flags = f->is_short ? FUNCTION_COUNTED_BY_CALLER : 0;
        if (!f->is_short && g->has_throws && f->level == 0 && chance(g, 3)) {
            f->flags |= FUNCTION_THROWS;
            f->has_frame_rules = true;
        }
        f->catches =
            g->has_throws && f->level > 0 && f->has_frame_rules && chance(g, g->only ? 60 : 5);
        f->reads_zone = !f->is_short && !(f->flags & FUNCTION_THROWS) && chance(g, 15);
        if (!f->is_short && !(f->flags & FUNCTION_THROWS) && chance(g, 15))
            f->flags |= FUNCTION_LEAVES_ZONE;
        if (!f->is_short && g->has_faults && !f->reads_zone && chance(g, 2))
            f->flags |= FUNCTION_FAULTS_FIRST;
        if (!f->is_short && !f->reads_zone && i + 1 < g->n &&
            (g->only ? strcmp(g->only, "inside") == 0 && draw(g, 2) : chance(g, 1)))
            f->flags |= FUNCTION_IS_TRACED_INSIDE;
    }
}

static void put_short_body(struct generator *g)
{
    static const char *const ends[] = {"ret", "ret", "rep ret", "ret $0"};
    for (unsigned i = 0, n = (unsigned)draw(g, 3); i < n; i++)
        put_tiny(g);
    put("%s", ends[draw(g, 4)]);
    if (draw(g, 4) == 0) { /* data at once, without padding */
        g->data = new_label(g);
        put_label(g->data);
        put(".long %lu", draw(g, UINT32_MAX));
    }
}

static void put_body(struct generator *g)
{
    unsigned pushed = (unsigned)draw(g, 3), room = draw(g, 3) ? 0 : 8 * (1 + (unsigned)draw(g, 8));
    unsigned n = 1 + (unsigned)draw(g, 5);
    put_entry(g);
    if (g->f->flags & FUNCTION_THROWS) {
        put("call throw_here");
        put("ud2");
        return;
    }
    for (unsigned i = 0; i < pushed; i++) {
        put("pushq %s", i ? "%rbx" : "%r12");
        if (g->f->has_frame_rules)
            put(".cfi_adjust_cfa_offset 8");
    }
    if (room) {
        put("subq $%u, %%rsp", room);
        if (g->f->has_frame_rules)
            put(".cfi_adjust_cfa_offset %u", room);
    }
    g->zone = 0;
    unsigned catch = g->f->catches ? 1 + (unsigned)draw(g, n) : 0;
    for (unsigned i = 1; i <= n; i++) {
        if (i == catch)
            put_catch(g);
        if (g->has_faults && chance(g, 2))
            put_fault(g);
        if (g->f->level && draw(g, 2))
            put_call(g);
        else
            put_block(g);
    }
    if (room) {
        put("%s $%u, %%rsp", "addq", room);
        if (g->f->has_frame_rules)
            put(".cfi_adjust_cfa_offset -%u", room);
    }
    for (unsigned i = pushed; i-- > 0;) {
        put("popq %s", i ? "%rbx" : "%r12");
        if (g->f->has_frame_rules)
            put(".cfi_adjust_cfa_offset -8");
    }
    g->zone = 0;
    put_end(g);
}

static void put_space(struct generator *g)
{
    switch (draw(g, 8)) {
    case 0:
        break;
    case 1:
        put(".p2align 4, 0xcc");
        break;
    case 2:
        put(".p2align 4, 0");
        break;
    case 3:
        for (uint64_t n = 1 + draw(g, 7); n > 0; n--) /* no padding */
            put(".byte %lu", draw(g, 256));
        break;
    default:
        put(".p2align 4");
        break;
    }
}

static void put_function(struct generator *g, struct function *f)
{
    g->f = f;
    g->zone = g->toggles = g->beside = 0;
    put_space(g);
    if (draw(g, 2))
        put(".globl f%u", f->number);
    put(".type f%u, @function", f->number);
    printf("f%u:\n", f->number);
    if (f->has_frame_rules)
        put(".cfi_startproc");
    if (f->catches) {
        put(".cfi_personality 0x9b, DW.ref.__gcc_personality_v0");
        put(".cfi_lsda 0x1b, .Larea%u", f->number);
    }
    if (f->is_short)
        put_short_body(g);
    else
        put_body(g);
    if (f->has_frame_rules)
        put(".cfi_endproc");
    if (!chance(g, 2))
        put(".size f%u, . - f%u", f->number, f->number);
    put_beside(g);
}

static void put_tables(const struct generator *g)
{
    put(".section .rodata");
    put(".balign 64");
    printf("constants:\n");
    for (unsigned i = 0; i < 16; i++)
        put(".quad %lu", (i + 1) * UINT64_C(0x9e3779b97f4a7c15));
    put(".globl functions, n_functions, handlers_call, handler_on_stack, has_own_stacks, fixes, "
        "n_fixes");
    printf("n_functions: .quad %u\n", g->n);
    /* A tracer knows one exception that a thread has thrown, and one instruction that it repeats
       after a fault. */
    printf("handlers_call: .quad %d\n", !g->has_throws && !g->has_faults);
    printf("handler_on_stack: .quad %lu\n", g->state & 1);
    /* Then a tracer must know that functions are interrupted on stacks that it does not see. */
    printf("has_own_stacks: .quad %d\n", !g->only && (g->state >> 1 & 7) == 0);
    printf("n_fixes: .quad (fixes_end - fixes) / 12\n");
    printf("functions:\n");
    for (unsigned i = 0; i < g->n; i++)
        put(".long %sf%u - functions, %u", g->functions[i].flags & FUNCTION_IS_INSIDE ? ".L" : "",
            i, g->functions[i].flags);
    put(".section .fixes, \"a\"");
    printf("fixes_end:\n");
    put(".hidden DW.ref.__gcc_personality_v0");
    put(".section .data.rel.local, \"aw\"");
    put(".balign 8");
    printf("DW.ref.__gcc_personality_v0: .quad __gcc_personality_v0\n");
    put(".section .note.GNU-stack, \"\", @progbits");
}

int main(int argc, char **argv)
{
    static struct generator g;
    if (argc < 3)
        return 2;
    g.state = strtoull(argv[1], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    g.n = (unsigned)atoi(argv[2]);
    if (g.n < 8 || g.n >= FUNCTIONS_MAX)
        return 2;
    for (unsigned i = 0; i < 8; i++)
        draw(&g, 2);
    g.is_fixed = draw(&g, 4) == 0;
    g.has_faults = draw(&g, 2);
    g.has_throws = draw(&g, 2);
    g.only = argc > 3 ? argv[3] : NULL;
    if (g.only) {
        g.has_throws = strcmp(g.only, "pad") == 0;
        g.has_faults = strcmp(g.only, "fault") == 0;
    }
    g.hazards = g.only ? 60 : 12;
    printf("# %s\n", g.is_fixed ? "fixed" : "position-independent");
    put(".section .fixes, \"a\"");
    printf("fixes:\n");
    put(".text");
    plan(&g);
    for (unsigned i = 0; i < g.n; i++)
        if (!(g.functions[i].flags & FUNCTION_IS_INSIDE))
            put_function(&g, &g.functions[i]);
    put_tables(&g);
    return 0;
}
