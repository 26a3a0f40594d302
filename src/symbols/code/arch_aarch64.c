/* SPDX-License-Identifier: MIT */
#include "symbols/code/arch.h"

#include <errno.h>

const char *const code_unsupported = "not yet on this architecture";

void code_insn_decode(struct code_insn *insn, const uint8_t *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    *insn = (struct code_insn){.kind = CODE_INSN_REFUSED, .reason = code_unsupported};
}

uint8_t code_insn_is_entry_mark(const uint8_t *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    return 0;
}

uint8_t code_insn_is_padding(const uint8_t *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    return 0;
}

bool code_is_linkage_stub(const uint8_t *bytes, size_t n, uint64_t at, uint64_t *word)
{
    (void)bytes;
    (void)n;
    (void)at;
    (void)word;
    return false;
}

int code_scan(struct file_code *code, const struct text_part *part, uint64_t at,
              const uint8_t *bytes, size_t n)
{
    (void)code;
    (void)part;
    (void)at;
    (void)bytes;
    (void)n;
    return -ENOTSUP;
}

int code_scan_range(struct file_code *code, const struct group_part *range)
{
    (void)code;
    (void)range;
    return -ENOTSUP;
}

int code_jumps_are_known(struct file_code *code, int fd, const struct group_part *parts, size_t n,
                         bool *known)
{
    (void)code;
    (void)fd;
    (void)parts;
    (void)n;
    *known = false;
    return -ENOTSUP;
}
