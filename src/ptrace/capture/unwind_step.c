/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/unwind_step.h"

#include "ptrace/arch/arch.h"
#include "util/addr.h"

/* Whether libunwind's IP is the register with the return address, and unw_is_signal_frame() is
   about the frame that the cursor is at, not the one that it has just left. */
static bool has_link_register(void)
{
    return arch_dwarf_pc != arch_dwarf_return_column;
}

bool unwind_step(unw_cursor_t *cursor, bool *no_table, struct unwound *caller)
{
    unw_word_t ip, ip_before, sp, sp_before;
    bool links = has_link_register();
    bool interrupted = links && unw_is_signal_frame(cursor) > 0;
    *no_table = false;
    bool known = unw_get_reg(cursor, UNW_REG_IP, &ip_before) == 0 &&
                 unw_get_reg(cursor, UNW_REG_SP, &sp_before) == 0;
    /* Without a table libunwind guesses. */
    if (unw_step(cursor) <= 0 || *no_table ||
        unw_get_reg(cursor, interrupted ? (int)arch_dwarf_pc : UNW_REG_IP, &ip) < 0 || ip == 0)
        return false;
    /* Where rules fail, libunwind takes the register with the return address, which is that of the
       frame before. */
    if (links && known && ip == ip_before && unw_get_reg(cursor, UNW_REG_SP, &sp) == 0 &&
        sp == sp_before)
        return false;
    if (!links)
        interrupted = unw_is_signal_frame(cursor) > 0;
    *caller = (struct unwound){target_addr_of(ip), !interrupted};
    return true;
}
