/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/source_files.h"

#include <dwarf.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "symbols/elf/elf_copy.h"
#include "util/byte_reader.h"

enum { INDEX_BITS = 16, FORMATS_MAX = 16 };

#define NO_ENTRY UINT64_MAX

/* So many bytes of headers are decoded, so that an odd file cannot take minutes. */
#define DECODED_MAX (UINT64_C(4) << 30)

/* The lists in the header of a line number program: DWARF 5, 6.2.4; DWARF 4, 6.2.4. */
struct line_header {
    Dwarf *dwarf;
    struct byte_reader lists; /* directories and files, up to the end of the header */
    unsigned version;
    bool is_64; /* offsets have 64 bits */
};

struct listed_file {
    const char *name;
    uint64_t directory; /* index */
};

static const Elf_Data *debug_section(Dwarf *dwarf, const char *name)
{
    const struct elf_copy copy = {.elf = dwarf_getelf(dwarf)};
    Elf_Scn *section = elf_copy_section(&copy, name);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    /* libdw has decompressed it, if that is possible. */
    const Elf_Data *data =
        header && !(header->sh_flags & SHF_COMPRESSED) ? elf_getdata(section, NULL) : NULL;
    return data && data->d_buf ? data : NULL;
}

static uint64_t read_offset(struct byte_reader *reader, bool is_64)
{
    return is_64 ? read_u64(reader) : read_u32(reader);
}

/* Limits the reader to the next n bytes. */
static void read_only(struct byte_reader *reader, uint64_t n)
{
    if (reader->failed || n > (uint64_t)(reader->end - reader->next))
        reader->failed = true;
    else
        reader->end = reader->next + n;
}

static bool decode_header(struct line_header *header)
{
    struct byte_reader *reader = &header->lists;
    uint64_t length = read_u32(reader);
    header->is_64 = length == UINT32_MAX;
    read_only(reader, header->is_64 ? read_u64(reader) : length);
    header->version = read_u16(reader);
    if (reader->failed || header->version < 2 || header->version > 5)
        return false;
    read_skip(reader, header->version >= 5 ? 2 : 0); /* sizes of addresses and segments */
    read_only(reader, read_offset(reader, header->is_64));
    /* Of instructions: the minimum length, the number in one word; the default of is_stmt, the
       first and the number of lines. */
    read_skip(reader, header->version >= 4 ? 5 : 4);
    uint8_t opcode_base = read_u8(reader);
    read_skip(reader, opcode_base ? opcode_base - 1u : 0); /* lengths of opcodes */
    return !reader->failed;
}

/* ---- version 5 ---- */

struct entry_format {
    unsigned n;
    struct {
        uint64_t content, form;
    } parts[FORMATS_MAX];
};

static void read_format(struct byte_reader *reader, struct entry_format *format)
{
    format->n = read_u8(reader);
    /* An entry has at least one byte, so that a list is no longer than its bytes. */
    reader->failed |= format->n == 0 || format->n > FORMATS_MAX;
    for (unsigned i = 0; i < format->n && !reader->failed; i++) {
        format->parts[i].content = read_uleb(reader);
        format->parts[i].form = read_uleb(reader);
    }
}

static const char *string_in(const struct line_header *header, const char *section, uint64_t offset)
{
    const Elf_Data *data = debug_section(header->dwarf, section);
    if (!data || offset >= data->d_size)
        return NULL;
    const char *text = (const char *)data->d_buf + offset;
    return memchr(text, '\0', data->d_size - offset) ? text : NULL;
}

/* Sets *text or *value, whichever it is. A string's bytes are not looked at if `text` is NULL. */
static void read_part(const struct line_header *header, struct byte_reader *reader, uint64_t form,
                      const char **text, uint64_t *value)
{
    uint64_t offset;
    const char *inlined;
    switch (form) {
    case DW_FORM_string:
        inlined = read_string(reader);
        if (text)
            *text = inlined;
        break;
    case DW_FORM_line_strp:
    case DW_FORM_strp:
        offset = read_offset(reader, header->is_64);
        if (text)
            *text =
                string_in(header, form == DW_FORM_strp ? ".debug_str" : ".debug_line_str", offset);
        break;
    case DW_FORM_udata:
        *value = read_uleb(reader);
        break;
    case DW_FORM_data1:
        *value = read_u8(reader);
        break;
    case DW_FORM_data2:
        *value = read_u16(reader);
        break;
    case DW_FORM_data4:
        *value = read_u32(reader);
        break;
    case DW_FORM_data8:
        *value = read_u64(reader);
        break;
    case DW_FORM_data16:
        read_skip(reader, 16);
        break;
    case DW_FORM_block:
        read_skip(reader, read_uleb(reader));
        break;
    default: /* its length is not known */
        reader->failed = true;
    }
}

/* The entry of a list with that index; NO_ENTRY leaves the reader behind the list. false: there is
   none. */
