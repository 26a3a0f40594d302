/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/function_context.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"

/* Codes that an old <dwarf.h> does not have (dwarfstd.org, "DWARF Language Names"). */
enum {
    LANGUAGE_CXX17 = 0x2a,
    LANGUAGE_CXX20 = 0x2b,
    LANGUAGE_C17 = 0x2c,
    LANGUAGE_FORTRAN18 = 0x2d,
    LANGUAGE_ASSEMBLY = 0x31,
    LANGUAGE_CXX23 = 0x3a,
    LANGUAGE_C23 = 0x3e,
};

static bool unit_of(Dwarf_Die *die, Dwarf_Die *unit)
{
    return dwarf_diecu(die, unit, NULL, NULL) && dwarf_tag(unit) != DW_TAG_partial_unit;
}

/* The unit of the abstract function, which is that of the source, unless that is a partial unit. */
static void find_unit(Dwarf_Die *die, Dwarf_Die *unit)
{
    enum { CHAIN_MAX = 8 };
    memset(unit, 0, sizeof(*unit));
    Dwarf_Die function = *die, found;
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        if (unit_of(&function, &found))
            *unit = found;
        if (!die_abstract_origin(&function, &function))
            break;
    }
}

static void read_language(struct function_context *context)
{
    switch (context->unit.addr ? dwarf_srclang(&context->unit) : -1) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case LANGUAGE_C17:
    case LANGUAGE_C23:
        context->is_c = context->is_c_family = true;
        break;
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
    case LANGUAGE_CXX17:
    case LANGUAGE_CXX20:
    case LANGUAGE_CXX23:
    case DW_LANG_ObjC_plus_plus:
        context->is_cxx = context->is_c_family = true;
        break;
    case DW_LANG_ObjC:
        context->is_c_family = true;
        break;
    case DW_LANG_Fortran77:
    case DW_LANG_Fortran90:
    case DW_LANG_Fortran95:
    case DW_LANG_Fortran03:
    case DW_LANG_Fortran08:
    case LANGUAGE_FORTRAN18:
    case DW_LANG_Pascal83:
        context->has_optional_args = true;
        break;
    case DW_LANG_Mips_Assembler:
    case LANGUAGE_ASSEMBLY:
        context->is_assembly = true;
        break;
    default:
        break;
    }
}

/* Whether GCC recorded the option. */
static bool has_option(const char *producer, const char *option)
{
    size_t length = strlen(option);
    for (const char *at = producer; (at = strstr(at, option)); at += length)
        if (at > producer && at[-1] == ' ' && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static const char *producer_of(Dwarf_Die *unit)
{
    Dwarf_Attribute attr;
    return unit->addr ? dwarf_formstring(dwarf_attr(unit, DW_AT_producer, &attr)) : NULL;
}

static bool is_gcc(const char *producer)
{
    return strncmp(producer, "GNU ", 4) == 0;
}

static void read_producer(struct function_context *context, const char *producer)
{
    const char *clang = strstr(producer, "clang version ");
    context->is_gcc = is_gcc(producer);
    context->is_llvm = strstr(producer, "clang") || strstr(producer, "LLVM");
    context->is_old_llvm = clang && atoi(clang + strlen("clang version ")) < 18;
    context->is_assembly |= strncmp(producer, "GNU AS", 6) == 0;
}

/* Decided by the last of the options -O, -O1, -Os and so on. */
static bool is_optimised(const char *producer)
{
    bool optimised = false;
    for (const char *at = producer; (at = strstr(at, " -O")); at++)
        optimised = at[3] != '0';
    return optimised;
}

/* GCC records its options (-grecord-gcc-switches) by default, and always those with -m; clang with
   -grecord-command-line only. */
static void read_options(struct function_context *context, const char *producer)
{
    context->options_known |= is_gcc(producer) && strstr(producer, " -m");
    context->is_unoptimised = context->options_known && !is_optimised(producer);
    context->is_ms_abi |= has_option(producer, "-mabi=ms");
    context->is_quad_long_double |= has_option(producer, "-mlong-double-128");
    context->returns_in_memory |= has_option(producer, "-fpcc-struct-return");
    context->lacks_sse |= has_option(producer, "-mno-sse") || has_option(producer, "-mno-sse2") ||
                          has_option(producer, "-mgeneral-regs-only") ||
                          has_option(producer, "-msoft-float") ||
                          has_option(producer, "-mno-80387");
    context->has_old_abi |= strstr(producer, " -fabi-version=") != NULL;
    context->tracks_variables |=
        is_gcc(producer) && is_optimised(producer) && !has_option(producer, "-fno-var-tracking");
}

/* The first part of "GNU C++17 12.2.0 -mtune=generic" that starts with a digit. */
static int gcc_version(const char *producer)
{
    const char *at = strchr(producer + strlen("GNU "), ' ');
    while (at && (at[1] < '0' || at[1] > '9'))
        at = strchr(at + 1, ' ');
    return at ? atoi(at + 1) : 0;
}

/*
 * GCC 7 and later writes attributes of DWARF 5 in DWARF 2 to 4, too, except with -gstrict-dwarf.
 * clang has that option and does not record it. DW_AT_defaulted is written by GCC only; clang
 * writes DW_AT_calling_convention of classes instead.
 */
static void read_extensions(struct function_context *context, const char *producer)
{
    Dwarf_Half version;
    bool gcc = is_gcc(producer);
    if (dwarf_cu_info(context->unit.cu, &version, NULL, NULL, NULL, NULL, NULL, NULL) != 0)
        return;
    bool extends = gcc && gcc_version(producer) >= 7 && context->debug_level_known &&
                   !has_option(producer, "-gstrict-dwarf");
    context->has_defaulted_attr = gcc && (version >= 5 || extends);
    context->has_alignment_attr = version >= 5 || extends;
}

struct function_context function_context_of(Dwarf_Die *die)
{
    struct function_context context = {0};
    find_unit(die, &context.unit);
    read_language(&context);
    Dwarf_Die unit = {0};
    dwarf_diecu(die, &unit, NULL, NULL);
    const char *producer = producer_of(&unit);
    if (producer) {
        read_producer(&context, producer);
        read_options(&context, producer);
    }
    producer = producer_of(&context.unit);
    if (producer) {
        read_options(&context, producer);
        context.debug_level_known = is_gcc(producer) && strstr(producer, " -m");
        context.is_bare = context.debug_level_known && has_option(producer, "-g1");
        read_extensions(&context, producer);
    }
    return context;
}

unsigned function_context_layout(const struct function_context *context)
{
    return context->is_cxx | (unsigned)context->is_gcc << 1 |
           (unsigned)context->is_quad_long_double << 2 | (unsigned)context->lacks_sse << 3 |
           (unsigned)context->has_old_abi << 4 | (unsigned)context->has_defaulted_attr << 5 |
           (unsigned)context->has_alignment_attr << 6;
}
