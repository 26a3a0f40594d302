#include "symbols/image.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/elf/elf_copy.h"
#include "symbols/symbolizer.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"

static int read_symbols(struct image *image, int fd, struct error *err)
{
    struct elf_copy copy;
    int r = elf_copy_symbols(&copy, fd);
    if (r < 0)
        return error_set(err, r, "%s is truncated or corrupted: its symbol table is not whole (%s)",
                         image->path, strerror(-r));
    r = symbol_table_read(&image->symbols, copy.elf, 0, &image->catalog->arena, image->path, err);
    if (r == 0 && image_read_linkage(image, copy.elf) < 0)
        r = error_set(err, -ENOMEM, "out of memory");
    elf_copy_free(&copy);
    return r;
}

/* Once. *later: it may be another time. */
static int try_to_read_symbols(struct image *image, bool *later, struct error *err)
{
    cleanup(cleanup_fd) int fd = image_open_file(image, err);
    *later = descriptors_out(fd);
    if (fd < 0)
        return fd;
    int r = read_symbols(image, fd, err);
    if (r < 0)
        symbol_table_free(&image->symbols);
    return r;
}

int image_read_symbols(struct image *image, struct error *err)
{
    enum { TRIES = 3 };
    if (image->symbols_read && image->symbols_failed == 0)
        return 0;
    /* Asked again, the file says the same again. */
    if (image->symbols_read)
        return error_set(err, image->symbols_failed, "the symbols of %s cannot be read",
                         image->path);
    /* By its symbols is found what a program is harmed without, if it is not watched. What does
       not lie in the file may be past the next time. */
    bool later = false;
    int r = -EAGAIN;
    for (int i = 0; i < TRIES && r < 0 && r != -ENOEXEC && r != -ESTALE; i++)
        r = try_to_read_symbols(image, &later, err);
    image->symbols_read = !later;
    image->symbols_failed = later ? 0 : r;
    return r;
}

/* 0, and *debuginfo may be NULL: there is none. */
static int open_debuginfo(struct image *image, struct debuginfo **debuginfo, struct error *err)
{
    cleanup(process_root_close) struct process_root root;
    cleanup(cleanup_fd) int fd = image_open_file(image, err);
    if (fd < 0)
        return fd;
    int r = image_open_root(image, &root);
    if (r < 0)
        return error_set(err, r, "the root directory in which %s lies cannot be opened",
                         image->path);
    const struct debug_search search = {root.fd, image->path, image->catalog->debug_path};
    /* What is opened for it is soon closed again. */
    rlim_t soft = descriptors_use_all();
    r = debuginfo_open(debuginfo, fd, &search, &image->catalog->debuginfod);
    descriptors_hold_back(soft);
    return r < 0 ? error_set(err, r, "cannot read the debug information of %s: %s", image->path,
                             strerror(-r))
                 : 0;
}

struct debuginfo *image_debuginfo(struct image *image)
{
    struct error err;
    if (image->debuginfo || image->has_no_debuginfo)
        return image->debuginfo;
    int r = open_debuginfo(image, &image->debuginfo, &err);
    if (r < 0)
        log_warning("%s: its functions show hex words", err.text);
    image->has_no_debuginfo = !image->debuginfo;
    if (!image->debuginfo)
        return NULL;
    debuginfo_stop_when(image->debuginfo, image->catalog->stop);
    if (image->debuginfo_warned)
        debuginfo_hush(image->debuginfo);
    if (!image->debuginfo_text)
        image->debuginfo_text =
            arena_format(&image->catalog->arena, "DWARF of %s", debuginfo_path(image->debuginfo));
    return image->debuginfo;
}

void image_close(struct image *image)
{
    if (!image->debuginfo)
        return;
    image->debuginfo_warned = debuginfo_warned(image->debuginfo);
    signature_reader_reset(&image->signatures);
    debuginfo_free(image->debuginfo);
    image->debuginfo = NULL;
}

