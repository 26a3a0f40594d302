/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a stub as they are written, and at each the state of what it saves on the stack: for
 * stub_build() and stub_unwind(). Private to the files of stubs.
 */
#ifndef PTRACE_ARCH_X86_64_STUB_CODE_H
#define PTRACE_ARCH_X86_64_STUB_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "ptrace/arch/stub.h"

/*
 * What a stub saves below the red zone, in the order in which it is pushed. The word of flags is
 * RAX after `lahf; seto al`. A register that has been pushed is to be restored from there.
 * The last ones are saved only while memory is copied.
 */
enum stub_word {
    WORD_RAX,
    WORD_FLAGS,
    WORD_RCX,
    WORD_RDX,
    WORD_RDI,
    STUB_WORDS,
    WORD_RSI = STUB_WORDS,
    WORD_R8,
    WORD_R9,
    WORD_R10,
    STUB_WORDS_MAX,
};

enum { STUB_RED_ZONE = 128, STUB_FRAME = STUB_RED_ZONE + 8 * STUB_WORDS };

/* struct stub_fixup: `pushed` is a number of words; `state` a place of the flags and bits. */
enum stub_state {
    FLAGS_LIVE,   /* as they were */
    FLAGS_PUSHED, /* in the word */
    FLAGS_IN_RAX, /* the word is in RAX */
    FLAGS_IN_AH,  /* likewise, and OF is as it was */
    FLAGS_PLACE = 3,
    STATE_BELOW = 4, /* RSP is below the red zone */
    STATE_COMMITTED = 8,
    STATE_COPY = 16,
};

struct stub_code {
    struct stub *stub;
    unsigned length;
    /* Of the next instruction. */
    uint8_t pushed;
    uint8_t state;
};

void stub_put(struct stub_code *code, const void *bytes, size_t n);
void stub_put_32(struct stub_code *code, uint32_t value);
void stub_put_64(struct stub_code *code, uint64_t value);

#define STUB_PUT(code, ...)                                                                        \
    stub_put(code, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Ends an instruction with the 32-bit distance to the offset `to`. */
void stub_put_branch(struct stub_code *code, unsigned to);
/* Ends an instruction with a distance that is not known yet; returns what stub_land() needs. */
unsigned stub_put_forward(struct stub_code *code);
/* Makes that branch go to what is written next. */
void stub_land(struct stub_code *code, unsigned forward);

/* Skips the red zone and pushes all words. */
void stub_put_save(struct stub_code *code);
/* Restores all of it. */
void stub_put_restore(struct stub_code *code);
/* Pushes the words that are saved while memory is copied, and restores them. */
void stub_put_save_more(struct stub_code *code);
void stub_put_restore_more(struct stub_code *code);

#endif
