/* SPDX-License-Identifier: MIT */
#include "model/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/argument_places.h"
#include "symbols/extra_fields.h"
#include "symbols/fields.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "symbols/signature.h"
#include "symbols/type_objects.h"
#include "util/cleanup.h"

/* Of an indirect function, behind the source of its signature. */
#define WHICH_CODE "; the processor decides which code it is"

/* C11, 7.1.3 "Reserved identifiers": users of a library do not know these names. */
static bool is_reserved(const char *name)
{
    return name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
}

/* Whether the alias is the better known name of the two, outside of the module. */
static bool is_more_public(const struct alias *alias, const struct alias *other)
{
    bool is_other_reserved = is_reserved(other->name.symbol);
    if (is_reserved(alias->name.symbol))
        return is_other_reserved && alias->bind != STB_LOCAL && other->bind == STB_LOCAL;
    return is_other_reserved;
}

/*
 * The alias that names the function: the name in debug information, as in the source and in
 * debuggers; but malloc of libc must not become __libc_malloc when its debug information is
 * installed.
 */
static const struct alias *shown_alias(struct image *image, const struct function *function,
                                       const struct alias *asked)
{
    /* Debug information describes the resolver, not the indirect function. */
    bool is_described = function->n > 1 && !function->is_indirect;
    struct debuginfo *debuginfo = is_described ? image_debuginfo(image) : NULL;
    if (!debuginfo)
        return asked;
    const struct alias *best = asked;
    enum naming naming = debuginfo_naming(debuginfo, function->entry, asked->name.symbol);
    for (size_t i = 0; i < function->n && naming < NAMED_BY_SOURCE; i++) {
        const struct alias *alias = &image->aliases.items[function->first + i];
        enum naming other = debuginfo_naming(debuginfo, function->entry, alias->name.symbol);
        if (other > naming) {
            naming = other;
            best = alias;
        }
    }
    return is_more_public(asked, best) ? asked : best;
}

/* Whether the function in debug information is local. If two functions were folded into one, a
   local function's code may have another function's public name. */
static bool is_local(const struct image *image, struct debuginfo *debuginfo,
                     const struct function *function, const struct alias *alias)
{
    if (function->n == 1 || debuginfo_naming(debuginfo, function->entry, alias->name.symbol))
        return alias->bind == STB_LOCAL;
    for (size_t i = 0; i < function->n; i++) {
        const struct alias *other = &image->aliases.items[function->first + i];
        if (debuginfo_naming(debuginfo, function->entry, other->name.symbol))
            return other->bind == STB_LOCAL;
    }
    return alias->bind == STB_LOCAL;
}

/* Returns 1 if there is a signature, 0 if debug information has none, or a negative errno. */
static int read_signature(struct image *image, const struct function *function,
                          const struct alias *alias, struct signature *signature)
{
    struct debuginfo *debuginfo = function->is_unnamed ? NULL : image_debuginfo(image);
    Dwarf_Die die;
    if (!debuginfo || !debuginfo_function(debuginfo, function->entry, alias->name.symbol, &die))
        return 0;
    return signature_read(&image->signatures, &die, debuginfo_address(debuginfo, function->entry),
                          &alias->name, is_local(image, debuginfo, function, alias), signature);
}

/* The signature without debug information: a C++ name has the parameters' types, a C name has
   nothing. */
static const char *text_without_signature(const struct function_name *name, struct arena *arena)
{
    return name->parameters ? arena_format(arena, "? %s%s", name->name, name->parameters)
                            : arena_format(arena, "? %s(?)", name->name);
}

static int set_signature(struct image *image, const struct function *function,
                         struct probe_info *info, struct signature *signature,
                         struct signature_reader *reader)
{
    signature->quirks.other_convention |= function->is_variant;
    int r = argument_places_settle(signature, image, function);
    return r < 0 ? r
                 : fields_of_signature(&info->probe, signature, &reader->types,
                                       &image->catalog->arena);
}

/* The same for a function that has no signature, from a type object. */
static int set_declared(struct image *image, const struct function *function,
                        const struct alias *alias, struct probe_info *info)
{
    struct typed_function typed;
    struct signature signature;
    if (!type_objects_find(image, function, alias, &typed))
        return 0;
    struct signature_reader *reader = type_object_reader(typed.object);
    int r = signature_read_declared(reader, &typed.die, &alias->name, typed.line, &signature);
    if (r <= 0)
        return r;
    r = set_signature(image, function, info, &signature, reader);
    info->source =
        arena_format(&image->catalog->arena, "types of %s%s", type_object_path(typed.object),
                     function->is_indirect ? WHICH_CODE : "");
    return r < 0 ? r : info->source ? 1 : -ENOMEM;
}

