/* SPDX-License-Identifier: MIT */
/*
 * Decides where the arguments and the result of a function lie, from debug information and the ABI.
 */
#ifndef SYMBOLS_ARGUMENT_PLACES_H
#define SYMBOLS_ARGUMENT_PLACES_H

#include "symbols/image_internal.h"
#include "symbols/signature.h"
#include "util/error.h"

/*
 * Sets `at` of the signature's parameters and result_at. ABI_NOWHERE means that the place is not
 * certain. Where debug information and the ABI disagree, the function's code is read from the
 * image's file. -ENOMEM.
 */
MUST_CHECK int argument_places_settle(struct signature *signature, const struct image *image,
                                      const struct function *function);

#endif
