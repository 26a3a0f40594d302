/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/unwind_rules.h"

#include <string.h>

#include "util/addr.h"

/* libunwind stores this many letters and drops the rest. */
enum { AUGMENTATION_MAX = 4 };

/* The bytes left to read. After an error all further reads give 0, and `wrong` stays set. */
struct bytes {
    uint8_t *at;
    size_t left;
    bool wrong;
};

static uint8_t *take_bytes(struct bytes *bytes, uint64_t n)
{
    static uint8_t nothing[1];
    if (bytes->wrong || n > bytes->left) {
        bytes->wrong = true;
        bytes->left = 0;
        return nothing;
    }
    uint8_t *taken = bytes->at;
    bytes->at += n;
    bytes->left -= (size_t)n;
    return taken;
}

static uint8_t take_byte(struct bytes *bytes)
{
    const uint8_t *byte = take_bytes(bytes, 1);
    return bytes->wrong ? 0 : *byte;
}

/* SLEB128 has the same length. An encoding longer than 64 bits need is rejected: libunwind shifts
   by more bits than the type has, and gets another value. */
static uint64_t take_leb128(struct bytes *bytes)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = take_byte(bytes);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80) || bytes->wrong)
            return value;
    }
    bytes->wrong = true;
    return 0;
}

static void skip_pointer(struct bytes *bytes, uint8_t encoding)
{
    enum {
        FORMAT = 0x0f,
        APPLICATION = 0x70,
        ABSPTR = 0,
        UDATA4 = 3,
        UDATA8 = 4,
        SDATA4 = 0xb,
        SDATA8 = 0xc,
        ALIGNED = 0x50, /* the length depends on the address */
    };
    if ((encoding & APPLICATION) == ALIGNED) {
        bytes->wrong = true;
        return;
    }
    switch (encoding & FORMAT) {
    case UDATA4:
    case SDATA4:
        take_bytes(bytes, 4);
        break;
    case ABSPTR:
    case UDATA8:
    case SDATA8:
        take_bytes(bytes, 8);
        break;
    default:
        bytes->wrong = true;
    }
}

/*
 * DWARF 5, 2.5 "DWARF Expressions". Rejected are: division, since libunwind divides by -1, too;
 * jumps, since they may leave the expression or enter the middle of an operation; and operations
 * that libunwind does not know.
 */
static void skip_operation(struct bytes *bytes)
{
    uint8_t code = take_byte(bytes);
    if (code >= 0x30 && code <= 0x6f) /* lit0 to lit31, reg0 to reg31 */
        return;
    if (code >= 0x70 && code <= 0x8f) { /* breg0 to breg31 */
        take_leb128(bytes);
        return;
    }
    switch (code) {
    case 0x06: /* deref */
    case 0x12: /* dup */
    case 0x13: /* drop */
    case 0x14: /* over */
    case 0x16: /* swap */
    case 0x17: /* rot */
    case 0x19: /* abs */
    case 0x1a: /* and */
    case 0x1c: /* minus */
    case 0x1d: /* mod: unsigned, and libunwind checks for 0 */
    case 0x1e: /* mul */
    case 0x1f: /* neg */
    case 0x20: /* not */
    case 0x21: /* or */
    case 0x22: /* plus */
    case 0x24: /* shl */
    case 0x25: /* shr */
    case 0x26: /* shra */
    case 0x27: /* xor */
    case 0x29: /* eq */
    case 0x2a: /* ge */
    case 0x2b: /* gt */
    case 0x2c: /* le */
    case 0x2d: /* lt */
    case 0x2e: /* ne */
    case 0x96: /* nop */
        break;
    case 0x08: /* const1u */
    case 0x09: /* const1s */
    case 0x15: /* pick */
    case 0x94: /* deref_size */
        take_bytes(bytes, 1);
        break;
    case 0x0a: /* const2u */
    case 0x0b: /* const2s */
        take_bytes(bytes, 2);
        break;
    case 0x0c: /* const4u */
    case 0x0d: /* const4s */
        take_bytes(bytes, 4);
        break;
    case 0x03: /* addr */
    case 0x0e: /* const8u */
    case 0x0f: /* const8s */
        take_bytes(bytes, 8);
        break;
    case 0x10: /* constu */
    case 0x11: /* consts */
    case 0x23: /* plus_uconst */
    case 0x90: /* regx */
        take_leb128(bytes);
        break;
    case 0x92: /* bregx */
        take_leb128(bytes);
        take_leb128(bytes);
        break;
    default:
        bytes->wrong = true;
    }
}

static void skip_expression(struct bytes *bytes)
{
    uint64_t n = take_leb128(bytes);
    struct bytes expression = {.at = take_bytes(bytes, n)};
    expression.left = bytes->wrong ? 0 : (size_t)n;
    while (expression.left && !expression.wrong)
        skip_operation(&expression);
    bytes->wrong = bytes->wrong || expression.wrong;
}

/* DWARF 5, 6.4.2 "Call Frame Instructions", and the GNU extensions. libunwind knows the registers
   up to the return address column, at least, and checks only the first register number of a rule.
 */
