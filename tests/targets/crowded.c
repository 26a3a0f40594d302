/* SPDX-License-Identifier: MIT */
/*
 * crowded [CALLS=300]: maps inaccessible memory in all gaps within four GiB of its code, so that
 * nothing more can be mapped near by. Prints "pid PID", and for each line on stdin calls work()
 * CALLS times and answers "called TOTAL". At end of file prints "work TOTAL TOTAL". Ends by SIGALRM
 * after a minute.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "target.h"

static const uintptr_t NEAR = UINT64_C(4) << 30;

TRACED long work(long i);
long work(long i)
{
    OPAQUE();
    return i + 1;
}

static void fill(uintptr_t from, uintptr_t to)
{
    uintptr_t low = (uintptr_t)work > NEAR ? (uintptr_t)work - NEAR : 0x10000;
    uintptr_t high = (uintptr_t)work + NEAR;
    from = from < low ? low & ~UINT64_C(0xfff) : from;
    to = to > high ? high & ~UINT64_C(0xfff) : to;
    if (from < to)
        mmap((void *)from, to - from, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}

/* The heap grows no more either, nor does what is mapped while this reads. */
static void fill_all(void)
{
    static char buffer[1 << 16];
    uintptr_t start, end, last = 0x10000;
    FILE *maps = fopen("/proc/self/maps", "re");
    check(maps != NULL, "/proc/self/maps");
    size_t n = fread(buffer, 1, sizeof(buffer) - 1, maps);
    buffer[n] = '\0';
    for (char *line = buffer; line && *line;) {
        if (sscanf(line, "%lx-%lx", &start, &end) != 2)
            break;
        fill(last, start);
        last = end;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    fill(last, UINTPTR_MAX >> 17);
    fclose(maps);
}

int main(int argc, char **argv)
{
    char line[16];
    long calls = argument(argc, argv, 1, 300);
    unsigned long n = 0;
    alarm(60);
    fill_all();
    fill_all();
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        for (long i = 0; i < calls; i++, n++)
            check(work(i) == i + 1, "result of work");
        printf("called %lu\n", n);
        fflush(stdout);
    }
    report("work", n, n);
    return 0;
}
