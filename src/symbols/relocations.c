/* SPDX-License-Identifier: MIT */
#include "symbols/relocations.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/abi/abi.h"
#include "symbols/elf/elf_copy.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/cleanup.h"

/* A name of a wanted function; sorted by name. */
struct wanted_symbol {
    const char *name;
    const struct probe *probe;
};

struct relocation_search {
    bool is_owner;
    VEC(struct wanted_symbol) names;
    const struct probe *const *probes;
    size_t n;
    struct relocations *found;
};

static int compare_wanted(const void *x, const void *y)
{
    return strcmp(((const struct wanted_symbol *)x)->name, ((const struct wanted_symbol *)y)->name);
}

static int find_names(struct relocation_search *search, const struct image *owner)
{
    for (size_t i = 0; i < search->n; i++) {
        /* The probe is the first member of struct probe_info. */
        const struct probe_info *info = (const struct probe_info *)(const void *)search->probes[i];
        const struct alias *aliases = owner->aliases.items + info->function->first;
        for (size_t k = 0; k < info->function->n; k++) {
            struct wanted_symbol *wanted = vec_push(&search->names);
            if (!wanted)
                return -ENOMEM;
            *wanted = (struct wanted_symbol){aliases[k].name.symbol, search->probes[i]};
        }
    }
    if (search->names.count)
        qsort(search->names.items, search->names.count, sizeof(struct wanted_symbol),
              compare_wanted);
    return 0;
}

static int add_relocated(struct relocation_search *search, const struct probe *probe, uint64_t at)
{
    struct relocated *added = vec_push(&search->found->list);
    if (!added)
        return -ENOMEM;
    *added = (struct relocated){probe, file_vaddr_of(at)};
    return 0;
}

/* Two versions of a function may have one name; the word may hold the address of either. */
static int add_named(struct relocation_search *search, const char *name, uint64_t at)
{
    const struct wanted_symbol key = {.name = name};
    const struct wanted_symbol *list = search->names.items;
    const struct wanted_symbol *one =
        search->names.count ? bsearch(&key, list, search->names.count, sizeof(key), compare_wanted)
                            : NULL;
    int r = 0;
    while (one && one > list && strcmp(one[-1].name, name) == 0)
        one--;
    for (; one && r == 0 && one < list + search->names.count && strcmp(one->name, name) == 0; one++)
        r = add_relocated(search, one->probe, at);
    return r;
}

static int add_resolved(struct relocation_search *search, uint64_t resolver, uint64_t at)
{
    int r = 0;
    for (size_t i = 0; search->is_owner && i < search->n && r == 0; i++)
        if (search->probes[i]->entry.value == resolver)
            r = add_relocated(search, search->probes[i], at);
    return r;
}

static const Elf_Data *relocation_data(Elf *elf, size_t index, unsigned entry_size)
{
    Elf_Scn *section = elf_getscn(elf, index);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    const Elf_Data *data =
        header && header->sh_type != SHT_NOBITS ? elf_getdata(section, NULL) : NULL;
    if (!data || !data->d_buf || (entry_size && header->sh_entsize != entry_size))
        return NULL;
    return data;
}

/* The name of the symbol; NULL if it cannot be read. */
static const char *symbol_name(Elf *elf, const Elf64_Shdr *relocations, size_t index)
{
    Elf64_Sym symbol;
    const Elf_Data *data = relocation_data(elf, relocations->sh_link, sizeof(symbol));
    if (!data || index >= data->d_size / sizeof(symbol))
        return NULL;
    memcpy(&symbol, (const char *)data->d_buf + index * sizeof(symbol), sizeof(symbol));
    return elf_strptr(elf, elf64_getshdr(elf_getscn(elf, relocations->sh_link))->sh_link,
                      symbol.st_name);
}

static int search_section(struct relocation_search *search, Elf *elf, Elf_Scn *section)
{
    const Elf64_Shdr *header = elf64_getshdr(section);
    Elf64_Rela rela;
    if (!header || header->sh_type != SHT_RELA || !(header->sh_flags & SHF_ALLOC))
        return 0;
    const Elf_Data *data = relocation_data(elf, elf_ndxscn(section), sizeof(rela));
    size_t n = data ? data->d_size / sizeof(rela) : 0;
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        memcpy(&rela, (const char *)data->d_buf + i * sizeof(rela), sizeof(rela));
        enum abi_relocation kind = abi_relocation((unsigned)ELF64_R_TYPE(rela.r_info));
        const char *name = kind == ABI_RELOCATION_SYMBOL && rela.r_addend == 0
                               ? symbol_name(elf, header, ELF64_R_SYM(rela.r_info))
                               : NULL;
        if (name)
            r = add_named(search, name, rela.r_offset);
        else if (kind == ABI_RELOCATION_RESOLVED)
            r = add_resolved(search, (uint64_t)rela.r_addend, rela.r_offset);
    }
    return r;
}

static int find_all(struct relocation_search *search, const struct image *image,
                    const struct image *owner, struct error *err)
{
    struct elf_copy copy;
    Elf_Scn *section = NULL;
    int r = find_names(search, owner);
    cleanup(cleanup_fd) int fd = r < 0 ? -1 : image_open_file(image, err);
    if (r == 0 && fd < 0)
        return fd;
    if (r == 0)
        r = elf_copy_relocations(&copy, fd);
    if (r < 0)
        return error_set(err, r, "cannot read the relocations of %s: %s", image->path,
                         strerror(-r));
    while (r == 0 && (section = elf_nextscn(copy.elf, section)))
        r = search_section(search, copy.elf, section);
    elf_copy_free(&copy);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

int image_find_relocations(struct image *image, const struct image *owner,
                           const struct probe *const *probes, size_t n,
                           struct relocations *relocations, struct error *err)
{
    struct relocation_search search = {
        .is_owner = image == owner,
        .probes = probes,
        .n = n,
        .found = relocations,
    };
    pthread_mutex_lock(&image->catalog->lock);
    int r = find_all(&search, image, owner, err);
    pthread_mutex_unlock(&image->catalog->lock);
    vec_free(&search.names);
    return r;
}

int image_read_linkage(struct image *image, Elf *elf)
{
    static const char name[] = ".plt"; /* and ".plt.got", ".plt.sec" */
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return 0;
    while ((section = elf_nextscn(elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        const char *its = header ? elf_strptr(elf, names, header->sh_name) : NULL;
        uint64_t end;
        if (!its || strncmp(its, name, strlen(name)) != 0 || !(header->sh_flags & SHF_EXECINSTR) ||
            __builtin_add_overflow(header->sh_addr, header->sh_size, &end))
            continue;
        struct address_range *range = vec_push(&image->linkage);
        if (!range)
            return -ENOMEM;
        *range = (struct address_range){header->sh_addr, end};
    }
    return 0;
}

bool image_is_linkage(struct image *image, file_vaddr at)
{
    bool is_linkage = false;
    pthread_mutex_lock(&image->catalog->lock);
    for (size_t i = 0; i < image->linkage.count && !is_linkage; i++)
        is_linkage =
            at.value >= image->linkage.items[i].start && at.value < image->linkage.items[i].end;
    pthread_mutex_unlock(&image->catalog->lock);
    return is_linkage;
}
