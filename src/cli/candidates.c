#include "cli/candidates.h"

#include <errno.h>

#include "cli/tally.h"
#include "util/cleanup.h"
#include "util/log.h"

int candidates_select(struct tracer *tracer, const struct module *module,
                      const struct probe ***probes, size_t *n, bool *named, struct error *err)
{
    struct image *image = module->image;
    const struct select *select = tracer->options->select;
    *probes = NULL;
    *n = 0;
    *named = false;
    /* A dynamic linker that is called by name is executed, but it is not what is to be traced. */
    bool is_program = module->is_program && !image_is_library(image);
    if (!select_module(select, image_provider(image), image_path(image), is_program)) {
        if (select_is_explicit(select))
            return 0;
        *named = tracer_is_named(tracer, image_provider(image));
        if (!*named)
            return 0;
    }
    int r = image_probes(image, select, is_program, *named, probes, n, err);
    return r < 0 ? r : 1;
}

void candidates_find(struct target *target, struct target_module *tm)
{
    struct tracer *tracer = target->tracer;
    struct image *image = tm->module.image;
    cleanup(cleanup_free) const struct probe **probes = NULL;
    struct error err;
    size_t n;
    bool named;
    int r = candidates_select(tracer, &tm->module, &probes, &n, &named, &err);
    tm->taken = r != 0;
    if (r < 0 && r != -ECANCELED)
        log_warning("%s", err.text);
    if (r <= 0)
        return;
    for (size_t i = 0; i < n; i++) {
        struct candidate *candidate = vec_push(&tm->candidates);
        if (!candidate) {
            log_warning("out of memory: %zu functions of %s are not traced", n - i,
                        image_path(image));
            break;
        }
        candidate->probe = probes[i];
        candidate->at = module_target(&tm->module, probes[i]->entry);
    }
    tracer->n_candidates += tm->candidates.count;
    tracer_register(tracer, probes, n, !named);
}

/* Says that some could not be armed though a breakpoint can stand there: memory was lacking, or the
   kernel refused. */
static void say_failed(const struct target_module *tm, size_t n, const struct error *first)
{
    if (n > 0)
        log_warning("%zu function%s of %s cannot be traced: %s", n, n == 1 ? "" : "s",
                    image_path(tm->module.image), first->text);
}

void candidates_apply(struct target *target, struct target_module *tm)
{
    int changed = -1; /* not asked yet */
    size_t n_failed = 0;
    struct error failure;
    for (size_t i = 0; i < tm->candidates.count; i++) {
        struct candidate *candidate = &tm->candidates.items[i];
        unsigned wanted = tracer_wanted(target->tracer, candidate->probe);
        if (wanted == candidate->armed || candidate->refused)
            continue;
        if (atomic_load(&target->tracer->stop_asked))
            return; /* all is let go in a moment */
        struct error err;
        if (wanted && !candidate->armed && changed < 0)
            changed = image_has_changed(tm->module.image);
        if (wanted && !candidate->armed && changed > 0) {
            candidate->refused = true;
            log_debug("%s:%s is not traced: %s was changed after it was mapped",
                      candidate->probe->provider, candidate->probe->function,
                      image_path(tm->module.image));
            continue;
        }
        if (wanted == 0) {
            process_disarm(target->process, candidate->at);
        } else if (process_arm(target->process, candidate->at, candidate->probe, wanted, &err) <
                   0) {
            if (err.code == -EAGAIN)
                engine_ring(target->tracer->engine); /* once the loop has served what is pending */
            if (err.code == -EAGAIN || err.code == -ESRCH) /* the process has just ended */
                break;
            candidate->refused = true;
            if (err.code != -EINVAL && n_failed++ == 0)
                failure = err;
            log_debug("%s:%s is not traced: %s", candidate->probe->provider,
                      candidate->probe->function, err.text);
            continue;
        }
        if (wanted)
            tally_add(target->tracer->tally, candidate->probe);
        target->n_armed += (wanted != 0) - (candidate->armed != 0);
        candidate->armed = wanted;
    }
    say_failed(tm, n_failed, &failure);
    if (target->n_armed > target->tracer->n_armed_most)
        target->tracer->n_armed_most = target->n_armed;
}