static int set_fields(struct image *image, const struct function *function,
                      const struct alias *alias, struct probe_info *info, const char **file)
{
    struct arena *arena = &image->catalog->arena;
    struct signature signature;
    /* Debug information at this address is the resolver's. */
    int r = function->is_indirect ? 0 : read_signature(image, function, alias, &signature);
    *file = NULL;
    if (r > 0) {
        *file = signature.file;
        info->probe.source_file = signature.source_file;
        info->probe.source_line = signature.source_line;
        info->source = image->debuginfo_text;
        return set_signature(image, function, info, &signature, &image->signatures);
    }
    if (r == 0)
        r = set_declared(image, function, alias, info);
    if (r != 0)
        return r < 0 ? r : 0;
    info->probe.signature = text_without_signature(&alias->name, arena);
    info->probe.result_unknown = function->is_variant;
    return !info->probe.signature ? -ENOMEM
           : function->is_variant ? 0
                                  : fields_without_signature(&info->probe, arena);
}

/* Only the result of the resolver is captured. */
static int add_resolver(struct probe *probe, struct arena *arena)
{
    static const struct field result = {
        .name = "retval",
        .kind = VALUE_POINTER,
        .size = 8,
        .place = {.kind = PLACE_INTEGER_RET},
    };
    struct probe *resolver = arena_alloc(arena, sizeof(*resolver));
    if (!resolver)
        return -ENOMEM;
    resolver->provider = probe->provider;
    resolver->function = arena_format(arena, "%s@ifunc", probe->function);
    resolver->module = probe->module;
    resolver->entry = probe->entry;
    resolver->rets = &result;
    resolver->n_rets = 1;
    resolver->resolves = probe;
    probe->resolver = resolver;
    return resolver->function ? 0 : -ENOMEM;
}

int probe_make(struct image *image, struct function *function, const struct alias *asked,
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
    const struct alias *alias = shown_alias(image, function, asked);
    info->image = image;
    info->function = function;
    info->name = alias->name.name;
    struct probe *probe = &info->probe;
    probe->provider = image->provider;
    probe->module = image->path;
    probe->entry = function->entry;
    probe->size = function->is_indirect ? 0 : function->size;

    struct event_names_origin origin = {
        .name = alias->name.name,
        .parameters = alias->is_overloaded ? alias->name.parameters : NULL,
        .long_name = alias->name.long_base,
        .long_parameters = alias->name.long_parameters,
    };
    int r = set_fields(image, function, alias, info, &origin.file);
    if (r == 0 && image->catalog->extras)
        r = extra_fields_add(probe, image->catalog->extras, arena);
    if (r == 0)
        r = event_names_claim(&image->catalog->names, probe, &origin);
    if (r == 0 && function->is_indirect)
        r = add_resolver(probe, arena);
    if (r < 0)
        return r;
    function->probe = info;
    *result = probe;
    return 0;
}

bool probe_is_unnamed(const struct probe *probe)
{
    /* The probe is the first member of struct probe_info. */
    return ((const struct probe_info *)(const void *)probe)->function->is_unnamed;
}

const char *probe_source_text(const struct catalog *catalog, const struct probe *probe)
{
    (void)catalog;
    /* The probe is the first member of struct probe_info. */
    const char *source = ((const struct probe_info *)(const void *)probe)->source;
    return probe_is_unnamed(probe) ? ".eh_frame only"
           : source                ? source
           : probe->resolver       ? "symbols only" WHICH_CODE
                                   : "symbols only";
}

static int compare_texts(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

int probe_other_names(const struct probe *probe, void (*found)(void *data, const char *name),
                      void *data)
{
    const struct probe_info *info = (const struct probe_info *)(const void *)probe;
    const struct function *function = info->function;
    cleanup(cleanup_free) const char **names = calloc(function->n, sizeof(*names));
    if (!names)
        return -ENOMEM;
    for (size_t i = 0; i < function->n; i++)
        names[i] = info->image->aliases.items[function->first + i].name.name;
    qsort(names, function->n, sizeof(*names), compare_texts);
    for (size_t i = 0; i < function->n; i++)
        if (strcmp(names[i], info->name) != 0 && (i == 0 || strcmp(names[i], names[i - 1]) != 0))
            found(data, names[i]);
    return 0;
}
