/* SPDX-License-Identifier: MIT */
/* Records that the program has overwritten: nothing behind them is read. */
#include <stdlib.h>

#include "unit/check_main.h"
#include "unit/stub_memory_x86_64.h"

enum { RECORDS = 20000 };

/* Random bytes, mostly of words that could be right. */
static void fill(uint8_t *bytes, size_t n, struct stub_random *random, size_t size)
{
    for (size_t at = 0; at + 8 <= n; at += 8) {
        uint64_t word = stub_random(random, 3) == 0   ? stub_random(random, (uint32_t)size + 64)
                        : stub_random(random, 2) == 0 ? UINT64_MAX - stub_random(random, 16)
                                                      : 0x4242424242424242 + at;
        memcpy(bytes + at, &word, 8);
    }
}

START_TEST(a_record_of_junk_has_its_own_bytes_alone)
{
    unsigned valid = 0, copies = 0;
    for (uint64_t seed = 1; seed <= RECORDS; seed++) {
        struct stub_random random = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
        struct stub_memory_state state;
        struct stub_layout layout = {.is_return = seed % 2};
        uint8_t to[600];
        stub_memory_random(&state, &layout, &random, true);
        size_t size = stub_record_size(&layout), available = stub_random(&random, 2 * size);
        uint8_t *ring = malloc(available + 1);
        fill(ring, available, &random, size);
        size_t length = stub_record_length(&layout, ring, available);
        ck_assert_uint_le(length, available);
        ck_assert_uint_le(length, size);
        uint8_t *record = malloc(length + 1);
        memcpy(record, ring, length);
        for (unsigned i = 0; length > 0 && i < layout.n_memory; i++) {
            uint64_t at;
            memcpy(&at, record + layout.memory[i].address, sizeof(at));
            at += (uint64_t)(int64_t)layout.memory[i].low;
            size_t n = 1 + stub_random(&random, sizeof(to) - 1);
            size_t got = stub_record_memory(&layout, (void *)record, at, to, n);
            ck_assert_uint_le(got, n);
            copies += got > 0;
        }
        valid += length > 0 && layout.n_memory > 0;
        free(record);
        free(ring);
    }
    ck_assert_uint_gt(valid, RECORDS / 100);
    ck_assert_uint_gt(copies, RECORDS / 100);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_record_of_junk_has_its_own_bytes_alone);
}

CHECK_MAIN("stub_record", 60, add_tests)
