/* SPDX-License-Identifier: MIT */
/*
 * scarce_memory locked|limited [CALLS=400]: calls work() CALLS times. `locked`: all that is mapped
 * from the start on is locked in memory (mlockall(2)). `limited`: it may map 200 MiB more
 * (RLIMIT_AS), and maps 160 MiB after the calls. Prints "work CALLS CALLS", and last "locked KIB",
 * what it has locked.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "target.h"

static const size_t MIB = 1 << 20;

TRACED int work(int i);
int work(int i)
{
    return i + 1;
}

static unsigned long status_kib(const char *format)
{
    char line[256];
    unsigned long kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    check(status != NULL, "/proc/self/status");
    while (fgets(line, sizeof(line), status))
        sscanf(line, format, &kib);
    fclose(status);
    return kib;
}

static void limit(size_t more)
{
    struct rlimit both;
    both.rlim_cur = both.rlim_max = status_kib("VmSize: %lu") * 1024 + more;
    check(setrlimit(RLIMIT_AS, &both) == 0, "setrlimit");
}

int main(int argc, char **argv)
{
    bool limited = argc > 1 && strcmp(argv[1], "limited") == 0;
    long calls = argument(argc, argv, 2, 400);
    if (limited)
        limit(200 * MIB);
    else
        check(mlockall(MCL_FUTURE) == 0, "mlockall");
    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
    if (limited)
        check(mmap(NULL, 160 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED,
              "mmap");
    report("work", (unsigned long)calls, (unsigned long)calls);
    printf("locked %lu\n", status_kib("VmLck: %lu"));
    return 0;
}
