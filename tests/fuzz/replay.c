/* SPDX-License-Identifier: MIT */
/* Runs a fuzzer without libFuzzer: fuzz_X SECONDS FILE... Runs each file unchanged, then with
   random changes, always the same ones, until the time is over. Prints the number of inputs. */
#include <inttypes.h>
#include <time.h>

#include "fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20, CHANGES_MAX = 8 };

struct seed {
    uint8_t *bytes;
    size_t size;
};

static uint64_t state = 88172645463325252u;

/* Marsaglia, "Xorshift RNGs". */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int read_seed(struct seed *seed, const char *path)
{
    FILE *file = fopen(path, "re");
    seed->bytes = malloc(INPUT_MAX);
    if (!file || !seed->bytes)
        return -1;
    seed->size = fread(seed->bytes, 1, INPUT_MAX, file);
    return fclose(file);
}

static size_t change(uint8_t *bytes, size_t size, const struct seed *other)
{
    static const uint64_t odd[] = {0,         1,      0x7f,       0x80,       0xff,
                                   0x7fff,    0xffff, 0x7fffffff, UINT32_MAX, UINT64_MAX >> 1,
                                   UINT64_MAX};
    for (uint64_t n = 1 + next() % CHANGES_MAX; n > 0; n--) {
        size_t at = size ? next() % size : 0, rest = size - at, width = 1u << next() % 4;
        uint64_t word = next() % 2 ? odd[next() % (sizeof(odd) / sizeof(*odd))] : next();
        switch (next() % 5) {
        case 0:
            if (size)
                bytes[at] ^= (uint8_t)(1u << next() % 8);
            break;
        case 1:
            memcpy(bytes + at, &word, width < rest ? width : rest);
            break;
        case 2: /* a part of another input */
            if (other->size) {
                size_t from = next() % other->size, length = next() % 64;
                length = length < other->size - from ? length : other->size - from;
                memcpy(bytes + at, other->bytes + from, length < rest ? length : rest);
            }
            break;
        case 3: /* remove */
            width = width < rest ? width : rest;
            memmove(bytes + at, bytes + at + width, rest - width);
            size -= width;
            break;
        default: /* insert */
            if (size + width > INPUT_MAX)
                break;
            memmove(bytes + at + width, bytes + at, rest);
            memcpy(bytes + at, &word, width);
            size += width;
            break;
        }
    }
    return next() % 16 ? size : size / 2;
}

/* In a separate block, so that ASan finds a read behind its end. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    struct seed *seeds = calloc((size_t)argc, sizeof(*seeds));
    uint8_t *bytes = malloc(INPUT_MAX);
    size_t n = (size_t)argc - 2;
    if (!seeds || !bytes)
        return 2;
    for (size_t i = 0; i < n; i++) {
        if (read_seed(&seeds[i], argv[i + 2]) != 0) {
            fprintf(stderr, "cannot read %s\n", argv[i + 2]);
            return 2;
        }
        run(seeds[i].bytes, seeds[i].size);
    }
    uint64_t runs = n;
    for (time_t end = time(NULL) + atoi(argv[1]); time(NULL) < end; runs++) {
        const struct seed *seed = &seeds[next() % n];
        memcpy(bytes, seed->bytes, seed->size);
        run(bytes, change(bytes, seed->size, &seeds[next() % n]));
    }
    printf("%" PRIu64 " inputs\n", runs);
    for (size_t i = 0; i < n; i++)
        free(seeds[i].bytes);
    free(seeds);
    free(bytes);
    return 0;
}
