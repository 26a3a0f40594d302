/* SPDX-License-Identifier: MIT */
/*
 * How a function was compiled, as the compilation unit that has its code says: in which language,
 * by what, with which options. What its types are laid out and passed like follows from this, and
 * never from the unit that a type is in: dwz(1) moves types into partial units, which have neither
 * language nor producer, and a unit of another language may be referred to.
 */
#ifndef SYMBOLS_DWARF_FUNCTION_CONTEXT_H
#define SYMBOLS_DWARF_FUNCTION_CONTEXT_H

#include <elfutils/libdw.h>
#include <stdbool.h>

struct function_context {
    bool is_c;      /* plain C, where functions need not be prototyped */
    bool is_cxx;    /* C++ or Objective C++ */
    bool is_family; /* C, C++ or Objective C: what the platform's ABI is written for */
    bool is_assembly;
    /* Arguments go by reference, and some need not be there: those that Fortran calls optional are
       absent when the address is NULL. */
    bool has_absent;
    bool is_gcc;
    bool is_llvm;             /* clang, rustc and others that use it */
    bool is_old_llvm;         /* before version 18 */
    bool told_options;        /* by GCC, as is the default */
    bool is_unoptimised;      /* by GCC, and told */
    bool is_ms_abi;           /* -mabi=ms: functions follow the Windows x64 convention */
    bool is_quad_long_double; /* -mlong-double-128: `long double` is __float128 */
    bool returns_in_memory;   /* -fpcc-struct-return: structures and unions of any size */
    bool lacks_sse;           /* floating point values are not passed as the ABI says */
    bool has_old_abi;         /* -fabi-version=: classes may be passed otherwise */
    /* It was optimised by GCC with -fvar-tracking, as is the default: where named variables are
       is known for each instruction. */
    bool follows_variables;
    /* It says which of the functions that copy and destroy classes are defaulted
       (DW_AT_defaulted). */
    bool tells_defaulted;
    bool tells_alignment; /* of types that are aligned to more than their members */
    /* Whether it was compiled with -g1, which leaves out parameters and results, is told. */
    bool told_level;
    bool is_bare;
    /* The unit that the source of the function is in: with GCC's link-time optimisation another one
       than that of the code. addr NULL: not known. */
    Dwarf_Die unit;
};

/* The context of the function `die`. */
struct function_context function_context_of(Dwarf_Die *die);

/* A number that is the same for contexts in which all types are laid out alike. It is less than
   256. */
unsigned function_context_layout(const struct function_context *context);

#endif
