/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/debuginfo.h"

#include <dwarf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/dwarf/split_unit.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"
#include "util/sorted.h"
#include "util/table.h"
#include "util/vec.h"

/* A compilation unit. */
struct unit {
    Dwarf_Die die;    /* after the scan of a split unit: the DIE in the other file */
    bool is_skeleton; /* a skeleton: it has attributes only */
    bool has_ranges;  /* if not, its functions may be anywhere */
    bool scanned;
};

struct unit_range {
    Dwarf_Addr low, high; /* high exclusive */
    size_t unit;
};

/* One definition at an address; several may have the same. */
struct definition {
    struct definition *next;
    Dwarf_Die die;
};

struct debuginfo {
    struct dwarf_file file;
    int root;          /* a copy of search->root while it may be needed; -1: our root, or closed */
    bool is_elsewhere; /* search->root is not ours */
    bool units_read, warned;
    const atomic_bool *stop; /* see debuginfo_stop_when(); NULL: never */
    VEC(struct unit) units;
    VEC(struct unit_range) ranges; /* ascending by low */
    bool unranged_scanned;
    struct table definitions; /* DWARF address -> struct definition */
    struct arena arena;
};

static void warn_once(struct debuginfo *debuginfo, const char *what)
{
    if (!debuginfo->warned)
        dwarf_file_warn(debuginfo->file.path, what);
    debuginfo->warned = true;
}

int debuginfo_open(struct debuginfo **result, int fd, const struct debug_search *search,
                   struct debuginfod *debuginfod)
{
    *result = NULL;
    struct debuginfo *debuginfo = calloc(1, sizeof(*debuginfo));
    if (!debuginfo)
        return -ENOMEM;
    debuginfo->root = -1;
    int r = dwarf_file_open(&debuginfo->file, fd, search, debuginfod);
    if (r == 0 && search->root >= 0) {
        debuginfo->root = fcntl(search->root, F_DUPFD_CLOEXEC, 0);
        debuginfo->is_elsewhere = true;
    }
    if (r < 0) {
        debuginfo_free(debuginfo);
        return descriptors_out(r) ? r : 0;
    }
    *result = debuginfo;
    return 0;
}

void debuginfo_free(struct debuginfo *debuginfo)
{
    if (!debuginfo)
        return;
    dwarf_file_free(&debuginfo->file);
    if (debuginfo->root >= 0)
        close(debuginfo->root);
    vec_free(&debuginfo->units);
    vec_free(&debuginfo->ranges);
    table_free(&debuginfo->definitions);
    arena_free(&debuginfo->arena);
    free(debuginfo);
}

bool debuginfo_warned(const struct debuginfo *debuginfo)
{
    return debuginfo->warned;
}

void debuginfo_silence(struct debuginfo *debuginfo)
{
    debuginfo->warned = true;
}

void debuginfo_stop_when(struct debuginfo *debuginfo, const atomic_bool *stop)
{
    debuginfo->stop = stop;
}

static bool is_reading_stopped(const struct debuginfo *debuginfo)
{
    return debuginfo->stop && atomic_load_explicit(debuginfo->stop, memory_order_relaxed);
}

const char *debuginfo_path(const struct debuginfo *debuginfo)
{
    return debuginfo->file.path;
}

Elf *debuginfo_elf(const struct debuginfo *debuginfo, uint64_t *bias)
{
    *bias = debuginfo->file.bias;
    return debuginfo->file.copy.elf;
}

uint64_t debuginfo_address(const struct debuginfo *debuginfo, file_vaddr vaddr)
{
    return vaddr.value - debuginfo->file.bias;
}

/* ---- units ---- */

/* The maximum number of ranges of one DIE. A unit with link-time optimisation has one for each
   function; no real unit has more than this. */
enum { RANGES_MAX = 1 << 20 };

