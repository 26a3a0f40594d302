/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/search_table.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/maps.h"

enum { HEADERS_MAX = 64, ENTRIES_MAX = 1 << 24 };

const struct map *search_table_headers(const struct maps *maps, const struct map *map)
{
    bool is_vdso = strcmp(map->path, "[vdso]") == 0;
    for (const struct map *at = map; at >= maps->list.items; at--) {
        bool same = is_vdso ? at == map
                            : map->inode && at->inode == map->inode && at->major == map->major &&
                                  at->minor == map->minor;
        if (same && at->offset == 0)
            return at;
    }
    return NULL;
}

/* The address of .eh_frame_hdr, or 0 if there is none: gABI, "Program Header". */
static uint64_t locate_table(program_read *read, const struct address_space *space,
                             target_addr headers)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment, found = {0};
    uint64_t bias = 0;
    bool has_first = false;
    if (read(space, headers, &header, sizeof(header)) < 0 ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phentsize != sizeof(segment) || header.e_phnum > HEADERS_MAX)
        return 0;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        int64_t offset = (int64_t)(header.e_phoff + i * sizeof(segment));
        if (read(space, target_addr_plus(headers, offset), &segment, sizeof(segment)) < 0)
            return 0;
        if (segment.p_type == PT_LOAD && segment.p_offset == 0 && !has_first) {
            has_first = true;
            bias = headers.value - segment.p_vaddr;
        }
        if (segment.p_type == PT_GNU_EH_FRAME)
            found = segment;
    }
    return has_first && found.p_type == PT_GNU_EH_FRAME ? bias + found.p_vaddr : 0;
}

/* Linux Standard Base Core Specification, 10.6.2 "The .eh_frame_hdr section". Reads only the
   encoding that linkers write and that libunwind searches. */
static void read_table(program_read *read, const struct address_space *space, uint64_t at,
                       struct search_table *table)
{
    struct {
        uint8_t version, frame_encoding, count_encoding, table_encoding;
        int32_t frame;
        uint32_t count;
    } header;
    enum { PCREL_SDATA4 = 0x1b, UDATA4 = 0x03, DATAREL_SDATA4 = 0x3b };
    if (at == 0 || read(space, target_addr_of(at), &header, sizeof(header)) < 0 ||
        header.version != 1 || header.frame_encoding != PCREL_SDATA4 ||
        header.count_encoding != UDATA4 || header.table_encoding != DATAREL_SDATA4 ||
        header.count > ENTRIES_MAX)
        return;
    table->base = at;
    table->entries = at + sizeof(header);
    table->n = header.count;
}

void search_table_read(struct search_table *table, program_read *read,
                       const struct address_space *space, const struct map *code,
                       const struct map *headers)
{
    *table = (struct search_table){.start = code->start, .end = code->end};
    read_table(read, space, locate_table(read, space, headers->start), table);
}
