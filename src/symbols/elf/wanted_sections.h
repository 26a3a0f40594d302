/* SPDX-License-Identifier: MIT */
/* Which sections of an ELF file are read, as the rest of it is not: see elf_copy.h. */
#ifndef SYMBOLS_ELF_WANTED_SECTIONS_H
#define SYMBOLS_ELF_WANTED_SECTIONS_H

#include <elf.h>
#include <stdbool.h>

/* The section of a type object with the names of its functions: see symbols/type_lines.h. */
#define TYPE_LINES_SECTION ".ptrace_tracer.types"

struct wanted_sections {
    bool dwarf;       /* debug information */
    bool object;      /* of a relocatable file: what its debug information refers to */
    bool symbols;     /* symbol tables, and the versions of symbols */
    bool relocations; /* those that the dynamic linker applies */
    bool code;        /* what else says where code is entered */
};

/* Whether the section with that name is wanted. Build IDs always are. */
bool wanted_sections_has(const struct wanted_sections *wanted, const Elf64_Shdr *section,
                         const char *name);

#endif
