/* SPDX-License-Identifier: MIT */
#include "symbols/function_place.h"

#include <pthread.h>
#include <stdatomic.h>

#include "symbols/elf/elf_file.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "symbols/relocations.h"
#include "symbols/unnamed_functions.h"
#include "util/sorted.h"

/* A function with a symbol: one of its first byte, or of its others if the symbol has a size. */
static bool search_named(const struct image *image, file_vaddr at, struct function_place *place)
{
    const struct function *functions = image->functions.items;
    size_t behind = sorted_up_to(functions, image->functions.count, entry.value, at.value);
    const struct function *one = behind ? &functions[behind - 1] : NULL;
    if (!one || (at.value != one->entry.value && at.value - one->entry.value >= one->size))
        return false;
    place->name = image->aliases.items[one->first].name.name;
    place->start = one->entry;
    return true;
}

static bool search_unnamed(const struct image *image, file_vaddr at, struct function_place *place)
{
    const struct unnamed_function *one =
        unnamed_functions_at(atomic_load_explicit(&image->unnamed, memory_order_acquire), at);
    if (!one)
        return false;
    place->name = one->name;
    place->start = one->function.entry;
    return true;
}

struct function_place function_place_find(struct image *image, file_vaddr at)
{
    struct function_place place = {.kind = PLACE_NO_CODE};
    if (!elf_file_is_code(&image->file, at))
        return place;
    if (image_is_linkage(image, at)) {
        place.kind = PLACE_OF_LINKAGE;
        return place;
    }
    pthread_mutex_lock(&image->catalog->lock);
    bool found = search_named(image, at, &place) || search_unnamed(image, at, &place);
    pthread_mutex_unlock(&image->catalog->lock);
    place.kind = found ? PLACE_IN_FUNCTION : PLACE_NO_FUNCTION;
    return place;
}
