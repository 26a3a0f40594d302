/* SPDX-License-Identifier: MIT */
/*
 * How a function was compiled: the language, the compiler and the options of the compilation unit
 * with its code. These decide how types are laid out and passed. The unit of a type does not:
 * dwz(1) moves types to partial units, which have neither language nor producer, and a type may be
 * in a unit of another language.
 */
#ifndef SYMBOLS_DWARF_FUNCTION_CONTEXT_H
#define SYMBOLS_DWARF_FUNCTION_CONTEXT_H

#include <elfutils/libdw.h>
#include <stdbool.h>

struct function_context {
    bool is_c;        /* C, where functions need not be prototyped */
    bool is_cxx;      /* C++ or Objective C++ */
    bool is_c_family; /* C, C++ or Objective C: the languages that the platform's ABI is for */
    bool is_assembly;
    /* Arguments are passed by reference, and some may be missing: an optional argument of Fortran
       is missing when its address is NULL. */
    bool has_optional_args;
    bool is_gcc;
    bool is_llvm;             /* clang, rustc and other LLVM compilers */
    bool is_old_llvm;         /* before version 18 */
    bool options_known;       /* GCC recorded its options, the default */
    bool is_unoptimised;      /* by GCC, as recorded */
    bool is_ms_abi;           /* -mabi=ms: functions follow the Windows x64 convention */
    bool is_quad_long_double; /* -mlong-double-128: `long double` is __float128 */
    bool returns_in_memory;   /* -fpcc-struct-return: structures and unions of any size are returned
                                 in memory */
    bool lacks_sse;           /* floating point values are not passed as in the ABI */
    bool has_old_abi;         /* -fabi-version=: classes may be passed in another way */
    /* Optimised by GCC with -fvar-tracking, the default: debug information has the location of
       named variables at each instruction. */
    bool tracks_variables;
    /* Debug information tells which copy functions and destructors are defaulted
       (DW_AT_defaulted). */
    bool has_defaulted_attr;
    bool has_alignment_attr; /* debug information has DW_AT_alignment of over-aligned types */
    /* Whether -g1 was used is known, and whether it was. It omits parameters and results. */
    bool debug_level_known;
    bool is_bare;
    /* The unit of the function's source. With GCC's link-time optimisation it is not the unit of
       the code. addr NULL: not known. */
    Dwarf_Die unit;
};

/* The context of the function `die`. */
struct function_context function_context_of(Dwarf_Die *die);

/* A number below 256 that is the same for contexts with the same layout of all types. */
unsigned function_context_layout(const struct function_context *context);

#endif
