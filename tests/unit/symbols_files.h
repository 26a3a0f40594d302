/* SPDX-License-Identifier: MIT */
/* Common code of the tests of src/symbols: the files that tests/symbols.mk builds, and probes as
   text. */
#ifndef SYMBOLS_FILES_H
#define SYMBOLS_FILES_H

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "symbols/catalog.h"
#include "symbols/image.h"
#include "unit/check_main.h"

/* The path of BUILD/symbols/NAME, for this program in BUILD/tests/unit/. */
static inline const char *symbols_file(const char *name)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    ck_assert_int_gt(n, 0);
    path[n] = '\0';
    for (int up = 0; up < 3; up++) {
        char *slash = strrchr(path, '/');
        ck_assert_ptr_nonnull(slash);
        *slash = '\0';
    }
    size_t used = strlen(path);
    snprintf(path + used, sizeof(path) - used, "/symbols/%s", name);
    return path;
}

/* "i0+4"; "&s8>16": the place holds an address, the value is 16 bytes after it; "?i0": whether the
   address could be read. */
static inline void describe_place(char *out, size_t size, const struct value_place *place,
                                  const struct pointee *pointees)
{
    static const char *const places[] = {"-", "i", "f", "s", "I", "F", "X", "R"};
    char address[64];
    bool behind = place->kind == PLACE_POINTEE;
    if (behind || place->kind == PLACE_POINTEE_STATE) {
        describe_place(address, sizeof(address), &pointees[place->index].address, pointees);
        snprintf(out, size, behind ? "&%s>%d" : "?%s", address, place->offset);
        return;
    }
    int used = snprintf(out, size, "%s%d", places[place->kind],
                        place->kind == PLACE_STACK_ARG ? place->offset : place->index);
    if (place->shift)
        snprintf(out + used, size - (size_t)used, "+%d", place->shift);
}

/* "a:int4s@i0 b_x:float4@f1+4 c:int4@i1.3:5 d:chars12@i2|i3 e:str8@i4/i5": name, kind, size, sign,
   place, first bit and bits, second register, second place. */
static inline void describe_fields(char *out, size_t size, const struct field *fields, size_t n,
                                   const struct pointee *pointees)
{
    static const char *const kinds[] = {"int",  "bool",  "float",  "ptr",   "str",   "enum",
                                        "word", "chars", "hex128", "count", "symbol"};
    *out = '\0';
    for (size_t i = 0; i < n; i++) {
        const struct field *field = &fields[i];
        char place[128], rest[64], second[64], bits[32] = "";
        describe_place(place, sizeof(place), &field->place, pointees);
        describe_place(rest, sizeof(rest), &field->rest, pointees);
        describe_place(second, sizeof(second), &field->second, pointees);
        if (field->bits)
            snprintf(bits, sizeof(bits), ".%d:%d", field->bit, field->bits);
        size_t used = strlen(out);
        ck_assert_uint_lt(used + 256, size);
        snprintf(out + used, size - used, "%s%s:%s%d%s@%s%s%s%s%s%s", i ? " " : "", field->name,
                 kinds[field->kind], field->size, field->is_signed ? "s" : "", place, bits,
                 field->rest.kind ? "|" : "", field->rest.kind ? rest : "",
                 field->second.kind ? "/" : "", field->second.kind ? second : "");
    }
}

/* An image and the probes that `pattern` selects in it (NULL: all). */
struct opened {
    struct catalog *catalog;
    struct function_filter *select;
    struct image *image;
    const struct probe **probes;
    size_t n;
};

static inline void open_wishing(struct opened *opened, const char *path, const char *pattern,
                                struct value_options value_options)
{
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&opened->catalog), 0);
    catalog_set_value_options(opened->catalog, value_options);
    ck_assert_int_eq(function_filter_new(&opened->select), 0);
    if (pattern)
        ck_assert_int_eq(function_filter_add(opened->select, pattern, false, &err), 0);
    ck_assert_msg(catalog_open(opened->catalog, path, &opened->image, &err) == 0, "%s", err.text);
    ck_assert_msg(image_probes(opened->image, opened->select, true, false, &opened->probes,
                               &opened->n, &err) == 0,
                  "%s", err.text);
}

static inline void open_file(struct opened *opened, const char *path, const char *pattern)
{
    open_wishing(opened, path, pattern, (struct value_options){0});
}

static inline void close_file(struct opened *opened)
{
    free(opened->probes);
    function_filter_free(opened->select);
    catalog_free(opened->catalog);
}

/* The probe with that entry event, or NULL. */
static inline const struct probe *probe_named(const struct opened *opened, const char *entry_event)
{
    for (size_t i = 0; i < opened->n; i++)
        if (strcmp(opened->probes[i]->entry_event, entry_event) == 0)
            return opened->probes[i];
    return NULL;
}

#endif
