/* SPDX-License-Identifier: MIT */
#include "symbols/elf/frame_rules.h"

#include <dwarf.h>
#include <errno.h>
#include <string.h>

#include "symbols/abi/abi.h"
#include "symbols/elf/frames.h"
#include "util/byte_reader.h"

enum {
    ADDRESS_OMITTED = 0xff,
    REMEMBERED_MAX = 8,
    AUGMENTATION_MAX = 8,
    RULES_MAX = 1 << 14,
    /* Initial instructions: those of compilers have less than 30 bytes. Entries share them, so that
       longer ones would take very long for a file with many entries. */
    FIRST_RULES_MAX = 256,
};

/* How the canonical frame address is computed. */
struct frame_address {
    uint64_t base, offset; /* a register's DWARF number */
    bool is_expression;
};

struct frame_rules {
    struct frame_address address, remembered[REMEMBERED_MAX];
    unsigned n_remembered;
    uint64_t at, wanted; /* offsets of code in the function */
    bool is_saved;       /* a register, other than the return address, is not as in the caller */
};

int frame_entry_start(struct byte_reader *reader, struct byte_reader *entry)
{
    uint32_t length = read_u32(reader);
    *entry = (struct byte_reader){reader->next, reader->next + length, false};
    /* 0xffffffff: 64-bit DWARF, which compilers do not use here. */
    if (reader->failed || length > (uint64_t)(reader->end - reader->next))
        return -ENOEXEC;
    reader->next += length;
    return 0;
}

static struct byte_reader section_from(const struct code_section *section, uint32_t at)
{
    uint64_t skipped = at < section->size ? at : section->size;
    return (struct byte_reader){section->bytes + skipped, section->bytes + section->size, false};
}

int frame_common_read(struct frame_common *common, const struct code_section *eh_frame, uint32_t at)
{
    struct byte_reader reader = section_from(eh_frame, at), entry;
    *common = (struct frame_common){.area_encoding = ADDRESS_OMITTED};
    if (frame_entry_start(&reader, &entry) < 0 || read_u32(&entry) != 0)
        return -ENOEXEC;
    uint8_t version = read_u8(&entry);
    const char *augmentation = (const char *)entry.next;
    size_t length = strnlen(augmentation, (size_t)(entry.end - entry.next));
    read_skip(&entry, length + 1);
    if (length > AUGMENTATION_MAX || entry.failed || (version != 1 && version != 3) ||
        (*augmentation && *augmentation != 'z'))
        return -ENOEXEC;
    common->code_factor = read_uleb(&entry);
    common->data_factor = read_sleb(&entry);
    if (version == 1)
        read_u8(&entry);
    else
        read_uleb(&entry);
    common->has_augmentation = *augmentation == 'z';
    if (common->has_augmentation)
        read_uleb(&entry);
    for (const char *letter = augmentation; *letter; letter++)
        switch (*letter) {
        case 'z':
        case 'B': /* arm64: return addresses are signed with the B key */
            break;
        case 'L':
            common->area_encoding = read_u8(&entry);
            break;
        case 'R':
            common->encoding = read_u8(&entry);
            break;
        case 'S':
            common->is_signal = true;
            break;
        case 'P': {
            static const uint8_t sizes[16] = {8, 0, 2, 4, 8, 0, 0, 0, 0, 0, 2, 4, 8};
            uint8_t size = sizes[read_u8(&entry) & 15];
            entry.failed |= !size;
            read_skip(&entry, size);
            break;
        }
        default:
            return -ENOEXEC;
        }
    if (entry.failed)
        return -ENOEXEC;
    common->rules = (uint32_t)(entry.next - eh_frame->bytes);
    common->end = (uint32_t)(entry.end - eh_frame->bytes);
    return 0;
}

/* Advances to the code that the next rules are for. false: that is after what is wanted. */
static bool advance(struct frame_rules *rules, uint64_t by, uint64_t factor)
{
    uint64_t bytes;
    if (__builtin_mul_overflow(by, factor, &bytes) || bytes > rules->wanted - rules->at)
        return false;
    rules->at += bytes;
    return true;
}

/* The register is saved at `by` units from the canonical frame address. */
static void save(struct frame_rules *rules, uint64_t dwarf_register, uint64_t by, int64_t unit)
{
    int64_t offset;
    rules->is_saved |= __builtin_mul_overflow((int64_t)by, unit, &offset) || offset != -8 ||
                       dwarf_register != abi_return_address;
}

/* Runs one call frame instruction. false: no more of them are for the wanted code, or the reader
   has failed. */
