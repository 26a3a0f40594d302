/* SPDX-License-Identifier: MIT */
/*
 * mapped [-i] ROUNDS CALLS [new:]LIBRARY...: in each round loads each library in turn ("new:" into
 * a new namespace), calls its m_work() CALLS times and unloads it. With -i a round starts with each
 * line from stdin, and LIBRARY stays loaded until the end; the calls go through the first library
 * only if the line is "call". Prints "m_work ENTRIES EXITS".
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <string.h>

#include "../../targets/report.h"

typedef int work(int value);

static unsigned long calls_made;

static void *load(const char *path)
{
    void *handle = strncmp(path, "new:", 4) == 0
                       ? dlmopen(LM_ID_NEWLM, path + 4, RTLD_NOW | RTLD_LOCAL)
                       : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        fprintf(stderr, "%s\n", dlerror());
    check(handle != NULL, "dlopen");
    return handle;
}

static void call(void *handle, long calls)
{
    work *m_work;
    const int *m_plus = dlsym(handle, "m_plus");
    *(void **)&m_work = dlsym(handle, "m_work");
    check(m_work && m_plus, "dlsym");
    for (int i = 0; i < calls; i++)
        check(m_work(i) == i + *m_plus, "m_work");
    calls_made += (unsigned long)calls;
}

static void interactive(long calls, int n, char **libraries)
{
    char line[4096];
    void *first = load(libraries[0]);
    (void)n;
    call(first, calls);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "call") == 0)
            call(first, calls);
        else
            dlclose(load(line));
        puts("done");
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    int first = argc > 1 && strcmp(argv[1], "-i") == 0 ? 2 : 1;
    long rounds = argument(argc, argv, first, 1), calls = argument(argc, argv, first + 1, 10);
    check(argc > first + 2, "arguments");
    if (first == 2) {
        interactive(calls, argc - first - 2, argv + first + 2);
        return 0;
    }
    for (long round = 0; round < rounds; round++)
        for (int i = first + 2; i < argc; i++) {
            void *handle = load(argv[i]);
            call(handle, calls);
            check(dlclose(handle) == 0, "dlclose");
        }
    report("m_work", calls_made, calls_made);
    return 7;
}
