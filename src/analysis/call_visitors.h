/* SPDX-License-Identifier: MIT */
/* Several visitors of the calls of one reading, such as a profile and a call graph. */
#ifndef ANALYSIS_CALL_VISITORS_H
#define ANALYSIS_CALL_VISITORS_H

#include "analysis/call_visitor.h"

enum { CALL_VISITORS_MAX = 4 };

struct call_visitors {
    struct call_visitor visitors[CALL_VISITORS_MAX];
    size_t offsets[CALL_VISITORS_MAX]; /* of their parts of call.data */
    size_t count;
    size_t call_size;
};

/* At most CALL_VISITORS_MAX. The visitor may look at the data of its call and of the call's parent,
   not at those of calls further out. */
void call_visitors_add(struct call_visitors *all, const struct call_visitor *visitor);

/* One that passes everything to all of them, in the order in which they were added, up to the first
   that returns an error. */
struct call_visitor call_visitors_visitor(struct call_visitors *all);

#endif
