/* SPDX-License-Identifier: MIT */
/*
 * libdw finds the split unit of a skeleton only by itself: it opens the file that the skeleton
 * names with open(2), whatever kind of file that is, and maps it. So the file is found, checked and
 * copied here, and libdw is called while the skeleton names the copy.
 */
#include "symbols/dwarf/split_unit.h"

#include <dwarf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/elf/file_open.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"
#include "util/text.h"

static const char *unit_string(Dwarf_Die *die, unsigned first, unsigned second,
                               Dwarf_Attribute *attribute)
{
    if (dwarf_attr(die, first, attribute) || (second && dwarf_attr(die, second, attribute)))
        return dwarf_formstring(attribute);
    return NULL;
}

/* ---- finding the file ---- */

static bool has_unit(const struct elf_copy *copy, uint64_t id)
{
    Dwarf *dwarf = dwarf_begin_elf(copy->elf, DWARF_C_READ, NULL);
    Dwarf_CU *cu = NULL;
    uint8_t type;
    uint64_t its;
    bool found = false;
    while (dwarf && !found && dwarf_get_units(dwarf, cu, &cu, NULL, &type, NULL, NULL) == 0)
        found = type == DW_UT_split_compile &&
                dwarf_cu_info(cu, NULL, NULL, NULL, NULL, &its, NULL, NULL) == 0 && its == id;
    if (dwarf)
        dwarf_end(dwarf);
    return found;
}

/* Takes ownership of `path`. */
static enum split_found copy_file(struct elf_copy *copy, int root, char *path, uint64_t id)
{
    cleanup(cleanup_free) char *owned = path;
    cleanup(cleanup_fd) int fd = owned ? file_open_named(root, owned) : -1;
    if (fd < 0)
        return SPLIT_MISSING;
    int r = elf_copy_to_memfd(copy, fd);
    if (r < 0)
        return r == -ENOTSUP ? SPLIT_COMPRESSED : SPLIT_DAMAGED;
    if (has_unit(copy, id))
        return SPLIT_FOUND;
    log_debug("%s is of another build than the file that refers to it", owned);
    elf_copy_free(copy);
    return SPLIT_OTHER_BUILD;
}

static enum split_found find_file(struct elf_copy *copy, int root, const char *origin,
                                  const char *dir, const char *name, uint64_t id)
{
    enum split_found found = copy_file(copy, root, debug_file_beside(origin, name), id);
    cleanup(cleanup_free) char *absolute =
        found != SPLIT_FOUND && *name != '/' && dir ? debug_file_beside(origin, dir) : NULL;
    if (!absolute)
        return found;
    enum split_found there = copy_file(copy, root, text_format("%s/%s", absolute, name), id);
    return there == SPLIT_MISSING ? found : there;
}

/* ---- changing the name ---- */

/* Bytes that are replaced for a moment. */
struct change {
    unsigned char *at;
    size_t n;
    unsigned char before[4096];
};

static void change(struct change *change, void *at, const void *bytes, size_t n)
{
    change->at = at;
    change->n = n;
    memcpy(change->before, at, n);
    memcpy(at, bytes, n);
}

static void change_back(const struct change *change)
{
    if (change->n)
        memcpy(change->at, change->before, change->n);
}

static Elf_Data *unit_section_data(const struct elf_copy *copy, const char *name)
{
    Elf_Scn *section = elf_copy_section(copy, name);
    return section ? elf_getdata(section, NULL) : NULL;
}

/* The place of the string's offset, for a form with an index: in .debug_str_offsets, which starts
   with a header; the unit's base is the offset after it. */
static void *indexed_offset(const struct elf_copy *copy, Dwarf_Attribute *attribute,
                            Dwarf_Die *unit, size_t offset_size)
{
    static const unsigned widths[] = {1, 2, 3, 4};
    const Elf_Data *data = unit_section_data(copy, ".debug_str_offsets");
    Dwarf_Attribute base_attribute;
    Dwarf_Word base = 2 * offset_size;
    uint64_t index = 0;
    unsigned form = dwarf_whatform(attribute);
    if (!data || form < DW_FORM_strx1 || form > DW_FORM_strx4)
        return NULL;
    if (dwarf_attr(unit, DW_AT_str_offsets_base, &base_attribute) &&
        dwarf_formudata(&base_attribute, &base) != 0)
        return NULL;
    memcpy(&index, attribute->valp, widths[form - DW_FORM_strx1]);
    if (base > data->d_size || index >= (data->d_size - base) / offset_size)
        return NULL;
    return (char *)data->d_buf + base + index * offset_size;
}

