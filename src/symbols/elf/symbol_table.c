/* SPDX-License-Identifier: MIT */
#include "symbols/elf/symbol_table.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/abi/abi.h"
#include "symbols/elf/symbol_versions.h"
#include "util/log.h"

/* A file may have huge sizes because of holes. No symbol table of a real program is nearly this
   large. */
static const uint64_t table_size_max = 1 << 28, strings_size_max = 1 << 30;
/* The maximum length of a name. Linkers let names share suffixes, so that all names together are a
   little longer than their table; far longer ones are an attack on memory. */
enum { NAME_LENGTH_MAX = 32 * 1024, SHARED_MAX = 4, SHARED_ROOM = 64 * 1024 };

struct strings {
    const char *bytes;
    size_t size;
    size_t left; /* that names may still use */
    size_t n_left_out;
};

/* The section's data, or NULL when it is not in the file. */
static const Elf_Data *section_data(Elf_Scn *section, const Elf64_Shdr *header, uint64_t size_max)
{
    if (header->sh_size > size_max || (header->sh_flags & SHF_COMPRESSED))
        return NULL;
    const Elf_Data *data = elf_getdata(section, NULL);
    if (!data || data->d_size != header->sh_size || (data->d_size && !data->d_buf))
        return NULL;
    return data;
}

/* The strings live as long as the Elf. */
static int read_strings(Elf *elf, size_t index, struct strings *strings)
{
    Elf_Scn *section = elf_getscn(elf, index);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    if (!header || header->sh_type != SHT_STRTAB)
        return -ENOEXEC;
    const Elf_Data *data = section_data(section, header, strings_size_max);
    if (!data)
        return -ENOEXEC;
    *strings = (struct strings){
        .bytes = data->d_buf,
        .size = data->d_size,
        .left = SHARED_MAX * data->d_size + SHARED_ROOM,
    };
    return 0;
}

/* An undefined function with a value: System V ABI, AMD64 supplement, 5.2 "Function Addresses". */
static bool is_stub(const Elf64_Sym *symbol)
{
    return symbol->st_shndx == SHN_UNDEF && symbol->st_value != 0;
}

static bool is_function(const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    if (type != STT_FUNC && type != STT_GNU_IFUNC)
        return false;
    return is_stub(symbol) || (symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
                               symbol->st_shndx != SHN_COMMON);
}

/* Copies the name without its version to the arena. -ENOENT: there is none, or it is too long. */
static int copy_symbol_name(struct strings *strings, size_t at, const char **result, bool *is_old,
                            struct arena *arena)
{
    if (at >= strings->size)
        return -ENOENT;
    size_t room = strings->size - at;
    size_t length = strnlen(strings->bytes + at, room < NAME_LENGTH_MAX ? room : NAME_LENGTH_MAX);
    if (length == NAME_LENGTH_MAX || length >= strings->left)
        strings->n_left_out++;
    if (length == 0 || length == NAME_LENGTH_MAX || length >= strings->left)
        return -ENOENT;
    const char *name = strings->bytes + at;
    const char *version = memchr(name + 1, '@', length - 1);
    if (version) {
        *is_old |= version + 1 == name + length || version[1] != '@';
        length = (size_t)(version - name);
    }
    strings->left -= length + 1;
    *result = arena_strndup(arena, name, length);
    return *result ? 0 : -ENOMEM;
}

static int add_table_symbol(struct symbol_table *table, const Elf64_Sym *raw, uint64_t bias,
                            struct strings *strings, const char *version, bool is_old,
                            struct arena *arena)
{
    const char *name = NULL;
    int r = copy_symbol_name(strings, raw->st_name, &name, &is_old, arena);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    struct symbol *symbol = vec_push(&table->list);
    if (!symbol)
        return -ENOMEM;
    symbol->name = name;
    symbol->value = file_vaddr_of(raw->st_value + bias);
    symbol->size = raw->st_size;
    symbol->bind = ELF64_ST_BIND(raw->st_info);
    symbol->is_stub = is_stub(raw);
    symbol->is_resolver = ELF64_ST_TYPE(raw->st_info) == STT_GNU_IFUNC && !symbol->is_stub;
    symbol->is_variant = abi_symbol_is_variant(raw->st_other);
    symbol->version = version;
    symbol->is_old = is_old;
    return 0;
}

