/* SPDX-License-Identifier: MIT */
#include "cli/candidates.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "cli/function_counts.h"
#include "cli/indirect.h"
#include "cli/options.h"
#include "cli/target.h"
#include "cli/target_watch.h"
#include "cli/tracer.h"
#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/function_filter.h"
#include "symbols/image.h"
#include "symbols/module.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/vec.h"

int candidates_select(struct tracer *tracer, const struct module *module,
                      const struct probe ***probes, size_t *n, bool *named, struct error *err)
{
    struct image *image = module->image;
    const struct function_filter *select = tracer->options->select;
    *probes = NULL;
    *n = 0;
    *named = false;
    /* A dynamic linker that was started by name is the executed file, not the traced program. */
    bool is_program = module->is_program && !image_is_library(image);
    const struct module_names names = image_names(image);
    tracer_learn_names(tracer, &names);
    if (!function_filter_module(select, &names, is_program)) {
        if (function_filter_is_explicit(select))
            return 0;
        *named = tracer_is_named(tracer, image_provider(image));
        if (!*named)
            return 0;
    }
    int r = image_probes(image, select, is_program, *named ? IMAGE_WHOLE : 0, probes, n, err);
    return r < 0 ? r : 1;
}

/*
 * LeakSanitizer looks for leaks in a task that shares the memory and that no tracer sees (clone(2),
 * CLONE_UNTRACED). A breakpoint kills that task, and the program waits for it forever. The task
 * calls functions of the common part of the sanitizers.
 */
static bool is_of_leak_check(const struct probe *probe)
{
    static const char common[] = "__sanitizer::";
    return strncmp(probe->function, common, sizeof(common) - 1) == 0;
}

/* `selected`: by patterns, or as these default to; not by an event rule. */
static void add_candidates(struct target *target, struct target_module *tm,
                           const struct probe *const *probes, size_t n, bool selected)
{
    struct tracer *tracer = target->tracer;
    struct image *image = tm->module.image;
    size_t before = tm->candidates.count;
    bool checks_leaks = target_checks_leaks(target, &tm->module);
    size_t n_unnamed_refused = 0;
    for (size_t i = 0; i < n; i++) {
        struct candidate *candidate = vec_push(&tm->candidates);
        if (!candidate) {
            log_warning("out of memory: %zu functions of %s are not traced", n - i,
                        image_path(image));
            break;
        }
        candidate->probe = probes[i];
        candidate->at = module_target(&tm->module, probes[i]->entry);
        candidate->is_resolver = probes[i]->resolver != NULL;
        /* A function without a symbol may be of the sanitizers. */
        candidate->refused =
            checks_leaks && (is_of_leak_check(probes[i]) || probe_is_unnamed(probes[i]));
        n_unnamed_refused += candidate->refused && probe_is_unnamed(probes[i]);
        if (candidate->refused)
            log_debug("%s:%s is not traced: LeakSanitizer calls it where nobody can trace it",
                      probes[i]->provider, probes[i]->function);
    }
    if (n_unnamed_refused)
        log_warning("%zu functions of %s without a symbol are not traced, as some may be "
                    "LeakSanitizer's: set ASAN_OPTIONS=detect_leaks=0 for the program",
                    n_unnamed_refused, image_path(image));
    tracer->n_candidates += tm->candidates.count - before;
    tracer_add(tracer, probes, n, selected);
}

void candidates_find(struct target *target, struct target_module *tm)
{
    cleanup(cleanup_free) const struct probe **probes = NULL;
    struct error err;
    size_t n;
    bool named;
    int r = candidates_select(target->tracer, &tm->module, &probes, &n, &named, &err);
    tm->taken = r != 0;
    if (r < 0 && r != -ECANCELED)
        log_warning("%s", err.text);
    if (r > 0)
        add_candidates(target, tm, probes, n, !named);
}

void candidates_find_unnamed(struct target *target, struct target_module *tm)
{
    struct tracer *tracer = target->tracer;
    struct image *image = tm->module.image;
    const struct function_filter *select = tracer->options->select;
    cleanup(cleanup_free) const struct probe **probes = NULL;
    struct error err;
    size_t n;
    if (tm->unnamed_taken || function_filter_is_explicit(select) ||
        !tracer_is_named(tracer, image_unnamed_events(image)))
        return;
    tm->unnamed_taken = true;
    bool is_program = tm->module.is_program && !image_is_library(image);
    int r = image_probes(image, select, is_program, IMAGE_UNNAMED, &probes, &n, &err);
    if (r < 0 && r != -ECANCELED)
        log_warning("%s", err.text);
    if (r == 0)
        add_candidates(target, tm, probes, n, false);
}

