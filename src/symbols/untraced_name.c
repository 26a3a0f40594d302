/* SPDX-License-Identifier: MIT */
#include "symbols/untraced_name.h"

#include <elf.h>
#include <libelf.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "symbols/demangle.h"
#include "symbols/elf/elf_copy.h"
#include "symbols/elf/symbol_table.h"
#include "symbols/image_internal.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* Without the version after an '@'. */
static bool is_symbol_named(const char *symbol, const char *name, size_t length)
{
    return strncmp(symbol, name, length) == 0 && (!symbol[length] || symbol[length] == '@');
}

static bool is_part(const char *name)
{
    struct arena arena = {0};
    struct function_name parsed;
    bool part = function_name_parse(&parsed, name, &arena) && parsed.is_part;
    arena_free(&arena);
    return part;
}

static enum untraced_kind symbol_kind(const Elf64_Sym *symbol, const char *name)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    bool is_function = type == STT_FUNC || type == STT_GNU_IFUNC;
    if (type == STT_OBJECT || type == STT_TLS || type == STT_COMMON)
        return UNTRACED_DATA;
    if (symbol->st_shndx == SHN_UNDEF)
        return is_function || type == STT_NOTYPE ? UNTRACED_FOREIGN : UNTRACED_UNKNOWN;
    if (symbol_is_startup_code(name))
        return UNTRACED_STARTUP;
    if (is_function)
        return is_part(name) ? UNTRACED_PART : UNTRACED_UNKNOWN;
    return type == STT_NOTYPE ? UNTRACED_LABEL : UNTRACED_UNKNOWN;
}

static enum untraced_kind find_in_section(Elf *elf, Elf_Scn *section, const Elf64_Shdr *header,
                                          const char *name)
{
    const Elf_Data *data = elf_getdata(section, NULL);
    size_t length = strlen(name), n = data ? data->d_size / sizeof(Elf64_Sym) : 0;
    for (size_t i = 0; data && data->d_buf && i < n; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, (const char *)data->d_buf + i * sizeof(symbol), sizeof(symbol));
        /* libelf checks that the string is in its section. */
        const char *found = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (!found || !is_symbol_named(found, name, length))
            continue;
        enum untraced_kind kind = symbol_kind(&symbol, name);
        if (kind != UNTRACED_UNKNOWN)
            return kind;
    }
    return UNTRACED_UNKNOWN;
}

static enum untraced_kind find_in_file(Elf *elf, const char *name)
{
    Elf_Scn *section = NULL;
    enum untraced_kind kind = UNTRACED_UNKNOWN;
    while (kind == UNTRACED_UNKNOWN && (section = elf_nextscn(elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        if (header && (header->sh_type == SHT_SYMTAB || header->sh_type == SHT_DYNSYM) &&
            !(header->sh_flags & SHF_COMPRESSED))
            kind = find_in_section(elf, section, header, name);
    }
    return kind;
}

enum untraced_kind untraced_name_kind(struct image *image, const char *name)
{
    struct elf_copy copy;
    struct error ignored;
    enum untraced_kind kind = UNTRACED_UNKNOWN;
    if (!*name)
        return kind;
    pthread_mutex_lock(&image->catalog->lock);
    cleanup(cleanup_fd) int fd = image_open_file(image, &ignored);
    if (fd >= 0 && elf_copy_symbols(&copy, fd) == 0) {
        kind = find_in_file(copy.elf, name);
        elf_copy_free(&copy);
    }
    pthread_mutex_unlock(&image->catalog->lock);
    return kind;
}
