/* SPDX-License-Identifier: MIT */
#include "symbols/elf/wanted_sections.h"

#include <stddef.h>
#include <string.h>

/* The DWARF sections to read: without frames, macros and indexes; lines for the names of files. */
static bool is_dwarf(const char *name)
{
    static const char *const wanted[] = {"info",     "types",       "abbrev",   "addr",
                                         "str",      "str_offsets", "line_str", "ranges",
                                         "rnglists", "loc",         "loclists", "line"};
    const char *debug = ".debug_", *compressed = ".zdebug_";
    if (strncmp(name, debug, strlen(debug)) == 0)
        name += strlen(debug);
    else if (strncmp(name, compressed, strlen(compressed)) == 0)
        name += strlen(compressed);
    else
        return strcmp(name, ".gnu_debugaltlink") == 0 || strcmp(name, ".gnu_debuglink") == 0 ||
               strcmp(name, TYPE_LINES_SECTION) == 0;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
        size_t length = strlen(wanted[i]);
        if (strncmp(name, wanted[i], length) == 0 &&
            (!name[length] || strcmp(name + length, ".dwo") == 0))
            return true;
    }
    return false;
}

static bool is_of_code(const char *name)
{
    return strcmp(name, ".eh_frame") == 0 || strcmp(name, ".gcc_except_table") == 0 ||
           strcmp(name, ".relr.dyn") == 0;
}

/* ".rela.debug_info" */
static bool is_of_dwarf(const char *name)
{
    static const char prefix[] = ".rela";
    return strncmp(name, prefix, strlen(prefix)) == 0 && is_dwarf(name + strlen(prefix));
}

bool wanted_sections_has(const struct wanted_sections *wanted, const Elf64_Shdr *section,
                         const char *name)
{
    switch (section->sh_type) {
    case SHT_NOTE:
        return true;
    case SHT_SYMTAB:
        return wanted->symbols || wanted->object;
    case SHT_DYNSYM:
    case SHT_GNU_versym:
    case SHT_GNU_verdef:
        return wanted->symbols;
    case SHT_RELA:
        return (wanted->relocations && (section->sh_flags & SHF_ALLOC)) ||
               (wanted->object && is_of_dwarf(name));
    default:
        /* libdw ignores sections in groups: dwarf_begin_elf(3). */
        return (wanted->code && is_of_code(name)) ||
               (wanted->dwarf && !(section->sh_flags & SHF_GROUP) && is_dwarf(name));
    }
}
