/* SPDX-License-Identifier: MIT */
/* Any bytes as unwind rules: each lookup ends, and reads nothing outside. */
#include "fuzz/fuzz.h"

#include "ptrace/capture/unwind_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    size_t n = fuzz_byte(&input), column = fuzz_byte(&input);
    n = n < input.size ? n : input.size;
    /* Each in a separate block, so that ASan finds a read behind its end. */
    uint8_t *cie = malloc(n + 1), *fde = malloc(input.size - n + 1);
    if (!cie || !fde)
        abort();
    memcpy(cie, input.data, n);
    memcpy(fde, input.data + n, input.size - n);
    cie = realloc(cie, n ? n : 1);
    fde = realloc(fde, input.size - n ? input.size - n : 1);
    bool signs = column > 127;
    column &= 127;
    bool fit = unwind_rules_are_fit(cie, n, fde, input.size - n, column, signs);
    FUZZ_CHECK(fit == unwind_rules_are_fit(cie, n, fde, input.size - n, column, signs));
    FUZZ_CHECK(!fit || (n <= UNWIND_RULES_MAX && input.size - n <= UNWIND_RULES_MAX));
    uint64_t at = fuzz_word(&input), common;
    uint32_t pointer = (uint32_t)fuzz_word(&input);
    if (unwind_rules_find_common(at, pointer, &common))
        FUZZ_CHECK(pointer > 0 && at + sizeof(pointer) - common == pointer);
    free(cie);
    free(fde);
    return 0;
}
