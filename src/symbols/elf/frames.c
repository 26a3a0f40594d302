/* SPDX-License-Identifier: MIT */
#include "symbols/elf/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/elf/elf_copy.h"
#include "symbols/elf/frame_rules.h"
#include "util/byte_reader.h"
#include "util/sorted.h"

/* Pointer encodings: LSB Core, 10.5.1 "DWARF Exception Header Encoding". */
enum {
    ENCODED_ABSOLUTE = 0x00,
    ENCODED_ULEB = 0x01,
    ENCODED_U16 = 0x02,
    ENCODED_U32 = 0x03,
    ENCODED_U64 = 0x04,
    ENCODED_SLEB = 0x09,
    ENCODED_S16 = 0x0a,
    ENCODED_S32 = 0x0b,
    ENCODED_S64 = 0x0c,
    ENCODED_FORMAT = 0x0f,
    ENCODED_RELATIVE = 0x10, /* to the pointer's own address */
    ENCODED_APPLICATION = 0x70,
    ENCODED_OMITTED = 0xff,
};

struct frames_reading {
    struct frames *frames;
    const struct code_section *eh_frame, *except_table;
    bool is_relocated;
    uint64_t budget;   /* bytes of tables that may still be decoded: entries may share them */
    uint64_t previous; /* where the code of the last entry starts */
};

static uint64_t read_encoded(struct byte_reader *reader, uint8_t encoding,
                             const struct frames_reading *reading,
                             const struct code_section *section)
{
    uint64_t own = section->address + (uint64_t)(reader->next - section->bytes), value;
    switch (encoding & ENCODED_FORMAT) {
    case ENCODED_ABSOLUTE:
    case ENCODED_U64:
    case ENCODED_S64:
        value = read_u64(reader);
        break;
    case ENCODED_ULEB:
        value = read_uleb(reader);
        break;
    case ENCODED_U16:
        value = read_u16(reader);
        break;
    case ENCODED_U32:
        value = read_u32(reader);
        break;
    case ENCODED_SLEB:
        value = (uint64_t)read_sleb(reader);
        break;
    case ENCODED_S16:
        value = (uint64_t)(int16_t)read_u16(reader);
        break;
    case ENCODED_S32:
        value = (uint64_t)(int32_t)read_u32(reader);
        break;
    default:
        reader->failed = true;
        return 0;
    }
    switch (encoding & ENCODED_APPLICATION) {
    case 0:
        reader->failed |= reading->is_relocated;
        return value;
    case ENCODED_RELATIVE:
        return value ? value + own : 0;
    default:
        reader->failed = true;
        return 0;
    }
}

/* A length without a base: pc_range, call-site tables. */
static uint64_t read_length(struct byte_reader *reader, uint8_t encoding,
                            const struct frames_reading *reading,
                            const struct code_section *section)
{
    struct frames_reading plain = *reading;
    plain.is_relocated = false;
    return read_encoded(reader, encoding & ENCODED_FORMAT, &plain, section);
}

static int add_landing_pad(struct frames *frames, uint64_t at)
{
    struct landing_pad *pad = vec_push(&frames->pads);
    if (!pad)
        return -ENOMEM;
    pad->at = at;
    return 0;
}

