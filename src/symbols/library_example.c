/* SPDX-License-Identifier: MIT */
#include "symbols/library_example.h"

#include <elf.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/elf/elf_copy.h"
#include "symbols/elf/symbol_table.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/cleanup.h"
#include "util/vec.h"

enum {
    IMPORTS_MAX = 20000, /* of more, the rest is not looked at */
    LIBRARIES_MAX = 64,
    NAME_SHOWN_MAX = 40,
    NAMES_SHOWN = 3,
    SAME_PREFIX_MIN = 2, /* so many functions make a prefix */
};

/* An undefined symbol of the program; sorted by name. */
struct import {
    const char *name; /* in the copy of the file */
    size_t lib_index; /* the first that has it; SIZE_MAX: none */
};

struct import_list {
    VEC(struct import) list;
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/* Whether the name can stand in a regular expression as it is, and is short enough to be shown. */
static bool is_plain_import(const char *name)
{
    size_t length = strspn(name, letters);
    return length > 0 && length <= NAME_SHOWN_MAX && !name[length];
}

/* Whether the provider can stand in a glob as it is. */
static bool is_plain_provider(const char *provider)
{
    size_t length = strlen(provider);
    for (size_t i = 0; i < length; i++)
        if (!strchr(letters, provider[i]) && !strchr("-.+", provider[i]))
            return false;
    return length > 0 && length <= NAME_SHOWN_MAX;
}

/* The length of the prefix that a C library gives its functions: "SSL_". 0: none. */
static size_t prefix_length(const char *name)
{
    const char *end = is_plain_import(name) ? strchr(name, '_') : NULL;
    return end && end - name >= 2 ? (size_t)(end + 1 - name) : 0;
}

static bool has_provider_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_c_library(const struct image *image)
{
    return strcmp(image->provider, "c") == 0 || strncmp(image->provider, "c.musl", 6) == 0;
}

/* Libraries of which an example would tell little: most programs have them. */
static bool is_everywhere(const struct image *image)
{
    static const char *const providers[] = {"m",      "pthread",  "dl",     "rt",   "gcc_s",
                                            "stdc++", "stdc++fs", "resolv", "util", "atomic"};
    return is_c_library(image) ||
           has_provider_of(image->provider, providers, sizeof(providers) / sizeof(providers[0]));
}

/* ---- imports ---- */

static int compare_imports(const void *x, const void *y)
{
    return strcmp(((const struct import *)x)->name, ((const struct import *)y)->name);
}

/* gABI, chapter 4 "Symbol Table": an import is undefined; linkers may give it no type. */
static bool is_import(const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return symbol->st_shndx == SHN_UNDEF && (type == STT_FUNC || type == STT_NOTYPE);
}

static void read_imports(struct import_list *imports, Elf *elf)
{
    Elf_Scn *section = NULL;
    const Elf64_Shdr *header = NULL;
    while ((section = elf_nextscn(elf, section)) && (header = elf64_getshdr(section)))
        if (header->sh_type == SHT_DYNSYM)
            break;
    const Elf_Data *data = section && header ? elf_getdata(section, NULL) : NULL;
    if (!data || !data->d_buf || header->sh_entsize != sizeof(Elf64_Sym))
        return;
    for (size_t i = 0; i < data->d_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, (const char *)data->d_buf + i * sizeof(symbol), sizeof(symbol));
        const char *name =
            is_import(&symbol) ? elf_strptr(elf, header->sh_link, symbol.st_name) : NULL;
        if (!name || !*name)
            continue;
        struct import *import = imports->list.count < IMPORTS_MAX ? vec_push(&imports->list) : NULL;
        if (!import)
            break;
        *import = (struct import){name, SIZE_MAX};
    }
    if (imports->list.count)
        qsort(imports->list.items, imports->list.count, sizeof(struct import), compare_imports);
}

/* Marks the imports that the library has and no earlier one. */
static void mark_imports(struct import_list *imports, struct image *library, size_t index)
{
    struct error ignored;
    if (image_read_symbols(library, &ignored) < 0)
        return;
    for (size_t i = 0; i < library->symbols.list.count; i++) {
        const struct symbol *symbol = &library->symbols.list.items[i];
        const struct import key = {.name = symbol->name};
        if (symbol->is_stub || symbol_binding_rank(symbol->bind) > 1)
            continue;
        struct import *import =
            bsearch(&key, imports->list.items, imports->list.count, sizeof(key), compare_imports);
        if (import && import->lib_index > index)
            import->lib_index = index;
    }
}

/* ---- the example ---- */

/* What was found: the functions of a library that have one prefix, or only the library. */
struct example {
    size_t lib_index; /* SIZE_MAX: nothing */
    size_t n;         /* functions */
    const char *prefix;
    size_t prefix_length;
};

