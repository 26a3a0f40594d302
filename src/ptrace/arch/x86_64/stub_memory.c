/* SPDX-License-Identifier: MIT */
/*
 * Copies of memory. Of a string, aligned words are loaded: such a load never crosses into a page
 * that the string does not reach. Of other memory nothing else is loaded than what is wanted. A
 * load that faults stops the thread: the tracer then serves the hit.
 */
#include "ptrace/arch/x86_64/stub_memory.h"

#include <string.h>

#include "ptrace/arch/stub.h"

enum {
    WORD = 8,
    UNROLLED = 4,
    /* What is below is never mapped for an ordinary program (vm.mmap_min_addr), or by anybody who
       has an address in mind; and what is above is not the program's (the kernel's
       Documentation/arch/x86/x86_64/mm.rst). */
    LOWEST = 4096,
    ADDRESS_BITS = 47,
};

/* RDI: the address that the memory is behind. *null: where the branch for 0 is. Changes RAX. */
static void put_address(struct stub_code *code, const struct stub_memory *memory, unsigned *null,
                        struct stub_memory_stops *stops)
{
    STUB_PUT(code, 0x49, 0x8b, 0xb8); /* mov rdi, [r8+] */
    stub_put_32(code, memory->address);
    STUB_PUT(code, 0x48, 0x85, 0xff); /* test rdi, rdi */
    STUB_PUT(code, 0x0f, 0x84);       /* jz */
    *null = stub_put_forward(code);
    STUB_PUT(code, 0x48, 0x8d, 0x87); /* lea rax, [rdi-LOWEST] */
    stub_put_32(code, (uint32_t)-LOWEST);
    STUB_PUT(code, 0x48, 0xc1, 0xe8, ADDRESS_BITS); /* shr rax, */
    STUB_PUT(code, 0x0f, 0x85);                     /* jnz */
    stops->from[stops->n++] = stub_put_forward(code);
}

/* mov rax, [rdi+]; mov [r8+], rax */
static void put_copied_word(struct stub_code *code, uint32_t from, uint32_t to)
{
    STUB_PUT(code, 0x48, 0x8b, 0x87);
    stub_put_32(code, from);
    STUB_PUT(code, 0x49, 0x89, 0x80);
    stub_put_32(code, to);
}

/* Less than a word: the rest of the word is not set. */
static void put_part(struct stub_code *code, uint32_t from, uint32_t to, unsigned n)
{
    if (n >= 4) {
        STUB_PUT(code, 0x8b, 0x87); /* mov eax, [rdi+] */
        stub_put_32(code, from);
        STUB_PUT(code, 0x41, 0x89, 0x80); /* mov [r8+], eax */
        stub_put_32(code, to);
        if (n > 4)
            put_part(code, from + n - 4, to + n - 4, 4);
        return;
    }
    if (n >= 2) {
        STUB_PUT(code, 0x0f, 0xb7, 0x87); /* movzx eax, word [rdi+] */
        stub_put_32(code, from);
        STUB_PUT(code, 0x66, 0x41, 0x89, 0x80); /* mov [r8+], ax */
        stub_put_32(code, to);
        from += 2;
        to += 2;
        n -= 2;
    }
    if (n > 0) {
        STUB_PUT(code, 0x0f, 0xb6, 0x87); /* movzx eax, byte [rdi+] */
        stub_put_32(code, from);
        STUB_PUT(code, 0x41, 0x88, 0x80); /* mov [r8+], al */
        stub_put_32(code, to);
    }
}

static void put_words(struct stub_code *code, uint32_t from, uint32_t to, unsigned n)
{
    for (unsigned i = 0; n <= UNROLLED && i < n; i++)
        put_copied_word(code, from + WORD * i, to + WORD * i);
    if (n <= UNROLLED)
        return;
    STUB_PUT(code, 0xbe); /* mov esi, n - 1 */
    stub_put_32(code, n - 1);
    unsigned loop = code->length;
    STUB_PUT(code, 0x48, 0x8b, 0x84, 0xf7); /* mov rax, [rdi+rsi*8+] */
    stub_put_32(code, from);
    STUB_PUT(code, 0x49, 0x89, 0x84, 0xf0); /* mov [r8+rsi*8+], rax */
    stub_put_32(code, to);
    STUB_PUT(code, 0xff, 0xce); /* dec esi */
    STUB_PUT(code, 0x0f, 0x89); /* jns */
    stub_put_branch(code, loop);
}

