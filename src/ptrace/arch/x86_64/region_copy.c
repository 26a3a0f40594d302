/* SPDX-License-Identifier: MIT */
#include "ptrace/arch/x86_64/region_copy.h"

#include <errno.h>
#include <string.h>

#include "ptrace/arch/displaced.h"
#include "ptrace/arch/x86_64/copy.h"
#include "ptrace/arch/x86_64/insn.h"

/* NULL, or why this instruction cannot be copied as one of a region's. */
static const char *not_in_region(const struct insn *insn, target_addr site, size_t length)
{
    bool whole = (size_t)insn->site_offset + insn->decoded.length == length;
    switch (insn->shape) {
    case SHAPE_REFUSE:
    case SHAPE_STEP:
        return insn->reason;
    case SHAPE_SYSCALL:
        return "a system call";
    case SHAPE_CALL:
    case SHAPE_CALL_INDIRECT:
        if (!whole)
            return "a call whose return address is inside";
        break;
    default:
        break;
    }
    if (insn->shape == SHAPE_JUMP || insn->shape == SHAPE_CONDITIONAL ||
        insn->shape == SHAPE_CALL) {
        uint64_t target = insn_branch_target(insn) - site.value;
        if (target > 0 && target < length)
            return "a branch into it";
    }
    return NULL;
}

int region_copy_build(struct region_copy *region, target_addr site, const uint8_t *code,
                      size_t length, target_addr at)
{
    struct copy copy = {
        .bytes = region->bytes, .steps = region->steps, .start = at.value, .aligned = true};
    uint8_t offset = 0;
    bool last = false;

    memset(region, 0, sizeof(*region));
    if (length == 0 || length > DISPLACED_CODE_MAX) {
        region->reason = "too short or too long";
        return -EINVAL;
    }
    while (!last && offset < length) {
        struct insn insn;
        insn_decode(&insn, site, code, length, offset);
        region->reason = not_in_region(&insn, site, length);
        if (!region->reason && (copy.length + COPY_INSN_MAX > REGION_COPY_MAX ||
                                copy.n_steps + COPY_STEPS_MAX > STUB_STEPS_MAX))
            region->reason = "its copy is too long";
        if (region->reason)
            return -EINVAL;
        offset += insn.decoded.length;
        copy.followed = offset < length;
        int r = copy_insn(&copy, &insn, &last);
        if (r < 0) {
            region->reason = "what it refers to is out of reach";
            return r;
        }
        if (!last && offset == length)
            copy_jump_back(&copy, &insn);
    }
    region->length = (uint8_t)copy.length;
    region->n_steps = (uint8_t)copy.n_steps;
    return 0;
}
