/* SPDX-License-Identifier: MIT */
#include "symbols/code/file_bytes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int file_bytes_read(int fd, void *bytes, size_t n, uint64_t offset)
{
    for (size_t done = 0; done < n;) {
        ssize_t r = pread(fd, (char *)bytes + done, n - done, (off_t)(offset + done));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return r < 0 ? -errno : -ESTALE;
        done += (size_t)r;
    }
    return 0;
}

int file_bytes_at(const struct elf_file *file, int fd, uint64_t at, void *bytes, size_t n)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        uint64_t in = at - segment->p_vaddr;
        if (at >= segment->p_vaddr && in < segment->p_filesz && n <= segment->p_filesz - in)
            return file_bytes_read(fd, bytes, n, segment->p_offset + in);
    }
    return -EFAULT;
}

static void read_fixed(struct byte_reader *reader, void *value, size_t n)
{
    memset(value, 0, n);
    if (reader->failed || (size_t)(reader->end - reader->next) < n) {
        reader->failed = true;
        return;
    }
    memcpy(value, reader->next, n);
    reader->next += n;
}

uint8_t read_u8(struct byte_reader *reader)
{
    uint8_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

uint16_t read_u16(struct byte_reader *reader)
{
    uint16_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

uint32_t read_u32(struct byte_reader *reader)
{
    uint32_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

uint64_t read_u64(struct byte_reader *reader)
{
    uint64_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

static uint64_t read_leb(struct byte_reader *reader, unsigned *bits, uint8_t *last)
{
    /* Producers pad, but not by that much. */
    enum { LEB_MAX = 16 };
    uint64_t value = 0;
    unsigned n = 0;
    *bits = 0;
    do {
        reader->failed |= ++n > LEB_MAX;
        *last = read_u8(reader);
        if (*bits < 64)
            value |= (uint64_t)(*last & 0x7f) << *bits;
        *bits = *bits < 64 ? *bits + 7 : *bits;
    } while (*last & 0x80 && !reader->failed);
    return value;
}

uint64_t read_uleb(struct byte_reader *reader)
{
    unsigned bits;
    uint8_t last;
    return read_leb(reader, &bits, &last);
}

int64_t read_sleb(struct byte_reader *reader)
{
    unsigned bits;
    uint8_t last;
    uint64_t value = read_leb(reader, &bits, &last);
    if (bits < 64 && last & 0x40)
        value |= UINT64_MAX << bits;
    return (int64_t)value;
}

void read_skip(struct byte_reader *reader, uint64_t n)
{
    if (reader->failed || (uint64_t)(reader->end - reader->next) < n)
        reader->failed = true;
    else
        reader->next += n;
}
