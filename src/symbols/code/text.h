/* SPDX-License-Identifier: MIT */
/*
 * The text of a file: its executable segments, with a mark for each byte that something may lead
 * to.
 */
#ifndef SYMBOLS_CODE_TEXT_H
#define SYMBOLS_CODE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/elf/elf_file.h"
#include "util/error.h"
#include "util/sorted.h"
#include "util/vec.h"

/* An executable segment, as far as the file contains it. */
struct text_part {
    uint64_t start, end; /* addresses; the end is exclusive */
    uint64_t offset;     /* in the file */
    uint64_t first_mark; /* the number of the mark of `start` */
};

struct text {
    VEC(struct text_part) parts; /* ascending by start; they do not overlap */
    uint64_t *marks;             /* one bit for each byte */
};

/* No real file has nearly as much code. Reading it takes about two seconds, and the marks 64 MiB.
 */
static const uint64_t text_size_max = UINT64_C(1) << 29;

/* -ENOEXEC: segments overlap. -EFBIG: more than text_size_max. -ENOMEM. */
MUST_CHECK int text_init(struct text *text, const struct elf_file *file);
void text_free(struct text *text);

/* The part that holds the address; NULL: none. */
static inline const struct text_part *text_part_of(const struct text *text, uint64_t at)
{
    size_t n = sorted_up_to(text->parts.items, text->parts.count, start, at);
    return n && at < text->parts.items[n - 1].end ? &text->parts.items[n - 1] : NULL;
}

static inline void text_mark_in(struct text *text, const struct text_part *part, uint64_t at)
{
    uint64_t bit = part->first_mark + (at - part->start);
    text->marks[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* Marks the address, if it is in the text. */
static inline bool text_mark(struct text *text, uint64_t at)
{
    const struct text_part *part = text_part_of(text, at);
    if (part)
        text_mark_in(text, part, at);
    return part != NULL;
}

bool text_is_marked(const struct text *text, uint64_t at);

/* Reads n bytes at an address of one part. -EFAULT: they are not in one part; -ESTALE: the file is
   shorter now; or the errno of reading. */
MUST_CHECK int text_read(const struct text *text, int fd, uint64_t at, void *bytes, size_t n);

#endif
