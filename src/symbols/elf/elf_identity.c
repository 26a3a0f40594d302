/* SPDX-License-Identifier: MIT */
#include "symbols/elf/elf_identity.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

enum elf_identity_verdict elf_identity_compare(const struct elf_identity *imprint, pid_t pid,
                                               uint64_t load_bias)
{
    uint8_t there[IMPRINT_MAX];
    if (imprint->length == 0)
        return IMPRINT_UNKNOWN;
    struct iovec local = {there, imprint->length};
    struct iovec remote = {(void *)(uintptr_t)(imprint->at.value + load_bias), imprint->length};
    ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    /* EFAULT: nothing is mapped there, so the file is not mapped like this. */
    if (n < 0 && errno != EFAULT)
        return IMPRINT_UNKNOWN;
    return n == (ssize_t)imprint->length && memcmp(there, imprint->bytes, imprint->length) == 0
               ? IMPRINT_SAME
               : IMPRINT_DIFFERENT;
}

bool elf_identity_equal(const struct elf_identity *a, const struct elf_identity *b)
{
    return a->length == b->length && a->at.value == b->at.value &&
           (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}
