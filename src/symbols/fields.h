/* SPDX-License-Identifier: MIT */
/* The fields of a function's events: its signature and where the ABI puts each value. */
#ifndef SYMBOLS_FIELDS_H
#define SYMBOLS_FIELDS_H

#include "model/probe.h"
#include "symbols/signature.h"
#include "util/arena.h"
#include "util/error.h"

/*
 * Sets the probe's args, rets and what follows from them. A value whose place is not sure has no
 * field: nothing that is shown may be wrong. `types` tells what else is wished for, and of what
 * type is what addresses lead to: `cfg_name` is the member `name` of the structure at `cfg`,
 * `n_deref` the number at `n`, and `cfg_ptr` whether there was something to read.
 */
MUST_CHECK int fields_of_signature(struct probe *probe, const struct signature *signature,
                                   struct c_types *types, struct arena *arena);
/* The same for a function of which nothing is known: hex words. */
MUST_CHECK int fields_of_nothing(struct probe *probe, struct arena *arena);

#endif
