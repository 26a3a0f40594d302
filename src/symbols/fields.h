/* SPDX-License-Identifier: MIT */
/* The fields of a function's events, made from its signature and the places of its values. */
#ifndef SYMBOLS_FIELDS_H
#define SYMBOLS_FIELDS_H

#include "model/probe.h"
#include "symbols/signature.h"
#include "util/arena.h"
#include "util/error.h"

/*
 * Sets the probe's args and rets, and the members derived from them. A value whose place is not
 * certain gets no field: no wrong value may be shown. `types` has the options, and the types that
 * pointers refer to: `cfg_name` is the member `name` of the structure at `cfg`, `n_deref` the
 * number at `n`, and `cfg_ptr` whether that memory could be read. -ENOMEM.
 */
MUST_CHECK int fields_of_signature(struct probe *probe, const struct signature *signature,
                                   struct c_types *types, struct arena *arena);
/* Sets the fields of a function without a signature: hex words. -ENOMEM. */
MUST_CHECK int fields_without_signature(struct probe *probe, struct arena *arena);

#endif
