#include "cli/target.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/log.h"

/* The dynamic linker calls this empty function whenever its list of libraries has changed, before
   their constructors run; debuggers wait there (glibc and musl export it by this name). */
static const char LINKER_HOOK[] = "_dl_debug_state";

/* Functions that leave activations without returning from them. */
static const struct {
    const char *name;
    enum process_jump jump;
} JUMPS[] = {
    {"longjmp", JUMP_LONGJMP},
    {"_longjmp", JUMP_LONGJMP},
    {"siglongjmp", JUMP_LONGJMP},
    {"__longjmp_chk", JUMP_LONGJMP},
    {"__libc_longjmp", JUMP_LONGJMP},
    {"__libc_siglongjmp", JUMP_LONGJMP},
    {"_Unwind_RaiseException", JUMP_THROW},
    {"_Unwind_Resume", JUMP_THROW},
    {"_Unwind_Resume_or_Rethrow", JUMP_THROW},
    {"_Unwind_ForcedUnwind", JUMP_THROW},
    {"__cxa_begin_catch", JUMP_CATCH},
};

static void on_libraries(void *data, struct process *process, pid_t tid)
{
    struct target *target = data;
    (void)process;
    (void)tid;
    target_refresh(target);
}

/* At the program's own first instruction all libraries it starts with are there. */
static void on_entry(void *data, struct process *process, pid_t tid)
{
    struct target *target = data;
    (void)tid;
    process_unwatch(process, target->entry_watch, on_entry, target);
    target->entry_watch = target_addr_of(0);
    target_refresh(target);
    tracer_begin(target->tracer);
    target_apply(target);
}

/* What the engine itself must see: see process_watch_sigmask(). */
static void watch_signals(struct target *target, const struct module *module)
{
    static const struct {
        const char *name;
        int (*watch)(struct process *process, target_addr at, struct error *err);
    } watched[] = {
        {"pthread_sigmask", process_watch_sigmask},
        {"sigaction", process_watch_sigaction},
        {"sched_getaffinity", process_watch_affinity},
        {"sched_setaffinity", process_watch_affinity},
        {"pthread_getaffinity_np", process_watch_affinity},
        {"pthread_setaffinity_np", process_watch_affinity},
    };
    struct error err;
    file_vaddr vaddr;
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        if (image_symbol(module->image, watched[i].name, &vaddr) &&
            watched[i].watch(target->process, module_target(module, vaddr), &err) < 0)
            log_debug("%s in %s is not watched: %s", watched[i].name, image_path(module->image),
                      err.text);
}

static void watch(struct target *target, const struct module *module)
{
    struct error err;
    file_vaddr vaddr;
    watch_signals(target, module);
    if (image_symbol(module->image, LINKER_HOOK, &vaddr) &&
        process_watch(target->process, module_target(module, vaddr), on_libraries, target, &err) <
            0)
        log_warning("libraries loaded later are not traced: %s", err.text);
    if (target->tracer->options->entry_only)
        return;
    for (size_t i = 0; i < sizeof(JUMPS) / sizeof(JUMPS[0]); i++)
        if (image_symbol(module->image, JUMPS[i].name, &vaddr) &&
            process_watch_jump(target->process, module_target(module, vaddr), JUMPS[i].jump, &err) <
                0)
            log_debug("%s in %s is not watched: %s", JUMPS[i].name, image_path(module->image),
                      err.text);
}

static void find_candidates(struct target *target, struct target_module *tm)
{
    struct tracer *tracer = target->tracer;
    struct image *image = tm->module.image;
    const struct select *select = tracer->options->select;
    cleanup(cleanup_free) const struct probe **probes = NULL;
    struct error err;
    size_t n = 0;
    bool named = false;
    if (!select_module(select, image_provider(image), image_path(image), tm->module.is_program)) {
        if (select_is_explicit(select))
            return;
        named = tracer_is_named(tracer, image_provider(image));
        if (!named)
            return;
    }
    tm->taken = true;
    if (image_probes(image, select, tm->module.is_program, named, &probes, &n, &err) < 0) {
        log_warning("%s", err.text);
        return;
    }
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
    tracer_register(tracer, probes, n);
}

static void apply_module(struct target *target, struct target_module *tm)
{
    for (size_t i = 0; i < tm->candidates.count; i++) {
        struct candidate *candidate = &tm->candidates.items[i];
        unsigned wanted = tracer_wanted(target->tracer, candidate->probe);
        if (wanted == candidate->armed || candidate->refused)
            continue;
        struct error err;
        if (wanted == 0) {
            process_disarm(target->process, candidate->at);
        } else if (process_arm(target->process, candidate->at, candidate->probe, wanted, &err) <
                   0) {
            if (err.code == -ESRCH)
                return; /* the process has just ended */
            if (err.code == -EAGAIN) {
                engine_ring(target->tracer->engine); /* once the loop has served what is pending */
                return;
            }
            candidate->refused = true;
            log_debug("%s:%s is not traced: %s", candidate->probe->provider,
                      candidate->probe->function, err.text);
            continue;
        }
        target->n_armed += (wanted != 0) - (candidate->armed != 0);
        candidate->armed = wanted;
    }
    if (target->n_armed > target->tracer->n_armed_most)
        target->tracer->n_armed_most = target->n_armed;
}

void target_apply(struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        apply_module(target, target->modules.items[i]);
}

static void module_free(struct target_module *tm)
{
    vec_free(&tm->candidates);
    free(tm);
}

