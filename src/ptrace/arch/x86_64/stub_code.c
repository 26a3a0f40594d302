/* SPDX-License-Identifier: MIT */
#include "ptrace/arch/x86_64/stub_code.h"

#include <string.h>

/* The longest stub is below STUB_MAX (tests/unit/test_stub_x86_64.c builds it). */
static void note_state(struct stub_code *code)
{
    struct stub_map *map = &code->stub->map;
    struct stub_fixup fixup = {(uint16_t)code->length, code->pushed, code->state};
    if (map->n_fixups > 0) {
        const struct stub_fixup *last = &map->fixups[map->n_fixups - 1];
        if (last->pushed == fixup.pushed && last->state == fixup.state)
            return;
    }
    if (map->n_fixups == STUB_FIXUPS_MAX)
        __builtin_trap();
    map->fixups[map->n_fixups++] = fixup;
}

void stub_put(struct stub_code *code, const void *bytes, size_t n)
{
    if (n > STUB_MAX - code->length)
        __builtin_trap();
    note_state(code);
    memcpy(code->stub->bytes + code->length, bytes, n);
    code->length += (unsigned)n;
}

void stub_put_32(struct stub_code *code, uint32_t value)
{
    stub_put(code, &value, sizeof(value));
}

void stub_put_64(struct stub_code *code, uint64_t value)
{
    stub_put(code, &value, sizeof(value));
}

void stub_put_branch(struct stub_code *code, unsigned to)
{
    stub_put_32(code, to - (code->length + 4));
}

unsigned stub_put_forward(struct stub_code *code)
{
    stub_put_32(code, 0);
    return code->length;
}

void stub_land(struct stub_code *code, unsigned forward)
{
    uint32_t distance = code->length - forward;
    memcpy(code->stub->bytes + forward - sizeof(distance), &distance, sizeof(distance));
}

static void set_flags_place(struct stub_code *code, enum stub_state place)
{
    code->state = (uint8_t)((code->state & ~FLAGS_PLACE) | place);
}

/* Flags by lahf and seto: popfq costs tens of cycles, and could change the flags that a program
   has set for itself (TF, AC, DF, ID). */
void stub_put_save(struct stub_code *code)
{
    STUB_PUT(code, 0x48, 0x8d, 0x64, 0x24, 0x80); /* lea rsp, [rsp-128] */
    code->state |= STATE_BELOW;
    STUB_PUT(code, 0x50); /* push rax */
    code->pushed = 1;
    STUB_PUT(code, 0x9f);             /* lahf */
    STUB_PUT(code, 0x0f, 0x90, 0xc0); /* seto al */
    STUB_PUT(code, 0x50);             /* push rax */
    code->pushed = 2;
    set_flags_place(code, FLAGS_PUSHED);
    STUB_PUT(code, 0x51); /* push rcx */
    code->pushed = 3;
    STUB_PUT(code, 0x52); /* push rdx */
    code->pushed = 4;
    STUB_PUT(code, 0x57); /* push rdi */
    code->pushed = 5;
}

void stub_put_restore(struct stub_code *code)
{
    STUB_PUT(code, 0x5f); /* pop rdi */
    code->pushed = 4;
    STUB_PUT(code, 0x5a); /* pop rdx */
    code->pushed = 3;
    STUB_PUT(code, 0x59); /* pop rcx */
    code->pushed = 2;
    STUB_PUT(code, 0x58); /* pop rax */
    code->pushed = 1;
    set_flags_place(code, FLAGS_IN_RAX);
    STUB_PUT(code, 0x04, 0x7f); /* add al, 127: overflows if al is 1 */
    set_flags_place(code, FLAGS_IN_AH);
    STUB_PUT(code, 0x9e); /* sahf */
    set_flags_place(code, FLAGS_LIVE);
    STUB_PUT(code, 0x58); /* pop rax */
    code->pushed = 0;
    STUB_PUT(code, 0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0); /* lea rsp, [rsp+128] */
    code->state &= (uint8_t)~STATE_BELOW;
}

void stub_put_save_more(struct stub_code *code)
{
    STUB_PUT(code, 0x56); /* push rsi */
    code->pushed = WORD_RSI + 1;
    STUB_PUT(code, 0x41, 0x50); /* push r8 */
    code->pushed = WORD_R8 + 1;
    STUB_PUT(code, 0x41, 0x51); /* push r9 */
    code->pushed = WORD_R9 + 1;
    STUB_PUT(code, 0x41, 0x52); /* push r10 */
    code->pushed = WORD_R10 + 1;
}

void stub_put_restore_more(struct stub_code *code)
{
    STUB_PUT(code, 0x41, 0x5a); /* pop r10 */
    code->pushed = WORD_R10;
    STUB_PUT(code, 0x41, 0x59); /* pop r9 */
    code->pushed = WORD_R9;
    STUB_PUT(code, 0x41, 0x58); /* pop r8 */
    code->pushed = WORD_R8;
    STUB_PUT(code, 0x5e); /* pop rsi */
    code->pushed = WORD_RSI;
}
