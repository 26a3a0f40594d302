/* SPDX-License-Identifier: MIT */
#include <dwarf.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"
#include "symbols/types/ctype_internal.h"

enum { DIMENSIONS_MAX = 8 };

struct array {
    Dwarf_Die element;
    uint64_t size;      /* of an element, in bytes */
    uint32_t character; /* the size of a character, if it is text; else 0 */
    unsigned n_dimensions;
    uint64_t counts[DIMENSIONS_MAX];
};

/* DWARF 5, 5.13: a subrange has a count or an upper bound. The lower bound is 0 in C. */
static bool subrange_count(Dwarf_Die *range, uint64_t *count)
{
    if (die_unsigned(range, DW_AT_count, count))
        return true;
    return die_unsigned(range, DW_AT_upper_bound, count) && ++*count != 0;
}

/* The number of elements in this dimension and those after it. */
static bool count_from(const struct array *array, unsigned dimension, uint64_t *count)
{
    *count = 1;
    for (unsigned d = dimension; d < array->n_dimensions; d++)
        if (__builtin_mul_overflow(*count, array->counts[d], count))
            return false;
    return true;
}

static void read_dimensions(struct array *array, Dwarf_Die *die)
{
    Dwarf_Die range;
    if (dwarf_child(die, &range) == 0)
        do {
            if (dwarf_tag(&range) != DW_TAG_subrange_type)
                continue;
            uint64_t *count = &array->counts[array->n_dimensions];
            /* A flexible array member is not part of the value. */
            if (array->n_dimensions == DIMENSIONS_MAX || !subrange_count(&range, count)) {
                array->n_dimensions = 0;
                break;
            }
            array->n_dimensions++;
        } while (die_next(&range));
    if (array->n_dimensions == 0) {
        array->n_dimensions = 1;
        array->counts[0] = 0;
    }
}

static void show_chars(struct layout *layout, uint64_t offset, uint64_t count, uint32_t character,
                       const char *name)
{
    if (count == 0)
        return;
    if (count > PROBE_CHARS_MAX / character)
        count = PROBE_CHARS_MAX / character;
    struct c_scalar *scalar =
        layout_add_scalar(layout, offset, name, VALUE_CHARS, count * character);
    if (scalar)
        scalar->unit = character;
}

/* Adds the elements of one dimension. Elements that are neither shown nor passed in registers are
   skipped. */
static void add_elements(struct layout *layout, struct array *array, unsigned dimension,
                         uint64_t offset, const char *name, bool shown, unsigned depth)
{
    bool is_last = dimension + 1 == array->n_dimensions;
    uint64_t count = array->counts[dimension], inner, stride;
    if (!count_from(array, dimension + 1, &inner) ||
        __builtin_mul_overflow(inner, array->size, &stride)) {
        layout->unknown = true;
        return;
    }
    if (is_last && array->character && shown) {
        show_chars(layout, offset, count, array->character, name);
        shown = false;
    } else if (shown && count > LAYOUT_ELEMENTS_MAX) {
        layout->incomplete = true;
    }
    for (uint64_t i = 0; i < count && stride > 0; i++) {
        bool is_shown = shown && i < LAYOUT_ELEMENTS_MAX;
        /* Elements after the 64th byte matter for the alignment only, which is that of the
           first. */
        if (!is_shown && i > 0 && offset + i * stride >= 64)
            break;
        const char *own = is_shown ? layout_element_name(layout, name, i) : NULL;
        if (is_last)
            layout->add_type(layout, &array->element, offset + i * stride, own, is_shown,
                             depth + 1);
        else
            add_elements(layout, array, dimension + 1, offset + i * stride, own, is_shown,
                         depth + 1);
        if (layout->unknown || layout->no_memory || ++layout->visits > LAYOUT_VISITS_MAX)
            return;
    }
}

/* The ABI treats a short vector as one part. */
static void add_vector(struct layout *layout, Dwarf_Die *die, struct array *array, uint64_t offset,
                       const char *name, bool shown, unsigned depth)
{
    uint64_t size, count;
    if (!count_from(array, 0, &count) || count < 2 ||
        (!die_size(die, &size) && __builtin_mul_overflow(count, array->size, &size)) || size < 8 ||
        size > 64 || (size & (size - 1))) {
        layout->unknown = true;
        return;
    }
    layout_add_part(layout, offset, size, ABI_VECTOR, size);
    if (shown && count > LAYOUT_ELEMENTS_MAX)
        layout->incomplete = true;
    for (uint64_t i = 0; shown && i < count && i < LAYOUT_ELEMENTS_MAX && !layout->unknown; i++)
        layout_show_type(layout, &array->element, offset + i * array->size,
                         layout_element_name(layout, name, i), depth + 1);
}

void layout_add_array(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                      bool shown, unsigned depth)
{
    struct array array = {.element = *die};
    Dwarf_Word size;
    if (!die_type(&array.element, &array.element)) {
        layout->unknown = true;
        return;
    }
    read_dimensions(&array, die);
    uint64_t count;
    if (!count_from(&array, 0, &count) || dwarf_aggregate_size(&array.element, &size) != 0) {
        layout->unknown |= array.counts[0] > 0;
        return;
    }
    array.size = size;
    bool is_const;
    array.character = layout_character(&array.element, false, &is_const);
    if (die_flag(die, DW_AT_GNU_vector))
        add_vector(layout, die, &array, offset, name, shown, depth);
    else if (count > 0)
        add_elements(layout, &array, 0, offset, name, shown, depth);
}
