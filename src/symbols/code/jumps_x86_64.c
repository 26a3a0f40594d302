/* SPDX-License-Identifier: MIT */
/*
 * Indirect jumps of x86-64. Compilers and assembler code use them for
 *  - tail calls: the stack pointer is as at the function's start, and the address was loaded or
 *    passed as a whole;
 *  - tables of addresses: jmp [table + index * 8], also of labels as values (GNU C). The addresses
 *    are pointers in the file's data, which are marked already;
 *  - tables of distances from a base, which GCC and Clang make for position-independent code:
 *
 *          lea     base, [rip + table]
 *          movslq  distance, [base + index * 4]
 *          add     distance, base
 *          jmp     distance
 *
 * Whatever else there is leads to somewhere unknown.
 */
#include <Zydis/Zydis.h>
#include <errno.h>
#include <string.h>

#include "symbols/code/arch.h"
#include "symbols/code/file_bytes.h"
#include "symbols/code/file_code.h"
#include "symbols/code/flow.h"
#include "symbols/code/operands_x86_64.h"

enum {
    TABLE_ENTRIES_MAX = 1 << 16,
    COMPARISON_BEFORE = 24, /* instructions between a comparison and the load from a table */
    STEPS_OF_READING = 32,  /* in comparison with one of a search */
};

/* ---- tables of distances */

struct distances {
    uint64_t table, base;
    uint32_t load; /* the instruction that reads the table */
};

static bool is_in_group(const struct known_jumps *jumps, uint64_t at)
{
    for (size_t i = 0; i < jumps->n_parts; i++)
        if (at >= jumps->parts[i].start && at - jumps->parts[i].start < jumps->parts[i].size)
            return true;
    return false;
}

