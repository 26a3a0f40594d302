/* SPDX-License-Identifier: MIT */
/* Where a function's arguments and result lie by the ABI, when it is not told of all classes
   whether they are passed by address (ABI_MAY_BE_INDIRECT). */
#ifndef SYMBOLS_PASSING_H
#define SYMBOLS_PASSING_H

#include "symbols/abi/abi.h"
#include "symbols/signature.h"
#include "util/error.h"

/*
 * Sets *result_at and the signature's n places: what is the same however those classes are passed
 * has its place, the rest ABI_NOWHERE. -ENOMEM.
 */
MUST_CHECK int passing_place(const struct signature *signature, struct abi_location *result_at,
                             struct abi_location *args_at);

#endif