static bool run_rule(struct frame_rules *rules, struct byte_reader *reader,
                     const struct frame_common *its)
{
    uint64_t factor = its->code_factor, its_register;
    uint8_t operation = read_u8(reader), low = operation & 0x3f;
    switch (operation & 0xc0) {
    case DW_CFA_advance_loc:
        return advance(rules, low, factor);
    case DW_CFA_offset:
        save(rules, low, read_uleb(reader), its->data_factor);
        return true;
    case DW_CFA_restore:
        rules->is_saved = true;
        return true;
    }
    switch (low) {
    case DW_CFA_nop:
        return true;
    case DW_CFA_GNU_window_save: /* arm64: the return address's signing changes */
        rules->is_saved = true;
        return true;
    case DW_CFA_advance_loc1:
        return advance(rules, read_u8(reader), factor);
    case DW_CFA_advance_loc2:
        return advance(rules, read_u16(reader), factor);
    case DW_CFA_advance_loc4:
        return advance(rules, read_u32(reader), factor);
    case DW_CFA_def_cfa:
        rules->address = (struct frame_address){.base = read_uleb(reader)};
        rules->address.offset = read_uleb(reader);
        return true;
    case DW_CFA_def_cfa_register:
        rules->address.base = read_uleb(reader);
        return true;
    case DW_CFA_def_cfa_offset:
        rules->address.offset = read_uleb(reader);
        return true;
    case DW_CFA_def_cfa_expression:
        rules->address.is_expression = true;
        read_skip(reader, read_uleb(reader));
        return true;
    case DW_CFA_remember_state:
        if (rules->n_remembered == REMEMBERED_MAX)
            break;
        rules->remembered[rules->n_remembered++] = rules->address;
        return true;
    case DW_CFA_restore_state:
        if (rules->n_remembered == 0)
            break;
        rules->address = rules->remembered[--rules->n_remembered];
        return true;
    case DW_CFA_same_value:
    case DW_CFA_GNU_args_size:
        read_uleb(reader);
        return true;
    case DW_CFA_restore_extended:
    case DW_CFA_undefined:
        rules->is_saved = true;
        read_uleb(reader);
        return true;
    case DW_CFA_offset_extended:
        its_register = read_uleb(reader);
        save(rules, its_register, read_uleb(reader), its->data_factor);
        return true;
    case DW_CFA_offset_extended_sf:
        its_register = read_uleb(reader);
        save(rules, its_register, (uint64_t)read_sleb(reader), its->data_factor);
        return true;
    case DW_CFA_register:
    case DW_CFA_val_offset:
    case DW_CFA_val_offset_sf:
        rules->is_saved = true;
        read_uleb(reader);
        read_uleb(reader);
        return true;
    case DW_CFA_expression:
    case DW_CFA_val_expression:
        rules->is_saved = true;
        read_uleb(reader);
        read_skip(reader, read_uleb(reader));
        return true;
    }
    reader->failed = true;
    return false;
}

static bool run_rules(struct frame_rules *rules, struct byte_reader *reader,
                      const struct frame_common *its)
{
    if (reader->end - reader->next > RULES_MAX)
        return false;
    while (!reader->failed && reader->next < reader->end && run_rule(rules, reader, its))
        ;
    return !reader->failed;
}

static bool same_frame_address(const struct frame_address *a, const struct frame_address *b)
{
    return a->base == b->base && a->offset == b->offset && !a->is_expression && !b->is_expression;
}

/* Runs the initial instructions, and keeps the frame address after them in *at_start; then those of
   the FDE, up to rules->wanted. */
static bool run_entry(struct frame_rules *rules, const struct code_section *eh_frame,
                      uint32_t entry, uint32_t common, struct frame_address *at_start)
{
    struct frame_common its;
    struct byte_reader reader = section_from(eh_frame, entry), fde;
    if (frame_common_read(&its, eh_frame, common) < 0 || frame_entry_start(&reader, &fde) < 0 ||
        its.end - its.rules > FIRST_RULES_MAX)
        return false;
    struct byte_reader first = {eh_frame->bytes + its.rules, eh_frame->bytes + its.end, false};
    if (!run_rules(rules, &first, &its))
        return false;
    *at_start = rules->address;
    /* The CIE pointer, the addresses, and what the augmentation says. */
    static const uint8_t sizes[16] = {8, 0, 2, 4, 8, 0, 0, 0, 0, 0, 2, 4, 8};
    uint8_t size = sizes[its.encoding & 15];
    fde.failed |= !size;
    read_skip(&fde, 4 + 2 * (uint64_t)size);
    if (its.has_augmentation)
        read_skip(&fde, read_uleb(&fde));
    return run_rules(rules, &fde, &its) && !fde.failed;
}

bool frame_rules_restored(const struct code_section *eh_frame, uint32_t entry, uint32_t common,
                          uint64_t offset)
{
    struct frame_rules rules = {.wanted = offset};
    struct frame_address at_start;
    return run_entry(&rules, eh_frame, entry, common, &at_start) &&
           same_frame_address(&rules.address, &at_start);
}

bool frame_rules_entered(const struct code_section *eh_frame, uint32_t entry, uint32_t common)
{
    struct frame_rules rules = {.wanted = 0};
    struct frame_address ignored;
    return run_entry(&rules, eh_frame, entry, common, &ignored) && !rules.is_saved &&
           !rules.address.is_expression && rules.address.offset <= INT64_MAX &&
           abi_frame_address(rules.address.base, (int64_t)rules.address.offset);
}