static int read_section(struct symbol_table *table, Elf *elf, Elf_Scn *section,
                        const Elf64_Shdr *header, uint64_t bias, struct arena *arena,
                        const char *path)
{
    if (header->sh_entsize != sizeof(Elf64_Sym))
        return -ENOEXEC;
    const Elf_Data *data = section_data(section, header, table_size_max);
    if (!data)
        return -ENOEXEC;
    struct strings strings;
    int r = read_strings(elf, header->sh_link, &strings);
    if (r < 0)
        return r;
    struct symbol_versions versions = {0};
    if (header->sh_type == SHT_DYNSYM)
        r = symbol_versions_read(&versions, elf, elf_ndxscn(section), arena);
    size_t n = data->d_size / sizeof(Elf64_Sym);
    for (size_t i = 0; i < n && r == 0; i++) {
        Elf64_Sym symbol;
        bool is_old;
        memcpy(&symbol, (const char *)data->d_buf + i * sizeof(symbol), sizeof(symbol));
        if (!is_function(&symbol))
            continue;
        const char *version = symbol_versions_of(&versions, i, &is_old);
        r = add_table_symbol(table, &symbol, bias, &strings, version, is_old, arena);
    }
    symbol_versions_free(&versions);
    if (r < 0)
        return r;
    if (strings.n_left_out)
        log_warning("%zu symbols of %s are left out: their names are longer than any compiler's, "
                    "or together many times longer than their table",
                    strings.n_left_out, path);
    return 0;
}

int symbol_table_read(struct symbol_table *table, Elf *elf, uint64_t bias, struct arena *arena,
                      const char *path, struct error *err)
{
    Elf_Scn *section = NULL;
    bool has_dynsym = false, has_symtab = false;
    while ((section = elf_nextscn(elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        if (!header || (header->sh_type != SHT_SYMTAB && header->sh_type != SHT_DYNSYM))
            continue;
        /* gABI, chapter 4 "Sections": a file has at most one of each type. */
        bool *has = header->sh_type == SHT_SYMTAB ? &has_symtab : &has_dynsym;
        if (*has)
            continue;
        *has = true;
        int r = read_section(table, elf, section, header, bias, arena, path);
        if (r == -ENOEXEC)
            return error_set(err, r, "%s is truncated or corrupted: its symbol table is incomplete",
                             path);
        if (r < 0)
            return error_set(err, r, "cannot read the symbols of %s: %s", path, strerror(-r));
        if (header->sh_type == SHT_SYMTAB)
            table->has_symtab = true;
    }
    return 0;
}

int symbol_binding_rank(uint8_t bind)
{
    return bind == STB_LOCAL ? 2 : bind == STB_WEAK ? 1 : 0;
}

int symbol_compare_names(const struct symbol *a, const struct symbol *b)
{
    bool local_a = a->bind == STB_LOCAL, local_b = b->bind == STB_LOCAL;
    if (local_a != local_b)
        return local_a - local_b;
    if (a->is_old != b->is_old)
        return a->is_old - b->is_old;
    size_t underscores_a = strspn(a->name, "_"), underscores_b = strspn(b->name, "_");
    if (underscores_a != underscores_b)
        return underscores_a < underscores_b ? -1 : 1;
    if (symbol_binding_rank(a->bind) != symbol_binding_rank(b->bind))
        return symbol_binding_rank(a->bind) - symbol_binding_rank(b->bind);
    size_t length_a = strlen(a->name), length_b = strlen(b->name);
    if (length_a != length_b)
        return length_a < length_b ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* The functions of libgcc that stand for atomic instructions, which not every arm64 processor has
   (GCC, -moutline-atomics): "__aarch64_ldadd4_acq_rel". */
static bool is_outline_atomic(const char *name)
{
    static const char prefix[] = "__aarch64_";
    static const char *const operations[] = {"cas", "swp", "ldadd", "ldclr", "ldeor", "ldset"};
    static const char *const orders[] = {"_relax", "_acq", "_rel", "_acq_rel", "_sync"};
    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return false;
    name += strlen(prefix);
    for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
        size_t length = strlen(operations[i]);
        if (strncmp(name, operations[i], length) != 0)
            continue;
        const char *order = name + length + strspn(name + length, "12468");
        for (size_t k = 0; k < sizeof(orders) / sizeof(*orders); k++)
            if (strcmp(order, orders[k]) == 0)
                return true;
    }
    return false;
}

bool symbol_is_startup_code(const char *name)
{
    static const char *const names[] = {
        "_start",
        "_init",
        "_fini",
        "frame_dummy",
        "register_tm_clones",
        "deregister_tm_clones",
        "__do_global_dtors_aux",
        "_dl_relocate_static_pie",
        "__libc_csu_init",
        "__libc_csu_fini",
        /* arm64: crti.o, crt1.o, and a constructor of libgcc */
        "call_weak_fn",
        "__wrap_main",
        "init_have_lse_atomics",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return is_outline_atomic(name);
}

void symbol_table_free(struct symbol_table *table)
{
    vec_free(&table->list);
}
