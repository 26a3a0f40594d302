/* SPDX-License-Identifier: MIT */
#include "symbols/code/flow.h"

#include <Zydis/Zydis.h>
#include <errno.h>
#include <stdlib.h>

#include "symbols/code/arch.h"
#include "symbols/code/file_code.h"
#include "util/sorted.h"

/* The registers that a function may modify: rax, rcx, rdx, rsi, rdi, r8 to r11 (System V ABI, AMD64
   supplement, 3.2.1). */
static const uint16_t volatile_registers = 0x0fc7;

static uint16_t written_registers(const ZydisDecodedInstruction *decoded,
                                  const ZydisDecodedOperand *operands)
{
    uint16_t set = 0;
    for (unsigned i = 0; i < decoded->operand_count; i++) {
        if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER ||
            !(operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
            continue;
        ZydisRegister whole =
            ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operands[i].reg.value);
        if (whole >= ZYDIS_REGISTER_RAX && whole <= ZYDIS_REGISTER_R15)
            set |= (uint16_t)(1u << (whole - ZYDIS_REGISTER_RAX));
    }
    return set;
}

static enum flow_kind flow_kind_of(const ZydisDecodedInstruction *decoded)
{
    bool relative = decoded->raw.imm[0].is_relative;
    switch (decoded->mnemonic) {
    case ZYDIS_MNEMONIC_CALL:
        return FLOW_CALL;
    case ZYDIS_MNEMONIC_JMP:
        return relative ? FLOW_JUMP : FLOW_INDIRECT;
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_INT3:
        return FLOW_END;
    default:
        return relative ? FLOW_BRANCH : FLOW_NEXT;
    }
}

int flow_add(struct flow *flow, uint64_t target, uint32_t source)
{
    struct flow_edge *edge = vec_push(&flow->edges);
    if (!edge)
        return -ENOMEM;
    *edge = (struct flow_edge){target, source};
    return 0;
}

/* Whether the function that the call leads to may return. */
static bool returns(const struct file_code *code, const ZydisDecodedInstruction *decoded,
                    uint64_t at)
{
    uint64_t end = at + decoded->length;
    if (decoded->raw.imm[0].is_relative)
        return !file_code_is_no_return(code, end + decoded->raw.imm[0].value.u);
    bool is_rip_relative = decoded->attributes & ZYDIS_ATTRIB_HAS_MODRM &&
                           decoded->raw.modrm.mod == 0 && decoded->raw.modrm.rm == 5;
    return !is_rip_relative ||
           !file_code_is_no_return(code, end + (uint64_t)decoded->raw.disp.value);
}

static int add_insn(struct flow *flow, const ZydisDecoder *decoder, const struct group_part *part,
                    size_t *in)
{
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    const uint8_t *bytes = part->bytes + *in;
    struct flow_insn *insn = vec_push(&flow->insns);
    if (!insn)
        return -ENOMEM;
    if (ZYAN_FAILED(ZydisDecoderDecodeFull(decoder, bytes, part->size - *in, &decoded, operands)))
        return -ENOEXEC;
    *insn = (struct flow_insn){.at = part->start + *in,
                               .bytes = bytes,
                               .length = decoded.length,
                               .kind = (uint8_t)flow_kind_of(&decoded),
                               .is_start = *in == 0,
                               .writes = written_registers(&decoded, operands)};
    if (insn->kind == FLOW_CALL && !returns(flow->code, &decoded, insn->at))
        insn->kind = FLOW_END;
    if (insn->kind == FLOW_CALL)
        insn->writes |= volatile_registers;
    uint32_t *indirect = insn->kind == FLOW_INDIRECT ? vec_push(&flow->indirect) : NULL;
    if (indirect)
        *indirect = (uint32_t)(flow->insns.count - 1);
    else if (insn->kind == FLOW_INDIRECT)
        return -ENOMEM;
    *in += decoded.length;
    if (insn->kind != FLOW_BRANCH && insn->kind != FLOW_JUMP)
        return 0;
    return flow_add(flow, part->start + *in + decoded.raw.imm[0].value.u,
                    (uint32_t)(flow->insns.count - 1));
}

static int compare_edges(const void *x, const void *y)
{
    const struct flow_edge *a = x, *b = y;
    return a->target < b->target ? -1 : a->target > b->target;
}

void flow_sort(struct flow *flow)
{
    flow->n_sorted = flow->edges.count;
    if (flow->n_sorted)
        qsort(flow->edges.items, flow->n_sorted, sizeof(struct flow_edge), compare_edges);
}

/* Whether branches from within the function lead to instructions. If not, what was decoded is not
   what runs. */
static int check_edges(const struct flow *flow, const struct group_part *parts, size_t n)
{
    for (size_t i = 0; i < flow->edges.count; i++) {
        uint64_t target = flow->edges.items[i].target;
        for (size_t k = 0; k < n; k++)
            if (target >= parts[k].start && target - parts[k].start < parts[k].size &&
                flow_find(flow, target) < 0) {
                /* A prefix may be jumped over: lock, rep. */
                if (flow_find(flow, target - 1) < 0)
                    return -ENOEXEC;
            }
    }
    return 0;
}

