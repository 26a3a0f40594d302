/* SPDX-License-Identifier: MIT */
#include "cli/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/candidates.h"
#include "cli/hints.h"
#include "cli/pattern_hints.h"
#include "cli/target_watch.h"
#include "symbols/module_scan.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/sorted.h"

/* The process is stopped at a watch. Use this one to read /proc: others that share the memory may
   have ended. */
static void take_part(struct target *target, struct process *process)
{
    if (process_data(process) == target)
        target->process = process;
}

static void on_libraries(void *data, struct process *process, pid_t tid)
{
    struct target *target = data;
    (void)tid;
    take_part(target, process);
    target->at_linker = true;
    target_refresh(target);
    target->at_linker = false;
}

/* At the entry point of the program, all libraries that it starts with are mapped. */
static void on_entry(void *data, struct process *process, pid_t tid)
{
    struct target *target = data;
    (void)tid;
    take_part(target, process);
    process_unwatch(process, target->entry_watch, on_entry, target);
    target->entry_watch = target_addr_of(0);
    target_refresh(target);
    tracer_begin(target->tracer);
    target_apply(target);
    hints_start(target->tracer, target);
}

void target_apply(struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        candidates_apply(target, target->modules.items[i]);
}

static void module_free(struct target_module *tm)
{
    vec_free(&tm->candidates);
    free(tm);
}

