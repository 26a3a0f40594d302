/* SPDX-License-Identifier: MIT */
/* All kinds of addresses: of values, null, unmapped, and of a structure that ends at the end of the
   mapping. tests/e2e/test_deref.sh has the expected output. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#define NOINLINE __attribute__((noinline))

typedef int comparison(const void *, const void *);

struct unit {
    double ratio;
    short *count;
};

struct config {
    const char *name;
    int size;
    struct unit unit;
    struct config *next;
    char tag[8];
    wchar_t wide[6];
    comparison *compare;
    enum { LOW, HIGH } level;
};

union either {
    int i;
    double d;
};

struct opaque;

static volatile int sink;

NOINLINE int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

NOINLINE int configured(struct config *cfg, int *n)
{
    sink += (uintptr_t)cfg > 4096 && n ? *n : 0;
    return 1;
}

NOINLINE int assorted(const wchar_t *wide, char *buffer, union either *u, void *any,
                      struct opaque *opaque, comparison *compare, int **twice, uint8_t *byte,
                      const int (*three)[3])
{
    sink += !wide + !buffer + !u + !any + !opaque + !compare + !twice + !byte + !three;
    return 2;
}

/* The parameter keeps its name, whatever the structure's member is called. */
NOINLINE struct config *returned(struct config *cfg, int cfg_size)
{
    sink += cfg_size;
    return cfg;
}

int main(void)
{
    static short count = 7;
    static int n = 5, *pointer = &n, three[3] = {1, 2, 3};
    static char buffer[10] = "hey";
    static union either u = {.i = 3};
    static uint8_t byte = 200;
    static struct config second = {"two",         2,         {2.5, NULL}, NULL, "t2",
                                   L"w\u00efde2", by_number, HIGH},
                         first = {"one", 1, {1.5, &count}, &second, "t1", L"wide1", NULL, LOW};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || munmap(memory + page, page) < 0)
        return 1;
    /* Name and size are mapped, the rest is not. */
    struct config *cut = (struct config *)(memory + page - offsetof(struct config, unit));
    cut->name = "cut";
    cut->size = 99;

    configured(&first, &n);
    configured(NULL, NULL);
    configured((struct config *)8, (int *)16);
    configured(cut, &n);
    assorted(L"gr\u00fc\u00df", buffer, &u, &n, (struct opaque *)&n, by_number, &pointer, &byte,
             &three);
    assorted(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    returned(&second, 42);
    return sink == 0;
}
