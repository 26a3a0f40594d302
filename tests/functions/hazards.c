/* SPDX-License-Identifier: MIT */
/*
 * Hazards: the ways in which something may lead to the middle of the code that a jump replaces. A
 * function takes each of them whenever it is called: if a jump is there, it goes wrong.
 */
#include <string.h>

#include "generator.h"

enum {
    AT_ENTRY = 1,
    AT_RETURN = 2,
    FIXED_ONLY = 4, /* not in position-independent files */
};

static const struct kind {
    const char *name;
    unsigned where;
    void (*put)(struct generator *g, unsigned label, unsigned skip); /* jumps to the label */
} KINDS[];

/* ---- jumps; `skip` is another label of the function, and code goes on there */

static void put_near(struct generator *g, unsigned label, unsigned skip)
{
    (void)g;
    (void)skip;
    put(".byte 0xe9");
    put(".long .L%u - . - 4", label);
}

static void put_shortest(struct generator *g, unsigned label, unsigned skip)
{
    (void)g;
    (void)skip;
    put("jmp .L%u", label);
}

static void put_condition(struct generator *g, unsigned label, unsigned skip)
{
    (void)skip;
    put("testq %%r15, %%r15");
    if (draw(g, 2)) {
        put("jnz .L%u", label);
    } else {
        put(".byte 0x0f, 0x85");
        put(".long .L%u - . - 4", label);
    }
}

static unsigned put_data(struct generator *g, const char *section)
{
    unsigned data = new_label(g);
    put(".section %s", section);
    put(".balign 8");
    put_label(data);
    return data;
}

/* Distances, of which number *at leads to the label, others to `skip`. */
static unsigned put_distances(struct generator *g, unsigned label, unsigned skip, unsigned n,
                              unsigned at)
{
    unsigned table = put_data(g, ".rodata");
    for (unsigned i = 0; i < n; i++)
        put(".long .L%u - .L%u", i == at ? label : skip, table);
    put(".text");
    return table;
}

static void put_table(struct generator *g, unsigned label, unsigned skip)
{
    unsigned n = 2 + (unsigned)draw(g, 4), at = (unsigned)draw(g, n);
    unsigned table = put_distances(g, label, skip, n, at);
    put("movl $%u, %%ecx", at);
    put("cmpl $%u, %%ecx", n - 1);
    put("ja .L%u", skip);
    put("leaq .L%u(%%rip), %%rdx", table);
    put("movslq (%%rdx, %%rcx, 4), %%rax");
    put("addq %%rdx, %%rax");
    put("%sjmp *%%rax", draw(g, 2) ? "notrack " : "");
}

/* As Clang makes it, without a comparison if the index is known to be in bounds. */
static void put_unbounded_table(struct generator *g, unsigned label, unsigned skip)
{
    unsigned n = 2 + (unsigned)draw(g, 4), at = (unsigned)draw(g, n);
    unsigned table = put_distances(g, label, skip, n, at);
    put("leaq .L%u(%%rip), %%rdx", table);
    put("movl $%u, %%edi", at);
    put("movslq (%%rdx, %%rdi, 4), %%rdi");
    put("addq %%rdx, %%rdi");
    put("jmp *%%rdi");
}

static void put_addresses(struct generator *g, unsigned label, unsigned skip)
{
    unsigned n = 2 + (unsigned)draw(g, 4), at = (unsigned)draw(g, n);
    unsigned table = put_data(g, g->is_fixed ? ".rodata" : ".data.rel.ro, \"aw\"");
    for (unsigned i = 0; i < n; i++)
        put(".quad .L%u", i == at ? label : skip);
    put(".text");
    put("movl $%u, %%ecx", at);
    if (g->is_fixed) {
        put("jmp *.L%u(, %%rcx, 8)", table);
    } else {
        put("leaq .L%u(%%rip), %%rdx", table);
        put("jmp *(%%rdx, %%rcx, 8)");
    }
}

static void put_pointer(struct generator *g, unsigned label, unsigned skip)
{
    (void)skip;
    unsigned data = put_data(g, ".data.rel.ro, \"aw\"");
    put(".quad .L%u", label);
    put(".text");
    put("jmp *.L%u(%%rip)", data);
}

static void put_address(struct generator *g, unsigned label, unsigned skip)
{
    (void)g;
    (void)skip;
    put("leaq .L%u(%%rip), %%rax", label);
    put("jmp *%%rax");
}

static void put_immediate(struct generator *g, unsigned label, unsigned skip)
{
    (void)g;
    (void)skip;
    put("movl $.L%u, %%eax", label);
    put("jmp *%%rax");
}

