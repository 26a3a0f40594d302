/* SPDX-License-Identifier: MIT */
#include "cli/trace_symbols.h"

#include <stdio.h>

#include "symbols/catalog.h"
#include "symbols/image.h"
#include "util/addr.h"

bool trace_symbols_name(struct trace_symbols *symbols, const struct code_address *address,
                        char *module, size_t module_size, char *name, size_t name_size)
{
    struct image *image;
    struct error ignored;
    file_vaddr first;
    if (!address->path || (!symbols->catalog && catalog_new(&symbols->catalog) < 0) ||
        catalog_open(symbols->catalog, address->path, &image, &ignored) < 0)
        return false;
    uint64_t vaddr = address->address;
    if (address->is_pic) {
        if (!image_vaddr_of_offset(image, 0, &first))
            return false;
        vaddr += first.value - address->base;
    }
    snprintf(module, module_size, "%s", image_provider(image));
    return image_name_code(image, file_vaddr_of(vaddr), false, name, name_size) > 0;
}

void trace_symbols_free(struct trace_symbols *symbols)
{
    catalog_free(symbols->catalog);
}
