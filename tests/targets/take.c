/* SPDX-License-Identifier: MIT */
/*
 * take: calls functions with given arguments. Obeys lines on stdin, answering each with "taken
 * TOTAL", the calls of take() so far:
 *
 *   SIZE [COUNT=1]   calls take(SIZE, "block I", I / 2.0) COUNT times, I counting all calls, and
 *                    allocates and frees SIZE bytes after each
 */
#include <stddef.h>

#include "target.h"

static counter n_take;

TRACED size_t take(size_t size, const char *name, double share);
size_t take(size_t size, const char *name, double share)
{
    check(name[0] == 'b' && share > 0, "arguments of take");
    n_take++;
    return size + 1;
}

int main(void)
{
    char line[128], name[32];
    setvbuf(stdin, NULL, _IONBF, 0);
    setvbuf(stdout, NULL, _IONBF, 0);
    alarm(60);
    while (fgets(line, sizeof(line), stdin)) {
        char *end;
        size_t size = strtoul(line, &end, 10);
        unsigned long count = strtoul(end, NULL, 10);
        for (unsigned long i = 0; i < (count ? count : 1); i++) {
            snprintf(name, sizeof(name), "block %lu", (unsigned long)n_take + 1);
            check(take(size, name, (double)(n_take + 1) / 2) == size + 1, "result of take");
            void *volatile block = malloc(size);
            free(block);
        }
        printf("taken %lu\n", (unsigned long)n_take);
    }
    report("take", n_take, n_take);
    return 0;
}
