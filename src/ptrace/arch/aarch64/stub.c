/* SPDX-License-Identifier: MIT */
#include "ptrace/arch/stub.h"
#include "ptrace/arch/stub_cost.h"

#include <errno.h>
#include <string.h>

const size_t stub_jump_length = 4;
const uint64_t stub_reach = 0;

const char *stub_unsupported(void)
{
    return "not yet on this architecture";
}

void stub_record_registers(const struct stub_layout *layout, const struct ring_record *record,
                           arch_regs *regs, struct arch_float_regs *floats)
{
    (void)layout;
    (void)record;
    memset(regs, 0, sizeof(*regs));
    memset(floats, 0, sizeof(*floats));
}

int stub_build(struct stub *stub, const struct stub_request *request)
{
    (void)stub;
    (void)request;
    return -ENOTSUP;
}

int stub_cost_measure(struct stub_cost *cost)
{
    (void)cost;
    return -ENOTSUP;
}

int stub_jump(uint8_t bytes[STUB_JUMP_MAX], target_addr site, target_addr stub)
{
    (void)bytes;
    (void)site;
    (void)stub;
    return -ENOTSUP;
}

int stub_unwind(const struct stub_map *map, target_addr stub, target_addr site, arch_regs *regs,
                stub_read *read, void *data, enum stub_position *position)
{
    (void)map;
    (void)stub;
    (void)site;
    (void)regs;
    (void)read;
    (void)data;
    *position = STUB_NONE;
    return 0;
}
