/* SPDX-License-Identifier: MIT */
/* The functions of an image: its symbols by address, with all their names. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/demangle.h"
#include "symbols/elf/elf_file.h"
#include "symbols/elf/symbol_table.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "symbols/symbolizer.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/vec.h"

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
    /* Of the same name in .symtab and .dynsym, the better symbol first. */
    if (symbol_binding_rank(a->bind) != symbol_binding_rank(b->bind))
        return symbol_binding_rank(a->bind) - symbol_binding_rank(b->bind);
    if (a->is_old != b->is_old)
        return a->is_old - b->is_old;
    if (!a->version != !b->version)
        return !a->version - !b->version;
    return a->size > b->size ? -1 : a->size < b->size;
}

/* Whether the last alias of the function has that name; symbols are sorted by name. */
static bool is_known(const struct image *image, const struct function *function, const char *name)
{
    size_t n = image->aliases.count;
    return n > function->first && strcmp(image->aliases.items[n - 1].name.symbol, name) == 0;
}

/* Makes a function of the n symbols of one address, unless they are not of a function. */
static int add_image_function(struct image *image, const struct symbol *symbols, size_t n)
{
    if (!elf_file_is_code(&image->file, symbols[0].value))
        return 0;
    struct function function = {.entry = symbols[0].value, .first = image->aliases.count};
    /* Of an indirect function, the resolver symbols are the names; other symbols name the
       resolver. */
    for (size_t i = 0; i < n; i++) {
        function.is_indirect |= symbols[i].is_resolver;
        function.is_variant |= symbols[i].is_variant;
    }
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
        alias->version = symbol->version;
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

/* Marks C++ functions whose name other functions have with other parameters. All functions of the
   image count, so that names do not depend on the selection. */
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
        r = image_is_stopped(image) ? -ECANCELED : add_image_function(image, symbols + i, end - i);
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

size_t image_count_functions(struct image *image)
{
    struct error ignored;
    pthread_mutex_lock(&image->catalog->lock);
    size_t n = image_make_functions(image, &ignored) == 0 ? image->functions.count : 0;
    image_close(image);
    pthread_mutex_unlock(&image->catalog->lock);
    return n;
}