/* The call-site table of a language-specific data area. */
static int read_call_sites(struct frames_reading *reading, uint64_t area, uint64_t function)
{
    const struct code_section *section = reading->except_table;
    if (area < section->address || area - section->address >= section->size)
        return -ENOEXEC;
    struct byte_reader reader = {section->bytes + (area - section->address),
                                 section->bytes + section->size, false};
    uint8_t encoding = read_u8(&reader);
    uint64_t base =
        encoding == ENCODED_OMITTED ? function : read_encoded(&reader, encoding, reading, section);
    if (read_u8(&reader) != ENCODED_OMITTED) /* the type table */
        read_uleb(&reader);
    encoding = read_u8(&reader);
    uint64_t length = read_uleb(&reader);
    if (reader.failed || length > (uint64_t)(reader.end - reader.next) || length > reading->budget)
        return -ENOEXEC;
    reading->budget -= length;
    reader.end = reader.next + length;
    while (reader.next < reader.end) {
        read_length(&reader, encoding, reading, section);
        read_length(&reader, encoding, reading, section);
        uint64_t pad = read_length(&reader, encoding, reading, section);
        read_uleb(&reader);
        if (reader.failed)
            return -ENOEXEC;
        int r = pad ? add_landing_pad(reading->frames, base + pad) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_frame(struct frames_reading *reading, struct byte_reader *reader, uint32_t entry,
                     uint32_t common)
{
    const struct code_section *section = reading->eh_frame;
    struct frame_common its;
    if (frame_common_read(&its, section, common) < 0)
        return -ENOEXEC;
    uint64_t start = read_encoded(reader, its.encoding, reading, section);
    uint64_t length = read_length(reader, its.encoding, reading, section);
    uint64_t area = 0;
    if (its.has_augmentation) {
        uint64_t n = read_uleb(reader);
        if (reader->failed || n > (uint64_t)(reader->end - reader->next))
            return -ENOEXEC;
        if (its.area_encoding != ENCODED_OMITTED)
            area = read_encoded(reader, its.area_encoding, reading, section);
    }
    if (reader->failed)
        return -ENOEXEC;
    if (!start || length > UINT64_MAX - start)
        return 0; /* the linker discarded its code */
    struct code_frame *frame = vec_push(&reading->frames->list);
    if (!frame)
        return -ENOMEM;
    *frame =
        (struct code_frame){start, start + length, entry, common, its.is_signal, reading->previous};
    reading->previous = start;
    return area && reading->except_table ? read_call_sites(reading, area, start) : 0;
}

static int compare_frames(const void *x, const void *y)
{
    const struct code_frame *a = x, *b = y;
    return a->start < b->start ? -1 : a->start > b->start;
}

static int compare_pads(const void *x, const void *y)
{
    const struct landing_pad *a = x, *b = y;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int read_frame_entries(struct frames_reading *reading)
{
    const struct code_section *section = reading->eh_frame;
    struct byte_reader reader = {section->bytes, section->bytes + section->size, false};
    int r = 0;
    while (r == 0 && reader.next < reader.end) {
        uint64_t entry = (uint64_t)(reader.next - section->bytes);
        struct byte_reader its;
        if (frame_entry_start(&reader, &its) < 0)
            return -ENOEXEC;
        if (its.next == its.end) /* a terminator: more may follow, of another object file */
            continue;
        uint64_t id_at = (uint64_t)(its.next - section->bytes);
        uint32_t id = read_u32(&its);
        if (its.failed || id > id_at)
            return -ENOEXEC;
        if (id != 0)
            r = add_frame(reading, &its, (uint32_t)entry, (uint32_t)(id_at - id));
    }
    return r;
}

struct code_section code_section_copied(const struct elf_copy *copy, const char *name)
{
    Elf_Scn *section = elf_copy_section(copy, name);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    const Elf_Data *data = header ? elf_getdata(section, NULL) : NULL;
    if (!data || !data->d_buf)
        return (struct code_section){0};
    return (struct code_section){data->d_buf, data->d_size, header->sh_addr};
}

int frames_read(struct frames *frames, const struct code_section *eh_frame,
                const struct code_section *except_table, bool is_relocated)
{
    struct frames_reading reading = {
        .frames = frames,
        .eh_frame = eh_frame,
        .except_table = except_table,
        .is_relocated = is_relocated,
        .budget = except_table ? 2 * except_table->size : 0,
    };
    *frames = (struct frames){0};
    if (eh_frame->size > UINT32_MAX)
        return -ENOEXEC;
    int r = read_frame_entries(&reading);
    if (r < 0) {
        frames_free(frames);
        return r;
    }
    if (frames->list.count)
        qsort(frames->list.items, frames->list.count, sizeof(struct code_frame), compare_frames);
    if (frames->pads.count)
        qsort(frames->pads.items, frames->pads.count, sizeof(struct landing_pad), compare_pads);
    return 0;
}

void frames_free(struct frames *frames)
{
    vec_free(&frames->list);
    vec_free(&frames->pads);
}

bool frames_have_pad(const struct frames *frames, uint64_t start, uint64_t end)
{
    size_t n = end ? sorted_up_to(frames->pads.items, frames->pads.count, at, end - 1) : 0;
    return n && frames->pads.items[n - 1].at >= start;
}

bool frames_stack_is_restored(const struct frames *frames, const struct code_section *eh_frame,
                              uint64_t at)
{
    size_t n = sorted_up_to(frames->list.items, frames->list.count, start, at);
    const struct code_frame *frame = n ? &frames->list.items[n - 1] : NULL;
    if (!frame || at >= frame->end)
        return false;
    return frame_rules_restored(eh_frame, frame->entry, frame->common, at - frame->start);
}
