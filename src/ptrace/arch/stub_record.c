/* SPDX-License-Identifier: MIT */
/* What is in a record that a stub writes. */
#include "ptrace/arch/stub.h"

enum { FLOAT_WORDS = 2 };

/* Words before those of the stack. */
static size_t register_words(const struct stub_layout *layout)
{
    if (layout->is_return)
        return 2 + (layout->return_floats ? 2 * FLOAT_WORDS : 0);
    return (size_t)__builtin_popcount(layout->integer_args) +
           FLOAT_WORDS * (size_t)__builtin_popcount(layout->float_args);
}

size_t stub_record_size(const struct stub_layout *layout)
{
    size_t words = register_words(layout) + (layout->is_return ? 0 : layout->stack_words);
    return sizeof(struct ring_record) + words * sizeof(uint64_t);
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
