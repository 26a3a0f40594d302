/* SPDX-License-Identifier: MIT */
#include "symbols/type_object.h"

#include <dwarf.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/abi/abi.h"
#include "symbols/dwarf/dwarf_file.h"
#include "symbols/dwarf/dwarf_read.h"
#include "symbols/dwarf/split_unit.h"
#include "symbols/elf/elf_machine.h"
#include "symbols/elf/wanted_sections.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/sorted.h"
#include "util/vec.h"

struct described {
    const char *name; /* of the symbol; in the DWARF */
    Dwarf_Die die;
    bool is_definition;
};

struct type_object {
    struct dwarf_file file;
    struct signature_reader reader;
    bool has_lines;
    struct type_lines lines;
    bool is_scanned, is_damaged;
    VEC(struct described) functions; /* ascending by name, definitions first */
};

/* ---- the file ---- */

static int check_machine(int fd, const char *path, struct error *err)
{
    Elf64_Ehdr header = {0};
    ssize_t n = pread(fd, &header, sizeof(header), 0);
    if (n < 0)
        return error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    if (n < (ssize_t)sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return error_set(err, -ENOEXEC, "%s is not an ELF file", path);
    if (header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
        header.e_machine == abi_elf_machine())
        return 0;
    char its[ELF_MACHINE_NAME_MAX], own[ELF_MACHINE_NAME_MAX];
    elf_machine_name(&header, its);
    elf_machine_own_name(own);
    return error_set(err, -ENOTSUP, "%s has types for %s, and this is the tracer for %s", path, its,
                     own);
}

static int read_lines(struct type_object *object, struct error *err)
{
    Elf_Scn *section = elf_copy_section(&object->file.copy, TYPE_LINES_SECTION);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    if (!header)
        return 0;
    object->has_lines = true;
    bool is_plain = !(header->sh_flags & SHF_COMPRESSED) || elf_compress(section, 0, 0) >= 0;
    const Elf_Data *data = is_plain ? elf_getdata(section, NULL) : NULL;
    bool has_text = data && data->d_buf;
    int r =
        type_lines_read(&object->lines, has_text ? data->d_buf : "", has_text ? data->d_size : 0);
    if (r == -ENOMEM)
        return error_set(err, r, "out of memory");
    if (r == 0)
        return 0;
    log_warning("the types in %s are not used: its section %s is damaged, or of another version of "
                "ptrace_tracer; make it again with 'ptrace_tracer types'",
                object->file.path, TYPE_LINES_SECTION);
    return error_set(err, -EBADMSG, "%s is damaged", object->file.path);
}

static int open_dwarf(struct type_object *object, int fd, const char *path, struct error *err)
{
    const struct debug_search search = {-1, path, NULL};
    struct debuginfod none = {0};
    int r = check_machine(fd, path, err);
    if (r < 0)
        return r;
    r = dwarf_file_open(&object->file, fd, &search, &none);
    if (r == -ENOENT)
        return error_set(err, -ENODATA, "%s has no debug information", path);
    if (r == -EBADMSG)
        return error_set(err, r, "%s is damaged", path);
    if (r < 0)
        return error_set(err, r, "cannot read %s: %s", path, strerror(-r));
    return read_lines(object, err);
}

int type_object_open(struct type_object **result, int fd, const char *path,
                     const struct signature_reader *reader, struct error *err)
{
    struct type_object *object = calloc(1, sizeof(*object));
    if (!object)
        return error_set(err, -ENOMEM, "out of memory");
    object->file.copy.memory = object->file.shared_copy.memory = -1;
    object->reader = *reader;
    int r = open_dwarf(object, fd, path, err);
    if (r < 0) {
        type_object_free(object);
        return r;
    }
    *result = object;
    return 0;
}

void type_object_free(struct type_object *object)
{
    if (!object)
        return;
    signature_reader_free(&object->reader);
    type_lines_free(&object->lines);
    vec_free(&object->functions);
    dwarf_file_free(&object->file);
    free(object);
}

const char *type_object_path(const struct type_object *object)
{
    return object->file.path;
}

struct signature_reader *type_object_reader(struct type_object *object)
{
    return &object->reader;
}

/* ---- its functions ---- */

static const char *attribute_text(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute attr;
    return dwarf_formstring(dwarf_attr_integrate(die, attribute, &attr));
}

static bool add_name(struct type_object *object, const Dwarf_Die *die, const char *name,
                     bool is_definition)
{
    struct described *place = name && *name ? vec_push(&object->functions) : NULL;
    if (!place)
        return !name || !*name;
    *place = (struct described){name, *die, is_definition};
    return true;
}

/*
 * A function of C may have an assembler name besides its own (`scanf` is __isoc99_scanf in glibc's
 * headers): its types hold for both. Of C++, a name without its scope says nothing. A concrete
 * function (DW_AT_abstract_origin) may lack parameters; the abstract one is in the tree, too.
 */
static bool add_described(struct type_object *object, Dwarf_Die *die, bool is_scoped)
{
    if (!die_flag(die, DW_AT_external) || dwarf_hasattr(die, DW_AT_abstract_origin))
        return true;
    /* The own attribute: a definition may refer to its declaration (DW_AT_specification). */
    bool is_definition = !dwarf_hasattr(die, DW_AT_declaration);
    const char *linkage = attribute_text(die, DW_AT_linkage_name);
    if (!linkage)
        linkage = attribute_text(die, DW_AT_MIPS_linkage_name);
    bool is_mangled = linkage && (strncmp(linkage, "_Z", 2) == 0 || strncmp(linkage, "_R", 2) == 0);
    return (!linkage || add_name(object, die, linkage, is_definition)) &&
           (is_mangled || is_scoped || dwarf_hasattr(die, DW_AT_specification) ||
            add_name(object, die, dwarf_diename(die), is_definition));
}

/* false: out of memory. */
static bool scan_scope(struct type_object *object, Dwarf_Die *parent, unsigned depth)
{
    enum { DEPTH_MAX = 24 };
    Dwarf_Die die;
    int r = depth > DEPTH_MAX ? 1 : dwarf_child(parent, &die);
    object->is_damaged |= r < 0;
    if (r != 0)
        return true;
    do {
        bool done = true;
        switch (dwarf_tag(&die)) {
        case DW_TAG_subprogram:
            done = add_described(object, &die, depth > 0);
            break;
        case DW_TAG_namespace:
        case DW_TAG_class_type:
        case DW_TAG_structure_type:
            done = scan_scope(object, &die, depth + 1);
            break;
        default:
            break;
        }
        if (!done)
            return false;
    } while (die_next(&die));
    return true;
}

static int compare_described(const void *x, const void *y)
{
    const struct described *a = x, *b = y;
    int r = strcmp(a->name, b->name);
    if (r != 0)
        return r;
    if (a->is_definition != b->is_definition)
        return b->is_definition - a->is_definition;
    return (uintptr_t)a->die.addr < (uintptr_t)b->die.addr ? -1 : a->die.addr != b->die.addr;
}

static void scan(struct type_object *object)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die, other;
    uint8_t type;
    int r;
    object->is_scanned = true;
    while ((r = dwarf_get_units(object->file.dwarf, unit, &unit, NULL, &type, &die, NULL)) == 0) {
        if (type == DW_UT_type || type == DW_UT_split_type)
            continue;
        if (type == DW_UT_skeleton &&
            split_unit_find(&object->file, -1, &die, &other) == SPLIT_FOUND)
            die = other;
        if (!scan_scope(object, &die, 0)) {
            log_warning("out of memory: some types of %s are not used", object->file.path);
            break;
        }
    }
    if (r < 0 || object->is_damaged)
        dwarf_file_warn(object->file.path, dwarf_errmsg(-1));
    if (object->functions.count)
        qsort(object->functions.items, object->functions.count, sizeof(struct described),
              compare_described);
}

static struct described *find_described(struct type_object *object, const char *name)
{
    struct described *all = object->functions.items;
    size_t n = object->functions.count, at = sorted_before(all, n, name, name);
    return at < n && strcmp(all[at].name, name) == 0 ? &all[at] : NULL;
}

enum type_found type_object_find(struct type_object *object, const char *symbol,
                                 const char *version, const char *soname, Dwarf_Die *die,
                                 const struct type_line **line)
{
    *line = object->has_lines ? type_lines_find(&object->lines, symbol, soname, version) : NULL;
    if (object->has_lines && !*line)
        return TYPE_UNKNOWN;
    if (!object->is_scanned)
        scan(object);
    const struct described *found = find_described(object, symbol);
    if (!found)
        return TYPE_UNKNOWN;
    *die = found->die;
    return found->is_definition ? TYPE_DEFINED : TYPE_DECLARED;
}
