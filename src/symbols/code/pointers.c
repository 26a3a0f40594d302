/* SPDX-License-Identifier: MIT */
/*
 * What the data of a file says of its code: symbols, pointers, and descriptors of restartable
 * sequences. A pointer in data is found by its relocation or, if the file is not
 * position-independent, by its value.
 */
#include <elf.h>
#include <errno.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/code/file_bytes.h"
#include "symbols/code/file_code.h"
#include "symbols/elf/elf_copy.h"
#include "util/cleanup.h"
#include "util/sorted.h"

enum {
    RELR = 19, /* SHT_RELR; not in the <elf.h> of Debian 11 */
    CHUNK = 1 << 18,
    /* Of a struct rseq_cs (rseq(2)), after version and flags: start_ip, post_commit_offset,
       abort_ip. */
    SEQUENCE_START = 8,
    SEQUENCE_LENGTH = 16,
    SEQUENCE_ABORT = 24,
    SEQUENCE_SIZE = 32,
    SEQUENCES_MAX = 1 << 12,
};

/* Of relocations, and of bytes of data. No real file has nearly as many; sections may overlap. */
static const uint64_t relocations_max = UINT64_C(1) << 26, data_size_max = UINT64_C(1) << 31;

/* A word that will hold an address of code. */
struct code_pointer {
    uint64_t where, value;
};

struct pointer_search {
    struct file_code *code;
    int fd;
    const struct elf_copy *copy;
    uint64_t n_relocations;
    uint64_t descriptors, descriptors_end; /* the section __rseq_cs */
    /* Only if there are restartable sequences. */
    bool keep;
    VEC(struct code_pointer) pointers;
};

static int found_pointer(struct pointer_search *search, uint64_t where, uint64_t value)
{
    if (!text_mark(&search->code->text, value) || !search->keep)
        return 0;
    struct code_pointer *pointer = vec_push(&search->pointers);
    if (!pointer)
        return -ENOMEM;
    *pointer = (struct code_pointer){where, value};
    return 0;
}

static const Elf_Data *table_of(Elf_Scn *section, const Elf64_Shdr *header, size_t entry_size)
{
    const Elf_Data *data = header->sh_type != SHT_NOBITS ? elf_getdata(section, NULL) : NULL;
    return data && data->d_buf && header->sh_entsize == entry_size ? data : NULL;
}

/* ---- symbols */

static void mark_symbols(struct pointer_search *search, Elf_Scn *section, const Elf64_Shdr *header)
{
    Elf64_Sym symbol;
    const Elf_Data *data = table_of(section, header, sizeof(symbol));
    for (size_t i = 0; data && i < data->d_size / sizeof(symbol); i++) {
        memcpy(&symbol, (const char *)data->d_buf + i * sizeof(symbol), sizeof(symbol));
        unsigned type = ELF64_ST_TYPE(symbol.st_info);
        if (type != STT_FILE && type != STT_TLS && symbol.st_shndx != SHN_ABS)
            text_mark(&search->code->text, symbol.st_value);
    }
}

/* ---- relocations */

static uint64_t value_of_symbol(const struct pointer_search *search, const Elf64_Shdr *relocations,
                                size_t index)
{
    Elf64_Sym symbol;
    Elf_Scn *section = elf_getscn(search->copy->elf, relocations->sh_link);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    const Elf_Data *data = header ? table_of(section, header, sizeof(symbol)) : NULL;
    if (!data || index >= data->d_size / sizeof(symbol))
        return 0;
    memcpy(&symbol, (const char *)data->d_buf + index * sizeof(symbol), sizeof(symbol));
    return symbol.st_shndx == SHN_UNDEF ? 0 : symbol.st_value;
}

/* A word that a relocation makes an address. */
static int found_relocated(struct pointer_search *search, uint64_t where, uint64_t value)
{
    function_ranges_point(&search->code->ranges, value);
    return found_pointer(search, where, value);
}

