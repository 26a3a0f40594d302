/* SPDX-License-Identifier: MIT */
#include "cli/commands/list.h"

#include <errno.h>
#include <string.h>

#include "cli/exit_status.h"
#include "cli/hints.h"
#include "cli/listed_images.h"
#include "cli/options.h"
#include "cli/sudo_user.h"
#include "cli/type_files.h"
#include "cli/unmatched_patterns.h"
#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/code/arch.h"
#include "symbols/code/region.h"
#include "symbols/code/returns.h"
#include "symbols/function_filter.h"
#include "symbols/image.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/text.h"

struct list {
    const struct options *options;
    struct catalog *catalog;
    size_t n_printed;
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

static int print_image(void *data, struct image *image, bool is_program, struct error *err)
{
    struct list *list = data;
    const struct function_filter *select = list->options->select;
    cleanup(cleanup_free) const struct probe **probes = NULL;
    const struct module_names names = image_names(image);
    size_t n = 0;
    unmatched_patterns_add_image(&list->unmatched, image);
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
    struct listed_images listed = {
        .options = options, .catalog = list.catalog, .visit = print_image, .data = &list};
    if (list.catalog && type_files_add(list.catalog, options, &err) == 0)
        status = listed_images_visit(&listed, &err);
    if (status == EXIT_SUCCESS && fflush(stdout) != 0) {
        error_set(&err, -EIO, "cannot write the list: %s", strerror(errno));
        status = EXIT_TRACER_FAILED;
    }
    if (status == EXIT_SUCCESS && list.n_printed == 0 && listed.program)
        hints_list(options, listed.program, list.unmatched.images.items,
                   list.unmatched.images.count);
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
