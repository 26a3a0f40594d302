/* SPDX-License-Identifier: MIT */
#include "ptrace/arch/x86_64/insn.h"

#include "util/addr.h"

static bool has_prefix(const struct insn *insn, uint8_t prefix)
{
    for (unsigned i = 0; i < insn->decoded.raw.prefix_count; i++)
        if (insn->decoded.raw.prefixes[i].value == prefix)
            return true;
    return false;
}

/* Near branches with an operand size prefix: Intel ignores it, AMD truncates the target to 16 bits.
   With REX.W (as in the call of a __tls_get_addr sequence) both ignore it. */
static bool is_16_bit_for_some(const struct insn *insn)
{
    return has_prefix(insn, 0x66) &&
           !(insn->decoded.attributes & ZYDIS_ATTRIB_HAS_REX && insn->decoded.raw.rex.W);
}

bool insn_is_rip_relative(const struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    return decoded->attributes & ZYDIS_ATTRIB_HAS_MODRM && decoded->raw.modrm.mod == 0 &&
           decoded->raw.modrm.rm == 5 && decoded->raw.disp.size == 32;
}

bool insn_is_rsp_based(const struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    bool rex_b = decoded->attributes & ZYDIS_ATTRIB_HAS_REX && decoded->raw.rex.B;
    return decoded->attributes & ZYDIS_ATTRIB_HAS_SIB && decoded->raw.sib.base == 4 && !rex_b;
}

static enum shape not_displaced(struct insn *insn, enum shape shape, const char *reason)
{
    insn->reason = reason;
    return shape;
}

static enum shape shape_of_indirect_call(struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    int64_t disp = decoded->raw.disp.size ? decoded->raw.disp.value : 0;
    bool rex_b = decoded->attributes & ZYDIS_ATTRIB_HAS_REX && decoded->raw.rex.B;
    if (decoded->raw.modrm.mod == 3 && decoded->raw.modrm.rm == 4 && !rex_b)
        return not_displaced(insn, SHAPE_STEP, "call rsp");
    if (insn_is_rsp_based(insn) && (disp > INT32_MAX - 8 || (disp < 0 && disp > -16)))
        return not_displaced(insn, SHAPE_STEP, "a call through what its own push overwrites");
    return SHAPE_CALL_INDIRECT;
}

static enum shape shape_of_branch(struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    bool far = decoded->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
    bool relative = decoded->raw.imm[0].is_relative;
    if (decoded->mnemonic == ZYDIS_MNEMONIC_RET)
        return SHAPE_LAST;
    if (decoded->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY) /* Knights Corner's jkzd, jknzd */
        return not_displaced(insn, SHAPE_REFUSE, "a branch that this processor does not have");
    if (decoded->mnemonic == ZYDIS_MNEMONIC_CALL && far)
        return not_displaced(insn, SHAPE_STEP, "a far call");
    if (decoded->mnemonic == ZYDIS_MNEMONIC_JMP && !relative)
        return SHAPE_LAST;
    if (is_16_bit_for_some(insn))
        return not_displaced(insn, SHAPE_STEP, "a branch with an operand size prefix");
    if (decoded->mnemonic == ZYDIS_MNEMONIC_CALL)
        return relative ? SHAPE_CALL : shape_of_indirect_call(insn);
    if (!relative)
        return not_displaced(insn, SHAPE_STEP, "an unusual branch");
    return decoded->mnemonic == ZYDIS_MNEMONIC_JMP ? SHAPE_JUMP : SHAPE_CONDITIONAL;
}

static enum shape operand_shape(struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    if (decoded->mnemonic == ZYDIS_MNEMONIC_NOP || decoded->mnemonic == ZYDIS_MNEMONIC_ENDBR64 ||
        decoded->mnemonic == ZYDIS_MNEMONIC_ENDBR32)
        return SHAPE_NOTHING;
    if (insn_is_rip_relative(insn) && decoded->address_width != 64)
        return not_displaced(insn, SHAPE_STEP, "an EIP-relative operand");
    switch (decoded->mnemonic) {
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_INT1:
        return not_displaced(insn, SHAPE_REFUSE, "the program has a breakpoint of its own there");
    case ZYDIS_MNEMONIC_INT:
        if (decoded->raw.imm[0].value.u == 3)
            return not_displaced(insn, SHAPE_REFUSE,
                                 "the program has a breakpoint of its own there");
        return not_displaced(insn, SHAPE_STEP, "a software interrupt");
    case ZYDIS_MNEMONIC_SYSENTER:
        return not_displaced(insn, SHAPE_STEP, "sysenter");
    case ZYDIS_MNEMONIC_ENCLU:
        return not_displaced(insn, SHAPE_STEP, "enclu");
    case ZYDIS_MNEMONIC_SYSCALL:
        return SHAPE_SYSCALL;
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_SYSEXIT:
    case ZYDIS_MNEMONIC_UIRET:
        return SHAPE_LAST;
    default:
        break;
    }
    if (decoded->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE || decoded->raw.imm[0].is_relative)
        return shape_of_branch(insn);
    return SHAPE_PLAIN;
}

void insn_decode(struct insn *insn, target_addr site, const uint8_t *code, size_t n, uint8_t offset)
{
    ZydisDecoder decoder;
    *insn = (struct insn){.code = code + offset, .at = site.value + offset, .site_offset = offset};
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZyanStatus status =
        ZydisDecoderDecodeInstruction(&decoder, NULL, insn->code, n - offset, &insn->decoded);
    if (ZYAN_SUCCESS(status))
        insn->shape = operand_shape(insn);
    else
        insn->shape = not_displaced(insn, SHAPE_REFUSE,
                                    status == ZYDIS_STATUS_NO_MORE_DATA
                                        ? "the code ends within the instruction"
                                        : "the bytes are no known instruction");
}

uint64_t insn_end(const struct insn *insn)
{
    return insn->at + insn->decoded.length;
}

uint64_t insn_branch_target(const struct insn *insn)
{
    return insn_end(insn) + insn->decoded.raw.imm[0].value.u;
}

uint64_t insn_rip_operand(const struct insn *insn)
{
    return insn_end(insn) + (uint64_t)insn->decoded.raw.disp.value;
}