/* A word through which a function that does not return is called. */
static int read_no_return(struct pointer_search *search, const Elf64_Shdr *relocations,
                          const Elf64_Rela *rela)
{
    Elf64_Sym symbol;
    Elf *elf = search->copy->elf;
    size_t index = ELF64_R_SYM(rela->r_info);
    Elf_Scn *section = elf_getscn(elf, relocations->sh_link);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    const Elf_Data *data = header ? table_of(section, header, sizeof(symbol)) : NULL;
    if (!data || index >= data->d_size / sizeof(symbol))
        return 0;
    memcpy(&symbol, (const char *)data->d_buf + index * sizeof(symbol), sizeof(symbol));
    const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
    return name ? file_code_add_no_return(search->code, name, rela->r_offset) : 0;
}

static int read_rela(struct pointer_search *search, Elf_Scn *section, const Elf64_Shdr *header)
{
    Elf64_Rela rela;
    const Elf_Data *data = table_of(section, header, sizeof(rela));
    size_t n = data ? data->d_size / sizeof(rela) : 0;
    int r = 0;
    if (n > relocations_max - search->n_relocations)
        return -EFBIG;
    search->n_relocations += n;
    for (size_t i = 0; i < n && r == 0; i++) {
        memcpy(&rela, (const char *)data->d_buf + i * sizeof(rela), sizeof(rela));
        uint64_t value = (uint64_t)rela.r_addend;
        size_t symbol = ELF64_R_SYM(rela.r_info);
        if (symbol)
            value += value_of_symbol(search, header, symbol);
        r = found_relocated(search, rela.r_offset, value);
        if (r == 0 && symbol && !rela.r_addend)
            r = read_no_return(search, header, &rela);
    }
    return r;
}

/* The word at `where`, whose address a RELR entry gives: its value is an address of the file. */
static int read_relr_word(struct pointer_search *search, uint64_t where)
{
    uint64_t value;
    if (++search->n_relocations > relocations_max)
        return -EFBIG;
    int r = file_bytes_at(search->code->file, search->fd, where, &value, sizeof(value));
    if (r < 0)
        return r == -EFAULT ? 0 : r;
    return found_relocated(search, where, value);
}

/* gABI (2022), chapter 4 "Relative Relocation Table": an address, then bitmaps of the words after
   it. */
static int read_relr(struct pointer_search *search, Elf_Scn *section, const Elf64_Shdr *header)
{
    uint64_t entry, where = 0;
    const Elf_Data *data = table_of(section, header, sizeof(entry));
    int r = 0;
    for (size_t i = 0; data && i < data->d_size / sizeof(entry) && r == 0; i++) {
        memcpy(&entry, (const char *)data->d_buf + i * sizeof(entry), sizeof(entry));
        if (!(entry & 1)) {
            r = read_relr_word(search, entry);
            where = entry + sizeof(entry);
            continue;
        }
        for (unsigned bit = 1; bit < 64 && r == 0; bit++)
            if (entry >> bit & 1)
                r = read_relr_word(search, where + (bit - 1) * sizeof(entry));
        where += 63 * sizeof(entry);
    }
    return r;
}

