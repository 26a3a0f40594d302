/* SPDX-License-Identifier: MIT */
/* What is known of all code of one file. */
#ifndef SYMBOLS_CODE_FILE_CODE_H
#define SYMBOLS_CODE_FILE_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "symbols/code/ranges.h"
#include "symbols/code/text.h"
#include "symbols/elf/frames.h"
#include "util/error.h"
#include "util/vec.h"

struct elf_copy;
struct elf_file;
struct symbol;

/* The code of a restartable sequence (rseq(2)): the end is exclusive. */
struct sequence {
    uint64_t start, end;
};

/* Of an abort handler: the address behind it. */
struct sequence_signature {
    uint64_t at;
};

/* The address of a function that does not return, of a linkage stub that leads to one, or of the
   word through which that jumps. */
struct no_return {
    uint64_t at;
};

struct file_code {
    const struct elf_file *file;
    bool is_absolute; /* not position-independent: instructions contain addresses */
    struct text text;
    struct function_ranges ranges;
    struct frames frames;
    struct code_section eh_frame;     /* owned */
    VEC(struct no_return) no_returns; /* ascending */
    VEC(struct sequence) sequences;
    /* Immediately before an abort handler, and perhaps elsewhere: where the signature was seen. */
    VEC(struct sequence_signature) signatures; /* ascending */
};

/*
 * Reads the file open as `fd`. `symbols`: its n functions, possibly with those of a debug file. On
 * failure *reason says why; it is -ENOEXEC, -EFBIG and -ENOTSUP if the file is to blame. Free after
 * success only.
 */
MUST_CHECK int file_code_read(struct file_code *code, const struct elf_file *file, int fd,
                              const struct symbol *symbols, size_t n, const char **reason);
void file_code_free(struct file_code *code);

/* Whether the address is among those of no_returns. */
bool file_code_is_no_return(const struct file_code *code, uint64_t at);
/* Whether [start, end) has an instruction of a restartable sequence. */
bool file_code_in_sequence(const struct file_code *code, uint64_t start, uint64_t end);

/* Adds to no_returns, without sorting, if the name is of a function that never returns. -ENOMEM. */
MUST_CHECK int file_code_add_no_return(struct file_code *code, const char *name, uint64_t at);

/* ---- pointers.c: what data says of code */

/* Marks the values of symbols and the pointers in data, and finds the restartable sequences. */
MUST_CHECK int file_code_read_pointers(struct file_code *code, int fd, const struct elf_copy *copy);

#endif
