/* SPDX-License-Identifier: MIT */
/* Displaces instructions from any address to any other, and interprets the copies. */
#include "fuzz/fuzz.h"
#include "unit/displaced_verify_aarch64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct displaced d;
    /* The first byte decides how far the slot is: below 2 to the power of 63 down to 0. */
    unsigned shift = fuzz_byte(&input) % 64;
    uint64_t site = fuzz_word(&input), distance = fuzz_word(&input) >> shift;
    if (shift & 1)
        distance = -distance;
    if (site % 16) /* else rarely a multiple of 4 */
        site &= ~UINT64_C(3), distance &= ~UINT64_C(3);
    target_addr at = target_addr_of(site), slot = target_addr_of(site + distance);
    /* In a separate block, so that ASan finds a read behind its end. */
    size_t n = input.size;
    uint8_t *code = malloc(n ? n : 1);
    if (!code)
        return 0;
    memcpy(code, input.data, n);
    int r = displaced_build(&d, at, code, n, slot);
    const char *wrong = displaced_verify(&d, r, at, code, n, slot);
    free(code);
    if (wrong)
        fuzz_fail(wrong);
    return 0;
}