/* Reports functions that could not be armed although a breakpoint is possible there: out of memory,
   or refused by the kernel. */
static void say_failed(const struct target_module *tm, size_t n, const struct error *first)
{
    if (n > 0)
        log_warning("%zu function%s of %s cannot be traced: %s", n, n == 1 ? "" : "s",
                    image_path(tm->module.image), first->text);
}

/* Whether `a` names the calls of an address that both candidates have: an indirect function before
   the function that its resolver chose, then by name. */
static bool goes_before(const struct candidate *a, const struct candidate *b)
{
    if ((a->probe->resolver != NULL) != (b->probe->resolver != NULL))
        return a->probe->resolver != NULL;
    return strcmp(a->probe->function, b->probe->function) < 0;
}

/* The candidate that names the calls of the address; NULL: none is wanted. */
static const struct candidate *find_first(const struct target *target,
                                          const struct target_module *tm, target_addr at)
{
    const struct candidate *first = NULL;
    for (size_t i = 0; i < tm->candidates.count; i++) {
        const struct candidate *candidate = &tm->candidates.items[i];
        if (candidate->is_shared && target_addr_equal(candidate->at, at) && !candidate->refused &&
            tracer_wanted(target->tracer, candidate->probe) &&
            (!first || goes_before(candidate, first)))
            first = candidate;
    }
    return first;
}

static unsigned wanted_of(const struct target *target, const struct target_module *tm,
                          const struct candidate *candidate, bool *is_others)
{
    const struct candidate *first =
        candidate->is_shared ? find_first(target, tm, candidate->at) : NULL;
    *is_others = first && first != candidate;
    if (*is_others)
        return 0;
    unsigned wanted = tracer_wanted(target->tracer, candidate->probe);
    /* Once armed, a resolver stays armed: it may choose another implementation later. */
    if (candidate->is_resolver)
        return wanted || candidate->armed ? HIT_EXIT : 0;
    return wanted;
}

void candidates_apply(struct target *target, struct target_module *tm)
{
    int changed = -1; /* not asked yet */
    size_t n_failed = 0;
    bool looks = false;
    struct error failure;
    for (size_t i = 0; i < tm->candidates.count; i++) {
        struct candidate *candidate = &tm->candidates.items[i];
        bool is_others;
        unsigned wanted = wanted_of(target, tm, candidate, &is_others);
        looks |= candidate->is_resolver && wanted && !candidate->is_looked_for;
        if (wanted == candidate->armed || candidate->refused)
            continue;
        if (atomic_load(&target->tracer->run.stop_asked))
            return; /* the tracer is about to detach */
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
            if (!is_others)
                process_disarm(target->process, candidate->at);
        } else if (process_arm(target->process, candidate->at,
                               candidate->is_resolver ? candidate->probe->resolver
                                                      : candidate->probe,
                               wanted, &err) < 0) {
            if (err.code == -EAGAIN)
                engine_wake(target->tracer->engine);       /* try again after the pending stops */
            if (err.code == -EAGAIN || err.code == -ESRCH) /* the process has just ended */
                break;
            candidate->refused = true;
            if (err.code != -EINVAL && n_failed++ == 0)
                failure = err;
            log_debug("%s:%s is not traced: %s", candidate->probe->provider,
                      candidate->probe->function, err.text);
            continue;
        }
        if (wanted && !candidate->is_resolver)
            function_counts_add(target->tracer->screen.counts, candidate->probe);
        if (wanted && !candidate->is_resolver && target->tracer->summary)
            summary_add(target->tracer->summary, candidate->probe);
        if (!candidate->is_resolver)
            target->n_armed += (wanted != 0) - (candidate->armed != 0);
        candidate->armed = wanted;
    }
    /* Before the program starts, no implementation is chosen. */
    if (looks && !target->entry_watch.value && !target->at_linker) {
        size_t n = tm->candidates.count;
        indirect_look(target, tm);
        if (tm->candidates.count > n)
            candidates_apply(target, tm);
    }
    say_failed(tm, n_failed, &failure);
    if (target->n_armed > target->tracer->n_armed_most)
        target->tracer->n_armed_most = target->n_armed;
}
