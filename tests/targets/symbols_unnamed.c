/* SPDX-License-Identifier: MIT */
/*
 * Functions whose symbols are removed: static and global ones, with and without a frame, with cold
 * parts, one at the end of another, and one that is called by its address only.
 *
 *     symbols_unnamed [COUNT [wait]]      calls most of them COUNT times; waits for a line before
 */
#include <stdio.h>
#include <stdlib.h>

#define KEPT __attribute__((noinline, used))

static volatile int sink;

__attribute__((noinline, cold)) void rare(int a)
{
    sink += a;
}

KEPT static int leaf(int a)
{
    return a + sink;
}

KEPT int with_frame(int a, int *b)
{
    int values[4] = {a, a + 1, leaf(a), *b};
    sink = values[a & 3];
    return leaf(values[(a + 1) & 3]) + values[0];
}

/* Its cold part has no frame, and is jumped to in a loop. */
KEPT int cold_in_loop(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        sum += sink;
        if (__builtin_expect(sum == -1, 0)) {
            rare(i);
            sum++;
        }
    }
    return sum;
}

KEPT int cold_without_frame(int a)
{
    if (__builtin_expect(a < 0, 0))
        rare(a);
    return sink;
}

KEPT int cold_with_frame(int a, int *b)
{
    int first = leaf(a), second = leaf(*b);
    if (__builtin_expect(first < second, 0)) {
        rare(first);
        rare(second);
    }
    return leaf(first) + second;
}

KEPT static int at_the_end(int a)
{
    return sink = a;
}

KEPT int ends_with_a_jump(int a)
{
    sink = a + 1;
    return at_the_end(a + 2);
}

KEPT static int by_address(int a)
{
    return sink + a;
}

static int (*volatile called)(int) = by_address;

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 10, sum = 0;
    char line[64];
    if (argc > 2) {
        puts("ready");
        fflush(stdout);
        if (!fgets(line, sizeof(line), stdin))
            return 1;
    }
    for (int i = 0; i < n; i++) {
        sum += with_frame(i, &sum);
        sum += cold_without_frame(i % 2 ? -i : i);
        sum += cold_with_frame(-i, &n);
        sum += ends_with_a_jump(i);
        sum += called(i);
        sum += cold_in_loop(3);
    }
    printf("%d\n", sum & 0xffff);
    return 0;
}
