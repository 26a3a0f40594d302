/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/object_relocations.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "symbols/abi/abi.h"

/* The data of section `index` of that type, or NULL. */
static Elf_Data *data_of(Elf *elf, size_t index, Elf64_Shdr **header)
{
    Elf_Scn *section = elf_getscn(elf, index);
    *header = section ? elf64_getshdr(section) : NULL;
    if (!*header || (*header)->sh_type == SHT_NOBITS)
        return NULL;
    if (((*header)->sh_flags & SHF_COMPRESSED) && elf_compress(section, 0, 0) < 0)
        return NULL;
    Elf_Data *data = elf_getdata(section, NULL);
    return data && data->d_buf ? data : NULL;
}

/* Sections of a relocatable file have no addresses: a symbol's value is its offset in one. */
static void apply_entry(const Elf64_Rela *rela, const Elf_Data *symbols, Elf_Data *target)
{
    Elf64_Sym symbol;
    size_t index = ELF64_R_SYM(rela->r_info), size;
    switch (abi_relocation((unsigned)ELF64_R_TYPE(rela->r_info))) {
    case ABI_RELOCATION_SYMBOL:
        size = 8;
        break;
    case ABI_RELOCATION_HALF:
        size = 4;
        break;
    default:
        return;
    }
    if (index >= symbols->d_size / sizeof(symbol) || rela->r_offset > target->d_size ||
        size > target->d_size - rela->r_offset)
        return;
    memcpy(&symbol, (const char *)symbols->d_buf + index * sizeof(symbol), sizeof(symbol));
    /* Little-endian: the lower half comes first. */
    uint64_t value = symbol.st_value + (uint64_t)rela->r_addend;
    memcpy((char *)target->d_buf + rela->r_offset, &value, size);
}

static bool overlap(const Elf_Data *data, const char *start, uint64_t size)
{
    const char *bytes = data->d_buf;
    return bytes < start + size && start < bytes + data->d_size;
}

/* Whether the section overlaps the file's headers, which libelf has checked and uses where they
   are. */
static bool holds_headers(const struct elf_copy *copy, const Elf_Data *data)
{
    size_t n = 0;
    const Elf64_Ehdr *file = elf64_getehdr(copy->elf);
    return overlap(data, copy->bytes, sizeof(*file)) || elf_getshdrnum(copy->elf, &n) != 0 ||
           overlap(data, copy->bytes + file->e_shoff, n * sizeof(Elf64_Shdr)) ||
           overlap(data, copy->bytes + file->e_phoff, file->e_phnum * sizeof(Elf64_Phdr));
}

static int apply_table(const struct elf_copy *copy, Elf_Scn *section, const Elf64_Shdr *header)
{
    Elf *elf = copy->elf;
    Elf64_Shdr *its, *there;
    Elf_Data *target = data_of(elf, header->sh_info, &there);
    const Elf_Data *symbols = data_of(elf, header->sh_link, &its);
    const Elf_Data *table = elf_getdata(section, NULL);
    /* Of a section that is not read. */
    if (!target)
        return 0;
    if (!symbols || its->sh_type != SHT_SYMTAB || !table || !table->d_buf ||
        header->sh_entsize != sizeof(Elf64_Rela) || holds_headers(copy, target))
        return -ENOEXEC;
    for (size_t i = 0; i < table->d_size / sizeof(Elf64_Rela); i++) {
        Elf64_Rela rela;
        memcpy(&rela, (const char *)table->d_buf + i * sizeof(rela), sizeof(rela));
        apply_entry(&rela, symbols, target);
    }
    return 0;
}

int object_relocations_apply(struct elf_copy *copy)
{
    const Elf64_Ehdr *file = elf64_getehdr(copy->elf);
    Elf_Scn *section = NULL;
    int r = 0;
    if (!file || file->e_type != ET_REL)
        return 0;
    while (r == 0 && (section = elf_nextscn(copy->elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        if (header && header->sh_type == SHT_RELA)
            r = apply_table(copy, section, header);
    }
    return r;
}
