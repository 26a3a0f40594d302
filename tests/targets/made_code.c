/* SPDX-License-Identifier: MIT */
/*
 * made_code [ROUNDS=300]: acts as a just-in-time compiler with a garbage collector. Code that calls
 * work() is in anonymous memory; after each call the code is copied to another place as it is, and
 * its old place is overwritten with code that calls idle() from the same address. The memory is
 * unmapped and mapped again every tenth round. Prints "work 2*ROUNDS ROUNDS" and "idle ROUNDS 0":
 * half of the calls of work() come from a file's code; the returns of the others cannot be seen.
 */
#include <string.h>
#include <sys/mman.h>

#include "target.h"

enum { AREA = 65536, STRIDE = 256 };

static counter n_work, n_work_seen, n_idle;

TRACED int work(int x)
{
    n_work++;
    return x + 1;
}

TRACED int idle(int x)
{
    n_idle++;
    return x - 1;
}

/* The code to copy. It is position-independent: it calls its argument. */
__attribute__((section("template"), noinline, used)) static int call(int (*function)(int), int x)
{
    int result = function(x);
    OPAQUE();
    return result * 2;
}

extern const char __start_template[], __stop_template[];

typedef int made(int (*function)(int), int x);

static char *map_area(void)
{
    static char *last;
    char *area = mmap(last, AREA, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS | (last ? MAP_FIXED : 0), -1, 0);
    check(area != MAP_FAILED, "mmap");
    last = area;
    return area;
}

static int run(const char *code, int (*function)(int), int x)
{
    __builtin___clear_cache((char *)code, (char *)code + STRIDE);
    return ((made *)(uintptr_t)code)(function, x);
}

int main(int argc, char **argv)
{
    long rounds = argument(argc, argv, 1, 300);
    size_t size = (size_t)(__stop_template - __start_template);
    size_t offset = (size_t)((const char *)(uintptr_t)call - __start_template);
    char *area = map_area(), *here = area;
    check(size <= STRIDE, "size");
    memcpy(here, __start_template, size);
    for (long i = 0; i < rounds; i++) {
        check(run(here + offset, work, (int)i) == 2 * ((int)i + 1), "made code");
        check(work((int)i) == (int)i + 1, "work");
        n_work_seen++;
        char *there = area + (size_t)(i + 1) % (AREA / STRIDE) * STRIDE;
        memcpy(there, here, size);
        check(memcmp(there, __start_template, size) == 0, "the code has changed");
        memcpy(here, __start_template, size);
        check(run(here + offset, idle, (int)i) == 2 * ((int)i - 1), "code made anew");
        here = there;
        if (i % 10 == 9) {
            check(munmap(area, AREA) == 0, "munmap");
            here = area = map_area();
            memcpy(here, __start_template, size);
        }
    }
    report("work", n_work, n_work_seen);
    report("idle", n_idle, 0);
    return 0;
}