static void look_at_prefixes(const struct import_list *imports, size_t library,
                             struct example *best)
{
    const char *prefix = "";
    size_t length = 0, n = 0;
    for (size_t i = 0; i < imports->list.count; i++) {
        const struct import *import = &imports->list.items[i];
        size_t its = import->lib_index == library ? prefix_length(import->name) : 0;
        if (its == 0)
            continue;
        if (its != length || strncmp(prefix, import->name, length) != 0) {
            prefix = import->name;
            length = its;
            n = 0;
        }
        if (++n >= SAME_PREFIX_MIN && n > best->n)
            *best = (struct example){library, n, prefix, length};
    }
}

static size_t count_imports(const struct import_list *imports, size_t library)
{
    size_t n = 0;
    for (size_t i = 0; i < imports->list.count; i++)
        n += imports->list.items[i].lib_index == library;
    return n;
}

static bool has_import(const struct import_list *imports, size_t library, const char *name)
{
    const struct import key = {.name = name};
    const struct import *import =
        imports->list.count
            ? bsearch(&key, imports->list.items, imports->list.count, sizeof(key), compare_imports)
            : NULL;
    return import && import->lib_index == library;
}

/* Functions of the C library that many programs call, but not all the time. */
static void write_usual(const struct import_list *imports, size_t library, FILE *stream)
{
    static const char *const usual[] = {"fopen",     "fopen64", "open",      "open64", "getenv",
                                        "connect",   "execve",  "opendir",   "write",  "read",
                                        "nanosleep", "puts",    "setlocale", "malloc"};
    size_t shown = 0;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && shown < NAMES_SHOWN; i++)
        if (has_import(imports, library, usual[i]))
            fprintf(stream, "%s%s", shown++ ? "|" : "", usual[i]);
    if (shown == 0)
        fputs("open.*|getenv", stream);
}

static void write_names(const struct import_list *imports, size_t library, FILE *stream)
{
    size_t shown = 0;
    for (size_t i = 0; i < imports->list.count && shown < NAMES_SHOWN; i++) {
        const struct import *import = &imports->list.items[i];
        if (import->lib_index == library && is_plain_import(import->name) && import->name[0] != '_')
            fprintf(stream, "%s%s", shown++ ? "|" : "", import->name);
    }
    if (shown == 0)
        fputs(".*", stream);
}

static struct example find_example(const struct import_list *imports, struct image *program,
                                   struct image *const *libraries, size_t n)
{
    struct example best = {.lib_index = SIZE_MAX}, any = best, c = best;
    for (size_t i = 0; i < n; i++) {
        const struct image *library = libraries[i];
        size_t count = count_imports(imports, i);
        if (library == program || count == 0 || !is_plain_provider(library->provider))
            continue;
        if (is_c_library(library))
            c = (struct example){.lib_index = i, .n = count};
        if (is_everywhere(library))
            continue;
        look_at_prefixes(imports, i, &best);
        if (count > any.n)
            any = (struct example){.lib_index = i, .n = count};
    }
    return best.lib_index != SIZE_MAX ? best : any.lib_index != SIZE_MAX ? any : c;
}

static bool write_example(const struct import_list *imports, const struct example *found,
                          struct image *const *libraries, char *text, size_t size)
{
    FILE *stream = found->lib_index != SIZE_MAX ? fmemopen(text, size, "w") : NULL;
    if (!stream)
        return false;
    if (found->prefix_length)
        fprintf(stream, "%.*s.*", (int)found->prefix_length, found->prefix);
    else if (is_c_library(libraries[found->lib_index]))
        write_usual(imports, found->lib_index, stream);
    else
        write_names(imports, found->lib_index, stream);
    fprintf(stream, "@%s", libraries[found->lib_index]->provider);
    return fclose(stream) == 0;
}

/* With the catalog's lock held. */
static bool find_in_copy(struct image *program, struct image *const *libraries, size_t n,
                         const struct elf_copy *copy, char *text, size_t size)
{
    struct import_list imports = {0};
    read_imports(&imports, copy->elf);
    for (size_t i = 0; i < n && imports.list.count; i++)
        if (libraries[i] != program)
            mark_imports(&imports, libraries[i], i);
    const struct example found = find_example(&imports, program, libraries, n);
    bool written = write_example(&imports, &found, libraries, text, size);
    vec_free(&imports.list);
    return written;
}

bool library_example_find(struct image *program, struct image *const *libraries, size_t n,
                          char example[LIBRARY_EXAMPLE_MAX])
{
    struct elf_copy copy;
    struct error ignored;
    bool written = false;
    example[0] = '\0';
    pthread_mutex_lock(&program->catalog->lock);
    cleanup(cleanup_fd) int fd = image_open_file(program, &ignored);
    if (fd >= 0 && elf_copy_symbols(&copy, fd) == 0) {
        written = find_in_copy(program, libraries, n < LIBRARIES_MAX ? n : LIBRARIES_MAX, &copy,
                               example, LIBRARY_EXAMPLE_MAX);
        elf_copy_free(&copy);
    }
    pthread_mutex_unlock(&program->catalog->lock);
    return written;
}
