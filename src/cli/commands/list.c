/* SPDX-License-Identifier: MIT */
#include "cli/commands/list.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dynamic_linker.h"
#include "cli/exit_status.h"
#include "cli/hints.h"
#include "cli/options.h"
#include "cli/sudo_user.h"
#include "cli/type_files.h"
#include "cli/unmatched_patterns.h"
#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "ptrace/os/program_path.h"
#include "symbols/catalog.h"
#include "symbols/code/arch.h"
#include "symbols/code/region.h"
#include "symbols/code/returns.h"
#include "symbols/function_filter.h"
#include "symbols/image.h"
#include "symbols/module.h"
#include "symbols/module_scan.h"
#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/text.h"
#include "util/vec.h"

struct list {
    const struct options *options;
    struct catalog *catalog;
    size_t n_printed;
    struct image *program; /* the first; NULL: none is known yet */
    struct unmatched_patterns unmatched;
};

static void print_line(const char *text)
{
    char line[2048];
    text_escape(line, sizeof(line), text, strlen(text));
    puts(line);
}

static void print_other_name(void *data, const char *name)
{
    const struct probe *probe = data;
    cleanup(cleanup_free) char *text =
        text_format("%s:%s  is %s", probe->provider, name, probe->function);
    if (text)
        print_line(text);
}

/* Whether --in-process can serve the function's entry by a jump, as far as its file and its values
   tell. */
static void print_jump(struct image *image, const struct probe *probe)
{
    struct code_region region;
    const char *reason = engine_jump_obstacle(probe, HIT_ENTRY | HIT_EXIT);
    int r =
        reason ? -EPERM : code_region_at(image, probe->entry, CODE_ENTRY, false, &region, &reason);
    cleanup(cleanup_free) char *text =
        text_format("%s:%s  jump: %s%s%s", probe->provider, probe->function,
                    r == 0 ? "yes" : "no (", r == 0 ? "" : reason, r == 0 ? "" : ")");
    if (text)
        print_line(text);
}

/* The same of the return addresses in the listed functions: calls from there are served so. */
static void print_returns(struct image *image, const struct probe *const *probes, size_t n)
{
    struct code_returns returns = {0};
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = code_returns_count(image, probes[i]->entry, probes[i]->size, &returns);
    cleanup(cleanup_free) char *text =
        text_format("%s  jumps: at %zu of %zu return addresses in these functions",
                    image_provider(image), returns.good, returns.n);
    if (r == 0 && returns.n && text)
        print_line(text);
}

static int print_image(struct list *list, struct image *image, bool is_program, struct error *err)
{
    const struct function_filter *select = list->options->select;
    cleanup(cleanup_free) const struct probe **probes = NULL;
    const struct module_names names = image_names(image);
    size_t n = 0;
    unmatched_patterns_add_image(&list->unmatched, image);
    if (is_program && !list->program)
        list->program = image;
    if (!function_filter_module(select, &names, is_program))
        return 0;
    int r = image_probes(image, select, is_program, false, &probes, &n, err);
    bool jumps = list->options->verbose && !code_unsupported;
    for (size_t i = 0; r == 0 && i < n; i++) {
        /* As in the event name, where long names are cut. */
        int length = (int)(strlen(probes[i]->entry_event) - strlen("_entry"));
        cleanup(cleanup_free) char *text = text_format(
            "%s:%.*s  %s  [%s%s%s]", probes[i]->provider, length, probes[i]->entry_event,
            probes[i]->signature, probe_source_text(list->catalog, probes[i]),
            probes[i]->not_shown ? "; not all is known of: " : "",
            probes[i]->not_shown ? probes[i]->not_shown : "");
        if (!text)
            return error_set(err, -ENOMEM, "out of memory");
        print_line(text);
        if (list->options->verbose &&
            probe_other_names(probes[i], print_other_name, (void *)probes[i]) < 0)
            return error_set(err, -ENOMEM, "out of memory");
        if (jumps)
            print_jump(image, probes[i]);
    }
    if (r == 0 && jumps)
        print_returns(image, probes, n);
    list->n_printed += n;
    return r;
}