/* The address is in rax then, and nowhere in the file. */
static void put_computed(struct generator *g, unsigned label, unsigned skip)
{
    unsigned data = put_data(g, ".rodata");
    put(".quad .L%u - .L%u", label, skip);
    put(".text");
    put("leaq .L%u(%%rip), %%rax", skip);
    put("addq .L%u(%%rip), %%rax", data);
}

static void put_unknown(struct generator *g, unsigned label, unsigned skip)
{
    put_computed(g, label, skip);
    put("jmp *%%rax");
}

static void put_by_return(struct generator *g, unsigned label, unsigned skip)
{
    put_computed(g, label, skip);
    put("pushq %%rax");
    put("ret");
}

static void begin_other(struct generator *g, const char *section, const char *suffix)
{
    put("jmp f%u%s.%u", g->f->number, suffix, g->labels);
    put(".section %s", section);
    put(".type f%u%s.%u, @function", g->f->number, suffix, g->labels);
    printf("f%u%s.%u:\n", g->f->number, suffix, g->labels);
}

static void end_other(const struct generator *g, const char *suffix, unsigned labels)
{
    put(".size f%u%s.%u, . - f%u%s.%u", g->f->number, suffix, labels, g->f->number, suffix, labels);
    put(".text");
}

/* From the function's part for what is unlikely. */
static void put_cold(struct generator *g, unsigned label, unsigned skip)
{
    unsigned labels = g->labels;
    begin_other(g, ".text.unlikely, \"ax\"", ".cold");
    put_tiny(g);
    put_near(g, label, skip);
    end_other(g, ".cold", labels);
}

static void put_cold_unknown(struct generator *g, unsigned label, unsigned skip)
{
    unsigned data = put_data(g, ".rodata");
    put(".quad .L%u - .L%u", label, skip);
    put(".text");
    unsigned base = new_label(g), labels = g->labels;
    begin_other(g, ".text.unlikely, \"ax\"", ".cold");
    put("leaq .L%u(%%rip), %%rax", skip);
    put("addq .L%u(%%rip), %%rax", data);
    put_label(base);
    put("jmp *%%rax");
    end_other(g, ".cold", labels);
}

/* From another function. */
static void put_foreign(struct generator *g, unsigned label, unsigned skip)
{
    unsigned labels = g->labels;
    begin_other(g, ".text.other, \"ax\"", "_other");
    put_tiny(g);
    unsigned style = (unsigned)draw(g, g->is_fixed ? 3 : 2);
    (style == 0 ? put_near : style == 1 ? put_address : put_immediate)(g, label, skip);
    end_other(g, "_other", labels);
}

/* From the next function, perhaps with a displacement of 8 bits. */
static void put_from_beside(struct generator *g, unsigned label, unsigned skip)
{
    (void)skip;
    if (g->beside) {
        put_near(g, label, skip);
        return;
    }
    g->beside = label;
    put("jmp f%u_beside", g->f->number);
}

void put_beside(struct generator *g)
{
    if (!g->beside)
        return;
    put(".type f%u_beside, @function", g->f->number);
    printf("f%u_beside:\n", g->f->number);
    put_tiny(g);
    put("jmp .L%u", g->beside);
    put(".size f%u_beside, . - f%u_beside", g->f->number, g->f->number);
    g->beside = 0;
}

static void put_call_inside(struct generator *g, unsigned label, unsigned skip)
{
    (void)g;
    (void)skip;
    put("call .L%u", label);
}

/* The next number is that of the traced address. It has no symbol: those are not jumped over. */
static void put_inside(struct generator *g, unsigned label, unsigned skip)
{
    (void)skip;
    printf(".Lf%u = .L%u\n", g->f->number + 1, label);
}

static void put_alias(struct generator *g, unsigned label, unsigned skip)
{
    (void)skip;
    put(".type f%u_alias%u, @function", g->f->number, label);
    put(".set f%u_alias%u, .L%u", g->f->number, label, label);
}

static void put_start(struct generator *g, unsigned label, unsigned skip)
{
    (void)label;
    (void)skip;
    put("jmp f%u", g->f->number);
}