static int compare_ranges(const void *a, const void *b)
{
    const struct unit_range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static bool add_unit_ranges(struct debuginfo *debuginfo, Dwarf_Die *die, size_t unit)
{
    ptrdiff_t offset = 0;
    Dwarf_Addr base, low, high;
    for (unsigned n = 0; n < RANGES_MAX; n++) {
        offset = dwarf_ranges(die, offset, &base, &low, &high);
        if (offset <= 0)
            break;
        if (low >= high)
            continue;
        struct unit_range *range = vec_push(&debuginfo->ranges);
        if (!range)
            return false;
        *range = (struct unit_range){low, high, unit};
        debuginfo->units.items[unit].has_ranges = true;
    }
    return true;
}

/* Reads the DIEs of units, without their children. */
static void read_units(struct debuginfo *debuginfo)
{
    if (debuginfo->units_read)
        return;
    debuginfo->units_read = true;

    Dwarf_CU *cu = NULL;
    uint8_t type;
    Dwarf_Die die;
    bool any_split = false;
    int r = 0;
    while (!is_reading_stopped(debuginfo) &&
           (r = dwarf_get_units(debuginfo->file.dwarf, cu, &cu, NULL, &type, &die, NULL)) == 0) {
        if (type == DW_UT_type || type == DW_UT_split_type ||
            dwarf_tag(&die) == DW_TAG_partial_unit)
            continue;
        struct unit *unit = vec_push(&debuginfo->units);
        if (!unit)
            return;
        unit->die = die;
        unit->is_skeleton = type == DW_UT_skeleton;
        any_split |= unit->is_skeleton;
        /* The skeleton has the ranges of a split unit. */
        if (!add_unit_ranges(debuginfo, &die, debuginfo->units.count - 1))
            return;
    }
    if (r < 0)
        warn_once(debuginfo, dwarf_errmsg(-1));
    if (!any_split && debuginfo->root >= 0)
        close(take_fd(&debuginfo->root));
    if (debuginfo->ranges.count)
        qsort(debuginfo->ranges.items, debuginfo->ranges.count, sizeof(struct unit_range),
              compare_ranges);
}

/* ---- functions ---- */

static void add_definition(struct debuginfo *debuginfo, Dwarf_Addr at, const Dwarf_Die *die)
{
    struct definition *definition = arena_alloc(&debuginfo->arena, sizeof(*definition));
    if (!definition)
        return;
    definition->die = *die;
    definition->next = table_get(&debuginfo->definitions, at);
    if (table_put(&debuginfo->definitions, at, definition) < 0)
        return;
}

/*
 * Adds each address where a range of the function starts. With DW_AT_ranges (a hot and a cold part)
 * any of them may be the entry; the symbol decides.
 */
static void note_function(struct debuginfo *debuginfo, Dwarf_Die *die)
{
    ptrdiff_t offset = 0;
    Dwarf_Addr base, low, high;
    for (unsigned n = 0; n < 64; n++) {
        offset = dwarf_ranges(die, offset, &base, &low, &high);
        if (offset <= 0)
            break;
        if (low < high)
            add_definition(debuginfo, low, die);
    }
}

static bool is_scope(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
           tag == DW_TAG_union_type || tag == DW_TAG_module || tag == DW_TAG_lexical_block ||
           tag == DW_TAG_interface_type;
}

/*
 * Finds the functions among the children of `parent`, and functions within functions (lambdas of
 * clang, nested functions of GNU C, methods of local classes).
 */
static void scan_children(struct debuginfo *debuginfo, Dwarf_Die *parent, unsigned depth)
{
    enum { DEPTH_MAX = 24 };
    Dwarf_Die die, next;
    int r = depth > DEPTH_MAX ? 1 : dwarf_child(parent, &die);
    if (r < 0)
        warn_once(debuginfo, dwarf_errmsg(-1));
    if (r != 0)
        return;
    for (;;) {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram)
            note_function(debuginfo, &die);
        if (tag == DW_TAG_subprogram || is_scope(tag))
            scan_children(debuginfo, &die, depth + 1);
        r = dwarf_siblingof(&die, &next);
        if (r < 0)
            warn_once(debuginfo, dwarf_errmsg(-1));
        if (r != 0)
            return;
        /* libdw does not check DW_AT_sibling: one that points backwards would cause an endless
           loop. */
        if ((uintptr_t)next.addr <= (uintptr_t)die.addr || is_reading_stopped(debuginfo))
            return;
        die = next;
    }
}