static bool is_comparison(const struct flow *flow, uint32_t at, uint64_t *limit)
{
    struct operation operation;
    if (!decode_operation(flow, at, &operation) ||
        operation.decoded.mnemonic != ZYDIS_MNEMONIC_CMP ||
        operation.operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
        return false;
    *limit = operation.operands[1].imm.value.u;
    return true;
}

/* The number of entries, if a comparison of the index seems to tell it; else 0. It is not relied on
   alone. */
static uint64_t entries_compared(const struct flow *flow, uint32_t load)
{
    uint64_t limit, included = 0;
    bool is_branch_seen = false;
    for (uint32_t i = 1; i <= COMPARISON_BEFORE && i <= load; i++) {
        const struct flow_insn *insn = &flow->insns.items[load - i];
        uint8_t opcode = insn->bytes[0] == 0x0f ? insn->bytes[1] & 0x0f : insn->bytes[0] & 0x0f;
        if (insn->kind == FLOW_BRANCH && (opcode == 7 || opcode == 3)) { /* ja, jae */
            is_branch_seen = true;
            included = opcode == 7;
        } else if (is_branch_seen && is_comparison(flow, load - i, &limit)) {
            return limit < TABLE_ENTRIES_MAX ? limit + included : 0;
        }
    }
    return 0;
}

/* Whether the address is in a part of a function without a symbol, which is then a part of this
   one. */
static bool joins_part(struct known_jumps *jumps, uint64_t target)
{
    struct function_ranges *ranges = &jumps->code->ranges;
    int64_t own = function_ranges_find(ranges, jumps->parts[0].start);
    int64_t part = function_ranges_find(ranges, target);
    if (own == RANGE_NONE || part == RANGE_NONE || is_in_group(jumps, target) ||
        ranges->list.items[part].flags & (RANGE_SYMBOL | RANGE_CALLED | RANGE_LINKAGE))
        return false;
    function_ranges_join(ranges, (uint32_t)own, (uint32_t)part);
    return true;
}

/* Marks what the entries lead to: as many as a comparison allows, and all that follow and lead to
   instructions of the function. */
static int read_distances(struct known_jumps *jumps, const struct distances *distances, bool *known)
{
    uint64_t compared = entries_compared(&jumps->flow, distances->load), i;
    int32_t distance;
    *known = false;
    for (i = 0; i < TABLE_ENTRIES_MAX; i++) {
        int r = file_bytes_at(jumps->code->file, jumps->fd, distances->table + i * sizeof(distance),
                              &distance, sizeof(distance));
        if (r < 0 && r != -EFAULT)
            return r;
        if (!flow_spend(&jumps->flow, STEPS_OF_READING))
            return 0;
        uint64_t target = distances->base + (uint64_t)(int64_t)distance;
        bool is_own = r == 0 && is_in_group(jumps, target) && flow_find(&jumps->flow, target) >= 0;
        if (r == 0 && joins_part(jumps, target))
            return -EAGAIN;
        if (!is_own && (r < 0 || i >= compared))
            break;
        /* An entry of another function: who shares code with whom is not known. */
        if (!text_mark(&jumps->code->text, target) || !is_own)
            return 0;
        if (!jumps->is_check && flow_add(&jumps->flow, target, jumps->jump) < 0)
            return -ENOMEM;
    }
    *known = i > 0 && i >= compared && i < TABLE_ENTRIES_MAX;
    return 0;
}

/* Whether instruction `at` loads a distance from a table to the register. */
static bool is_distance_load(struct known_jumps *jumps, uint32_t at, int reg,
                             struct distances *distances)
{
    struct operation operation;
    if (!decode_operation(&jumps->flow, at, &operation) ||
        operation.decoded.mnemonic != ZYDIS_MNEMONIC_MOVSXD ||
        register_operand(&operation, 0) != reg)
        return false;
    const ZydisDecodedOperandMem *memory = memory_operand(&operation, 1);
    int base = memory ? number_of(memory->base) : NO_REGISTER;
    if (!memory || base == NO_REGISTER || memory->index == ZYDIS_REGISTER_NONE ||
        memory->scale != 4 || !address_before(jumps, at, base, COPIES_MAX, &distances->table))
        return false;
    distances->table += (uint64_t)memory->disp.value;
    distances->load = at;
    return true;
}

/* Whether before instruction `at` one register has a distance and the other one the base. */
static bool find_distances(struct known_jumps *jumps, uint32_t at, int distance, int base,
                           struct distances *distances)
{
    struct flow_definitions found;
    if (distance == NO_REGISTER || base == NO_REGISTER)
        return false;
    flow_define(&jumps->flow, at, (unsigned)distance, &found);
    return !found.unknown && !found.at_entry && found.n == 1 &&
           is_distance_load(jumps, found.insns[0], distance, distances) &&
           address_before(jumps, at, base, COPIES_MAX, &distances->base);
}

/* Whether instruction `at` adds a distance to its base. */
static bool is_sum(struct known_jumps *jumps, uint32_t at, struct distances *distances)
{
    struct operation operation;
    int one, other;
    if (!decode_operation(&jumps->flow, at, &operation))
        return false;
    const ZydisDecodedOperandMem *memory = memory_operand(&operation, 1);
    if (operation.decoded.mnemonic == ZYDIS_MNEMONIC_ADD) {
        one = register_operand(&operation, 0);
        other = register_operand(&operation, 1);
    } else if (operation.decoded.mnemonic == ZYDIS_MNEMONIC_LEA && memory && memory->scale <= 1 &&
               !memory->disp.value) {
        one = number_of(memory->base);
        other = number_of(memory->index);
    } else {
        return false;
    }
    return find_distances(jumps, at, one, other, distances) ||
           find_distances(jumps, at, other, one, distances);
}

/* ---- whole addresses */

enum address_origin {
    ORIGIN_UNKNOWN,
    ORIGIN_WHOLE, /* it was loaded, passed or returned as a whole */
    ORIGIN_TABLE, /* it is from a table of addresses, or constant */
};

static enum address_origin origin_before(struct known_jumps *jumps, uint32_t at, int reg,
                                         unsigned copies);

/* Of the value to which instruction `at` sets the register. */
static enum address_origin origin_set(struct known_jumps *jumps, uint32_t at, int reg,
                                      unsigned copies)
{
    struct operation operation;
    if (jumps->flow.insns.items[at].kind == FLOW_CALL)
        return reg == 0 ? ORIGIN_WHOLE : ORIGIN_UNKNOWN;
    if (!decode_operation(&jumps->flow, at, &operation) || register_operand(&operation, 0) != reg)
        return ORIGIN_UNKNOWN;
    const ZydisDecodedOperandMem *memory = memory_operand(&operation, 1);
    int from = register_operand(&operation, 1);
    switch (operation.decoded.mnemonic) {
    case ZYDIS_MNEMONIC_POP:
        return ORIGIN_WHOLE;
    case ZYDIS_MNEMONIC_LEA:
        return memory && memory->base == ZYDIS_REGISTER_RIP ? ORIGIN_TABLE : ORIGIN_UNKNOWN;
    case ZYDIS_MNEMONIC_MOV:
        if (memory)
            return is_table_of_addresses(jumps, at, memory) ? ORIGIN_TABLE : ORIGIN_WHOLE;
        return from != NO_REGISTER && copies ? origin_before(jumps, at, from, copies - 1)
                                             : ORIGIN_UNKNOWN;
    default:
        return ORIGIN_UNKNOWN;
    }
}

static enum address_origin origin_before(struct known_jumps *jumps, uint32_t at, int reg,
                                         unsigned copies)
{
    struct flow_definitions found;
    flow_define(&jumps->flow, at, (unsigned)reg, &found);
    if (found.unknown || (!found.n && !found.at_entry))
        return ORIGIN_UNKNOWN;
    enum address_origin all = found.at_entry ? ORIGIN_WHOLE : ORIGIN_TABLE;
    for (unsigned i = 0; i < found.n; i++) {
        enum address_origin its = origin_set(jumps, found.insns[i], reg, copies);
        all = its < all ? its : all;
    }
    return all;
}

/* ---- jumps */

/* Whether each of the instructions that set the register adds a distance of a table. */
static int uses_distances(struct known_jumps *jumps, uint32_t at, int reg, bool *known)
{
    struct flow_definitions found;
    flow_define(&jumps->flow, at, (unsigned)reg, &found);
    *known = !found.unknown && !found.at_entry && found.n > 0;
    for (unsigned i = 0; i < found.n && *known; i++) {
        struct distances distances;
        if (!is_sum(jumps, found.insns[i], &distances)) {
            *known = false;
            return 0;
        }
        int r = read_distances(jumps, &distances, known);
        if (r < 0)
            return r;
    }
    return 0;
}

/* *complete: all its targets in the function have edges. */
static int jump_is_known(struct known_jumps *jumps, uint32_t at, bool *known, bool *complete)
{
    struct operation operation;
    *known = *complete = false;
    jumps->jump = at;
    if (!flow_spend(&jumps->flow, STEPS_OF_READING) ||
        !decode_operation(&jumps->flow, at, &operation))
        return 0;
    enum address_origin origin = ORIGIN_UNKNOWN;
    const ZydisDecodedOperandMem *memory = memory_operand(&operation, 0);
    int reg = register_operand(&operation, 0);
    if (memory)
        origin = is_table_of_addresses(jumps, at, memory) ? ORIGIN_TABLE : ORIGIN_WHOLE;
    else if (reg != NO_REGISTER)
        origin = origin_before(jumps, at, reg, COPIES_MAX);
    *complete = origin == ORIGIN_WHOLE &&
                frames_stack_is_restored(&jumps->code->frames, &jumps->code->eh_frame,
                                         jumps->flow.insns.items[at].at);
    *known = *complete || origin == ORIGIN_TABLE;
    if (*known || reg == NO_REGISTER)
        return 0;
    int r = uses_distances(jumps, at, reg, known);
    *complete = *known;
    return r;
}

/* Looks at the jumps that are not known yet. *n: how many are now. */
static int find_known_jumps(struct known_jumps *jumps, size_t *n)
{
    struct flow *flow = &jumps->flow;
    int r = 0;
    *n = 0;
    for (size_t i = 0; i < flow->indirect.count && r == 0; i++) {
        uint32_t at = flow->indirect.items[i];
        struct flow_insn *insn = &flow->insns.items[at];
        if (insn->is_known)
            continue;
        r = jump_is_known(jumps, at, &insn->is_known, &insn->is_complete);
        *n += r == 0 && insn->is_known;
    }
    flow_sort(flow);
    return r;
}

/*
 * Whether all jumps are known. First each is looked at as if the others that are not known led
 * nowhere in the function. What that finds is right if it is found again when the edges of all
 * count: as long as all jumps went where their edges lead, the next one does, too.
 */
static int all_are_known(struct known_jumps *jumps, bool *known)
{
    struct flow *flow = &jumps->flow;
    size_t n = 0, some;
    bool complete;
    int r = 0;
    *known = false;
    flow->is_first = true;
    do {
        r = find_known_jumps(jumps, &some);
        n += some;
    } while (r == 0 && some && n < flow->indirect.count);
    if (r < 0 || n < flow->indirect.count)
        return r;
    flow->is_first = false;
    jumps->is_check = *known = true;
    for (size_t i = 0; i < n && r == 0 && *known; i++)
        r = jump_is_known(jumps, flow->indirect.items[i], known, &complete);
    return r;
}

/* Whether an address is pushed, or stored on the stack, for the return that follows. */
static bool jumps_by_return(const struct flow *flow)
{
    struct operation operation;
    for (size_t i = 1; i < flow->insns.count; i++) {
        const struct flow_insn *insn = &flow->insns.items[i];
        if (insn->bytes[0] != 0xc3 || insn->is_start ||
            !decode_operation(flow, (uint32_t)(i - 1), &operation))
            continue;
        const ZydisDecodedOperandMem *memory = memory_operand(&operation, 0);
        if (operation.decoded.mnemonic == ZYDIS_MNEMONIC_PUSH ||
            (operation.decoded.mnemonic == ZYDIS_MNEMONIC_MOV && memory &&
             memory->base == ZYDIS_REGISTER_RSP && memory->index == ZYDIS_REGISTER_NONE &&
             !memory->disp.value))
            return true;
    }
    return false;
}

/* Whether an indirect jump, or a return that is used as one, may start at any byte. */
static bool may_jump(const struct group_part *part)
{
    for (size_t i = 0; i < part->size; i++) {
        const uint8_t *bytes = part->bytes + i;
        /* jmp is /4, a far jmp is /5: the manual's table A-6, group 5 */
        if (bytes[0] == 0xff && (bytes[1] & 0x30) == 0x20)
            return true;
        /* push reg; ret. mov [rsp], reg; ret: 0x24 is the SIB byte. */
        if (bytes[1] == 0xc3 && ((bytes[0] & 0xf8) == 0x50 || bytes[0] == 0x24))
            return true;
    }
    return false;
}

int code_jumps_are_known(struct file_code *code, int fd, const struct group_part *parts, size_t n,
                         bool *known)
{
    struct known_jumps jumps = {.code = code, .fd = fd, .parts = parts, .n_parts = n};
    bool may = false;
    for (size_t i = 0; i < n && !may; i++)
        may = may_jump(&parts[i]);
    *known = true;
    if (!may)
        return 0;
    int r = flow_read(&jumps.flow, code, parts, n);
    if (r < 0) {
        *known = false;
        return r == -ENOEXEC ? 0 : r;
    }
    *known = !jumps_by_return(&jumps.flow);
    if (*known)
        r = all_are_known(&jumps, known);
    flow_free(&jumps.flow);
    return r;
}
