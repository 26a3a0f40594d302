/* SPDX-License-Identifier: MIT */
/*
 * The function symbols of an ELF file: .symtab and .dynsym of the file itself, or of the separate
 * file that its debug information lies in.
 */
#ifndef SYMBOLS_ELF_SYMBOL_TABLE_H
#define SYMBOLS_ELF_SYMBOL_TABLE_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/addr.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/vec.h"

struct symbol {
    const char *name; /* without its version ("@GLIBC_2.14"); owned by the arena */
    file_vaddr value;
    uint64_t size;
    uint8_t bind;     /* STB_LOCAL, STB_GLOBAL, STB_WEAK, ... */
    bool is_resolver; /* STT_GNU_IFUNC: what lies there chooses a function, and is none of ours */
    bool is_stub;     /* of another file's function, whose address in the process this is: in a
                         program that is not position-independent, a jump to it in the PLT */
    bool is_old;      /* a version that programs linked today do not get */
};

struct symbol_table {
    VEC(struct symbol) list; /* in the file's order; a name may be in both tables */
    bool has_symtab;         /* the file has not been stripped of its local symbols */
};

/*
 * Appends the defined function symbols of `elf` (called `path` in messages), with `bias` added to
 * their values. -ENOEXEC for a symbol or string table that is not where the file says; a single
 * symbol with an impossible name is left out.
 */
MUST_CHECK int symbol_table_read(struct symbol_table *table, Elf *elf, uint64_t bias,
                                 struct arena *arena, const char *path, struct error *err);
/* 0: global; 1: weak; 2: local. */
int symbol_binding_rank(uint8_t bind);
/*
 * Orders the symbols of one address, the name to go by first: one that other modules can use, of
 * its current version, with fewer leading underscores, rather global than weak (libc's `write` is
 * weak, its global name `__write` nobody knows), and the shortest.
 */
int symbol_compare_names(const struct symbol *a, const struct symbol *b);
/*
 * What the linker adds to every program and library (crt1.o, crti.o, crtbegin.o) is nobody's
 * function. And nothing calls _start: at its first instruction there is no return address.
 */
bool symbol_is_startup_code(const char *name);
void symbol_table_free(struct symbol_table *table);

#endif
