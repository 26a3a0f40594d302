/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/pacing.h"

#include <string.h>

static void drop_oldest(struct pacing *pacing)
{
    memmove(pacing->stops, pacing->stops + 1, --pacing->n * sizeof(pacing->stops[0]));
}

void pacing_note(struct pacing *pacing, uint64_t start_ns, uint64_t end_ns)
{
    while (pacing->n && pacing->stops[0].end_ns + PACING_WINDOW_NS <= start_ns)
        drop_oldest(pacing);
    if (pacing->n == PACING_STOPS) {
        /* It counts for too long, not too short. */
        pacing->stops[1].ns += pacing->stops[0].ns;
        drop_oldest(pacing);
    }
    uint64_t ns = end_ns - start_ns;
    if (pacing->n && pacing->stops[pacing->n - 1].end_ns > end_ns)
        end_ns = pacing->stops[pacing->n - 1].end_ns;
    pacing->stops[pacing->n++] = (struct pacing_stop){end_ns, ns};
}

uint64_t pacing_after_last(const struct pacing *pacing, unsigned share)
{
    if (pacing->n == 0)
        return 0;
    const struct pacing_stop *last = &pacing->stops[pacing->n - 1];
    return last->end_ns + share * last->ns;
}

/* A second in which a stop begins at the time t has parts only of earlier stops that ended after
   t - PACING_WINDOW_NS. So those and the new one are within the budget together. */
uint64_t pacing_next(const struct pacing *pacing, uint64_t expected_ns)
{
    uint64_t next_ns = pacing_after_last(pacing, PACING_SHARE), sum_ns;
    for (unsigned i = 0; i < pacing->n; i++)
        if (pacing->stops[i].ns > expected_ns)
            expected_ns = pacing->stops[i].ns;
    sum_ns = expected_ns;
    for (unsigned i = pacing->n; i-- > 0;) {
        sum_ns += pacing->stops[i].ns;
        if (sum_ns <= PACING_BUDGET_NS)
            continue;
        uint64_t out_ns = pacing->stops[i].end_ns + PACING_WINDOW_NS;
        return out_ns > next_ns ? out_ns : next_ns;
    }
    return next_ns;
}