/* Whether both are the same mapping. */
static bool same_place(const struct module *a, const struct module *b)
{
    return a->load_bias == b->load_bias && target_addr_equal(a->start, b->start) &&
           a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

/* A known module, sorted by address. */
struct known {
    uint64_t start;
    struct target_module *tm;
};

static int compare_known(const void *x, const void *y)
{
    const struct known *a = x, *b = y;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* The caller frees the array. NULL: out of memory. */
static struct known *sort_known(const struct target *target)
{
    size_t n = target->modules.count;
    struct known *known = calloc(n + 1, sizeof(*known));
    for (size_t i = 0; known && i < n; i++) {
        target->modules.items[i]->seen = false;
        known[i].tm = target->modules.items[i];
        known[i].start = known[i].tm->module.start.value;
    }
    if (known && n)
        qsort(known, n, sizeof(*known), compare_known);
    return known;
}

/*
 * The known module that has this mapping; NULL: none. A file whose times changed is still the same.
 * If the file was overwritten while it is mapped, pages hold the new contents unless the process
 * had written to them: then nobody knows which code is where.
 */
static struct target_module *find_module(const struct known *known, size_t n,
                                         const struct module *module, bool *written_over)
{
    struct target_module *over = NULL;
    size_t behind = sorted_up_to(known, n, start, module->start.value);
    *written_over = false;
    for (; behind > 0 && known[behind - 1].start == module->start.value; behind--) {
        struct target_module *tm = known[behind - 1].tm;
        if (!same_place(&tm->module, module))
            continue;
        if (tm->module.image == module->image ||
            image_is_same_build(tm->module.image, module->image))
            return tm;
        over = tm;
    }
    *written_over = over != NULL;
    return over;
}

/* Reports modules that are left out, if the user selects functions of them. */
static void say_left_out(struct target *target, const struct modules *modules)
{
    for (size_t i = 0; i < modules->left_out.count; i++) {
        struct left_out *left = modules->left_out.items[i];
        const struct module_names names = {left->provider, left->path, NULL};
        if (left->reported ||
            !function_filter_module(target->tracer->options->select, &names, false))
            continue;
        left->reported = true;
        log_warning("%s: its functions are not traced", left->reason);
    }
}

/* Finds the functions of a new module. */
static void take_module(struct target *target, struct target_module *tm, bool is_new)
{
    struct image *image = tm->module.image;
    bool unfinished = image_has_text_relocations(image) && target->at_linker;
    if (is_new && !unfinished)
        target_watch(target, &tm->module, on_libraries);
    if (!tm->taken && !unfinished) {
        candidates_find(target, tm);
    } else if (!tm->taken && !target->entry_watch.value) {
        const struct module_names names = image_names(image);
        tm->taken = tm->unnamed_taken = true;
        if (function_filter_module(target->tracer->options->select, &names,
                                   tm->module.is_program) &&
            image_first_report(image))
            log_warning("%s has text relocations, which change its code once it is mapped: its "
                        "functions are not traced",
                        image_path(image));
    }
    if (!unfinished)
        candidates_find_unnamed(target, tm);
}

static struct target_module *add_target_module(struct target *target, const struct module *module)
{
    struct target_module *tm = calloc(1, sizeof(*tm));
    struct target_module **place = tm ? vec_push(&target->modules) : NULL;
    if (!place) {
        free(tm);
        log_warning("out of memory: %s is not traced", image_path(module->image));
        return NULL;
    }
    *place = tm;
    tm->module = *module;
    process_mapped(target->process);
    return tm;
}

/* Removes all breakpoints and candidates of the module. */
static void empty_module(struct target *target, struct target_module *tm)
{
    process_forget(target->process, tm->module.start, tm->module.end);
    for (size_t c = 0; c < tm->candidates.count; c++)
        target->n_armed -= tm->candidates.items[c].armed && !tm->candidates.items[c].is_resolver;
    tm->candidates.count = 0;
}

static void drop_unseen(struct target *target)
{
    size_t kept = 0;
    for (size_t i = 0; i < target->modules.count; i++) {
        struct target_module *tm = target->modules.items[i];
        if (tm->seen) {
            target->modules.items[kept++] = tm;
            continue;
        }
        empty_module(target, tm);
        module_free(tm);
    }
    target->modules.count = kept;
}

/* The mappings may have changed. */
static void map_code(struct target *target)
{
    size_t n = target->modules.count;
    cleanup(cleanup_free) const struct module **modules = calloc(n + 1, sizeof(*modules));
    for (size_t i = 0; modules && i < n; i++)
        modules[i] = &target->modules.items[i]->module;
    code_map_set(target->code, modules, modules ? n : 0);
}

/* The path of the program's dynamic linker; NULL: it has none. */
static const char *interpreter_of(const struct modules *modules)
{
    for (size_t i = 0; i < modules->list.count; i++)
        if (modules->list.items[i].is_program && image_interpreter(modules->list.items[i].image))
            return image_interpreter(modules->list.items[i].image);
    return NULL;
}

static bool is_interpreter(const char *interpreter, const struct module *module)
{
    const char *path = image_path(module->image);
    /* The kernel maps the file behind the name. The names differ if a directory is a symbolic link.
     */
    const char *base = interpreter ? strrchr(interpreter, '/') : NULL;
    return interpreter &&
           (strcmp(interpreter, path) == 0 ||
            (base && strcmp(base, strrchr(path, '/') ? strrchr(path, '/') : "") == 0));
}

/* Marks the known modules that are still mapped. Sets found[i] to the known module of mapping i, or
   NULL if it is new. */
static void recognise(struct target *target, const struct known *known,
                      const struct modules *modules, struct target_module **found)
{
    size_t n = target->modules.count;
    for (size_t i = 0; i < modules->list.count; i++) {
        const struct module *module = &modules->list.items[i];
        bool written_over;
        struct target_module *tm = find_module(known, n, module, &written_over);
        if (written_over) {
            if (tm->candidates.count)
                log_warning("%s was written over while it is mapped: its functions are not traced "
                            "any more",
                            image_path(tm->module.image));
            empty_module(target, tm);
            tm->module = *module;
            tm->taken = tm->unnamed_taken = true;
        }
        if (tm)
            tm->seen = true;
        found[i] = tm;
    }
}

void target_refresh(struct target *target)
{
    struct modules now = {0};
    struct error err;
    bool libraries = false;
    if (modules_scan(&now, process_task(target->process), target->tracer->catalog, &err) < 0) {
        bool is_gone = err.code == -ESRCH || err.code == -ENOENT;
        log_line(is_gone ? LOG_DEBUG : LOG_WARNING, "%s", err.text);
        return;
    }
    size_t n = now.list.count;
    cleanup(cleanup_free) struct known *known = sort_known(target);
    cleanup(cleanup_free) struct target_module **found = calloc(n + 1, sizeof(*found));
    /* A process that is ending shows no mappings. Its code is not unmapped. */
    if (n == 0 || !known || !found) {
        modules_free(&now);
        return;
    }
    recognise(target, known, &now, found);
    drop_unseen(target);
    say_left_out(target, &now);
    const char *interpreter = interpreter_of(&now);
    for (size_t i = 0; i < n && !atomic_load(&target->tracer->run.stop_asked); i++) {
        const struct module *module = &now.list.items[i];
        struct target_module *tm = found[i] ? found[i] : add_target_module(target, module);
        if (!tm)
            continue;
        tm->seen = true;
        take_module(target, tm, !found[i]);
        libraries = libraries || !(module->is_program || is_interpreter(interpreter, module));
    }
    modules_free(&now);
    map_code(target);
    /* The dynamic linker maps all libraries that the program starts with before it calls us. */
    if (libraries || !target->entry_watch.value) {
        pattern_hints_launched(target);
        tracer_begin(target->tracer);
    }
    target_apply(target);
}

static const struct module *program_of(const struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        if (target->modules.items[i]->module.is_program)
            return &target->modules.items[i]->module;
    return NULL;
}

/* Reports why the program is not among the modules. Never 0. */
static int refuse_program(struct target *target, struct error *err)
{
    pid_t pid = process_pid(target->process);
    struct image *image;
    int r = catalog_open_program(target->tracer->catalog, pid, &image, err);
    if (r < 0)
        return r;
    return error_set(err, -ENOEXEC, "process %d executes no file that can be traced", pid);
}

/* A program that has not run yet. It stays stopped until its libraries are known. */
static int start_program(struct target *target, struct error *err)
{
    /* Not 0 until it is known, so that the sink does not start before. */
    target->entry_watch = target_addr_of(1);
    target_refresh(target);
    const struct module *program = program_of(target);
    if (!program)
        return refuse_program(target, err);
    if (!image_interpreter(program->image)) { /* static: no libraries */
        target->entry_watch = target_addr_of(0);
        target_refresh(target);
        return 0;
    }
    target->entry_watch = module_target(program, image_start(program->image));
    struct error why;
    if (process_watch(target->process, target->entry_watch, on_entry, target, &why) < 0) {
        log_debug("the program's entry point is not watched: %s", why.text);
        target->entry_watch = target_addr_of(0);
    }
    return 0;
}

static int copy_modules(struct target *target, const struct target *parent)
{
    for (size_t i = 0; i < parent->modules.count; i++) {
        const struct target_module *from = parent->modules.items[i];
        struct target_module *to = add_target_module(target, &from->module);
        if (!to)
            return -ENOMEM;
        to->taken = from->taken;
        to->unnamed_taken = from->unnamed_taken;
        for (size_t c = 0; c < from->candidates.count; c++) {
            struct candidate *candidate = vec_push(&to->candidates);
            if (!candidate)
                return -ENOMEM;
            *candidate = from->candidates.items[c];
        }
        /* The copied memory holds the breakpoints of watches, but the watches are not copied. */
        target_watch(target, &to->module, on_libraries);
    }
    target->n_armed = parent->n_armed;
    map_code(target);
    return 0;
}

static void forget_modules(struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        module_free(target->modules.items[i]);
    target->modules.count = 0;
    target->n_armed = 0;
    if (target->code)
        code_map_set(target->code, NULL, 0);
}

static void target_free(struct target *target)
{
    forget_modules(target);
    code_map_free(target->code);
    vec_free(&target->modules);
    vec_free(&target->users);
    free(target);
}

int target_share(struct target *target, struct process *process)
{
    struct process **user = vec_push(&target->users);
    if (!user)
        return -ENOMEM;
    *user = process;
    process_set_data(process, target);
    return 0;
}

void target_leave(struct target *target, struct process *process)
{
    size_t i = target->users.count;
    process_set_data(process, NULL);
    /* The last process usually leaves first. */
    while (i > 0 && target->users.items[i - 1] != process)
        i--;
    if (i > 0)
        target->users.items[i - 1] = target->users.items[--target->users.count];
    if (target->users.count == 0)
        target_free(target);
    else if (target->process == process)
        target->process = target->users.items[0];
}

/* Makes an empty target and sets it as the data of the process. */
static struct target *make_target(struct tracer *tracer, struct process *process, struct error *err)
{
    struct target *target = calloc(1, sizeof(*target));
    if (target)
        target->code = code_map_new();
    if (!target || !target->code || target_share(target, process) < 0) {
        if (target)
            target_free(target);
        error_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    target->tracer = tracer;
    target->process = process;
    return target;
}

struct target *target_new(struct tracer *tracer, struct process *process,
                          const struct target *parent, struct error *err)
{
    struct target *target = make_target(tracer, process, err);
    int r = 0;
    if (!target)
        return NULL;
    if (parent)
        r = copy_modules(target, parent) < 0 ? error_set(err, -ENOMEM, "out of memory") : 0;
    else if (process_pid(process) == tracer->run.launched)
        r = start_program(target, err);
    else
        target_refresh(target);
    if (r < 0) {
        process_unwatch_all(process, target);
        target_leave(target, process);
        return NULL;
    }
    return target;
}

int target_executed(struct process *process, struct error *err)
{
    struct target *target = process_data(process);
    if (target->users.count > 1) { /* the others live on in the memory that it has left */
        struct tracer *tracer = target->tracer;
        target_leave(target, process);
        target = make_target(tracer, process, err);
        if (!target)
            return err->code;
    }
    forget_modules(target);
    return start_program(target, err);
}
