/* SPDX-License-Identifier: MIT */
/* The names of the architectures that ELF files are for. */
#ifndef SYMBOLS_ELF_ELF_MACHINE_H
#define SYMBOLS_ELF_ELF_MACHINE_H

#include <elf.h>

enum { ELF_MACHINE_NAME_MAX = 48 };

/*
 * Writes the architecture's name, as uname(1) has it where there is one; also "arm (32-bit)",
 * "ppc64 (big-endian)" and "ELF machine 1234". Of the header only e_ident and e_machine are used,
 * which are in the same places in 32-bit files.
 */
void elf_machine_name(const Elf64_Ehdr *header, char name[ELF_MACHINE_NAME_MAX]);

/* The name of the architecture that this tracer is for. */
void elf_machine_own_name(char name[ELF_MACHINE_NAME_MAX]);

#endif
