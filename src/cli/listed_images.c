/* SPDX-License-Identifier: MIT */
#include "cli/listed_images.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/dynamic_linker.h"
#include "cli/exit_status.h"
#include "ptrace/os/program_path.h"
#include "symbols/module.h"
#include "symbols/module_scan.h"
#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/log.h"

static int visit_image(struct listed_images *listed, struct image *image, bool is_program,
                       struct error *err)
{
    if (is_program && !listed->program)
        listed->program = image;
    return listed->visit(listed->data, image, is_program, err);
}

/* Opens the file that the path leads to, under its own name: only that is seen in a process. */
static int open_real(struct listed_images *listed, const char *path, struct image **image,
                     struct error *err)
{
    cleanup(cleanup_free) char *real = realpath(path, NULL);
    int r = catalog_open(listed->catalog, real ? real : path, image, err);
    if (r < 0)
        return r;
    *image = image_beside_program(*image, listed->program);
    if (!*image || image_add_name(*image, path) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    return 0;
}

/* An unreadable library is no error: prints a warning. */
static void visit_library(void *data, const char *path)
{
    struct listed_images *listed = data;
    struct image *image;
    struct error err;
    if (open_real(listed, path, &image, &err) < 0 || visit_image(listed, image, false, &err) < 0)
        log_warning("%s", err.text);
}

/* Whether the file is a dynamic linker: a library that needs no interpreter itself. */
static bool is_dynamic_linker(struct listed_images *listed, int fd, const char *path)
{
    struct image *image;
    struct error ignored;
    return catalog_open_target(listed->catalog, fd, path, &image, &ignored) == 0 &&
           image_is_library(image);
}

/* The dynamic linker must be the system's: --list, which shell completion runs, must not run a file
   that somebody has put beside a program. */
static void visit_libraries(struct listed_images *listed, const char *program,
                            const char *interpreter)
{
    const struct options *options = listed->options;
    cleanup(cleanup_fd) int linker = dynamic_linker_open(interpreter);
    if (linker < 0 || !is_dynamic_linker(listed, linker, interpreter)) {
        log_warning("the libraries of %s are not listed: its dynamic linker %s is not the system's",
                    program, interpreter);
        return;
    }
    char **environment = options->environment ? options->environment : environ;
    struct error err;
    if (dynamic_linker_ask(linker, interpreter, program, environment, visit_library, listed, &err) <
        0)
        log_warning("the libraries of %s are not listed: its dynamic linker %s does not list them: "
                    "%s",
                    program, interpreter, err.text);
}

static int visit_program(struct listed_images *listed, struct error *err)
{
    char path[PATH_MAX];
    struct image *image;
    int r = program_path(listed->options->program[0], path, err);
    if (r < 0)
        return r == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    if (open_real(listed, path, &image, err) < 0 || visit_image(listed, image, true, err) < 0)
        return EXIT_TRACER_FAILED;
    if (image_interpreter(image))
        visit_libraries(listed, path, image_interpreter(image));
    return EXIT_SUCCESS;
}

static int visit_process(struct listed_images *listed, pid_t pid, struct error *err)
{
    struct modules modules = {0};
    int r = modules_scan(&modules, pid, listed->catalog, err);
    for (size_t i = 0; r == 0 && i < modules.list.count; i++) {
        const struct module *module = &modules.list.items[i];
        r = visit_image(listed, module->image, module->is_program, err);
    }
    modules_free(&modules);
    return r < 0 ? EXIT_TRACER_FAILED : EXIT_SUCCESS;
}

/* Prints an error for a process that cannot be read, and lists the others. */
static int visit_processes(struct listed_images *listed, struct error *err)
{
    const struct options *options = listed->options;
    size_t n = options->pids.count, n_visited = 0;
    capabilities_raise_tracing();
    for (size_t i = 0; i < n; i++) {
        bool visited = visit_process(listed, options->pids.items[i], err) == EXIT_SUCCESS;
        n_visited += visited;
        if (!visited && (n_visited > 0 || i + 1 < n))
            log_error("%s; going on without it", err->text);
    }
    return n_visited > 0 ? EXIT_SUCCESS : EXIT_TRACER_FAILED;
}

int listed_images_visit(struct listed_images *listed, struct error *err)
{
    return listed->options->program ? visit_program(listed, err) : visit_processes(listed, err);
}
