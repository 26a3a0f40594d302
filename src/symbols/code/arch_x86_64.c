/* SPDX-License-Identifier: MIT */
/*
 * Single instructions of x86-64, and where any of them lead. "The manual" is the Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 2.
 */
#include <Zydis/Zydis.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/code/arch.h"
#include "symbols/code/file_code.h"
#include "symbols/code/ranges.h"
#include "symbols/code/text.h"
#include "util/vec.h"

const char *const code_unsupported = NULL;

/* ---- one instruction */

static bool decode_short(ZydisDecodedInstruction *decoded, const uint8_t *bytes, size_t n)
{
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, n, decoded));
}

static bool decoded_has_prefix(const ZydisDecodedInstruction *decoded, uint8_t prefix)
{
    for (unsigned i = 0; i < decoded->raw.prefix_count; i++)
        if (decoded->raw.prefixes[i].value == prefix)
            return true;
    return false;
}

static bool has_rip_operand(const ZydisDecodedInstruction *decoded)
{
    return decoded->attributes & ZYDIS_ATTRIB_HAS_MODRM && decoded->raw.modrm.mod == 0 &&
           decoded->raw.modrm.rm == 5;
}

/* A call through the stack pointer, or through memory that its own push overwrites or moves. */
static bool calls_through_stack(const ZydisDecodedInstruction *decoded)
{
    bool rex_b = decoded->attributes & ZYDIS_ATTRIB_HAS_REX && decoded->raw.rex.B;
    if (rex_b || decoded->raw.modrm.rm != 4)
        return false;
    if (decoded->raw.modrm.mod == 3)
        return true;
    int64_t disp = decoded->raw.disp.size ? decoded->raw.disp.value : 0;
    return decoded->raw.sib.base == 4 && (disp > INT32_MAX - 8 || (disp < 0 && disp > -16));
}

