/* SPDX-License-Identifier: MIT */
/* Displaces any bytes from any address to any other, and decodes the copy again. */
#include <stdio.h>
#include <stdlib.h>

#include "unit/displaced_verify_x86_64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct displaced d;
    uint64_t site, distance;
    if (size < 8)
        return 0;
    /* Four bytes each: the upper half of the distance decides whether it is near or far. */
    site = (uint64_t)data[0] << 40 | (uint64_t)data[1] << 24 | (uint64_t)data[2] << 12 | data[3];
    distance = (uint64_t)(int64_t)(int8_t)data[4] << 31 ^ (uint64_t)data[5] << 24 ^
               (uint64_t)data[6] << 12 ^ data[7];
    target_addr at = target_addr_of(site), slot = target_addr_of(site + distance);
    /* In a separate block, so that ASan finds a read behind its end. */
    size_t n = size - 8;
    uint8_t *code = malloc(n ? n : 1);
    if (!code)
        return 0;
    memcpy(code, data + 8, n);
    int r = displaced_build(&d, at, code, n, slot);
    const char *wrong = r == 0 ? displaced_verify(&d, at, code, n, slot) : NULL;
    if (r < 0 && (d.kind != DISPLACED_STEP || !d.needs_near || d.slot_length || d.n_steps))
        wrong = "out of reach, but not told so";
    free(code);
    if (wrong) {
        fprintf(stderr, "fuzz_displaced_x86_64: %s\n", wrong);
        abort();
    }
    return 0;
}