static bool is_stopped(const struct image *image)
{
    const atomic_bool *stop = image->catalog->stop;
    return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

static int compare_aliases(const void *x, const void *y)
{
    const struct alias *a = x, *b = y;
    struct symbol one = {.name = a->name.symbol, .bind = a->bind, .is_old = a->is_old};
    struct symbol other = {.name = b->name.symbol, .bind = b->bind, .is_old = b->is_old};
    return symbol_compare_names(&one, &other);
}

static int compare_symbols(const void *x, const void *y)
{
    const struct symbol *a = x, *b = y;
    if (a->value.value != b->value.value)
        return a->value.value < b->value.value ? -1 : 1;
    int r = strcmp(a->name, b->name);
    if (r != 0)
        return r;
    /* Of the same name in .symtab and .dynsym, the better one first. */
    if (symbol_binding_rank(a->bind) != symbol_binding_rank(b->bind))
        return symbol_binding_rank(a->bind) - symbol_binding_rank(b->bind);
    if (a->is_old != b->is_old)
        return a->is_old - b->is_old;
    return a->size > b->size ? -1 : a->size < b->size;
}

/* Whether the last of the aliases so far, which go by name, is of that name. */
static bool is_known(const struct image *image, const struct function *function, const char *name)
{
    size_t n = image->aliases.count;
    return n > function->first && strcmp(image->aliases.items[n - 1].name.symbol, name) == 0;
}

/* Turns the symbols of one address (n of them, sorted) into a function, if they are one. */
static int add_function(struct image *image, const struct symbol *symbols, size_t n)
{
    if (!elf_file_is_code(&image->file, symbols[0].value))
        return 0;
    struct function function = {.entry = symbols[0].value, .first = image->aliases.count};
    /* Of an indirect function those are its names; the others are its resolver's. */
    for (size_t i = 0; i < n; i++)
        function.is_indirect |= symbols[i].is_resolver;
    for (size_t i = 0; i < n; i++) {
        const struct symbol *symbol = &symbols[i];
        if (symbol->is_stub || symbol_is_startup_code(symbol->name)) {
            image->aliases.count = function.first;
            return 0;
        }
        if (symbol->is_resolver != function.is_indirect)
            continue;
        if (is_known(image, &function, symbol->name))
            continue;
        struct alias *alias = vec_push(&image->aliases);
        if (!alias || !function_name_parse(&alias->name, symbol->name, &image->catalog->arena))
            return -ENOMEM;
        if (alias->name.is_part) {
            image->aliases.count--;
            continue;
        }
        alias->value = symbol->value;
        alias->size = symbol->size;
        alias->bind = symbol->bind;
        alias->is_old = symbol->is_old;
        if (symbol->size > function.size)
            function.size = symbol->size;
    }
    function.n = image->aliases.count - function.first;
    if (function.n == 0)
        return 0;
    qsort(image->aliases.items + function.first, function.n, sizeof(struct alias), compare_aliases);
    struct function *added = vec_push(&image->functions);
    if (!added)
        return -ENOMEM;
    *added = function;
    return 0;
}

static int compare_overloads(const void *x, const void *y)
{
    const struct alias *a = *(const struct alias *const *)x;
    const struct alias *b = *(const struct alias *const *)y;
    int r = strcmp(a->name.name, b->name.name);
    return r ? r : strcmp(a->name.parameters, b->name.parameters);
}

/* Marks the C++ functions whose name others with other parameters have. All functions of the image
   count, not only those traced, so that a name does not depend on what is selected. */
static int mark_overloads(struct image *image)
{
    VEC(struct alias *) named = {0};
    int r = 0;
    for (size_t i = 0; i < image->aliases.count && r == 0; i++) {
        struct alias *alias = &image->aliases.items[i];
        if (!alias->name.parameters)
            continue;
        struct alias **pushed = vec_push(&named);
        if (pushed)
            *pushed = alias;
        else
            r = -ENOMEM;
    }
    if (r == 0 && named.count)
        qsort(named.items, named.count, sizeof(*named.items), compare_overloads);
    for (size_t i = 0, end; r == 0 && i < named.count; i = end) {
        bool differ = false;
        for (end = i + 1; end < named.count; end++) {
            if (strcmp(named.items[i]->name.name, named.items[end]->name.name) != 0)
                break;
            differ |= strcmp(named.items[i]->name.parameters, named.items[end]->name.parameters);
        }
        for (size_t k = i; k < end; k++)
            named.items[k]->is_overloaded = differ;
    }
    vec_free(&named);
    return r;
}

/* The local symbols of a stripped file are in its debug file. */
static int add_debug_symbols(struct image *image)
{
    if (image->debug_symbols_read)
        return 0;
    image->debug_symbols_read = true;
    struct debuginfo *debuginfo = image->symbols.has_symtab ? NULL : image_debuginfo(image);
    if (!debuginfo)
        return 0;
    uint64_t bias;
    Elf *elf = debuginfo_elf(debuginfo, &bias);
    struct error ignored;
    size_t before = image->symbols.list.count;
    int r = symbol_table_read(&image->symbols, elf, bias, &image->catalog->arena,
                              debuginfo_path(debuginfo), &ignored);
    /* What is wrong with the debug file is no reason to do without the file's own symbols. */
    if (r == -ENOEXEC)
        image->symbols.list.count = before;
    return r == -ENOEXEC ? 0 : r;
}

int image_read_all_symbols(struct image *image, struct error *err)
{
    int r = image_read_symbols(image, err);
    if (r < 0)
        return r;
    r = add_debug_symbols(image);
    return r < 0 ? error_set(err, r, "cannot read the symbols of %s: %s", image->path, strerror(-r))
                 : 0;
}

int image_make_functions(struct image *image, struct error *err)
{
    if (image->functions_made)
        return 0;
    int r = image_read_all_symbols(image, err);
    if (r < 0)
        return r;
    struct symbol *symbols = image->symbols.list.items;
    size_t n = image->symbols.list.count;
    if (r == 0 && n)
        qsort(symbols, n, sizeof(*symbols), compare_symbols);
    for (size_t i = 0, end; r == 0 && i < n; i = end) {
        for (end = i + 1; end < n && symbols[end].value.value == symbols[i].value.value; end++)
            ;
        r = is_stopped(image) ? -ECANCELED : add_function(image, symbols + i, end - i);
    }
    if (r == 0)
        r = mark_overloads(image);
    if (r < 0) {
        vec_free(&image->aliases);
        vec_free(&image->functions);
        return error_set(err, r, "cannot read the symbols of %s: %s", image->path, strerror(-r));
    }
    image->functions_made = true;
    symbolizer_forget_names(atomic_load_explicit(&image->symbolizer, memory_order_relaxed));
    return 0;
}

static bool find_symbol(struct image *image, const char *name, file_vaddr *vaddr)
{
    struct error err;
    int r = image_read_symbols(image, &err);
    if (r < 0 && r != -ENOEXEC && r != -ESTALE && !image->symbols_missed)
        log_warning("%s: what is called in it is not seen, nor what it makes of SIGTRAP", err.text);
    image->symbols_missed = image->symbols_missed || r < 0;
    if (r < 0)
        return false;
    const struct symbol *best = NULL;
    for (size_t i = 0; i < image->symbols.list.count; i++) {
        const struct symbol *symbol = &image->symbols.list.items[i];
        if (symbol->is_resolver || symbol->is_stub || strcmp(symbol->name, name) != 0 ||
            !elf_file_is_code(&image->file, symbol->value))
            continue;
        if (!best || symbol_binding_rank(symbol->bind) < symbol_binding_rank(best->bind) ||
            (symbol_binding_rank(symbol->bind) == symbol_binding_rank(best->bind) && best->is_old &&
             !symbol->is_old))
            best = symbol;
    }
    if (best)
        *vaddr = best->value;
    return best != NULL;
}

bool image_symbol(struct image *image, const char *name, file_vaddr *vaddr)
{
    pthread_mutex_lock(&image->catalog->lock);
    bool found = find_symbol(image, name, vaddr);
    pthread_mutex_unlock(&image->catalog->lock);
    return found;
}

/* ---- selection ---- */

enum { NAMES_PER_ALIAS = 3 };

/* The names a user may know the function by. */
static size_t alias_names(const struct alias *alias, const char **names)
{
    size_t n = 0;
    names[n++] = alias->name.name;
    if (strcmp(alias->name.base, alias->name.name) != 0)
        names[n++] = alias->name.base;
    if (strcmp(alias->name.symbol, alias->name.name) != 0)
        names[n++] = alias->name.symbol;
    return n;
}

struct selection {
    const struct function_filter *select;
    bool is_program, whole_module;
    VEC(const char *) names; /* room for those of one function, kept from one to the next */
};

static bool is_selected(struct selection *selection, const struct image *image, const char **names,
                        size_t n)
{
    return function_filter_function(selection->select, names, n, image->provider, image->path,
                                    selection->is_program, selection->whole_module);
}

/* *chosen: the alias that the function is asked for by, or NULL when it is not selected. */
static int choose_alias(struct selection *selection, const struct image *image,
                        const struct function *function, const struct alias **chosen)
{
    *chosen = NULL;
    const struct alias *aliases = image->aliases.items + function->first;
    selection->names.count = 0;
    for (size_t i = 0; i < function->n; i++) {
        const char *names[NAMES_PER_ALIAS];
        size_t n = alias_names(&aliases[i], names);
        for (size_t k = 0; k < n; k++) {
            const char **name = vec_push(&selection->names);
            if (!name)
                return -ENOMEM;
            *name = names[k];
        }
    }
    /* All its names together: one that is excluded leaves the function out. */
    if (!is_selected(selection, image, selection->names.items, selection->names.count))
        return 0;
    *chosen = &aliases[0];
    if (function->n == 1 || !function_filter_is_explicit(selection->select))
        return 0;
    for (size_t i = 0; i < function->n; i++) {
        const char *names[NAMES_PER_ALIAS];
        size_t n = alias_names(&aliases[i], names);
        if (function_filter_function(selection->select, names, n, image->provider, image->path,
                                     selection->is_program, false)) {
            *chosen = &aliases[i];
            return 0;
        }
    }
    return 0;
}

static int find_probes(struct image *image, const struct function_filter *select, bool is_program,
                       bool whole_module, const struct probe ***result, size_t *n,
                       struct error *err)
{
    *result = NULL;
    *n = 0;
    int r = image_make_functions(image, err);
    if (r < 0) {
        image_close(image);
        return r;
    }

    struct selection selection = {select, is_program, whole_module, {0}};
    VEC(const struct probe *) probes = {0};
    for (size_t i = 0; i < image->functions.count && r == 0; i++) {
        struct function *function = &image->functions.items[i];
        const struct alias *alias;
        r = choose_alias(&selection, image, function, &alias);
        if (r < 0 || !alias)
            continue;
        const struct probe **probe = vec_push(&probes);
        r = !probe              ? -ENOMEM
            : is_stopped(image) ? -ECANCELED
                                : probe_make(image, function, alias, probe);
    }
    vec_free(&selection.names);
    image_close(image);
    if (r < 0) {
        vec_free(&probes);
        return error_set(err, r, "cannot make the probes of %s: %s", image->path, strerror(-r));
    }
    *result = probes.items;
    *n = probes.count;
    return 0;
}

int image_probes(struct image *image, const struct function_filter *select, bool is_program,
                 bool whole_module, const struct probe ***probes, size_t *n, struct error *err)
{
    pthread_mutex_lock(&image->catalog->lock);
    int r = find_probes(image, select, is_program, whole_module, probes, n, err);
    pthread_mutex_unlock(&image->catalog->lock);
    return r;
}