static const char *refused_branch(const ZydisDecodedInstruction *decoded)
{
    bool is_wide = decoded->attributes & ZYDIS_ATTRIB_HAS_REX && decoded->raw.rex.W;
    bool is_indirect = !decoded->raw.imm[0].is_relative;
    if (decoded->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
        return "a far branch";
    if (decoded->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
        return "a branch that this processor does not have";
    if (decoded->mnemonic == ZYDIS_MNEMONIC_RET)
        return NULL;
    /* Intel ignores the prefix, AMD truncates the target to 16 bits. */
    if (decoded_has_prefix(decoded, 0x66) && !is_wide)
        return "a branch with an operand size prefix";
    if (is_indirect && decoded->mnemonic == ZYDIS_MNEMONIC_CALL && calls_through_stack(decoded))
        return "a call through the stack";
    if (is_indirect && decoded->mnemonic != ZYDIS_MNEMONIC_CALL &&
        decoded->mnemonic != ZYDIS_MNEMONIC_JMP)
        return "an unusual branch";
    return NULL;
}

static const char *refused_operation(const ZydisDecodedInstruction *decoded)
{
    if (has_rip_operand(decoded) && decoded->address_width != 64)
        return "an EIP-relative operand";
    switch (decoded->mnemonic) {
    case ZYDIS_MNEMONIC_SYSCALL:
    case ZYDIS_MNEMONIC_SYSENTER:
        return "a system call";
    case ZYDIS_MNEMONIC_INT:
    case ZYDIS_MNEMONIC_INT1:
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
        return "an instruction that raises an exception";
    case ZYDIS_MNEMONIC_ENDBR64:
    case ZYDIS_MNEMONIC_ENDBR32:
        return "a target of indirect branches";
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_SYSEXIT:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_UIRET:
    case ZYDIS_MNEMONIC_ENCLU:
    case ZYDIS_MNEMONIC_XBEGIN:
        return "an instruction that cannot run elsewhere";
    default:
        break;
    }
    bool is_branch =
        decoded->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE || decoded->raw.imm[0].is_relative;
    return is_branch ? refused_branch(decoded) : NULL;
}

void code_insn_decode(struct code_insn *insn, const uint8_t *bytes, size_t n)
{
    ZydisDecodedInstruction decoded;
    *insn = (struct code_insn){.kind = CODE_INSN_REFUSED};
    if (!decode_short(&decoded, bytes, n)) {
        insn->reason = "the bytes are no known instruction";
        return;
    }
    insn->length = decoded.length;
    insn->reason = refused_operation(&decoded);
    if (insn->reason)
        return;
    insn->kind = decoded.mnemonic == ZYDIS_MNEMONIC_CALL ? CODE_INSN_CALL
                 : decoded.mnemonic == ZYDIS_MNEMONIC_RET || decoded.mnemonic == ZYDIS_MNEMONIC_JMP
                     ? CODE_INSN_LAST
                     : CODE_INSN_PLAIN;
}

uint8_t code_insn_is_entry_mark(const uint8_t *bytes, size_t n)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    return n >= sizeof(endbr64) && memcmp(bytes, endbr64, sizeof(endbr64)) == 0 ? sizeof(endbr64)
                                                                                : 0;
}

/* The forms of NOP that compilers write (Intel SDM, volume 2, NOP), with more prefixes: 90, and 0f
   1f with 0(%rax) or 0(%rax,%rax). Data may decode as one of the many others. */
uint8_t code_insn_is_padding(const uint8_t *bytes, size_t n)
{
    ZydisDecodedInstruction nop;
    if (n && bytes[0] == 0xcc)
        return 1;
    if (!decode_short(&nop, bytes, n) || nop.mnemonic != ZYDIS_MNEMONIC_NOP)
        return 0;
    bool has_operand = nop.opcode == 0x1f && nop.raw.modrm.mod != 3 && nop.raw.modrm.reg == 0 &&
                       (nop.raw.modrm.rm & ~4) == 0 && !nop.raw.sib.base && !nop.raw.sib.index;
    for (unsigned i = 0; i < nop.raw.prefix_count; i++)
        if (nop.raw.prefixes[i].value != 0x66 && nop.raw.prefixes[i].value != 0x2e)
            return 0;
    return nop.opcode == 0x90 || (has_operand && nop.raw.disp.value == 0) ? nop.length : 0;
}

bool code_is_linkage_stub(const uint8_t *bytes, size_t n, uint64_t at, uint64_t *word)
{
    int32_t disp;
    size_t i = code_insn_is_entry_mark(bytes, n);
    i += i < n && bytes[i] == 0xf2; /* bnd */
    if (n - i < 6 || bytes[i] != 0xff || bytes[i + 1] != 0x25)
        return false;
    memcpy(&disp, bytes + i + 2, sizeof(disp));
    *word = at + i + 6 + (uint64_t)(int64_t)disp;
    return true;
}

/* ---- all instructions */

/* What a byte starts, or may start as an opcode. */
enum start {
    STARTS_NOTHING,
    STARTS_CALL,  /* call rel32 */
    STARTS_JUMP,  /* jmp rel32 */
    STARTS_SHORT, /* jmp rel8, jcc rel8, loopcc, jrcxz */
    STARTS_0F,
    STARTS_LEA,
    STARTS_C7,
};

struct code_scan {
    struct file_code *code;
    const struct text_part *part;
    int64_t range;       /* the one with the address, or RANGE_NONE */
    uint64_t start, end; /* the addresses for which that holds */
    uint64_t low, high;  /* all text */
};

static int32_t read_disp(const uint8_t *bytes)
{
    int32_t disp;
    memcpy(&disp, bytes, sizeof(disp));
    return disp;
}

static void scan_mark(struct code_scan *scan, uint64_t target)
{
    if (target >= scan->part->start && target < scan->part->end)
        text_mark_in(&scan->code->text, scan->part, target);
    else if (target >= scan->low && target < scan->high)
        text_mark(&scan->code->text, target);
}

/* Finds the range with the address, unless it is that of the last one. */
static void scan_range(struct code_scan *scan, uint64_t from)
{
    struct function_ranges *ranges = &scan->code->ranges;
    if (from >= scan->start && from < scan->end)
        return;
    scan->range = function_ranges_find(ranges, from);
    scan->start = scan->range == RANGE_NONE ? from : ranges->list.items[scan->range].start;
    scan->end = scan->range == RANGE_NONE ? function_ranges_next(ranges, from)
                                          : ranges->list.items[scan->range].end;
}

static void scan_jump(struct code_scan *scan, uint64_t from, uint64_t target)
{
    struct function_ranges *ranges = &scan->code->ranges;
    scan_mark(scan, target);
    scan_range(scan, from);
    if (scan->range != RANGE_NONE && (target < scan->start || target >= scan->end) &&
        target >= scan->low && target < scan->high)
        function_ranges_jump(ranges, (uint32_t)scan->range, target);
}

/* The signature before the abort handler of a restartable sequence, as glibc registers it on x86:
   <sys/rseq.h>. */
static const uint32_t rseq_signature = 0x53053053;

static const uint8_t *scan_starts(void)
{
    static const uint8_t starts[256] = {
        [0x0f] = STARTS_0F,   [0x70 ... 0x7f] = STARTS_SHORT, [0x8d] = STARTS_LEA,
        [0xc7] = STARTS_C7,   [0xe0 ... 0xe3] = STARTS_SHORT, [0xe8] = STARTS_CALL,
        [0xe9] = STARTS_JUMP, [0xeb] = STARTS_SHORT,
    };
    return starts;
}

static int scan_signature(struct file_code *code, uint64_t end)
{
    struct sequence_signature *signature = vec_push(&code->signatures);
    if (!signature)
        return -ENOMEM;
    signature->at = end;
    return 0;
}

static void scan_call(struct code_scan *scan, uint64_t target)
{
    scan_mark(scan, target);
    if (target >= scan->low && target < scan->high)
        function_ranges_call(&scan->code->ranges, target);
}

static void scan_pointer(struct code_scan *scan, uint64_t target)
{
    scan_mark(scan, target);
    if (target >= scan->low && target < scan->high)
        function_ranges_point(&scan->code->ranges, target);
}

/* Where the immediate of mov [mem], imm32 (opcode c7) starts: the manual's tables 2-2 and 2-3. */
static unsigned immediate_offset(const uint8_t *bytes)
{
    unsigned mod = bytes[1] >> 6, rm = bytes[1] & 7, sib = mod != 3 && rm == 4;
    bool is_wide = mod == 2 || (mod == 0 && (rm == 5 || (sib && (bytes[2] & 7) == 5)));
    return 2 + sib + (is_wide ? 4 : mod == 1);
}

/* An address that is loaded, stored or pushed as a constant: mov reg, imm32; mov [mem], imm32; push
   imm32; lea reg, [disp32] without a base. */
static void scan_immediate(struct code_scan *scan, const uint8_t *here)
{
    if ((*here & 0xf8) == 0xb8 || *here == 0x68)
        scan_mark(scan, (uint32_t)read_disp(here + 1));
    else if (*here == 0xc7)
        scan_mark(scan, (uint32_t)read_disp(here + immediate_offset(here)));
    else if (*here == 0x8d && (here[1] & 0xc7) == 0x04 && (here[2] & 7) == 5)
        scan_mark(scan, (uint32_t)read_disp(here + 3));
}

static void scan_start(struct code_scan *scan, struct file_code *code, const struct text_part *part)
{
    const struct text_part *parts = code->text.parts.items;
    *scan = (struct code_scan){.code = code,
                               .part = part,
                               .low = parts[0].start,
                               .high = parts[code->text.parts.count - 1].end};
}

int code_scan(struct file_code *code, const struct text_part *part, uint64_t at,
              const uint8_t *bytes, size_t n)
{
    struct code_scan scan;
    scan_start(&scan, code, part);
    const uint8_t *starts = scan_starts();
    for (size_t i = 0; i < n; i++, at++) {
        const uint8_t *here = bytes + i;
        switch (starts[*here]) {
        case STARTS_CALL:
            scan_call(&scan, at + 5 + (uint64_t)(int64_t)read_disp(here + 1));
            break;
        case STARTS_JUMP:
            scan_jump(&scan, at, at + 5 + (uint64_t)(int64_t)read_disp(here + 1));
            break;
        case STARTS_SHORT:
            scan_range(&scan, at);
            if (scan.range == RANGE_NONE)
                scan_jump(&scan, at, at + 2 + (uint64_t)(int64_t)(int8_t)here[1]);
            break;
        case STARTS_0F: /* jcc rel32 */
            if ((here[1] & 0xf0) == 0x80)
                scan_jump(&scan, at, at + 6 + (uint64_t)(int64_t)read_disp(here + 2));
            break;
        case STARTS_LEA: /* lea reg, [rip+disp32] */
            if ((here[1] & 0xc7) == 0x05)
                scan_pointer(&scan, at + 6 + (uint64_t)(int64_t)read_disp(here + 2));
            break;
        case STARTS_C7: /* xbegin rel32 */
            if (here[1] == 0xf8)
                scan_jump(&scan, at, at + 6 + (uint64_t)(int64_t)read_disp(here + 2));
            break;
        default:
            break;
        }
        if (*here == (uint8_t)rseq_signature && (uint32_t)read_disp(here) == rseq_signature &&
            scan_signature(code, at + 4) < 0)
            return -ENOMEM;
        if (code->is_absolute)
            scan_immediate(&scan, here);
    }
    return 0;
}

/* ---- short branches */

/* The decoding of one range. */
struct range_scan {
    struct code_scan scan;
    const struct group_part *range;
    ZydisDecoder decoder;
    uint8_t *decoded;      /* for each byte: an instruction was decoded there */
    VEC(uint64_t) pending; /* branches lead to these addresses */
    bool has_data;         /* some bytes are no instructions */
    bool failed;           /* out of memory */
};

/* Whether execution never continues after it: ret, iret, jmp. */
static bool never_continues(const ZydisDecodedInstruction *decoded)
{
    if (decoded->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY ||
        decoded->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
        return false;
    switch (decoded->opcode) {
    case 0xc2:
    case 0xc3:
    case 0xca:
    case 0xcb:
    case 0xcf:
    case 0xe9:
    case 0xeb:
        return true;
    case 0xff:
        return decoded->raw.modrm.reg == 4 || decoded->raw.modrm.reg == 5;
    default:
        return false;
    }
}

static void scan_short(struct range_scan *its, uint64_t from, uint64_t target)
{
    scan_jump(&its->scan, from, target);
    if (target < its->range->start || target - its->range->start >= its->range->size)
        return;
    uint64_t *pending = vec_push(&its->pending);
    if (pending)
        *pending = target;
    else
        its->failed = true;
}

/* Decodes from the address on; with `sweep` to the range's end, else up to the end of the path or
   to what was decoded before. */
static void scan_path(struct range_scan *its, uint64_t from, bool sweep)
{
    const struct group_part *range = its->range;
    ZydisDecodedInstruction decoded;
    for (size_t at = (size_t)(from - range->start); at < range->size && !its->failed;) {
        if (its->decoded[at] && !sweep)
            return;
        its->decoded[at] = true;
        if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&its->decoder, NULL, range->bytes + at,
                                                      range->size - at, &decoded))) {
            its->has_data |= sweep;
            if (!sweep)
                return;
            at++;
            continue;
        }
        uint64_t end = range->start + at + decoded.length;
        if (decoded.raw.imm[0].is_relative && decoded.raw.imm[0].size == 8)
            scan_short(its, range->start + at, end + decoded.raw.imm[0].value.u);
        if (!sweep && never_continues(&decoded))
            return;
        at += decoded.length;
    }
}