/* Warns, once for the file, that the other file of a unit was not read. */
static void warn_split_missing(struct debuginfo *debuginfo, Dwarf_Die *skeleton,
                               enum split_found found)
{
    cleanup(cleanup_free) char *path = split_unit_path(skeleton);
    const char *of = debuginfo->file.path;
    if (!path || debuginfo->warned)
        return;
    debuginfo->warned = true;
    if (found == SPLIT_MISSING)
        log_warning("%s has debug information in other files, of which %s is not found: functions "
                    "that it describes show hex words. Keep .dwo files where the compiler wrote "
                    "them (packages of them, .dwp, are not read)",
                    of, path);
    else if (found == SPLIT_OTHER_BUILD)
        log_warning("%s has debug information in other files, of which %s is of another build: "
                    "functions that it describes show hex words. Compile it again, with its .dwo "
                    "file",
                    of, path);
    else if (found == SPLIT_UNREACHABLE)
        log_warning("%s has debug information in other files, of which %s cannot be read, as its "
                    "name is too short: functions that it describes show hex words. Compile it "
                    "without -fno-merge-debug-strings",
                    of, path);
    else if (found == SPLIT_COMPRESSED)
        dwarf_file_warn_compressed(path);
    else
        dwarf_file_warn(path, "it is truncated or corrupted");
}

static void scan_unit(struct debuginfo *debuginfo, size_t index)
{
    struct unit *unit = &debuginfo->units.items[index];
    if (unit->scanned)
        return;
    unit->scanned = true;
    Dwarf_Die skeleton = unit->die;
    /* If the file is in another root, never look in ours. */
    if (unit->is_skeleton && (!debuginfo->is_elsewhere || debuginfo->root >= 0)) {
        enum split_found found =
            split_unit_find(&debuginfo->file, debuginfo->root, &skeleton, &unit->die);
        if (found != SPLIT_FOUND) {
            warn_split_missing(debuginfo, &skeleton, found);
            unit->die = skeleton;
        }
    }
    scan_children(debuginfo, &unit->die, 0);
}

static void scan_units_of(struct debuginfo *debuginfo, Dwarf_Addr at)
{
    const struct unit_range *ranges = debuginfo->ranges.items;
    size_t behind = sorted_up_to(ranges, debuginfo->ranges.count, low, at);
    /* Ranges of different units overlap in damaged files only; a few are enough. */
    for (size_t back = 1; back <= 8 && back <= behind; back++) {
        const struct unit_range *range = &ranges[behind - back];
        if (at < range->high)
            scan_unit(debuginfo, range->unit);
    }
}

/* A linkage name that is not mangled (an asm label, as __GI_malloc in libc) is a second name in
   C. */
static enum naming naming_of(Dwarf_Die *die, const char *symbol)
{
    Dwarf_Attribute attr;
    const char *linkage = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attr));
    if (!linkage)
        linkage = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr));
    bool is_mangled = linkage && (strncmp(linkage, "_Z", 2) == 0 || strncmp(linkage, "_R", 2) == 0);
    const char *name = is_mangled ? linkage : dwarf_diename(die);
    if (name && strcmp(name, symbol) == 0)
        return NAMED_BY_SOURCE;
    return linkage && strcmp(linkage, symbol) == 0 ? NAMED_BY_LINKAGE : NAMED_NOT;
}

/* The functions with code that starts at `entry`, or NULL. */
static struct definition *find_definitions(struct debuginfo *debuginfo, file_vaddr entry)
{
    Dwarf_Addr at = debuginfo_address(debuginfo, entry);
    read_units(debuginfo);
    scan_units_of(debuginfo, at);
    struct definition *first = table_get(&debuginfo->definitions, at);
    if (!first && !debuginfo->unranged_scanned) {
        debuginfo->unranged_scanned = true;
        for (size_t i = 0; i < debuginfo->units.count; i++)
            if (!debuginfo->units.items[i].has_ranges)
                scan_unit(debuginfo, i);
        first = table_get(&debuginfo->definitions, at);
    }
    return first;
}

bool debuginfo_function(struct debuginfo *debuginfo, file_vaddr entry, const char *symbol,
                        Dwarf_Die *die)
{
    struct definition *first = find_definitions(debuginfo, entry), *best = first;
    enum naming naming = NAMED_NOT;
    for (struct definition *definition = first; definition; definition = definition->next) {
        enum naming other = naming_of(&definition->die, symbol);
        if (other > naming) {
            naming = other;
            best = definition;
        }
    }
    if (best)
        *die = best->die;
    return best != NULL;
}

enum naming debuginfo_naming(struct debuginfo *debuginfo, file_vaddr entry, const char *symbol)
{
    enum naming best = NAMED_NOT;
    struct definition *definition = find_definitions(debuginfo, entry);
    for (; definition; definition = definition->next) {
        enum naming naming = naming_of(&definition->die, symbol);
        best = naming > best ? naming : best;
    }
    return best;
}