static void put_zeros(struct stub_code *code, uint32_t to, unsigned n)
{
    STUB_PUT(code, 0x31, 0xc0); /* xor eax, eax */
    STUB_PUT(code, 0xbe);       /* mov esi, n - 1 */
    stub_put_32(code, n - 1);
    unsigned loop = code->length;
    STUB_PUT(code, 0x49, 0x89, 0x84, 0xf0); /* mov [r8+rsi*8+], rax */
    stub_put_32(code, to);
    STUB_PUT(code, 0xff, 0xce); /* dec esi */
    STUB_PUT(code, 0x0f, 0x89); /* jns */
    stub_put_branch(code, loop);
}

static void put_object(struct stub_code *code, const struct stub_memory *memory,
                       struct stub_memory_stops *stops)
{
    unsigned null, words = memory->size / WORD, rest = memory->size % WORD;
    uint32_t from = (uint32_t)memory->low, to = memory->to;
    put_address(code, memory, &null, stops);
    put_words(code, from, to, words);
    if (words > 0 && rest > 0) /* overlaps with the last word */
        put_copied_word(code, from + memory->size - WORD, to + memory->size - WORD);
    else
        put_part(code, from, to, rest);
    STUB_PUT(code, 0xe9); /* jmp */
    unsigned end = stub_put_forward(code);
    stub_land(code, null);
    put_zeros(code, to, (memory->size + WORD - 1) / WORD);
    stub_land(code, end);
}

/* RSI: behind the last byte that may be the string's. *empty: where the branch for none is. */
static void put_string_end(struct stub_code *code, const struct stub_memory *memory,
                           unsigned *empty)
{
    *empty = 0;
    if (!memory->length) {
        STUB_PUT(code, 0x48, 0x8d, 0xb7); /* lea rsi, [rdi+] */
        stub_put_32(code, memory->size);
        return;
    }
    STUB_PUT(code, 0x49, 0x8b, 0xb0); /* mov rsi, [r8+] */
    stub_put_32(code, memory->length);
    STUB_PUT(code, 0x48, 0x81, 0xfe); /* cmp rsi, */
    stub_put_32(code, memory->size);
    STUB_PUT(code, 0x76, 5); /* jbe: behind the next instruction */
    STUB_PUT(code, 0xbe);    /* mov esi, */
    stub_put_32(code, memory->size);
    STUB_PUT(code, 0x48, 0x85, 0xf6); /* test rsi, rsi */
    STUB_PUT(code, 0x0f, 0x84);       /* jz */
    *empty = stub_put_forward(code);
    STUB_PUT(code, 0x48, 0x01, 0xfe); /* add rsi, rdi */
}

/*
 * R9: where the string's words go, and then behind them. R10: 1 in each byte. A word v has a byte
 * that is 0 if (v - R10) & ~v has the highest bit of a byte set (Warren, Hacker's Delight, 6-1).
 * The bytes before the string's start are set.
 */
