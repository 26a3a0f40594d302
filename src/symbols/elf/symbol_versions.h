/* SPDX-License-Identifier: MIT */
/*
 * The versions of dynamic symbols: "Linux Standard Base Core Specification", 10.7. A library may
 * have several functions of one name; programs that are linked today get that of the default
 * version, `memcpy@@GLIBC_2.14`.
 */
#ifndef SYMBOLS_ELF_SYMBOL_VERSIONS_H
#define SYMBOLS_ELF_SYMBOL_VERSIONS_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/error.h"
#include "util/vec.h"

struct symbol_versions {
    const Elf_Data *indexes; /* one Elf64_Half for each symbol; NULL: the file has no versions */
    VEC(const char *) names; /* by index; NULL: none has it */
};

/* Reads the versions of the symbols in the dynamic symbol section `symbols`, as long as they are
   valid. Names are copied to the arena. -ENOMEM. Starts zeroed; free it also after an error. */
MUST_CHECK int symbol_versions_read(struct symbol_versions *versions, Elf *elf, size_t symbols,
                                    struct arena *arena);
/* The name of the symbol's version, or NULL. *is_old: it is not the default one. */
const char *symbol_versions_of(const struct symbol_versions *versions, size_t symbol, bool *is_old);
void symbol_versions_free(struct symbol_versions *versions);

#endif