static bool listed_entry(const struct line_header *header, struct byte_reader *reader,
                         uint64_t index, struct listed_file *found)
{
    struct entry_format format;
    read_format(reader, &format);
    uint64_t n = read_uleb(reader);
    *found = (struct listed_file){0};
    for (uint64_t i = 0; i < n && !reader->failed && (index == NO_ENTRY || i <= index); i++)
        for (unsigned k = 0; k < format.n && !reader->failed; k++) {
            uint64_t value = 0, content = format.parts[k].content;
            bool is_name = i == index && content == DW_LNCT_path;
            read_part(header, reader, format.parts[k].form, is_name ? &found->name : NULL, &value);
            if (i == index && content == DW_LNCT_directory_index)
                found->directory = value;
        }
    return index < n && !reader->failed && found->name;
}

/* Directory 0 is that of the compilation. */
static bool find_in_version_5(const struct line_header *header, uint64_t index,
                              struct listed_file *file, const char **directory)
{
    struct listed_file found;
    struct byte_reader reader = header->lists;
    listed_entry(header, &reader, NO_ENTRY, &found);
    if (!listed_entry(header, &reader, index, file))
        return false;
    reader = header->lists;
    *directory = listed_entry(header, &reader, file->directory, &found) ? found.name : NULL;
    return *directory;
}

/* ---- versions 2 to 4 ---- */

/* Directory 0, that of the compilation, is not in the list, and neither is a file 0. */
static bool find_in_version_4(const struct line_header *header, uint64_t index,
                              struct listed_file *file, const char **directory)
{
    struct byte_reader reader = header->lists;
    const char *text;
    while ((text = read_string(&reader)) && *text)
        ;
    for (uint64_t i = 1; (text = read_string(&reader)) && *text && i < index; i++) {
        read_uleb(&reader);
        read_uleb(&reader);
        read_uleb(&reader);
    }
    *file = (struct listed_file){.name = text, .directory = read_uleb(&reader)};
    if (index == 0 || reader.failed || !*text)
        return false;
    reader = header->lists;
    *directory = NULL;
    for (uint64_t i = 1; i <= file->directory; i++)
        if (!(*directory = read_string(&reader)) || !**directory)
            return false;
    return true;
}

/* ---- */

/* `base` and `directory` may be NULL. */
static const char *join_path(struct arena *arena, const char *base, const char *directory,
                             const char *name)
{
    const char *parts[3] = {name, directory, base};
    const char *path = NULL;
    for (int i = 0; i < 3; i++) {
        while (parts[i] && strncmp(parts[i], "./", 2) == 0)
            parts[i] += 2;
        if (!parts[i] || !*parts[i])
            continue;
        /* Hostile ones may be of any length. */
        if (strnlen(parts[i], PATH_MAX) == PATH_MAX)
            return NULL;
        path = path ? arena_format(arena, "%s/%s", parts[i], path) : arena_strdup(arena, parts[i]);
        if (!path || *path == '/')
            break;
    }
    return path;
}

static const char *listed_path(const struct line_header *header, const char *base, uint64_t index,
                               struct arena *arena)
{
    struct listed_file file;
    const char *directory;
    if (header->version >= 5) {
        if (!find_in_version_5(header, index, &file, &directory))
            return NULL;
        if (file.directory == 0 && base)
            directory = NULL;
    } else if (!find_in_version_4(header, index, &file, &directory)) {
        return NULL;
    }
    return join_path(arena, base, directory, file.name);
}

const char *source_files_find(struct source_files *files, Dwarf_Die *die, struct arena *arena)
{
    Dwarf_Attribute attribute;
    Dwarf_Word index, offset;
    Dwarf_Die unit;
    if (dwarf_formudata(dwarf_attr_integrate(die, DW_AT_decl_file, &attribute), &index) != 0 ||
        index >> INDEX_BITS ||
        !dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL))
        return NULL;
    /* Those of a split unit are in its skeleton. */
    if (dwarf_formudata(dwarf_attr_integrate(&unit, DW_AT_stmt_list, &attribute), &offset) != 0)
        return NULL;
    struct line_header header = {.dwarf = dwarf_cu_getdwarf(attribute.cu)};
    const Elf_Data *data = debug_section(header.dwarf, ".debug_line");
    if (!data || offset >= data->d_size)
        return NULL;
    const uint8_t *bytes = data->d_buf;
    uint64_t key = (uint64_t)(uintptr_t)(bytes + offset) << INDEX_BITS | index;
    const char *path = table_get(&files->by_index, key);
    if (!path) {
        const char *base =
            dwarf_formstring(dwarf_attr_integrate(&unit, DW_AT_comp_dir, &attribute));
        header.lists = (struct byte_reader){.next = bytes + offset, .end = bytes + data->d_size};
        bool is_valid = files->decoded < DECODED_MAX && decode_header(&header);
        if (is_valid)
            files->decoded += (uint64_t)(header.lists.end - header.lists.next);
        path = is_valid ? listed_path(&header, base, index, arena) : NULL;
        path = path ? path : "";
        if (table_put(&files->by_index, key, (char *)path) < 0)
            return NULL;
    }
    return *path ? path : NULL;
}

void source_files_free(struct source_files *files)
{
    table_free(&files->by_index);
    files->decoded = 0;
}
