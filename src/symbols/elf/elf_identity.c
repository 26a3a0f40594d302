/* SPDX-License-Identifier: MIT */
#include "symbols/elf/elf_identity.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

enum elf_identity_verdict elf_identity_compare(const struct elf_identity *identity, pid_t pid,
                                               uint64_t load_bias)
{
    uint8_t there[ELF_IDENTITY_MAX];
    if (identity->length == 0)
        return ELF_IDENTITY_UNKNOWN;
    struct iovec local = {there, identity->length};
    struct iovec remote = {(void *)(uintptr_t)(identity->at.value + load_bias), identity->length};
    ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    /* EFAULT: nothing is mapped there, so the file is not mapped with that bias. */
    if (n < 0 && errno != EFAULT)
        return ELF_IDENTITY_UNKNOWN;
    return n == (ssize_t)identity->length && memcmp(there, identity->bytes, identity->length) == 0
               ? ELF_IDENTITY_SAME
               : ELF_IDENTITY_DIFFERENT;
}

bool elf_identity_equal(const struct elf_identity *a, const struct elf_identity *b)
{
    return a->length == b->length && a->at.value == b->at.value &&
           (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}