static int read_sections(struct pointer_search *search)
{
    Elf_Scn *section = NULL;
    int r = 0;
    search->n_relocations = 0;
    while (r == 0 && (section = elf_nextscn(search->copy->elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        if (!header)
            return -ENOEXEC;
        if (header->sh_type == SHT_SYMTAB || header->sh_type == SHT_DYNSYM)
            mark_symbols(search, section, header);
        else if (header->sh_type == SHT_RELA && header->sh_flags & SHF_ALLOC)
            r = read_rela(search, section, header);
        else if (header->sh_type == RELR)
            r = read_relr(search, section, header);
    }
    return r;
}

/* ---- words of data, by value */

static int read_words(struct pointer_search *search, const Elf64_Phdr *segment)
{
    cleanup(cleanup_free) uint8_t *chunk = malloc(CHUNK);
    uint32_t value;
    int r = chunk ? 0 : -ENOMEM;
    for (uint64_t done = 0; done < segment->p_filesz && r == 0; done += CHUNK) {
        uint64_t left = segment->p_filesz - done, n = left < CHUNK ? left : CHUNK;
        r = file_bytes_read(search->fd, chunk, n, segment->p_offset + done);
        for (uint64_t i = 0; i + sizeof(value) <= n && r == 0; i += sizeof(value)) {
            memcpy(&value, chunk + i, sizeof(value));
            r = found_pointer(search, segment->p_vaddr + done + i, value);
        }
    }
    return r;
}

static int read_all_words(struct pointer_search *search)
{
    const struct elf_file *file = search->code->file;
    uint64_t size = 0;
    int r = 0;
    for (size_t i = 0; i < file->n_segments && search->code->is_absolute && r == 0; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if (segment->p_flags & PF_X)
            continue;
        if (segment->p_filesz > data_size_max - size)
            return -EFBIG;
        size += segment->p_filesz;
        r = read_words(search, segment);
    }
    return r;
}

/* ---- restartable sequences */

/* Finds the section of descriptors, which linkers do not merge with others. */
static void find_descriptors(struct pointer_search *search)
{
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(search->copy->elf, &names) != 0)
        return;
    while ((section = elf_nextscn(search->copy->elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        const char *name = header ? elf_strptr(search->copy->elf, names, header->sh_name) : NULL;
        if (!name || strcmp(name, "__rseq_cs") != 0 ||
            header->sh_size > UINT64_MAX - header->sh_addr)
            continue;
        search->descriptors = header->sh_addr;
        search->descriptors_end = header->sh_addr + header->sh_size;
    }
}

static int compare_pointers(const void *x, const void *y)
{
    const struct code_pointer *a = x, *b = y;
    return a->where < b->where ? -1 : a->where > b->where;
}

static const struct code_pointer *pointer_at(const struct pointer_search *search, uint64_t where)
{
    size_t n = sorted_up_to(search->pointers.items, search->pointers.count, where, where);
    return n && search->pointers.items[n - 1].where == where ? &search->pointers.items[n - 1]
                                                             : NULL;
}

static bool is_signed_handler(const struct file_code *code, uint64_t at)
{
    size_t n = sorted_up_to(code->signatures.items, code->signatures.count, at, at);
    return n && code->signatures.items[n - 1].at == at;
}

/* The word `start` of a descriptor holds `value`, if it is one. */
static int add_sequence(struct pointer_search *search, const struct code_pointer *start)
{
    uint64_t length, descriptor = start->where - SEQUENCE_START;
    const struct code_pointer *abort = pointer_at(search, descriptor + SEQUENCE_ABORT);
    bool in_section = start->where >= search->descriptors + SEQUENCE_START &&
                      start->where < search->descriptors_end &&
                      (start->where - SEQUENCE_START - search->descriptors) % SEQUENCE_SIZE == 0;
    if (!in_section && (!abort || !is_signed_handler(search->code, abort->value)))
        return 0;
    int r = file_bytes_at(search->code->file, search->fd, descriptor + SEQUENCE_LENGTH, &length,
                          sizeof(length));
    if (r < 0)
        return r == -EFAULT ? 0 : r;
    if (length > UINT64_MAX - start->value)
        return 0;
    if (search->code->sequences.count == SEQUENCES_MAX)
        return -ENOEXEC;
    struct sequence *sequence = vec_push(&search->code->sequences);
    if (!sequence)
        return -ENOMEM;
    *sequence = (struct sequence){start->value, start->value + length};
    return 0;
}

static int find_sequences(struct pointer_search *search)
{
    if (search->pointers.count)
        qsort(search->pointers.items, search->pointers.count, sizeof(struct code_pointer),
              compare_pointers);
    int r = 0;
    for (size_t i = 0; i < search->pointers.count && r == 0; i++)
        r = add_sequence(search, &search->pointers.items[i]);
    return r;
}

int file_code_read_pointers(struct file_code *code, int fd, const struct elf_copy *copy)
{
    struct pointer_search search = {.code = code, .fd = fd, .copy = copy};
    find_descriptors(&search);
    search.keep = search.descriptors < search.descriptors_end || code->signatures.count;
    int r = read_sections(&search);
    if (r == 0)
        r = read_all_words(&search);
    if (r == 0 && search.keep)
        r = find_sequences(&search);
    vec_free(&search.pointers);
    return r;
}
