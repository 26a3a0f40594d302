/* SPDX-License-Identifier: MIT */
#include "symbols/elf/symbol_versions.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

enum {
    HIDDEN = 0x8000, /* the version is not the default one */
    LENGTH_MAX = 256,
    /* Far more than any library has. */
    DEFINED_MAX = 4096,
};

/* The section of that type; *link is its sh_link. */
static const Elf_Data *section_of_type(Elf *elf, unsigned type, size_t *link)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        if (!header || header->sh_type != type || (header->sh_flags & SHF_COMPRESSED))
            continue;
        const Elf_Data *data = elf_getdata(section, NULL);
        *link = header->sh_link;
        return data && data->d_buf && data->d_size == header->sh_size ? data : NULL;
    }
    return NULL;
}

static bool read_bytes(const Elf_Data *data, uint64_t at, void *buffer, size_t size)
{
    if (at > data->d_size || size > data->d_size - at)
        return false;
    memcpy(buffer, (const char *)data->d_buf + at, size);
    return true;
}

static int set_name(struct symbol_versions *versions, size_t index, const char *name,
                    struct arena *arena)
{
    while (versions->names.count <= index) {
        const char **place = vec_push(&versions->names);
        if (!place)
            return -ENOMEM;
    }
    if (!name || strnlen(name, LENGTH_MAX) == LENGTH_MAX)
        return 0;
    versions->names.items[index] = arena_strdup(arena, name);
    return versions->names.items[index] ? 0 : -ENOMEM;
}

/* The version of the file itself, which is its SONAME, is that of no symbol. */
static int read_definitions(struct symbol_versions *versions, Elf *elf, struct arena *arena)
{
    size_t strings;
    const Elf_Data *data = section_of_type(elf, SHT_GNU_verdef, &strings);
    Elf64_Verdef definition;
    Elf64_Verdaux name;
    uint64_t at = 0;
    for (size_t i = 0; data && i < DEFINED_MAX; i++, at += definition.vd_next) {
        if (!read_bytes(data, at, &definition, sizeof(definition)) || definition.vd_version != 1)
            break;
        size_t index = definition.vd_ndx & ~HIDDEN;
        if (!(definition.vd_flags & VER_FLG_BASE) && definition.vd_cnt > 0 && index < DEFINED_MAX &&
            read_bytes(data, at + definition.vd_aux, &name, sizeof(name))) {
            int r = set_name(versions, index, elf_strptr(elf, strings, name.vda_name), arena);
            if (r < 0)
                return r;
        }
        if (definition.vd_next == 0)
            break;
    }
    return 0;
}

int symbol_versions_read(struct symbol_versions *versions, Elf *elf, size_t symbols,
                         struct arena *arena)
{
    size_t link;
    versions->indexes = section_of_type(elf, SHT_GNU_versym, &link);
    if (versions->indexes && link != symbols)
        versions->indexes = NULL;
    return versions->indexes ? read_definitions(versions, elf, arena) : 0;
}

const char *symbol_versions_of(const struct symbol_versions *versions, size_t symbol, bool *is_old)
{
    Elf64_Half version;
    *is_old = false;
    if (!versions->indexes ||
        !read_bytes(versions->indexes, symbol * sizeof(version), &version, sizeof(version)))
        return NULL;
    *is_old = (version & HIDDEN) != 0;
    size_t index = version & ~HIDDEN;
    return index < versions->names.count ? versions->names.items[index] : NULL;
}

void symbol_versions_free(struct symbol_versions *versions)
{
    vec_free(&versions->names);
}
