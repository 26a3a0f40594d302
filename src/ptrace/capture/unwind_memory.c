/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/unwind_memory.h"

#include <errno.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/memory.h"

enum { MAPS_AGAIN_NS = 10 * 1000 * 1000 };

void unwind_memory_next_chain(struct unwind_memory *memory)
{
    memory->chain_number++;
}

void unwind_memory_forget(struct unwind_memory *memory)
{
    memset(memory->code, 0, sizeof(memory->code));
}

const struct map *unwind_reader_map(const struct unwind_reader *reader, target_addr at)
{
    struct address_space *space = reader->tracee->process->space;
    struct unwind_memory *memory = reader->memory;
    const struct map *map = maps_find(&space->maps, at);
    /* Whoever has read them, and when: this may be in one that was mapped since. */
    if (!map &&
        (space->maps_read_ns == 0 || reader->now_ns - memory->not_mapped_ns >= MAPS_AGAIN_NS)) {
        address_space_read_maps(space, reader->tracee->tid, reader->now_ns);
        map = maps_find(&space->maps, at);
        if (!map)
            memory->not_mapped_ns = reader->now_ns;
    }
    return map;
}

/* Only code mapped from files has breakpoints. Tables may be in such mappings, too. */
static bool is_code_of_file(const struct map *map)
{
    return map->execute && map->inode != 0;
}

static int read_code(const struct unwind_reader *reader, uint64_t at, uint64_t *value)
{
    struct unwind_code_word *known = &reader->memory->code[(at ^ at >> 8) % UNWIND_CODE_WORDS];
    if (known->at != at) {
        known->at = 0;
        if (reader->read(reader->tracee->process->space, target_addr_of(at), &known->word,
                         sizeof(known->word)) < 0)
            return -EIO;
        known->at = at;
    }
    *value = known->word;
    return 0;
}

static int read_data(const struct unwind_reader *reader, uint64_t at, uint64_t *value)
{
    const struct address_space *space = reader->tracee->process->space;
    uint64_t number = at / UNWIND_PAGE_BYTES, offset = at % UNWIND_PAGE_BYTES;
    struct unwind_page *page = &reader->memory->pages[number % UNWIND_PAGES];
    bool is_known = page->at == number && page->chain_number == reader->memory->chain_number;
    const struct map *map = is_known ? NULL : unwind_reader_map(reader, target_addr_of(at));
    if (map && is_code_of_file(map))
        return read_code(reader, at, value);
    /* What is mapped there is not known: there may be breakpoints. */
    if (offset > UNWIND_PAGE_BYTES - sizeof(*value) || (!is_known && !map))
        return reader->read(space, target_addr_of(at), value, sizeof(*value)) < 0 ? -EIO : 0;
    if (!is_known) {
        page->at = number;
        page->chain_number = 0;
        if (memory_read(address_space_memory(space), target_addr_of(at - offset), page->bytes,
                        UNWIND_PAGE_BYTES) < 0)
            return -EIO;
        page->chain_number = reader->memory->chain_number;
    }
    memcpy(value, page->bytes + offset, sizeof(*value));
    return 0;
}

/* Every word that is a signed address of code counts as one: such a word is hardly anything else,
   and rules use no other saved registers but addresses of the stack. */
static uint64_t without_signature(const struct unwind_reader *reader, uint64_t word)
{
    struct address_space *space = reader->tracee->process->space;
    if (!arch_signs_returns)
        return word;
    uint64_t address = word & address_space_code_bits(space, reader->tracee->tid);
    const struct map *map =
        address == word ? NULL : maps_find(&space->maps, target_addr_of(address));
    return map && map->execute ? address : word;
}

int unwind_reader_word(const struct unwind_reader *reader, uint64_t at, uint64_t *value)
{
    /* Where no rule gives the next frame, libunwind reads a rule at address 0. */
    if (at < UNWIND_PAGE_BYTES || read_data(reader, at, value) < 0)
        return -EIO;
    *value = without_signature(reader, *value);
    return 0;
}