/* In a range with data, what is an instruction is not certain. */
static void scan_all_short(struct range_scan *its)
{
    const uint8_t *starts = scan_starts();
    for (size_t i = 0; i < its->range->size; i++)
        if (starts[its->range->bytes[i]] == STARTS_SHORT)
            scan_jump(&its->scan, its->range->start + i,
                      its->range->start + i + 2 +
                          (uint64_t)(int64_t)(int8_t)its->range->bytes[i + 1]);
}

static void scan_all_paths(struct range_scan *its)
{
    scan_path(its, its->range->start, true);
    for (size_t i = 0; i < its->range->size; i++)
        if (!its->decoded[i] && text_is_marked(&its->scan.code->text, its->range->start + i))
            scan_path(its, its->range->start + i, false);
    while (its->pending.count && !its->failed)
        scan_path(its, its->pending.items[--its->pending.count], false);
    if (its->has_data)
        scan_all_short(its);
}

int code_scan_range(struct file_code *code, const struct group_part *range)
{
    const struct text_part *part = text_part_of(&code->text, range->start);
    struct range_scan its = {.range = range, .decoded = calloc(1, range->size + 1)};
    if (!part || !its.decoded) {
        free(its.decoded);
        return part ? -ENOMEM : -EFAULT;
    }
    scan_start(&its.scan, code, part);
    ZydisDecoderInit(&its.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisDecoderEnableMode(&its.decoder, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
    scan_all_paths(&its);
    free(its.decoded);
    vec_free(&its.pending);
    return its.failed ? -ENOMEM : 0;
}
