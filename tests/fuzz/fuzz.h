/* SPDX-License-Identifier: MIT */
/* Common code of the fuzzers. Each tests/fuzz/fuzz_*.c defines LLVMFuzzerTestOneInput(), which
   fails by fuzz_fail() or by a sanitizer, and keeps nothing between inputs. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_fail(#condition);                                                                 \
    } while (0)

/* The rest of the input, which is consumed from its start. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

static inline uint64_t fuzz_word(struct fuzz_input *input)
{
    uint64_t word = 0;
    size_t n = input->size < sizeof(word) ? input->size : sizeof(word);
    memcpy(&word, input->data, n);
    input->data += n;
    input->size -= n;
    return word;
}

/* A copy of the bytes up to the next NUL or newline, as a string. The caller frees it. */
static inline char *fuzz_line(struct fuzz_input *input)
{
    size_t n = 0;
    while (n < input->size && input->data[n] != '\n' && input->data[n] != '\0')
        n++;
    char *line = malloc(n + 1);
    if (!line)
        abort();
    memcpy(line, input->data, n);
    line[n] = '\0';
    n += n < input->size;
    input->data += n;
    input->size -= n;
    return line;
}

/* The same of all that is left. */
static inline char *fuzz_rest(struct fuzz_input *input)
{
    char *text = malloc(input->size + 1);
    if (!text)
        abort();
    memcpy(text, input->data, input->size);
    text[input->size] = '\0';
    return text;
}

/*
 * Whether the patterns are cheap. regcomp() makes as many states as a bound of hundreds, or nested
 * bounds, say; nested '*', '+' and '?' are no better. function_filter_add() tries others in a
 * separate process, which is slow.
 */
static inline int fuzz_is_cheap_pattern(const void *bytes, size_t size)
{
    const char *text = bytes;
    size_t repeats = 0;
    for (size_t i = 1; i < size; i++)
        repeats += memchr("*+?", text[i], 3) && memchr("*+?)", text[i - 1], 4);
    return repeats < 3 && !memchr(bytes, '{', size);
}

#endif