static void put_string_copy(struct stub_code *code, const struct stub_memory *memory,
                            struct stub_memory_stops *stops)
{
    unsigned null, empty;
    put_address(code, memory, &null, stops);
    put_string_end(code, memory, &empty);
    STUB_PUT(code, 0x8d, 0x0c, 0xfd, 0, 0, 0, 0); /* lea ecx, [rdi*8]: in bits, modulo 64 */
    STUB_PUT(code, 0x48, 0x83, 0xe7, 0xf8);       /* and rdi, -8 */
    STUB_PUT(code, 0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff); /* mov rax, -1 */
    STUB_PUT(code, 0x48, 0xd3, 0xe0);                         /* shl rax, cl */
    STUB_PUT(code, 0x48, 0xf7, 0xd0);                         /* not rax */
    STUB_PUT(code, 0x48, 0x0b, 0x07);                         /* or rax, [rdi] */
    STUB_PUT(code, 0x48, 0x89, 0xf1);                         /* mov rcx, rsi */
    unsigned loop = code->length;
    STUB_PUT(code, 0x49, 0x89, 0x01);           /* mov [r9], rax */
    STUB_PUT(code, 0x49, 0x83, 0xc1, WORD);     /* add r9, 8 */
    STUB_PUT(code, 0x48, 0x89, 0xc6);           /* mov rsi, rax */
    STUB_PUT(code, 0x4c, 0x29, 0xd6);           /* sub rsi, r10 */
    STUB_PUT(code, 0x48, 0xf7, 0xd0);           /* not rax */
    STUB_PUT(code, 0x48, 0x21, 0xc6);           /* and rsi, rax */
    STUB_PUT(code, 0x48, 0xc1, 0xee, WORD - 1); /* shr rsi, 7 */
    STUB_PUT(code, 0x4c, 0x85, 0xd6);           /* test rsi, r10 */
    STUB_PUT(code, 0x0f, 0x85);                 /* jnz */
    unsigned found = stub_put_forward(code);
    STUB_PUT(code, 0x48, 0x83, 0xc7, WORD); /* add rdi, 8 */
    STUB_PUT(code, 0x48, 0x39, 0xcf);       /* cmp rdi, rcx */
    STUB_PUT(code, 0x0f, 0x83);             /* jae */
    unsigned whole = stub_put_forward(code);
    STUB_PUT(code, 0x48, 0x8b, 0x07); /* mov rax, [rdi] */
    STUB_PUT(code, 0xe9);             /* jmp */
    stub_put_branch(code, loop);
    stub_land(code, null);
    if (empty)
        stub_land(code, empty);
    stub_land(code, found);
    stub_land(code, whole);
}

bool stub_put_memory(struct stub_code *code, const struct stub_layout *layout,
                     struct stub_memory_stops *stops)
{
    struct stub_map *map = &code->stub->map;
    unsigned n = layout->n_memory, i = 0;
    bool strings = n > 0 && layout->memory[n - 1].is_string;
    stops->n = 0;
    if (n == 0)
        return false;
    stub_put_save_more(code);
    map->memory = (uint16_t)code->length;
    STUB_PUT(code, 0x49, 0x89, 0xc8); /* mov r8, rcx */
    for (; i < n && !layout->memory[i].is_string; i++)
        put_object(code, &layout->memory[i], stops);
    if (strings) {
        STUB_PUT(code, 0x4d, 0x8d, 0x88); /* lea r9, [r8+] */
        stub_put_32(code, layout->memory[i].to);
        STUB_PUT(code, 0x49, 0xba); /* mov r10, */
        stub_put_64(code, UINT64_C(0x0101010101010101));
    }
    uint32_t length = strings ? layout->memory[i].to - WORD : 0;
    for (; i < n; i++)
        put_string_copy(code, &layout->memory[i], stops);
    if (strings) {
        STUB_PUT(code, 0x4c, 0x89, 0xc8); /* mov rax, r9 */
        STUB_PUT(code, 0x4c, 0x29, 0xc0); /* sub rax, r8 */
        STUB_PUT(code, 0x49, 0x89, 0x80); /* mov [r8+], rax */
        stub_put_32(code, length);
    }
    map->memory_end = (uint16_t)code->length;
    stub_put_restore_more(code);
    return strings;
}

void stub_put_memory_stop(struct stub_code *code, const struct stub_memory_stops *stops)
{
    if (stops->n == 0)
        return;
    code->pushed = STUB_WORDS_MAX;
    for (unsigned i = 0; i < stops->n; i++)
        stub_land(code, stops->from[i]);
    stub_put_restore_more(code);
}