/* A part of a function starts, too, but only jumps lead to it. */
static bool is_function_start(const struct file_code *code, uint64_t at)
{
    const struct function_ranges *ranges = &code->ranges;
    int64_t range = function_ranges_find(ranges, at);
    unsigned flags = range == RANGE_NONE ? 0 : ranges->list.items[range].flags;
    return flags & RANGE_CALLED || (flags & RANGE_SYMBOL && !(flags & RANGE_PART));
}

int flow_read(struct flow *flow, struct file_code *code, const struct group_part *parts, size_t n)
{
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    *flow = (struct flow){.code = code, .budget = FLOW_BUDGET};
    int r = 0;
    for (size_t i = 0; i < n; i++)
        flow->has_function_start |= is_function_start(code, parts[i].start);
    for (size_t i = 0; i < n; i++)
        for (size_t in = 0; in < parts[i].size && r == 0;)
            r = add_insn(flow, &decoder, &parts[i], &in);
    if (r == 0)
        flow_sort(flow);
    if (r == 0)
        r = check_edges(flow, parts, n);
    if (r < 0)
        flow_free(flow);
    return r;
}

void flow_free(struct flow *flow)
{
    vec_free(&flow->insns);
    vec_free(&flow->edges);
    vec_free(&flow->indirect);
}

int64_t flow_find(const struct flow *flow, uint64_t at)
{
    size_t n = sorted_up_to(flow->insns.items, flow->insns.count, at, at);
    return n && flow->insns.items[n - 1].at == at ? (int64_t)(n - 1) : -1;
}

/* ---- what set a register */

bool flow_spend(struct flow *flow, uint64_t steps)
{
    flow->budget -= steps < flow->budget ? steps : flow->budget;
    return flow->budget > 0;
}

struct flow_search {
    struct flow *flow;
    unsigned reg;
    struct flow_definitions *found;
    VEC(uint32_t) pending; /* instructions before which the search goes on */
    VEC(uint32_t) visited;
    bool went_indirect;
};

static void search_from(struct flow_search *search, uint32_t at)
{
    struct flow_insn *insn = &search->flow->insns.items[at];
    uint32_t *pushed;
    if (insn->is_visited)
        return;
    insn->is_visited = true;
    pushed = vec_push(&search->visited);
    if (pushed)
        *pushed = at;
    else
        insn->is_visited = false;
    uint32_t *pending = vec_push(&search->pending);
    if (pending)
        *pending = at;
    if (!pushed || !pending)
        search->found->unknown = true;
}

/* Instruction `at` was executed, and then the one from which it was found. */
static void search_executed(struct flow_search *search, uint32_t at)
{
    struct flow_definitions *found = search->found;
    if (!(search->flow->insns.items[at].writes >> search->reg & 1)) {
        search_from(search, at);
        return;
    }
    for (unsigned i = 0; i < found->n; i++)
        if (found->insns[i] == at)
            return;
    if (found->n == FLOW_DEFINITIONS_MAX)
        found->unknown = true;
    else
        found->insns[found->n++] = at;
}

/* The instruction is reached by an indirect jump of the function, one whose targets have no edges.
   At first, none is assumed to lead there. */
static void search_indirect(struct flow_search *search)
{
    if (search->went_indirect || search->flow->is_first)
        return;
    search->went_indirect = true;
    search->found->unknown |= !flow_spend(search->flow, search->flow->indirect.count);
    for (size_t i = 0; i < search->flow->indirect.count; i++)
        if (!search->flow->insns.items[search->flow->indirect.items[i]].is_complete)
            search_executed(search, search->flow->indirect.items[i]);
}

static void search_before(struct flow_search *search, uint32_t at)
{
    const struct flow *flow = search->flow;
    const struct flow_insn *insn = &flow->insns.items[at];
    bool reached = false;
    if (at > 0 && !insn->is_start && flow->insns.items[at - 1].kind < FLOW_JUMP) {
        search_executed(search, at - 1);
        reached = true;
    }
    size_t n = sorted_up_to(flow->edges.items, flow->n_sorted, target, insn->at);
    for (; n && flow->edges.items[n - 1].target == insn->at; n--) {
        search_executed(search, flow->edges.items[n - 1].source);
        reached = true;
    }
    if (insn->is_start &&
        (is_function_start(flow->code, insn->at) || (!reached && !flow->has_function_start)))
        search->found->at_entry = true;
    else if (frames_have_pad(&flow->code->frames, insn->at, insn->at + 1))
        search->found->unknown = true;
    else if (!reached)
        search_indirect(search);
}

void flow_define(struct flow *flow, uint32_t at, unsigned reg, struct flow_definitions *found)
{
    struct flow_search search = {.flow = flow, .reg = reg, .found = found};
    *found = (struct flow_definitions){0};
    search_from(&search, at);
    while (search.pending.count && !found->unknown) {
        found->unknown = !flow_spend(flow, 1);
        search_before(&search, search.pending.items[--search.pending.count]);
    }
    for (size_t i = 0; i < search.visited.count; i++)
        flow->insns.items[search.visited.items[i]].is_visited = false;
    vec_free(&search.pending);
    vec_free(&search.visited);
}