static void skip_instruction(struct bytes *bytes, uint64_t return_column, bool signs)
{
    uint8_t *instruction = take_bytes(bytes, 1), code = bytes->wrong ? 0 : *instruction;
    switch (code & 0xc0) {
    case 0x40: /* advance_loc */
    case 0xc0: /* restore */
        return;
    case 0x80: /* offset */
        take_leb128(bytes);
        return;
    }
    switch (code) {
    case 0x00: /* nop */
    case 0x0a: /* remember_state */
    case 0x0b: /* restore_state */
        break;
    case 0x02: /* advance_loc1 */
        take_bytes(bytes, 1);
        break;
    case 0x03:
        take_bytes(bytes, 2);
        break;
    case 0x04:
        take_bytes(bytes, 4);
        break;
    case 0x06: /* restore_extended */
    case 0x07: /* undefined */
    case 0x08: /* same_value */
    case 0x0d: /* def_cfa_register */
    case 0x0e: /* def_cfa_offset */
    case 0x13: /* def_cfa_offset_sf */
    case 0x2e: /* GNU_args_size */
        take_leb128(bytes);
        break;
    case 0x09: /* register */
        take_leb128(bytes);
        if (take_leb128(bytes) > return_column)
            bytes->wrong = true;
        break;
    case 0x2d: /* AARCH64_negate_ra_state; elsewhere GNU_window_save, of SPARC */
        if (signs)
            *instruction = 0;
        else
            bytes->wrong = true;
        break;
    case 0x05: /* offset_extended */
    case 0x0c: /* def_cfa */
    case 0x11: /* offset_extended_sf */
    case 0x12: /* def_cfa_sf */
    case 0x14: /* val_offset */
    case 0x15: /* val_offset_sf */
    case 0x2f: /* GNU_negative_offset_extended */
        take_leb128(bytes);
        take_leb128(bytes);
        break;
    case 0x0f: /* def_cfa_expression */
        skip_expression(bytes);
        break;
    case 0x10: /* expression */
    case 0x16: /* val_expression */
        take_leb128(bytes);
        skip_expression(bytes);
        break;
    default:
        bytes->wrong = true;
    }
}

static bool are_instructions(struct bytes *bytes, uint64_t return_column, bool signs)
{
    while (bytes->left && !bytes->wrong)
        skip_instruction(bytes, return_column, signs);
    return !bytes->wrong;
}

/* Returns the encoding of addresses in FDEs. libunwind ignores the length of the augmentation data:
   for it, the instructions begin after the data that the letters describe. */
static uint8_t take_augmentation(struct bytes *bytes, const char *text, bool signs)
{
    uint64_t n = take_leb128(bytes);
    struct bytes data = {.at = take_bytes(bytes, n)};
    data.left = bytes->wrong ? 0 : (size_t)n;
    uint8_t encoding = 0;
    data.wrong = strlen(text) > AUGMENTATION_MAX;
    for (text++; *text && !data.wrong; text++) {
        switch (*text) {
        case 'R':
            encoding = take_byte(&data);
            break;
        case 'L':
            take_byte(&data);
            break;
        case 'P':
            skip_pointer(&data, take_byte(&data));
            break;
        case 'S':
            break;
        case 'B': /* signed with the other key; libunwind 1.6 stops at it */
            data.wrong = !signs || text[1];
            break;
        default: /* libunwind stops here and ignores the rest */
            data.wrong = true;
        }
    }
    bytes->wrong = bytes->wrong || data.wrong || data.left;
    return encoding;
}

bool unwind_rules_find_common(uint64_t fde, uint32_t pointer, uint64_t *cie)
{
    *cie = fde + sizeof(uint32_t) - pointer;
    return pointer != 0 && pointer <= INT32_MAX;
}

bool unwind_rules_are_fit(uint8_t *cie, size_t cie_size, uint8_t *fde, size_t fde_size,
                          uint64_t return_column, bool signs)
{
    struct bytes common = {cie, cie_size, false}, own = {fde, fde_size, false};
    uint8_t version = take_byte(&common), encoding = 0;
    uint8_t *end = common.left ? memchr(common.at, 0, common.left) : NULL;
    if ((version != 1 && version != 3) || !end)
        return false;
    const char *augmentation = (const char *)take_bytes(&common, (uint64_t)(end - common.at) + 1);
    take_leb128(&common); /* code alignment */
    take_leb128(&common); /* data alignment */
    uint64_t column = version == 1 ? take_byte(&common) : take_leb128(&common);
    if (common.wrong || column != return_column || (*augmentation && *augmentation != 'z'))
        return false;
    if (*augmentation)
        encoding = take_augmentation(&common, augmentation, signs);
    skip_pointer(&own, encoding);
    skip_pointer(&own, encoding);
    if (*augmentation)
        take_bytes(&own, take_leb128(&own));
    return are_instructions(&common, return_column, signs) &&
           are_instructions(&own, return_column, signs);
}
