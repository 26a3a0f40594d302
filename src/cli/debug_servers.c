/* SPDX-License-Identifier: MIT */
#include "cli/debug_servers.h"

#include <limits.h>

#include "cli/candidates.h"
#include "cli/options.h"
#include "cli/setup_call.h"
#include "cli/tracer.h"
#include "model/probe.h"
#include "ptrace/os/program_path.h"
#include "symbols/catalog.h"
#include "symbols/elf/debuginfod.h"
#include "symbols/module.h"
#include "symbols/module_scan.h"
#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"

/* To select its functions is to look for their debug information. */
static void fetch_for_module(struct tracer *tracer, const struct module *module)
{
    cleanup(cleanup_free) const struct probe **probes = NULL;
    struct error err;
    size_t n;
    bool named;
    if (candidates_select(tracer, module, &probes, &n, &named, &err) < 0)
        log_debug("%s", err.text);
}

/* What else there is to say of the process, attaching will say. */
static void fetch_for_process(struct tracer *tracer, pid_t pid)
{
    struct modules modules;
    struct error err;
    if (modules_scan(&modules, pid, tracer->catalog, &err) < 0)
        return;
    for (size_t i = 0; i < modules.list.count; i++)
        fetch_for_module(tracer, &modules.list.items[i]);
    modules_free(&modules);
}

static void fetch_for_program(struct tracer *tracer, const char *name)
{
    char found[PATH_MAX], path[PATH_MAX];
    struct module module = {.is_program = true};
    struct error err;
    /* By the name that it will have when it is mapped. */
    if (program_path(name, found, &err) == 0 && realpath(found, path) &&
        catalog_open(tracer->catalog, path, &module.image, &err) == 0)
        fetch_for_module(tracer, &module);
}

static int fetch(void *data, struct error *err)
{
    struct tracer *tracer = data;
    const struct options *options = tracer->options;
    (void)err;
    /* Of this thread. */
    capabilities_raise_tracing();
    catalog_ask_servers(tracer->catalog, true);
    if (options->program)
        fetch_for_program(tracer, options->program[0]);
    for (size_t i = 0; i < options->pids.count; i++)
        fetch_for_process(tracer, options->pids.items[i]);
    catalog_ask_servers(tracer->catalog, false);
    return 0;
}

int debug_servers_ask(struct tracer *tracer, struct error *err)
{
    return debuginfod_has_servers() ? setup_call_run(tracer, fetch, tracer, NULL, err) : 0;
}
