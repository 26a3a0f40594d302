/* SPDX-License-Identifier: MIT */
/* Finds the modules of a running process. */
#ifndef SYMBOLS_MODULE_SCAN_H
#define SYMBOLS_MODULE_SCAN_H

#include <sys/types.h>

#include "symbols/catalog.h"
#include "symbols/module.h"
#include "util/error.h"

/*
 * Finds the modules of a process: each file with an executable mapping that is an ELF file of our
 * machine. A file that is mapped twice gives two modules. Files are opened through
 * /proc/PID/map_files (which needs privileges) or /proc/PID/root, so that deleted files and those
 * of other mount namespaces can be read; their paths are those that the process sees. A path that
 * now refers to another file is not used, nor is a file whose headers and build ID differ from
 * those in the memory of the process. Files that cannot be read are left out.
 */
MUST_CHECK int modules_scan(struct modules *modules, pid_t pid, struct catalog *catalog,
                            struct error *err);

#endif
