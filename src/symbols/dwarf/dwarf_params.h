/* SPDX-License-Identifier: MIT */
/* The parameters of a function as debug information has them. */
#ifndef SYMBOLS_DWARF_DWARF_PARAMS_H
#define SYMBOLS_DWARF_DWARF_PARAMS_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "util/error.h"
#include "util/vec.h"

/* One parameter: in the abstract function (or the only one), and in the one with code. */
struct dwarf_param {
    Dwarf_Die declared;
    Dwarf_Die actual;   /* addr NULL: the function with code does not have it */
    bool may_be_absent; /* perhaps it is not passed at all */
};

/* Starts zeroed. */
struct dwarf_params {
    VEC(struct dwarf_param) list;
    bool variadic;
};

/* Whether the parameter is what constructors and destructors of classes with virtual bases are
   passed when they are run for a part of an object (Itanium C++ ABI, 2.6.2 "VTT Order"). Nobody has
   written it down in a program, and without it they look like those for whole objects, whose name
   they have. */
bool dwarf_param_is_vtt(Dwarf_Die *declared);

/* Adds the function's parameters in the source's order. Fails only when memory is out; to be freed
   then, too. */
MUST_CHECK int dwarf_params_collect(Dwarf_Die *function, struct dwarf_params *params);
void dwarf_params_free(struct dwarf_params *params);

#endif
