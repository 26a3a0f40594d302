/* SPDX-License-Identifier: MIT */
/* Reads the exported functions of an ELF file, for tests that displace the instructions of real
   code. */
#ifndef DISPLACED_LIBRARY_H
#define DISPLACED_LIBRARY_H

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ptrace/arch/displaced.h"
#include "unit/check_main.h"

struct library {
    const uint8_t *bytes;
    size_t size;
    size_t limit; /* bytes read in each function */
    unsigned long functions, instructions;
    unsigned long slots, skipped, stepped, refused, out_of_reach; /* copies of each kind */
    /* Displaces the instructions of one function. */
    void (*displace)(struct library *library, uint64_t vaddr, const uint8_t *code, size_t n);
};

static inline void library_count(struct library *library, const struct displaced *d, int r)
{
    library->slots += r == 0 && d->kind == DISPLACED_SLOT;
    library->skipped += d->kind == DISPLACED_SKIP;
    library->stepped += r == 0 && d->kind == DISPLACED_STEP;
    library->refused += d->kind == DISPLACED_REFUSE;
    library->out_of_reach += r < 0;
}

static inline const void *library_at(const struct library *library, uint64_t offset, uint64_t n)
{
    ck_assert(offset <= library->size && n <= library->size - offset);
    return library->bytes + offset;
}

static inline void library_walk(struct library *library)
{
    const Elf64_Ehdr *header = library_at(library, 0, sizeof(*header));
    const Elf64_Shdr *sections =
        library_at(library, header->e_shoff, header->e_shnum * sizeof(*sections));
    for (unsigned s = 0; s < header->e_shnum; s++) {
        if (sections[s].sh_type != SHT_DYNSYM)
            continue;
        const Elf64_Sym *symbols = library_at(library, sections[s].sh_offset, sections[s].sh_size);
        for (size_t i = 0; i < sections[s].sh_size / sizeof(*symbols); i++) {
            const Elf64_Sym *symbol = &symbols[i];
            unsigned type = ELF64_ST_TYPE(symbol->st_info);
            if ((type != STT_FUNC && type != STT_GNU_IFUNC) || !symbol->st_size ||
                symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= header->e_shnum)
                continue;
            const Elf64_Shdr *text = &sections[symbol->st_shndx];
            uint64_t offset = symbol->st_value - text->sh_addr + text->sh_offset;
            library->functions++;
            library->displace(library, symbol->st_value,
                              library_at(library, offset, symbol->st_size), symbol->st_size);
        }
    }
}

/* Returns the number of displaced functions; 0: the file does not exist here. */
static inline unsigned long library_displace(struct library *library, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ck_assert_int_eq(fstat(fd, &status), 0);
    library->size = (size_t)status.st_size;
    void *bytes = mmap(NULL, library->size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    ck_assert_ptr_ne(bytes, MAP_FAILED);
    library->bytes = bytes;
    library_walk(library);
    munmap(bytes, library->size);
    printf("%s: %lu functions, %lu instructions; copies: %lu in slots, %lu skipped, %lu to be "
           "stepped, %lu refused, %lu out of reach\n",
           path, library->functions, library->instructions, library->slots, library->skipped,
           library->stepped, library->refused, library->out_of_reach);
    return library->functions;
}

#endif
