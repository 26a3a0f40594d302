/* SPDX-License-Identifier: MIT */
#include "symbols/symbolizer.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "symbols/unnamed_functions.h"
#include "util/cleanup.h"
#include "util/sorted.h"

enum {
    /* How many symbols a look-up tries, if the one before the address ends too early. */
    LOOK_BACK_MAX = 8,
};

struct code_symbol {
    file_vaddr start, end; /* end exclusive */
    const char *symbol;
    bool is_resolver;
    _Atomic(const char *) name; /* NULL until the first look-up */
};

struct symbolizer {
    const char *file; /* the image's file name, for code without a symbol */
    size_t n;
    struct code_symbol symbols[]; /* ascending by start, one for each start */
};

void symbolizer_free(struct symbolizer *symbolizer)
{
    free(symbolizer);
}

/* ---- the table ---- */

/* The ranges of code beyond which a symbol without a size does not extend. */
struct code_ranges {
    VEC(struct address_range) list; /* in the end ascending and not overlapping */
};

static void code_ranges_free(struct code_ranges *ranges)
{
    vec_free(&ranges->list);
}

static int add_code_range(struct code_ranges *ranges, uint64_t start, uint64_t size)
{
    struct address_range *range = size && start + size > start ? vec_push(&ranges->list) : NULL;
    if (!range)
        return size && start + size > start ? -ENOMEM : 0;
    *range = (struct address_range){start, start + size};
    return 0;
}