/* A name in the attribute itself cannot become longer, so it is padded: "/proc/self///fd/7". */
static bool rename_in_place(Dwarf_Attribute *attribute, const char *text, struct change *changed)
{
    char padded[4096];
    const char *last = strrchr(text, '/');
    size_t length = strlen((const char *)attribute->valp), least = strlen(text);
    if (length < least || length >= sizeof(padded))
        return false;
    memset(padded, '/', length);
    memcpy(padded, text, (size_t)(last - text));
    memcpy(padded + length - strlen(last), last, strlen(last));
    change(changed, attribute->valp, padded, length);
    return true;
}

/* Makes the attribute's string refer to the same file as `text`. `changes` has what to restore. */
static bool rename_to(const struct elf_copy *copy, Dwarf_Attribute *attribute, Dwarf_Die *unit,
                      const char *text, struct change changes[2])
{
    uint8_t offset_size;
    unsigned form = dwarf_whatform(attribute);
    if (form == DW_FORM_string)
        return rename_in_place(attribute, text, &changes[0]);
    if (dwarf_cu_info(unit->cu, NULL, NULL, NULL, NULL, NULL, NULL, &offset_size) != 0)
        return false;
    const Elf_Data *strings =
        unit_section_data(copy, form == DW_FORM_line_strp ? ".debug_line_str" : ".debug_str");
    void *at = form == DW_FORM_strp || form == DW_FORM_line_strp
                   ? attribute->valp
                   : indexed_offset(copy, attribute, unit, offset_size);
    if (!strings || !at || strings->d_size < ELF_COPY_ROOM || strlen(text) >= ELF_COPY_ROOM)
        return false;
    uint64_t offset = strings->d_size - ELF_COPY_ROOM;
    if (offset_size == 4 && offset > UINT32_MAX)
        return false;
    change(&changes[0], (char *)strings->d_buf + offset, text, strlen(text) + 1);
    change(&changes[1], at, &offset, offset_size);
    return true;
}

char *split_unit_path(Dwarf_Die *skeleton)
{
    Dwarf_Attribute attribute;
    const char *name = unit_string(skeleton, DW_AT_dwo_name, DW_AT_GNU_dwo_name, &attribute);
    const char *dir = unit_string(skeleton, DW_AT_comp_dir, 0, &attribute);
    return text_format("%s%s%s", name && *name != '/' && dir ? dir : "",
                       name && *name != '/' && dir ? "/" : "", name ? name : "");
}

enum split_found split_unit_find(struct dwarf_file *file, int root, Dwarf_Die *skeleton,
                                 Dwarf_Die *unit)
{
    Dwarf_Attribute name_attribute, dir_attribute;
    const char *name = unit_string(skeleton, DW_AT_dwo_name, DW_AT_GNU_dwo_name, &name_attribute);
    const char *dir = unit_string(skeleton, DW_AT_comp_dir, 0, &dir_attribute);
    uint64_t id;
    struct elf_copy copy;
    struct change changes[2] = {{0}};
    char link[ELF_COPY_ROOM];
    memset(unit, 0, sizeof(*unit));
    if (!name || dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, NULL, &id, NULL, NULL) != 0)
        return SPLIT_DAMAGED;
    enum split_found found = find_file(&copy, root, file->origin, dir, name, id);
    if (found != SPLIT_FOUND)
        return found;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", copy.memory);
    if (rename_to(&file->copy, &name_attribute, skeleton, link, changes)) {
        /* libdw checks the ID of the unit again. */
        const char *now =
            unit_string(skeleton, DW_AT_dwo_name, DW_AT_GNU_dwo_name, &name_attribute);
        rlim_t soft = descriptors_use_all();
        if (now && *now == '/' && strcmp(strrchr(now, '/'), strrchr(link, '/')) == 0)
            dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, unit, NULL, NULL, NULL);
        descriptors_hold_back(soft);
        change_back(&changes[1]);
        change_back(&changes[0]);
    }
    elf_copy_free(&copy);
    return unit->addr ? SPLIT_FOUND : SPLIT_UNREACHABLE;
}
