/* SPDX-License-Identifier: MIT */
#include "symbols/code/text.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "symbols/code/file_bytes.h"

static int compare_parts(const void *x, const void *y)
{
    const struct text_part *a = x, *b = y;
    return a->start < b->start ? -1 : a->start > b->start;
}

static int add_parts(struct text *text, const struct elf_file *file)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if (!(segment->p_flags & PF_X) || !segment->p_filesz)
            continue;
        struct text_part *part = vec_push(&text->parts);
        if (!part)
            return -ENOMEM;
        *part = (struct text_part){.start = segment->p_vaddr,
                                   .end = segment->p_vaddr + segment->p_filesz,
                                   .offset = segment->p_offset};
    }
    if (text->parts.count)
        qsort(text->parts.items, text->parts.count, sizeof(struct text_part), compare_parts);
    return 0;
}

int text_init(struct text *text, const struct elf_file *file)
{
    *text = (struct text){0};
    uint64_t size = 0;
    int r = add_parts(text, file);
    for (size_t i = 0; i < text->parts.count && r == 0; i++) {
        struct text_part *part = &text->parts.items[i];
        if (i > 0 && part->start < part[-1].end)
            r = -ENOEXEC;
        part->first_mark = size;
        if (part->end - part->start > text_size_max - size)
            r = -EFBIG;
        size += part->end - part->start;
    }
    if (r == 0) {
        text->marks = calloc(size / 64 + 1, sizeof(*text->marks));
        r = text->marks ? 0 : -ENOMEM;
    }
    if (r < 0)
        text_free(text);
    return r;
}

void text_free(struct text *text)
{
    vec_free(&text->parts);
    free(text->marks);
    text->marks = NULL;
}

bool text_is_marked(const struct text *text, uint64_t at)
{
    const struct text_part *part = text_part_of(text, at);
    if (!part)
        return false;
    uint64_t bit = part->first_mark + (at - part->start);
    return text->marks[bit / 64] >> bit % 64 & 1;
}

int text_read(const struct text *text, int fd, uint64_t at, void *bytes, size_t n)
{
    const struct text_part *part = text_part_of(text, at);
    if (!part || n > part->end - at)
        return -EFAULT;
    return file_bytes_read(fd, bytes, n, part->offset + (at - part->start));
}