/* The executable sections or, if the file has none, the executable segments. */
static int find_code_ranges(const struct image *image, struct code_ranges *ranges)
{
    cleanup(cleanup_fd) int fd = image_open_file(image, NULL);
    Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
    Elf_Scn *section = NULL;
    int r = 0;
    while (elf && r == 0 && (section = elf_nextscn(elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        if (header && (header->sh_flags & SHF_EXECINSTR) && (header->sh_flags & SHF_ALLOC))
            r = add_code_range(ranges, header->sh_addr, header->sh_size);
    }
    elf_end(elf);
    for (size_t i = 0; i < image->file.n_segments && r == 0; i++) {
        const Elf64_Phdr *segment = &image->file.segments[i];
        if (ranges->list.count == 0 && (segment->p_flags & PF_X))
            r = add_code_range(ranges, segment->p_vaddr, segment->p_filesz);
    }
    return r;
}

static int compare_code_ranges(const void *x, const void *y)
{
    const struct address_range *a = x, *b = y;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* Sorts the ranges; where two overlap, the first one gets the bytes. */
static void order_ranges(struct code_ranges *ranges)
{
    struct address_range *list = ranges->list.items;
    size_t n = ranges->list.count, kept = 0;
    uint64_t end = 0;
    if (n)
        qsort(list, n, sizeof(*list), compare_code_ranges);
    for (size_t i = 0; i < n; i++) {
        if (list[i].end <= end)
            continue;
        list[kept].start = list[i].start < end ? end : list[i].start;
        list[kept].end = end = list[i].end;
        kept++;
    }
    ranges->list.count = kept;
}

/* By address; of one address, the preferred name first. */
static int compare_code(const void *x, const void *y)
{
    const struct symbol *a = *(const struct symbol *const *)x;
    const struct symbol *b = *(const struct symbol *const *)y;
    if (a->value.value != b->value.value)
        return a->value.value < b->value.value ? -1 : 1;
    return symbol_compare_names(a, b);
}

/* Adds the n symbols of one address, with the largest size. */
static void add_code_symbol(struct symbolizer *symbolizer, const struct symbol *const *symbols,
                            size_t n)
{
    uint64_t size = 0;
    enum { STUB_SIZE = 16 }; /* of an entry of the PLT, or less: others have no symbols */
    for (size_t i = 0; i < n; i++)
        size = symbols[i]->size > size ? symbols[i]->size : size;
    if (size == 0 && symbols[0]->is_stub)
        size = STUB_SIZE;
    uint64_t start = symbols[0]->value.value, end = start + size;
    struct code_symbol *added = &symbolizer->symbols[symbolizer->n++];
    added->start = symbols[0]->value;
    added->end = file_vaddr_of(end < start ? UINT64_MAX : end);
    added->symbol = symbols[0]->name;
    added->is_resolver = symbols[0]->is_resolver;
    atomic_init(&added->name, NULL);
}

/* A symbol without a size ends at the next symbol or at the end of its section. Both lists are
   sorted and walked together, as a file may have many of both. */
static void end_sizeless(struct symbolizer *symbolizer, const struct code_ranges *ranges)
{
    const struct address_range *list = ranges->list.items;
    size_t n = ranges->list.count, at = 0;
    for (size_t i = 0; i < symbolizer->n; i++) {
        struct code_symbol *symbol = &symbolizer->symbols[i];
        if (symbol->end.value != symbol->start.value)
            continue;
        while (at < n && list[at].end <= symbol->start.value)
            at++;
        if (at == n || list[at].start > symbol->start.value)
            continue;
        symbol->end = file_vaddr_of(list[at].end);
        if (i + 1 < symbolizer->n && symbol->end.value > symbolizer->symbols[i + 1].start.value)
            symbol->end = symbolizer->symbols[i + 1].start;
    }
}

static int fill_table(struct image *image, struct symbolizer *symbolizer,
                      const struct symbol **order)
{
    cleanup(code_ranges_free) struct code_ranges ranges = {0};
    int r = find_code_ranges(image, &ranges);
    size_t n = 0;
    for (size_t i = 0; i < image->symbols.list.count; i++)
        if (elf_file_is_code(&image->file, image->symbols.list.items[i].value))
            order[n++] = &image->symbols.list.items[i];
    if (n)
        qsort(order, n, sizeof(*order), compare_code);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && order[end]->value.value == order[i]->value.value; end++)
            ;
        add_code_symbol(symbolizer, order + i, end - i);
    }
    order_ranges(&ranges);
    end_sizeless(symbolizer, &ranges);
    return r;
}

/* A file whose symbols cannot be read gets an empty table. NULL: out of memory. */
static struct symbolizer *make_table(struct image *image)
{
    struct error ignored;
    int r = image_read_all_symbols(image, &ignored);
    if (r == -ENOMEM)
        return NULL;
    size_t n = r < 0 ? 0 : image->symbols.list.count;
    cleanup(cleanup_free) const struct symbol **order = calloc(n + 1, sizeof(*order));
    cleanup(cleanup_free) struct symbolizer *made =
        calloc(1, sizeof(*made) + n * sizeof(made->symbols[0]));
    if (!order || !made)
        return NULL;
    made->file = event_names_provider_of_file(image->path, &image->catalog->arena);
    if (!made->file || (n && fill_table(image, made, order) < 0))
        return NULL;
    return take_ptr(made);
}

static struct symbolizer *symbolizer_of(struct image *image)
{
    struct symbolizer *symbolizer = atomic_load_explicit(&image->symbolizer, memory_order_acquire);
    if (symbolizer)
        return symbolizer;
    pthread_mutex_lock(&image->catalog->lock);
    symbolizer = atomic_load_explicit(&image->symbolizer, memory_order_relaxed);
    if (!symbolizer) {
        symbolizer = make_table(image);
        image_close(image);
        atomic_store_explicit(&image->symbolizer, symbolizer, memory_order_release);
    }
    pthread_mutex_unlock(&image->catalog->lock);
    return symbolizer;
}

/* ---- names ---- */

static const struct function *find_function(const struct image *image, file_vaddr entry)
{
    const struct function *functions = image->functions.items;
    size_t behind = sorted_up_to(functions, image->functions.count, entry.value, entry.value);
    return behind && functions[behind - 1].entry.value == entry.value ? &functions[behind - 1]
                                                                      : NULL;
}

/* The name that its events have, or would have. Until the image's functions are made, overloads are
   not known, and the name has no parameters. NULL: out of memory. */
static const char *make_name(struct image *image, const struct code_symbol *symbol)
{
    struct arena *arena = &image->catalog->arena;
    const struct function *function =
        image->functions_made ? find_function(image, symbol->start) : NULL;
    if (function && function->is_indirect) /* this is the resolver's code */
        function = NULL;
    if (function && function->probe)
        return function->probe->probe.function;
    if (function) {
        const struct alias *alias = &image->aliases.items[function->first];
        return event_names_function(alias->name.name,
                                    alias->is_overloaded ? alias->name.parameters : NULL, arena);
    }
    struct function_name parsed;
    if (!function_name_parse(&parsed, symbol->symbol, arena))
        return NULL;
    const char *name = event_names_function(parsed.name, NULL, arena);
    return name && symbol->is_resolver ? arena_format(arena, "%s@ifunc", name) : name;
}

void symbolizer_forget_names(struct symbolizer *symbolizer)
{
    for (size_t i = 0; symbolizer && i < symbolizer->n; i++)
        atomic_store_explicit(&symbolizer->symbols[i].name, NULL, memory_order_relaxed);
}

static const char *name_at(struct image *image, struct code_symbol *symbol)
{
    const char *name = atomic_load_explicit(&symbol->name, memory_order_acquire);
    if (name)
        return name;
    pthread_mutex_lock(&image->catalog->lock);
    name = atomic_load_explicit(&symbol->name, memory_order_relaxed);
    if (!name) {
        name = make_name(image, symbol);
        atomic_store_explicit(&symbol->name, name, memory_order_release);
    }
    pthread_mutex_unlock(&image->catalog->lock);
    return name;
}

/* The innermost symbol that contains the address, or NULL. */
static struct code_symbol *find_code_symbol(struct symbolizer *symbolizer, file_vaddr at)
{
    size_t behind = sorted_up_to(symbolizer->symbols, symbolizer->n, start.value, at.value);
    for (size_t back = 1; back <= LOOK_BACK_MAX && back <= behind; back++) {
        struct code_symbol *symbol = &symbolizer->symbols[behind - back];
        if (at.value < symbol->end.value)
            return symbol;
    }
    return NULL;
}

/* Writes "name+0x1c"; a name that does not fit is cut between characters. */
static size_t put_name(char *out, size_t size, const char *name, uint64_t offset)
{
    char tail[32] = "";
    if (offset)
        snprintf(tail, sizeof(tail), "+0x%" PRIx64, offset);
    size_t length = strlen(name), behind = strlen(tail);
    if (length + behind < size)
        return (size_t)snprintf(out, size, "%s%s", name, tail);
    size_t cut = size - 1 - behind - strlen("...");
    while (cut > 0 && ((unsigned char)name[cut] & 0xc0) == 0x80)
        cut--;
    return (size_t)snprintf(out, size, "%.*s...%s", (int)cut, name, tail);
}

size_t image_name_code(struct image *image, file_vaddr at, bool is_return, char *out, size_t size)
{
    file_vaddr within = file_vaddr_of(at.value - (is_return ? 1 : 0));
    if (size < 64 || !elf_file_is_code(&image->file, within))
        return 0;
    struct symbolizer *symbolizer = symbolizer_of(image);
    if (!symbolizer)
        return 0;
    struct code_symbol *symbol = find_code_symbol(symbolizer, within);
    const char *name = symbol ? name_at(image, symbol) : NULL;
    if (!name) {
        const struct unnamed_function *unnamed = unnamed_functions_at(
            atomic_load_explicit(&image->unnamed, memory_order_acquire), within);
        return unnamed
                   ? put_name(out, size, unnamed->name, at.value - unnamed->function.entry.value)
                   : put_name(out, size, symbolizer->file, at.value);
    }
    return put_name(out, size, name, at.value - symbol->start.value);
}
