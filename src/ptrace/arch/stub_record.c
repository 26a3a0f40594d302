/* SPDX-License-Identifier: MIT */
/* What is in a record that a stub writes. */
#include <errno.h>
#include <string.h>

#include "ptrace/arch/stub.h"

enum { WORD = 8, FLOAT_WORDS = 2, RECORD_MAX = UINT16_MAX };

/* Words before those of the stack. */
static size_t register_words(const struct stub_layout *layout)
{
    if (layout->is_return)
        return 2 + (layout->return_floats ? 2 * FLOAT_WORDS : 0);
    return (size_t)__builtin_popcount(layout->integer_args) +
           FLOAT_WORDS * (size_t)__builtin_popcount(layout->float_args);
}

/* Bytes before the first copy of memory. */
static size_t register_end(const struct stub_layout *layout)
{
    size_t words = register_words(layout) + (layout->is_return ? 0 : layout->stack_words);
    return sizeof(struct ring_record) + words * WORD;
}

static size_t whole_words(size_t bytes)
{
    return (bytes + WORD - 1) / WORD * WORD;
}

/* The bytes of the words that a string may lie in. */
static size_t string_room(const struct stub_memory *string)
{
    return whole_words(string->size + (size_t)WORD - 1);
}

/* Bytes before the length word and the strings, if there are any. */
static size_t objects_end(const struct stub_layout *layout)
{
    size_t end = register_end(layout);
    for (unsigned i = 0; i < layout->n_memory && !layout->memory[i].is_string; i++)
        end += whole_words(layout->memory[i].size);
    return end;
}

/* Where the strings begin, behind the length word. 0: there are none. */
static size_t strings_at(const struct stub_layout *layout)
{
    const struct stub_memory *last = &layout->memory[layout->n_memory - 1];
    return layout->n_memory > 0 && last->is_string ? last->to : 0;
}

size_t stub_record_size(const struct stub_layout *layout)
{
    size_t size = strings_at(layout) ? strings_at(layout) : objects_end(layout);
    for (unsigned i = 0; i < layout->n_memory; i++)
        if (layout->memory[i].is_string)
            size += string_room(&layout->memory[i]);
    return size;
}

bool stub_layout_has_strings(const struct stub_layout *layout)
{
    return strings_at(layout) > 0;
}

size_t stub_record_length(const struct stub_layout *layout, const void *record, size_t available)
{
    size_t size = stub_record_size(layout), strings = strings_at(layout);
    uint64_t length = size;
    if (available < (strings ? strings : size))
        return 0;
    if (strings)
        memcpy(&length, (const uint8_t *)record + strings - WORD, sizeof(length));
    return length <= size && length <= available && length >= strings && length % WORD == 0 ? length
                                                                                            : 0;
}

static size_t offset_in_copy(const struct stub_layout *layout, const struct value_place *place)
{
    const struct stub_memory *memory = &layout->memory[place->index];
    if (place->index >= layout->n_memory || memory->is_string || place->offset < memory->low ||
        (int64_t)place->offset - memory->low + WORD > memory->size)
        return 0;
    return memory->to + (size_t)((int64_t)place->offset - memory->low);
}

size_t stub_layout_offset(const struct stub_layout *layout, const struct value_place *place)
{
    const size_t words = offsetof(struct ring_record, words);
    unsigned before = (1u << (place->index & 7)) - 1;
    if (place->shift != 0)
        return 0;
    switch (place->kind) {
    case PLACE_INTEGER_ARG:
        if (layout->is_return || place->index > 7 || !(layout->integer_args >> place->index & 1))
            return 0;
        return words + WORD * (size_t)__builtin_popcount(layout->integer_args & before);
    case PLACE_STACK_ARG:
        if (layout->is_return || place->offset < 0 ||
            place->offset + WORD > layout->stack_words * WORD)
            return 0;
        return words + WORD * register_words(layout) + (size_t)place->offset;
    case PLACE_INTEGER_RET:
        if (!layout->is_return || place->index > 1)
            return 0;
        return place->index ? words + WORD : offsetof(struct ring_record, link);
    case PLACE_POINTEE:
        return offset_in_copy(layout, place);
    default:
        return 0;
    }
}

