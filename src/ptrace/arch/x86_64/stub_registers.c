/* SPDX-License-Identifier: MIT */
/* The registers of a thread in a stub, and of a record. */
#include <errno.h>
#include <string.h>

#include "ptrace/arch/stub.h"
#include "ptrace/arch/x86_64/stub_code.h"
#include "util/addr.h"

/* Bits of EFLAGS (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, 3.4.3).
   lahf stores the low byte of EFLAGS in AH: SF, ZF, AF, PF and CF are bits 7, 6, 4, 2 and 0. */
enum { EFLAGS_OF = 0x800, EFLAGS_OF_AH = 0xd5 };

static void flags_from(arch_regs *regs, uint64_t word, uint64_t mask)
{
    uint64_t value = (word >> 8 & EFLAGS_OF_AH) | (word & 0xff ? EFLAGS_OF : 0);
    regs->eflags = (regs->eflags & ~mask) | (value & mask);
}

/* Sets the registers to the saved words, of which the first `pushed` are on the stack. */
static void restore_words(arch_regs *regs, const struct stub_fixup *fixup,
                          const uint64_t words[STUB_WORDS_MAX])
{
    unsigned place = fixup->state & FLAGS_PLACE;
    if (place == FLAGS_PUSHED)
        flags_from(regs, words[WORD_FLAGS], EFLAGS_OF | EFLAGS_OF_AH);
    else if (place == FLAGS_IN_RAX)
        flags_from(regs, regs->rax, EFLAGS_OF | EFLAGS_OF_AH);
    else if (place == FLAGS_IN_AH)
        flags_from(regs, regs->rax, EFLAGS_OF_AH);
    if (fixup->pushed > WORD_RAX)
        regs->rax = words[WORD_RAX];
    if (fixup->pushed > WORD_RCX)
        regs->rcx = words[WORD_RCX];
    if (fixup->pushed > WORD_RDX)
        regs->rdx = words[WORD_RDX];
    if (fixup->pushed > WORD_RDI)
        regs->rdi = words[WORD_RDI];
    if (fixup->pushed > WORD_RSI)
        regs->rsi = words[WORD_RSI];
    if (fixup->pushed > WORD_R8)
        regs->r8 = words[WORD_R8];
    if (fixup->pushed > WORD_R9)
        regs->r9 = words[WORD_R9];
    if (fixup->pushed > WORD_R10)
        regs->r10 = words[WORD_R10];
    regs->rsp += 8u * fixup->pushed + (fixup->state & STATE_BELOW ? STUB_RED_ZONE : 0);
}

int stub_unwind(const struct stub_map *map, target_addr stub, target_addr site, arch_regs *regs,
                stub_read *read, void *data, enum stub_position *position)
{
    uint64_t offset = regs->rip - stub.value, words[STUB_WORDS_MAX] = {0}, top[STUB_WORDS_MAX];
    const struct stub_fixup *fixup = map->fixups;
    *position = STUB_NONE;
    if (offset >= map->length)
        return 0;
    for (unsigned i = 1; i < map->n_fixups && map->fixups[i].offset <= offset; i++)
        fixup = &map->fixups[i];
    if (fixup->state & STATE_COPY) {
        *position = STUB_COPY;
        return 0;
    }
    if (fixup->pushed > 0 && !read(data, regs->rsp, top, 8u * fixup->pushed))
        return -EFAULT;
    for (unsigned i = 0; i < fixup->pushed; i++)
        words[i] = top[fixup->pushed - 1 - i]; /* the last one pushed is at RSP */
    restore_words(regs, fixup, words);
    *position = fixup->state & STATE_COMMITTED ? STUB_AFTER : STUB_BEFORE;
    regs->rip = *position == STUB_AFTER ? stub.value + map->displaced : site.value;
    return 0;
}

/* Takes the next word of a record. */
static uint64_t next_word(const uint64_t **words)
{
    return *(*words)++;
}

static void next_float(const uint64_t **words, struct arch_float_regs *floats, unsigned n)
{
    struct user_fpregs_struct *fx = (void *)floats;
    memcpy((uint8_t *)fx->xmm_space + (size_t)n * 16, *words, 16);
    *words += 2;
}

void stub_record_registers(const struct stub_layout *layout, const struct ring_record *record,
                           arch_regs *regs, struct arch_float_regs *floats)
{
    unsigned long long *const args[] = {&regs->rdi, &regs->rsi, &regs->rdx,
                                        &regs->rcx, &regs->r8,  &regs->r9};
    const uint64_t *words = record->words;
    memset(regs, 0, sizeof(*regs));
    memset(floats, 0, sizeof(*floats));
    if (layout->is_return) {
        regs->rsp = record->slot + 8;
        regs->rax = record->link;
        (void)next_word(&words); /* of the return slot */
        regs->rdx = next_word(&words);
        for (unsigned i = 0; layout->return_floats && i < 2; i++)
            next_float(&words, floats, i);
        return;
    }
    regs->rsp = record->slot;
    for (unsigned i = 0; i < sizeof(args) / sizeof(args[0]); i++)
        if (layout->integer_args & 1u << i)
            *args[i] = next_word(&words);
    for (unsigned i = 0; i < 8; i++)
        if (layout->float_args & 1u << i)
            next_float(&words, floats, i);
}
