#include "cli/hits.h"

#include <errno.h>
#include <stdio.h>

#include "cli/function_counts.h"
#include "cli/indirect.h"
#include "cli/tracer.h"

/* What became of the hit is the difference that it makes. */
static void emit_and_tally(struct tracer *tracer, const struct hit *hit)
{
    struct backend_counts before, after;
    tracer->backend_ops->counts(tracer->backend, &before);
    tracer->backend_ops->emit(tracer->backend, hit);
    tracer->backend_ops->counts(tracer->backend, &after);
    function_counts_hit(tracer->counts, hit, after.written - before.written,
                        after.lost - before.lost);
}

void hits_take(void *data, const struct hit *hit)
{
    struct tracer *tracer = data;
    if (hit->probe->resolves) {
        indirect_returned(tracer, hit);
        return;
    }
    if (tracer->backend) {
        if (tracer->counts)
            emit_and_tally(tracer, hit);
        else
            tracer->backend_ops->emit(tracer->backend, hit);
        return;
    }
    function_counts_hit(tracer->counts, hit, 1, 0);
    print_hit(tracer->print, hit);
    if (ferror(tracer->print_stream) && !tracer->failed) {
        struct error err;
        error_set(&err, -EIO, "cannot write to %s: the trace ends here",
                  tracer->options->print_file ? tracer->options->print_file : "stderr");
        tracer_fail(tracer, &err);
    }
}
