/* SPDX-License-Identifier: MIT */
/* The parameters of a function in debug information. */
#ifndef SYMBOLS_DWARF_DWARF_PARAMS_H
#define SYMBOLS_DWARF_DWARF_PARAMS_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "util/error.h"
#include "util/vec.h"

/* A parameter: in the abstract function (or the only one), and in the concrete function. */
struct dwarf_param {
    Dwarf_Die declared;
    Dwarf_Die actual;    /* addr NULL: not in the concrete function */
    bool may_be_missing; /* it may not be passed at all */
};

/* Starts zeroed. */
struct dwarf_params {
    VEC(struct dwarf_param) list;
    bool variadic;
};

/* Whether the parameter is the VTT, which constructors and destructors of classes with virtual
   bases get when they are called for a base subobject (Itanium C++ ABI, 2.6.2 "VTT Order"). It is
   not in the source. Without it they have the same parameters as those for complete objects, and
   the same name. */
bool dwarf_param_is_vtt(Dwarf_Die *declared);

/* Adds the function's parameters in source order. -ENOMEM; call dwarf_params_free() then, too. */
MUST_CHECK int dwarf_params_collect(Dwarf_Die *function, struct dwarf_params *params);
void dwarf_params_free(struct dwarf_params *params);

#endif
