/* SPDX-License-Identifier: MIT */
/* The function symbols of an ELF file: .symtab and .dynsym of the file or of its debug file. */
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
    const char *name;    /* without its version ("@GLIBC_2.14"); owned by the arena */
    const char *version; /* "GLIBC_2.14", in the table of dynamic symbols; NULL: none */
    file_vaddr value;
    uint64_t size;
    uint8_t bind;     /* STB_LOCAL, STB_GLOBAL, STB_WEAK, ... */
    bool is_resolver; /* STT_GNU_IFUNC: a resolver, which chooses the function; not a function
                         itself */
    bool is_stub;     /* undefined, with the address of a PLT entry: the address of another file's
                         function in a program that is not position-independent */
    bool is_variant;  /* its function may follow another procedure call standard */
    bool is_old;      /* a version that programs linked today do not use */
};

struct symbol_table {
    VEC(struct symbol) list; /* in file order; a name may be in both tables */
    bool has_symtab;         /* the file has .symtab */
};

/*
 * Appends the defined function symbols of `elf`, with `bias` added to their values. `path` is for
 * messages. -ENOEXEC: a symbol or string table is not in the file. Single symbols with invalid
 * names are left out.
 */
MUST_CHECK int symbol_table_read(struct symbol_table *table, Elf *elf, uint64_t bias,
                                 struct arena *arena, const char *path, struct error *err);
/* 0: global; 1: weak; 2: local. */
int symbol_binding_rank(uint8_t bind);
/*
 * Orders the symbols of one address, the preferred name first: one visible to other modules, of the
 * current version, with fewer leading underscores, global before weak (libc's `write` is weak, but
 * its global name `__write` is unknown to users), then the shortest.
 */
int symbol_compare_names(const struct symbol *a, const struct symbol *b);
/*
 * Whether the symbol is of start-up code that the linker adds to every program and library (crt1.o,
 * crti.o, crtbegin.o), or of libgcc's code that stands for an instruction. Such code is not traced.
 * _start is not called, so that there is no return address at its first instruction.
 */
bool symbol_is_startup_code(const char *name);
void symbol_table_free(struct symbol_table *table);

#endif