/* Opens the file that the path leads to, under its own name: only that is seen in a process. */
static int open_real(struct list *list, const char *path, struct image **image, struct error *err)
{
    cleanup(cleanup_free) char *real = realpath(path, NULL);
    int r = catalog_open(list->catalog, real ? real : path, image, err);
    if (r < 0)
        return r;
    *image = image_beside_program(*image, list->program);
    if (!*image || image_add_name(*image, path) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    return 0;
}

/* An unreadable library is no error: prints a warning. */
static void print_library(void *data, const char *path)
{
    struct list *list = data;
    struct image *image;
    struct error err;
    if (open_real(list, path, &image, &err) < 0 || print_image(list, image, false, &err) < 0)
        log_warning("%s", err.text);
}

/* Whether the file is a dynamic linker: a library that needs no interpreter itself. */
static bool is_dynamic_linker(struct list *list, int fd, const char *path)
{
    struct image *image;
    struct error ignored;
    return catalog_open_target(list->catalog, fd, path, &image, &ignored) == 0 &&
           image_is_library(image);
}

/* The dynamic linker must be the system's: --list, which shell completion runs, must not run a file
   that somebody has put beside a program. */
static void print_libraries(struct list *list, const char *program, const char *interpreter)
{
    const struct options *options = list->options;
    cleanup(cleanup_fd) int linker = dynamic_linker_open(interpreter);
    if (linker < 0 || !is_dynamic_linker(list, linker, interpreter)) {
        log_warning("the libraries of %s are not listed: its dynamic linker %s is not the system's",
                    program, interpreter);
        return;
    }
    char **environment = options->environment ? options->environment : environ;
    struct error err;
    if (dynamic_linker_ask(linker, interpreter, program, environment, print_library, list, &err) <
        0)
        log_warning("the libraries of %s are not listed: its dynamic linker %s does not list them: "
                    "%s",
                    program, interpreter, err.text);
}

static int list_program(struct list *list, struct error *err)
{
    char path[PATH_MAX];
    struct image *image;
    int r = program_path(list->options->program[0], path, err);
    if (r < 0)
        return r == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    if (open_real(list, path, &image, err) < 0 || print_image(list, image, true, err) < 0)
        return EXIT_TRACER_FAILED;
    if (image_interpreter(image))
        print_libraries(list, path, image_interpreter(image));
    return EXIT_SUCCESS;
}

static int list_process(struct list *list, pid_t pid, struct error *err)
{
    struct modules modules = {0};
    int r = modules_scan(&modules, pid, list->catalog, err);
    for (size_t i = 0; r == 0 && i < modules.list.count; i++) {
        const struct module *module = &modules.list.items[i];
        r = print_image(list, module->image, module->is_program, err);
    }
    modules_free(&modules);
    return r < 0 ? EXIT_TRACER_FAILED : EXIT_SUCCESS;
}

/* Prints an error for a process that cannot be read, and lists the others. */
static int list_processes(struct list *list, struct error *err)
{
    const struct options *options = list->options;
    size_t n = options->pids.count, n_listed = 0;
    capabilities_raise_tracing();
    for (size_t i = 0; i < n; i++) {
        bool listed = list_process(list, options->pids.items[i], err) == EXIT_SUCCESS;
        n_listed += listed;
        if (!listed && (n_listed > 0 || i + 1 < n))
            log_error("%s; going on without it", err->text);
    }
    return n_listed > 0 ? EXIT_SUCCESS : EXIT_TRACER_FAILED;
}

int list_run(const struct options *options)
{
    struct list list = {.options = options};
    struct error err = {0};
    int status = EXIT_TRACER_FAILED;
    if (sudo_user_become(&err) < 0 || options_read_files(options, &err) < 0)
        status = EXIT_TRACER_FAILED;
    else if (catalog_new(&list.catalog) < 0)
        error_set(&err, -ENOMEM, "out of memory");
    /* They may leave no room for others, and no jumps. */
    if (list.catalog) {
        catalog_set_extra_fields(list.catalog, options->with);
        catalog_set_value_options(list.catalog, options->value_options);
    }
    /* No process is stopped meanwhile. */
    if (list.catalog)
        catalog_ask_servers(list.catalog, true);
    bool is_ready = list.catalog && type_files_add(list.catalog, options, &err) == 0;
    if (is_ready && options->program)
        status = list_program(&list, &err);
    else if (is_ready)
        status = list_processes(&list, &err);
    if (status == EXIT_SUCCESS && fflush(stdout) != 0) {
        error_set(&err, -EIO, "cannot write the list: %s", strerror(errno));
        status = EXIT_TRACER_FAILED;
    }
    if (status == EXIT_SUCCESS && list.n_printed == 0 && list.program)
        hints_list(options, list.program, list.unmatched.images.items, list.unmatched.images.count);
    if (status == EXIT_SUCCESS) {
        unmatched_patterns_take(&list.unmatched, options->select);
        unmatched_patterns_say(&list.unmatched);
    } else {
        log_error("%s", err.text);
    }
    unmatched_patterns_free(&list.unmatched);
    catalog_free(list.catalog);
    return status;
}
