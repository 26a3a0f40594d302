/* SPDX-License-Identifier: MIT */
/* Places arguments and results by the ABI where debug information does not tell of all classes
   whether they are passed by address (ABI_MAY_BE_INDIRECT). */
#ifndef SYMBOLS_PASSING_H
#define SYMBOLS_PASSING_H

#include "symbols/abi/abi.h"
#include "symbols/signature.h"
#include "util/error.h"

/*
 * Sets *result_at and the places of the signature's n arguments. A place that depends on how those
 * classes are passed is ABI_NOWHERE. -ENOMEM.
 */
MUST_CHECK int passing_place(const struct signature *signature, struct abi_location *result_at,
                             struct abi_location *args_at);

#endif
