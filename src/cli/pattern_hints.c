/* SPDX-License-Identifier: MIT */
#include "cli/pattern_hints.h"

#include <pthread.h>
#include <stdlib.h>

#include "cli/hints.h"
#include "cli/options.h"
#include "cli/target.h"
#include "cli/tracer.h"
#include "cli/unmatched_patterns.h"
#include "ptrace/engine.h"
#include "symbols/function_filter.h"
#include "util/log.h"

struct pattern_hints {
    pthread_t thread;
    struct unmatched_patterns unmatched;
};

static void *search_main(void *data)
{
    const struct pattern_hints *hints = data;
    unmatched_patterns_say(&hints->unmatched);
    return NULL;
}

static struct pattern_hints *hints_new(const struct tracer *tracer)
{
    const struct function_filter *select = tracer->options->select;
    if (tracer->pattern_hints || log_get_level() < LOG_WARNING ||
        !function_filter_has_unmatched(select))
        return NULL;
    struct pattern_hints *hints = calloc(1, sizeof(*hints));
    if (hints) {
        hints->unmatched.is_early = true;
        unmatched_patterns_take(&hints->unmatched, select);
    }
    return hints;
}

static void add_target(struct pattern_hints *hints, const struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        unmatched_patterns_add_image(&hints->unmatched, target->modules.items[i]->module.image);
}

static void search_start(struct tracer *tracer, struct pattern_hints *hints)
{
    if (pthread_create(&hints->thread, NULL, search_main, hints) == 0) {
        tracer->pattern_hints = hints;
        return;
    }
    unmatched_patterns_say(&hints->unmatched);
    unmatched_patterns_free(&hints->unmatched);
    free(hints);
}

static bool executes_another(const struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        if (target->modules.items[i]->module.is_program)
            return hints_is_wrapper(target->modules.items[i]->module.image);
    return false;
}

void pattern_hints_launched(const struct target *target)
{
    struct tracer *tracer = target->tracer;
    /* The functions may be those of another program. */
    if (!tracer->run.launched || tracer->pattern_hints_given || tracer->options->follow_forks ||
        executes_another(target))
        return;
    tracer->pattern_hints_given = true;
    struct pattern_hints *hints = hints_new(tracer);
    if (!hints)
        return;
    add_target(hints, target);
    search_start(tracer, hints);
}

static void add_process(void *data, struct process *process)
{
    if (process_data(process))
        add_target(data, process_data(process));
}

void pattern_hints_attached(struct tracer *tracer)
{
    struct pattern_hints *hints = hints_new(tracer);
    if (!hints)
        return;
    engine_each_process(tracer->engine, add_process, hints);
    search_start(tracer, hints);
}

void pattern_hints_finish(struct tracer *tracer)
{
    struct pattern_hints *hints = tracer->pattern_hints;
    if (!hints)
        return;
    tracer->pattern_hints = NULL;
    pthread_join(hints->thread, NULL);
    unmatched_patterns_free(&hints->unmatched);
    free(hints);
}