static const struct kind KINDS[] = {
    {"near", AT_ENTRY | AT_RETURN, put_near},
    {"short", AT_ENTRY | AT_RETURN, put_shortest},
    {"condition", AT_ENTRY | AT_RETURN, put_condition},
    {"table", AT_ENTRY | AT_RETURN, put_table},
    {"unbounded-table", AT_ENTRY | AT_RETURN, put_unbounded_table},
    {"addresses", AT_ENTRY | AT_RETURN, put_addresses},
    {"pointer", AT_ENTRY | AT_RETURN, put_pointer},
    {"address", AT_ENTRY | AT_RETURN, put_address},
    {"immediate", AT_ENTRY | AT_RETURN | FIXED_ONLY, put_immediate},
    {"unknown", AT_ENTRY | AT_RETURN, put_unknown},
    {"by-return", AT_ENTRY | AT_RETURN, put_by_return},
    {"cold", AT_ENTRY | AT_RETURN, put_cold},
    {"cold-unknown", AT_ENTRY | AT_RETURN, put_cold_unknown},
    {"foreign", AT_ENTRY | AT_RETURN, put_foreign},
    {"beside", AT_ENTRY | AT_RETURN, put_from_beside},
    {"call", AT_ENTRY, put_call_inside},
    {"inside", 0, put_inside},
    {"alias", AT_ENTRY | AT_RETURN, put_alias},
    {"start", AT_ENTRY, put_start},
};

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    return NULL;
}

/* ---- where they are */

static struct hazard draw_hazard(struct generator *g, unsigned where)
{
    struct hazard none = {.name = NULL};
    const struct kind *kind = &KINDS[draw(g, sizeof(KINDS) / sizeof(KINDS[0]))];
    if (!chance(g, g->hazards) || g->toggles == TOGGLES_EACH)
        return none;
    if (g->only && !(kind = kind_of(g->only)))
        return none;
    if (!(kind->where & where) || (kind->where & FIXED_ONLY && !g->is_fixed) ||
        /* As a tail call: see put_end(). After a fault that was skipped, as its repetition. */
        (kind->put == put_start && (g->has_throws || g->f->flags & FUNCTION_FAULTS_FIRST)))
        return none;
    return (struct hazard){kind->name, new_label(g), draw(g, 2)};
}

static void put_first(struct generator *g, const struct hazard *hazard)
{
    if (hazard->name) {
        put_tiny(g);
        put_label(hazard->label);
        g->zone = 0;
    }
    for (unsigned i = 0, n = (unsigned)draw(g, 4); i < n; i++)
        put_short(g);
}

/* Goes there, once. */
static void put_back(struct generator *g, const struct hazard *hazard, bool entry)
{
    const struct kind *kind = hazard->name ? kind_of(hazard->name) : NULL;
    unsigned skip;
    if (!kind)
        return;
    if (kind->put == put_inside || kind->put == put_alias) {
        kind->put(g, hazard->label, 0);
        return;
    }
    skip = new_label(g);
    put("xorb $1, %ld(%%r15)", toggle_at(g, g->toggles++));
    put("jz .L%u", skip);
    if (entry && kind->put != put_start)
        put_count(g->f->number, -1);
    kind->put(g, hazard->label, skip);
    put_label(skip);
    g->zone = 0;
}

void put_entry(struct generator *g)
{
    struct hazard hazard = {.name = NULL};
    if (g->f->flags & FUNCTION_IS_TRACED_INSIDE)
        hazard = (struct hazard){"inside", new_label(g), false};
    else if (!g->f->reads_zone)
        hazard = draw_hazard(g, AT_ENTRY);
    if (g->f->is_marked)
        put("endbr64");
    if (g->f->flags & FUNCTION_FAULTS_FIRST)
        put_first_fault(g);
    put_first(g, &hazard);
    if (g->f->reads_zone)
        for (unsigned i = 1; i <= 3; i++)
            put("xorq -%u(%%rsp), %s", 8 * i, any_register(g));
    put_count(g->f->number, 1);
    if (g->data)
        put("xorl .L%u(%%rip), %%eax", g->data);
    g->data = 0;
    put_back(g, &hazard, true);
}

struct hazard before_return(struct generator *g)
{
    struct hazard hazard = draw_hazard(g, AT_RETURN);
    const struct kind *kind = hazard.name ? kind_of(hazard.name) : NULL;
    if (!kind || !hazard.is_forward || kind->put == put_alias)
        return hazard;
    unsigned skip = new_label(g);
    put("testb $1, %ld(%%r15)", STATE_MEMORY + (long)draw(g, 256));
    put("jz .L%u", skip);
    kind->put(g, hazard.label, skip);
    put_label(skip);
    return hazard;
}

void put_return(struct generator *g, const struct hazard *hazard)
{
    put_first(g, hazard);
    if (hazard->name && (!hazard->is_forward || strcmp(hazard->name, "alias") == 0))
        put_back(g, hazard, false);
}
