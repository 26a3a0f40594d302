/* SPDX-License-Identifier: MIT */
/* The files from which functions without debug information get their types: those of --types, and
   the tracer's own. */
#ifndef CLI_TYPE_FILES_H
#define CLI_TYPE_FILES_H

#include "cli/options.h"
#include "symbols/catalog.h"
#include "util/error.h"

/* Adds them to the catalog, those of --types first. Call it as the user who named them
   (cli/sudo_user.h), after catalog_set_value_options(). */
MUST_CHECK int type_files_add(struct catalog *catalog, const struct options *options,
                              struct error *err);

#endif
