/* SPDX-License-Identifier: MIT */
/*
 * A module: an ELF file as it is mapped in one process. Only here file_vaddr and target_addr are
 * converted into each other.
 */
#ifndef SYMBOLS_MODULE_H
#define SYMBOLS_MODULE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "symbols/image.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/maps.h"
#include "util/vec.h"

struct module {
    struct image *image;
    bool is_program;    /* the file that the process executes (/proc/PID/exe); if that is a dynamic
                           linker called by name, the program that it runs */
    uint64_t load_bias; /* target_addr - file_vaddr, modulo 2^64 */
    target_addr start;  /* of the first mapping of the file */
    target_addr end;    /* of the last, exclusive */
    uint32_t major, minor;
    uint64_t inode;
};

/* A mapped ELF file that is not among the modules. The catalog has one for each path. */
struct left_out {
    struct left_out *next;
    const char *path, *provider;
    const char *reason; /* one line that starts with the path */
    bool reported;      /* the user was told; set by the caller */
};

struct modules {
    VEC(struct module) list; /* ascending by start */
    VEC(struct left_out *) left_out;
};

void modules_free(struct modules *modules);

target_addr module_target(const struct module *module, file_vaddr vaddr);
file_vaddr module_vaddr(const struct module *module, target_addr at);
/* Whether the file has code at that address, whatever is mapped there now. */
bool module_is_code(const struct module *module, target_addr at);

#endif
