/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <dwarf.h>
#include <stdio.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"
#include "symbols/types/ctype.h"
#include "util/short_names.h"

/*
 * A C declarator is written from the inside out: the text so far ("*name") is passed to the type it
 * refers to, which adds its parts around it.
 */
enum { TEXT_MAX = 512, DEPTH_MAX = 16, PARAMETERS_MAX = 16, NAME_ROOM = 1024 };

struct nesting {
    bool is_cxx;
    unsigned depth;
};

static struct nesting deeper(struct nesting nesting)
{
    nesting.depth++;
    return nesting;
}

static void declare(Dwarf_Die *type, const char *inner, char *out, size_t size,
                    struct nesting nesting);

static void declare_named(const char *prefix, const char *name, const char *inner, char *out,
                          size_t size)
{
    bool spaced = (*inner && *inner != '[' && *inner != '(') ||
                  strncmp(inner, "(anonymous ", strlen("(anonymous ")) == 0;
    /* "int (*f)(void)", but "int[4]" */
    if (inner[0] == '(' && inner[1] == '*')
        spaced = true;
    snprintf(out, size, "%s%s%s%s", prefix, name, spaced ? " " : "", inner);
}

/* The type's name, short if it is one of the C++ library; `room` may be where it is. */
static const char *short_name(const char *name, bool is_cxx, char room[NAME_ROOM])
{
    return is_cxx && name && strlen(name) < NAME_ROOM && short_names_write(name, true, room) ? room
                                                                                             : name;
}

/* "std::string" for a typedef that is called "string" and is one. */
static const char *typedef_name(Dwarf_Die *die, const char *name, bool is_cxx, char room[NAME_ROOM])
{
    Dwarf_Die target = *die;
    const char *of_target =
        is_cxx && name && die_type(&target, &target) ? dwarf_diename(&target) : NULL;
    const char *text = short_name(of_target, is_cxx, room);
    return text && text != of_target && strcmp(text + strlen("std::"), name) == 0 ? text : name;
}

static void declare_pointer(Dwarf_Die *die, const char *mark, const char *inner, char *out,
                            size_t size, struct nesting nesting)
{
    char next[TEXT_MAX];
    Dwarf_Die target = *die;
    bool has_target = die_type(&target, &target);
    int tag = has_target ? dwarf_tag(&target) : DW_TAG_invalid;
    if (tag == DW_TAG_array_type || tag == DW_TAG_subroutine_type)
        snprintf(next, sizeof(next), "(%s%s)", mark, inner);
    else
        snprintf(next, sizeof(next), "%s%s", mark, inner);
    declare(has_target ? &target : NULL, next, out, size, deeper(nesting));
}

static void declare_qualified(Dwarf_Die *die, const char *qualifier, const char *inner, char *out,
                              size_t size, struct nesting nesting)
{
    char next[TEXT_MAX];
    Dwarf_Die target = *die;
    bool has_target = die_type(&target, &target);
    int tag = has_target ? dwarf_tag(&target) : DW_TAG_invalid;
    if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
        tag == DW_TAG_rvalue_reference_type) {
        bool spaced = isalnum((unsigned char)*inner) || *inner == '_';
        snprintf(next, sizeof(next), "%s%s%s", qualifier, spaced ? " " : "", inner);
        declare(&target, next, out, size, deeper(nesting));
        return;
    }
    declare(has_target ? &target : NULL, inner, next, sizeof(next), deeper(nesting));
    snprintf(out, size, "%s %s", qualifier, next);
}

static void declare_array(Dwarf_Die *die, const char *inner, char *out, size_t size,
                          struct nesting nesting)
{
    char next[TEXT_MAX];
    size_t used = (size_t)snprintf(next, sizeof(next), "%s", inner);
    Dwarf_Die range;
    bool any = false;
    if (dwarf_child(die, &range) == 0)
        do {
            uint64_t n;
            if (dwarf_tag(&range) != DW_TAG_subrange_type || used >= sizeof(next) - 32)
                continue;
            any = true;
            if (die_unsigned(&range, DW_AT_count, &n))
                used += (size_t)snprintf(next + used, sizeof(next) - used, "[%llu]",
                                         (unsigned long long)n);
            else if (die_unsigned(&range, DW_AT_upper_bound, &n))
                used += (size_t)snprintf(next + used, sizeof(next) - used, "[%llu]",
                                         (unsigned long long)n + 1);
            else
                used += (size_t)snprintf(next + used, sizeof(next) - used, "[]");
        } while (die_next(&range));
    if (!any && used < sizeof(next) - 3)
        strcpy(next + used, "[]");
    Dwarf_Die element = *die;
    bool has_element = die_type(&element, &element);
    declare(has_element ? &element : NULL, next, out, size, deeper(nesting));
}

