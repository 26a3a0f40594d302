/* SPDX-License-Identifier: MIT */
#include "cli/hints.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/target.h"
#include "cli/tracer.h"
#include "ptrace/engine.h"
#include "ptrace/os/program_path.h"
#include "symbols/function_filter.h"
#include "symbols/function_pattern.h"
#include "symbols/image.h"
#include "symbols/library_example.h"
#include "util/cleanup.h"
#include "util/log.h"

enum { SCRIPT_LINE_MAX = 256 }; /* BINPRM_BUF_SIZE: the kernel reads no more */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* ---- interpreters ---- */

/* Whether `name` is that of the command, perhaps with a version: "python3.11", "perl5.36.0". */
static bool is_version_of(const char *name, const char *command)
{
    size_t length = strlen(command);
    return strncmp(name, command, length) == 0 &&
           !name[length + strspn(name + length, "0123456789.-")];
}

static bool runs_scripts(const char *name)
{
    static const char *const commands[] = {"python", "pypy",   "perl", "ruby",   "node", "nodejs",
                                           "bash",   "dash",   "sh",   "zsh",    "ksh",  "fish",
                                           "lua",    "luajit", "php",  "tclsh",  "wish", "guile",
                                           "gawk",   "mawk",   "awk",  "Rscript"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (is_version_of(name, commands[i]))
            return true;
    return false;
}

bool hints_is_wrapper(const struct image *image)
{
    const char *name = base_of(image_path(image));
    static const char *const wrappers[] = {"env",    "nice",    "nohup",   "setsid",
                                           "stdbuf", "ionice",  "taskset", "prlimit",
                                           "chrt",   "numactl", "setarch"};
    for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
        if (strcmp(name, wrappers[i]) == 0)
            return true;
    return false;
}

/* Reads the interpreter's name from the first line of a script (execve(2), "Interpreter scripts").
   false: the file is none. */
static bool read_script_line(const char *path, char name[SCRIPT_LINE_MAX])
{
    char line[SCRIPT_LINE_MAX];
    cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;
    if (n < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *rest = NULL;
    char *word = strtok_r(line + 2, " \t\n", &rest);
    if (word && strcmp(base_of(word), "env") == 0)
        do
            word = strtok_r(NULL, " \t\n", &rest);
        while (word && (*word == '-' || strchr(word, '=')));
    if (!word)
        return false;
    snprintf(name, SCRIPT_LINE_MAX, "%s", base_of(word));
    return true;
}

static void say_script(struct tracer *tracer)
{
    const struct options *options = tracer->options;
    char path[PATH_MAX], name[SCRIPT_LINE_MAX];
    struct error ignored;
    if (tracer->hints.script_told || !options->program)
        return;
    tracer->hints.script_told = true; /* it is looked at once */
    if (program_path(options->program[0], path, &ignored) == 0 && read_script_line(path, name))
        log_warning("%s is a script: this traces the functions of the interpreter %s%s; functions "
                    "of the script are not traced",
                    options->program[0], name,
                    strncmp(name, "node", 4) == 0 ? ", written in C++"
                    : runs_scripts(name)          ? ", written in C"
                                                  : "");
}

/* ---- nothing to trace ---- */

static void say_libraries(struct image *program, struct image *const *images, size_t n)
{
    char example[LIBRARY_EXAMPLE_MAX];
    if (library_example_find(program, images, n, example))
        log_warning("its libraries can be traced: -f '%s'", example);
}

static void say_debug_file(struct image *program, bool is_static)
{
    char path[PATH_MAX];
    bool has_path = image_debug_path(program, path, sizeof(path));
    if (is_static && has_path)
        log_warning("its own functions can be traced with debug information: %s, in a package "
                    "named *-dbgsym, or DEBUGINFOD_URLS",
                    path);
    else if (is_static)
        log_warning("its own functions can be traced if it is built without stripping it");
    else if (has_path)
        log_warning("its own functions can be traced by address: -f '" UNNAMED_PREFIX ".*@%s'; by "
                    "name with debug information: %s, in a package named *-dbgsym, or "
                    "DEBUGINFOD_URLS",
                    image_provider(program), path);
    else
        log_warning("its own functions can be traced by address: -f '" UNNAMED_PREFIX ".*@%s'; by "
                    "name if it is built without stripping it",
                    image_provider(program));
}

static void say_nothing_to_trace(struct image *program, struct image *const *images, size_t n)
{
    const char *name = base_of(image_path(program));
    bool is_static = !image_interpreter(program) && !image_is_library(program);
    size_t n_functions = image_count_functions(program);
    if (n_functions) {
        log_warning("nothing of %s is traced: no -f is given, and none of its %zu functions is "
                    "left",
                    name, n_functions);
        return;
    }
    log_warning("nothing of %s is traced: it is %sstripped, so that its functions have no names",
                name, is_static ? "static and " : "");
    say_libraries(program, images, n);
    if (runs_scripts(name))
        log_warning("%s is an interpreter: functions of its scripts cannot be traced", name);
    else
        say_debug_file(program, is_static);
}

/* ---- */

static size_t count_candidates(const struct target *target)
{
    size_t n = 0;
    for (size_t i = 0; i < target->modules.count; i++)
        n += target->modules.items[i]->candidates.count;
    return n;
}

static bool is_named_by_user(const struct tracer *tracer, pid_t pid)
{
    if (tracer->run.launched)
        return pid == tracer->run.launched;
    for (size_t i = 0; i < tracer->options->pids.count; i++)
        if (tracer->options->pids.items[i] == pid)
            return true;
    return false;
}

/* Takes the images of the target. false: it has no program. */
static bool take_images(struct hints *hints, const struct target *target)
{
    hints->images.count = 0;
    hints->program = NULL;
    for (size_t i = 0; i < target->modules.count; i++) {
        const struct module *module = &target->modules.items[i]->module;
        struct image **place = vec_push(&hints->images);
        if (place)
            *place = module->image;
        if (module->is_program && !hints->program)
            hints->program = module->image;
    }
    return hints->program != NULL;
}

static void say_nothing_once(struct hints *hints)
{
    const char *path = image_path(hints->program);
    hints->waits = false;
    for (size_t i = 0; i < hints->n_told; i++)
        if (strcmp(hints->told[i], path) == 0)
            return;
    if (hints->n_told == PROGRAMS_TOLD_MAX || !(hints->told[hints->n_told] = strdup(path)))
        return;
    hints->n_told++;
    say_nothing_to_trace(hints->program, hints->images.items, hints->images.count);
}

void hints_start(struct tracer *tracer, const struct target *target)
{
    struct hints *hints = &tracer->hints;
    const struct function_filter *select = tracer->options->select;
    if (target->entry_watch.value || !is_named_by_user(tracer, process_pid(target->process)) ||
        !take_images(hints, target))
        return;
    hints->waits = false;
    if (function_filter_is_explicit(select))
        return;
    if (count_candidates(target))
        say_script(tracer);
    else if (hints_is_wrapper(hints->program))
        hints->waits = true;
    else
        say_nothing_once(hints);
}

void hints_end(struct tracer *tracer, uint64_t calls)
{
    struct hints *hints = &tracer->hints;
    const struct options *options = tracer->options;
    if (hints->waits && tracer->n_candidates == 0)
        say_nothing_once(hints);
    if (calls || tracer->n_armed_most == 0 || !hints->program)
        return;
    log_warning("no armed function was called: calls that the compiler inlined are not seen%s",
                options->follow_forks ? ""
                                      : ", nor those of child processes without "
                                        "--follow-forks");
    if (!function_filter_is_explicit(options->select))
        say_libraries(hints->program, hints->images.items, hints->images.count);
}

void hints_list(const struct options *options, struct image *program, struct image *const *images,
                size_t n)
{
    if (!function_filter_is_explicit(options->select))
        say_nothing_to_trace(program, images, n);
}

void hints_free(struct hints *hints)
{
    vec_free(&hints->images);
    for (size_t i = 0; i < hints->n_told; i++)
        free(hints->told[i]);
}