static bool same(const struct module *a, const struct module *b)
{
    return a->image == b->image && a->load_bias == b->load_bias &&
           target_addr_equal(a->start, b->start);
}

static struct target_module *find_module(struct target *target, const struct module *module)
{
    for (size_t i = 0; i < target->modules.count; i++)
        if (same(&target->modules.items[i]->module, module))
            return target->modules.items[i];
    return NULL;
}

static struct target_module *add_module(struct target *target, const struct module *module)
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
    return tm;
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
        process_forget(target->process, tm->module.start, tm->module.end);
        for (size_t c = 0; c < tm->candidates.count; c++)
            target->n_armed -= tm->candidates.items[c].armed != 0;
        module_free(tm);
    }
    target->modules.count = kept;
}

static bool is_interpreter(const struct target *target, const struct module *module)
{
    for (size_t i = 0; i < target->modules.count; i++) {
        const struct module *program = &target->modules.items[i]->module;
        const char *interpreter = program->is_program ? image_interpreter(program->image) : NULL;
        const char *path = image_path(module->image);
        /* The kernel maps what the name leads to; names differ where directories are links. */
        const char *base = interpreter ? strrchr(interpreter, '/') : NULL;
        if (interpreter &&
            (strcmp(interpreter, path) == 0 ||
             (base && strcmp(base, strrchr(path, '/') ? strrchr(path, '/') : "") == 0)))
            return true;
    }
    return false;
}

void target_refresh(struct target *target)
{
    struct modules now = {0};
    struct error err;
    bool libraries = false;
    if (modules_scan(&now, process_task(target->process), target->tracer->catalog, &err) < 0) {
        log_debug("%s", err.text);
        return;
    }
    /* A process that is ending shows nothing: that is not to say that its code was unmapped. */
    if (now.list.count == 0) {
        modules_free(&now);
        return;
    }
    for (size_t i = 0; i < target->modules.count; i++)
        target->modules.items[i]->seen = false;
    for (size_t i = 0; i < now.list.count; i++) {
        struct target_module *tm = find_module(target, &now.list.items[i]);
        if (tm)
            tm->seen = true;
    }
    drop_unseen(target);
    for (size_t i = 0; i < now.list.count; i++) {
        const struct module *module = &now.list.items[i];
        struct target_module *tm = find_module(target, module);
        bool is_new = !tm;
        if (!tm)
            tm = add_module(target, module);
        if (!tm)
            continue;
        tm->seen = true;
        if (is_new)
            watch(target, module);
        if (!tm->taken)
            find_candidates(target, tm);
        libraries = libraries || !(module->is_program || is_interpreter(target, module));
    }
    modules_free(&now);
    /* Once the first libraries are there, so are all that the program starts with. */
    if (libraries || !target->entry_watch.value)
        tracer_begin(target->tracer);
    target_apply(target);
}

static const struct module *program_of(const struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        if (target->modules.items[i]->module.is_program)
            return &target->modules.items[i]->module;
    return NULL;
}

/* Why the program is none of the modules. Never 0. */
static int refuse_program(struct target *target, struct error *err)
{
    pid_t pid = process_pid(target->process);
    char link[64], path[PATH_MAX];
    struct image *image;
    snprintf(link, sizeof(link), "/proc/%d/exe", pid);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    path[n < 0 ? 0 : n] = '\0';
    int r = n < 0 ? 0 : catalog_open(target->tracer->catalog, link, path, &image, err);
    if (r < 0)
        return r;
    return error_set(err, -ENOEXEC, "process %d executes no file that can be traced", pid);
}

/* A program that has not run yet: it is held until its libraries are known. */
static int start_program(struct target *target, struct error *err)
{
    /* Anything but 0 until it is known: nothing is begun before. */
    target->entry_watch = target_addr_of(1);
    target_refresh(target);
    const struct module *program = program_of(target);
    if (!program)
        return refuse_program(target, err);
    if (!image_interpreter(program->image)) { /* static: this is all there is */
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
        struct target_module *to = add_module(target, &from->module);
        if (!to)
            return -ENOMEM;
        to->taken = from->taken;
        for (size_t c = 0; c < from->candidates.count; c++) {
            struct candidate *candidate = vec_push(&to->candidates);
            if (!candidate)
                return -ENOMEM;
            *candidate = from->candidates.items[c];
        }
        /* The copied memory holds the breakpoints; who is to be called there is asked anew. */
        watch(target, &to->module);
    }
    target->n_armed = parent->n_armed;
    return 0;
}

struct target *target_new(struct tracer *tracer, struct process *process,
                          const struct target *parent, struct error *err)
{
    struct target *target = calloc(1, sizeof(*target));
    int r = 0;
    if (!target) {
        error_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    target->tracer = tracer;
    target->process = process;
    if (parent)
        r = copy_modules(target, parent) < 0 ? error_set(err, -ENOMEM, "out of memory") : 0;
    else if (process_pid(process) == tracer->launched)
        r = start_program(target, err);
    else
        target_refresh(target);
    if (r < 0) {
        target_free(target);
        return NULL;
    }
    return target;
}

static void forget_modules(struct target *target)
{
    for (size_t i = 0; i < target->modules.count; i++)
        module_free(target->modules.items[i]);
    target->modules.count = 0;
    target->n_armed = 0;
}

int target_executed(struct target *target, struct error *err)
{
    forget_modules(target);
    return start_program(target, err);
}

void target_free(struct target *target)
{
    forget_modules(target);
    vec_free(&target->modules);
    free(target);
}