static void declare_function(Dwarf_Die *die, const char *inner, char *out, size_t size,
                             struct nesting nesting)
{
    char next[TEXT_MAX];
    size_t used = (size_t)snprintf(next, sizeof(next), "%s(", inner);
    Dwarf_Die child;
    unsigned n = 0;
    if (dwarf_child(die, &child) == 0)
        do {
            int tag = dwarf_tag(&child);
            char text[TEXT_MAX];
            if (tag == DW_TAG_unspecified_parameters)
                strcpy(text, "...");
            else if (tag != DW_TAG_formal_parameter)
                continue;
            else {
                Dwarf_Die type = child;
                declare(die_type(&type, &type) ? &type : NULL, "", text, sizeof(text),
                        deeper(nesting));
            }
            if (used < sizeof(next))
                used +=
                    (size_t)snprintf(next + used, sizeof(next) - used, "%s%s", n ? ", " : "", text);
        } while (++n < PARAMETERS_MAX && die_next(&child));
    if (n == 0 && die_flag(die, DW_AT_prototyped) && used < sizeof(next))
        used += (size_t)snprintf(next + used, sizeof(next) - used, "void");
    if (used < sizeof(next) - 1)
        strcpy(next + used, ")");
    Dwarf_Die result = *die;
    bool has_result = die_type(&result, &result);
    declare(has_result ? &result : NULL, next, out, size, deeper(nesting));
}

static void declare(Dwarf_Die *type, const char *inner, char *out, size_t size,
                    struct nesting nesting)
{
    if (nesting.depth > DEPTH_MAX) {
        declare_named("", "...", inner, out, size);
        return;
    }
    if (!type) {
        declare_named("", "void", inner, out, size);
        return;
    }
    char room[NAME_ROOM];
    const char *name = short_name(dwarf_diename(type), nesting.is_cxx, room);
    switch (dwarf_tag(type)) {
    case DW_TAG_pointer_type:
        declare_pointer(type, "*", inner, out, size, nesting);
        break;
    case DW_TAG_reference_type:
        declare_pointer(type, "&", inner, out, size, nesting);
        break;
    case DW_TAG_rvalue_reference_type:
        declare_pointer(type, "&&", inner, out, size, nesting);
        break;
    case DW_TAG_const_type:
        declare_qualified(type, "const", inner, out, size, nesting);
        break;
    case DW_TAG_volatile_type:
        declare_qualified(type, "volatile", inner, out, size, nesting);
        break;
    case DW_TAG_restrict_type:
        declare_qualified(type, "restrict", inner, out, size, nesting);
        break;
    case DW_TAG_atomic_type:
        declare_qualified(type, "_Atomic", inner, out, size, nesting);
        break;
    case DW_TAG_array_type:
        declare_array(type, inner, out, size, nesting);
        break;
    case DW_TAG_subroutine_type:
        declare_function(type, inner, out, size, nesting);
        break;
    case DW_TAG_structure_type:
        declare_named(nesting.is_cxx && name ? "" : "struct ", name ? name : "{...}", inner, out,
                      size);
        break;
    case DW_TAG_class_type:
        declare_named(name ? "" : "class ", name ? name : "{...}", inner, out, size);
        break;
    case DW_TAG_union_type:
        declare_named(nesting.is_cxx && name ? "" : "union ", name ? name : "{...}", inner, out,
                      size);
        break;
    case DW_TAG_enumeration_type:
        declare_named(nesting.is_cxx && name ? "" : "enum ", name ? name : "{...}", inner, out,
                      size);
        break;
    case DW_TAG_typedef:
        name = typedef_name(type, name, nesting.is_cxx, room);
        declare_named("", name ? name : "?", inner, out, size);
        break;
    default:
        declare_named("", name ? name : "?", inner, out, size);
        break;
    }
}

void c_type_declare(Dwarf_Die *die, bool is_cxx, const char *name, char *out, size_t size)
{
    declare(die, name, out, size, (struct nesting){.is_cxx = is_cxx});
}
