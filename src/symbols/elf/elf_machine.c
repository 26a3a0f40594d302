/* SPDX-License-Identifier: MIT */
#include "symbols/elf/elf_machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "symbols/abi/abi.h"

struct machine {
    uint16_t number;
    const char *name;   /* of 64-bit files */
    const char *narrow; /* of 32-bit files */
    unsigned char data; /* the byte order that is not named; ELFDATANONE: both are named */
};

static const struct machine *find_machine(uint16_t number)
{
    enum { LOONGARCH = 258 }; /* <elf.h> of Debian 11 does not have it */
    static const struct machine machines[] = {
        {EM_X86_64, "x86_64", "x32", ELFDATA2LSB},
        {EM_AARCH64, "aarch64", "aarch64", ELFDATA2LSB},
        {EM_386, "i386", "i386", ELFDATA2LSB},
        {EM_ARM, "arm", "arm", ELFDATA2LSB},
        {EM_RISCV, "riscv64", "riscv32", ELFDATA2LSB},
        {EM_PPC64, "ppc64", "ppc64", ELFDATANONE},
        {EM_PPC, "ppc", "ppc", ELFDATA2MSB},
        {EM_S390, "s390x", "s390", ELFDATA2MSB},
        {EM_MIPS, "mips64", "mips", ELFDATANONE},
        {EM_SPARCV9, "sparc64", "sparc64", ELFDATA2MSB},
        {LOONGARCH, "loongarch64", "loongarch32", ELFDATA2LSB},
    };
    for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
        if (machines[i].number == number)
            return &machines[i];
    return NULL;
}

void elf_machine_name(const Elf64_Ehdr *header, char name[ELF_MACHINE_NAME_MAX])
{
    bool is_narrow = header->e_ident[EI_CLASS] == ELFCLASS32;
    const struct machine *machine = NULL;
    if (header->e_ident[EI_DATA] == ELFDATA2MSB)
        machine = find_machine((uint16_t)(header->e_machine << 8 | header->e_machine >> 8));
    if (!machine)
        machine = find_machine(header->e_machine);
    if (!machine) {
        snprintf(name, ELF_MACHINE_NAME_MAX, "ELF machine %u", header->e_machine);
        return;
    }
    const char *order = header->e_ident[EI_DATA] == machine->data ? NULL
                        : header->e_ident[EI_DATA] == ELFDATA2MSB ? "big-endian"
                                                                  : "little-endian";
    const char *note = is_narrow ? "32-bit" : order;
    snprintf(name, ELF_MACHINE_NAME_MAX, "%s%s%s%s", is_narrow ? machine->narrow : machine->name,
             note ? " (" : "", note ? note : "", note ? ")" : "");
}

void elf_machine_own_name(char name[ELF_MACHINE_NAME_MAX])
{
    const Elf64_Ehdr own = {
        .e_ident = {[EI_CLASS] = ELFCLASS64, [EI_DATA] = ELFDATA2LSB},
        .e_machine = abi_elf_machine(),
    };
    elf_machine_name(&own, name);
}
