/* SPDX-License-Identifier: MIT */
/*
 * Where the arguments and the result of a function are, settled between what debug information
 * says and what the ABI does.
 */
#ifndef SYMBOLS_ARGUMENT_PLACES_H
#define SYMBOLS_ARGUMENT_PLACES_H

#include "symbols/image.h"
#include "symbols/signature.h"
#include "util/error.h"

/*
 * Sets `at` of the signature's parameters and result_at; ABI_NOWHERE: not known for sure. The code
 * of the function is read from the image's file where the two do not agree. Fails only when memory
 * is out.
 */
MUST_CHECK int argument_places_settle(struct signature *signature, const struct image *image,
                                      const struct function *function);

#endif
