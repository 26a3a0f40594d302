#include "symbols/probe.h"

#include <errno.h>
#include <string.h>

#include "symbols/abi.h"
#include "symbols/image.h"

/* Without debug information: the registers that arguments come in, whether there are any or not. */
static int set_word_fields(struct probe *probe, struct arena *arena)
{
    static const char *const names[] = {"arg1", "arg2", "arg3", "arg4",
                                        "arg5", "arg6", "arg7", "arg8"};
    unsigned n = abi_integer_arguments();
    struct field *args = arena_array(arena, n, sizeof(*args));
    struct field *ret = arena_alloc(arena, sizeof(*ret));
    if (!args || !ret)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        args[i] = (struct field){
            .name = names[i],
            .kind = VALUE_WORD,
            .size = 8,
            .place = {.kind = PLACE_INTEGER_ARG, .index = (uint16_t)i},
        };
    *ret = (struct field){
        .name = "retval", .kind = VALUE_WORD, .size = 8, .place = {.kind = PLACE_INTEGER_RET}};
    probe->args = args;
    probe->n_args = n;
    probe->rets = ret;
    probe->n_rets = 1;
    return 0;
}

int probe_make(struct image *image, struct function *function, const struct alias *alias,
               const struct probe **result)
{
    if (function->probe) {
        *result = &function->probe->probe;
        return 0;
    }
    struct arena *arena = &image->catalog->arena;
    struct probe_info *info = arena_alloc(arena, sizeof(*info));
    if (!info)
        return -ENOMEM;
    info->image = image;
    struct probe *probe = &info->probe;
    probe->provider = image->provider;
    probe->module = image->path;
    probe->entry = function->entry;
    probe->size = function->size;
    probe->function = names_function(alias->name.name,
                                     alias->is_overloaded ? alias->name.parameters : NULL, arena);
    if (!probe->function)
        return -ENOMEM;

    const char *file = NULL;
    probe->source = SIGNATURE_NONE;
    int r = set_word_fields(probe, arena);
    if (r < 0)
        return r;
    probe->signature = alias->name.parameters
                           ? arena_format(arena, "%s%s", alias->name.name, alias->name.parameters)
                           : arena_format(arena, "%s(?)", alias->name.name);
    if (!probe->signature)
        return -ENOMEM;
    r = names_claim(&image->catalog->names, probe, file);
    if (r < 0)
        return r;
    function->probe = info;
    *result = probe;
    return 0;
}

const char *probe_source_text(const struct catalog *catalog, const struct probe *probe)
{
    (void)catalog;
    (void)probe;
    return "symbols only";
}
