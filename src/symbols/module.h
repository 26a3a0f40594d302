/* SPDX-License-Identifier: MIT */
/*
 * A module: an ELF file as it is mapped in one process. The only place where file_vaddr and
 * target_addr are turned into each other.
 */
#ifndef SYMBOLS_MODULE_H
#define SYMBOLS_MODULE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "symbols/catalog.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/maps.h"
#include "util/vec.h"

struct module {
    struct image *image;
    bool is_program;    /* the file the process executes (/proc/PID/exe), or, when that is a dynamic
                           linker that was called by name, the program it was called with */
    uint64_t load_bias; /* target_addr - file_vaddr, modulo 2^64 */
    target_addr start;  /* of the first mapping of the file */
    target_addr end;    /* of the last, exclusive */
    uint32_t major, minor;
    uint64_t inode;
};

/* An ELF file that is mapped but not among the modules. The catalog has one for each path. */
struct left_out {
    struct left_out *next;
    const char *path, *provider;
    const char *why; /* one line that begins with the path */
    bool said;       /* the user has been told; for who tells */
};

struct modules {
    VEC(struct module) list; /* ascending by start */
    VEC(struct left_out *) left_out;
};

/*
 * The modules of a process as it is now: each file with an executable mapping that is an ELF file
 * of our machine. A file mapped twice is two modules. Files are opened through /proc/PID/map_files
 * (needs privileges) or /proc/PID/root, so that deleted ones and those of other mount namespaces
 * are read too, and have the paths by which the process knows them; a path that now holds another
 * file is not taken, nor is a file whose headers and build ID are not those in the memory of the
 * process. What cannot be read is left out.
 */
MUST_CHECK int modules_scan(struct modules *modules, pid_t pid, struct catalog *catalog,
                            struct error *err);
void modules_free(struct modules *modules);

target_addr module_target(const struct module *module, file_vaddr vaddr);
file_vaddr module_vaddr(const struct module *module, target_addr at);
/* Whether the file has code there, whatever is mapped there now. */
bool module_is_code(const struct module *module, target_addr at);

#endif