int stub_layout_add(struct stub_layout *layout, const struct stub_memory *memory)
{
    size_t end = objects_end(layout);
    if (layout->n_memory == STUB_MEMORY_MAX || stub_record_size(layout) > RECORD_MAX / 2)
        return -ENOSPC;
    if (memory->size == 0 || memory->size > RECORD_MAX / 4 ||
        memory->address + (size_t)WORD > end || memory->length + (size_t)WORD > end ||
        (memory->is_string && memory->low != 0) || memory->low > INT32_MAX / 2 ||
        memory->low < INT32_MIN / 2 || (strings_at(layout) && !memory->is_string))
        return -EINVAL;
    struct stub_memory *added = &layout->memory[layout->n_memory++];
    *added = *memory;
    added->to = (uint16_t)(end + (memory->is_string ? WORD : 0));
    return 0;
}

bool stub_layout_same_memory(const struct stub_layout *a, const struct stub_layout *b)
{
    bool same = a->n_memory == b->n_memory;
    for (unsigned i = 0; same && i < a->n_memory; i++) {
        const struct stub_memory *x = &a->memory[i], *y = &b->memory[i];
        same = x->address == y->address && x->to == y->to && x->size == y->size &&
               x->length == y->length && x->low == y->low && x->is_string == y->is_string;
    }
    return same;
}

/* ---- memory in a record */

static uint64_t word_at(const struct ring_record *record, size_t offset)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)record + offset, sizeof(word));
    return word;
}

static bool has_nul(const uint8_t *bytes, size_t n)
{
    return memchr(bytes, 0, n) != NULL;
}

/* Bytes of the target that a record has: from the address `at` on. */
struct recorded {
    uint64_t at;
    const uint8_t *bytes;
    size_t n;
};

/* *cursor: where the string's words are in the record, of `end` bytes; then behind them. */
static struct recorded string_of(const struct stub_memory *memory, const struct ring_record *record,
                                 size_t end, size_t *cursor)
{
    struct recorded string = {.at = word_at(record, memory->address)};
    uint64_t most = memory->size;
    const uint8_t *words = (const uint8_t *)record + *cursor;
    if (memory->length && word_at(record, memory->length) < most)
        most = word_at(record, memory->length);
    if (string.at == 0 || most == 0)
        return string;
    size_t before = string.at % WORD, n = 0;
    bool ends = false;
    while (!ends && *cursor + n + WORD <= end && n < before + most) {
        n += WORD;
        ends = has_nul(words + (n == WORD ? before : n - WORD), n == WORD ? WORD - before : WORD);
    }
    *cursor += n;
    string.bytes = words + before;
    string.n = n < before ? 0 : n - before < most ? n - before : most;
    return string;
}

/* Copies what the recorded bytes have at `at`, if that is more than `got`. Returns how many bytes
   there are then. */
static size_t copy_recorded(const struct recorded *from, uint64_t at, void *to, size_t n,
                            size_t got)
{
    uint64_t offset = at - from->at;
    if (offset >= from->n)
        return got;
    size_t has = from->n - offset < n ? from->n - offset : n;
    if (has <= got)
        return got;
    memcpy(to, from->bytes + offset, has);
    return has;
}

size_t stub_record_memory(const struct stub_layout *layout, const struct ring_record *record,
                          uint64_t at, void *to, size_t n)
{
    size_t got = 0, cursor = strings_at(layout), end = cursor;
    if (cursor)
        end = word_at(record, cursor - WORD);
    /* The longest is the right one: a string that is cut may lie in another one's end. */
    for (unsigned i = 0; i < layout->n_memory; i++) {
        const struct stub_memory *memory = &layout->memory[i];
        struct recorded copy;
        if (memory->is_string) {
            copy = string_of(memory, record, end, &cursor);
        } else {
            uint64_t address = word_at(record, memory->address);
            copy =
                (struct recorded){address + (uint64_t)memory->low,
                                  (const uint8_t *)record + memory->to, address ? memory->size : 0};
        }
        got = copy_recorded(&copy, at, to, n, got);
    }
    return got;
}

uint64_t stub_record_slot_word(const struct ring_record *record)
{
    return record->words[0];
}

const uint64_t *stub_record_stack(const struct stub_layout *layout,
                                  const struct ring_record *record)
{
    if (layout->is_return || layout->stack_words == 0)
        return NULL;
    return record->words + register_words(layout);
}
