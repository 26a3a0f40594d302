/* SPDX-License-Identifier: MIT */
/*
 * indirect [LIBRARY]: calls indirect functions (STT_GNU_IFUNC). Prints "pid PID" and "text
 * ADDRESS"; then, for each line, does one of these, or nothing, and prints "done":
 *
 *   own           calls its own indirect function own() 10 times
 *   strlen        calls strlen(text) 10 times through a pointer
 *   lazy          calls strcspn(text, "xy") 10 times, as it was linked
 *   dlsym         calls dlsym()'s strspn() 10 times, with the text
 *   library       loads the library, calls its library_own() 10 times, and unloads it
 *   keep          the same, but does not unload it
 *   unload        unloads a kept one
 *   linked        calls library_own() 10 times, as it was linked (-DLINKED)
 *   fork          does `own` and `strlen` in a child
 *   run PROGRAM   the same in a child that executes the program (this one in another build), with
 *                 output to PROGRAM.out
 *   exec PROGRAM  executes it itself
 */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include "report.h"

enum { CALLS = 10 };

typedef size_t length(const char *text);
typedef size_t span(const char *text, const char *set);
typedef int one(int x);

static char text[64] = "seven..";

__attribute__((noinline)) static int one_way(int x)
{
    OPAQUE();
    return x + 1;
}

static one *choose(void)
{
    return one_way;
}

int own(int x) __attribute__((ifunc("choose")));

static length *volatile pointer = strlen;

static void call_own(void)
{
    for (int i = 0; i < CALLS; i++)
        check(own(i) == i + 1, "own");
}

static void call_strlen(void)
{
    for (int i = 0; i < CALLS; i++)
        check(pointer(text) == 7, "strlen");
}

static void call_lazy(void)
{
    for (int i = 0; i < CALLS; i++) {
        check(strcspn(text, "xy") == 7, "strcspn");
        OPAQUE();
    }
}

#ifdef NO_LIBRARIES
static void call_found(void)
{
}

static void call_library(const char *path)
{
    (void)path;
}

static void unload(void)
{
}
#else
static void call_found(void)
{
    span *found;
    *(void **)&found = dlsym(RTLD_DEFAULT, "strspn");
    for (int i = 0; i < CALLS; i++)
        check(found(text, "xy") == 0, "strspn");
}

static void *library;

static void call_library(const char *path)
{
    one *library_own = NULL;
    library = dlopen(path, RTLD_NOW);
    check(library != NULL, "dlopen");
    *(void **)&library_own = dlsym(library, "library_own");
    check(library_own != NULL, "dlsym");
    for (int i = 0; i < CALLS; i++)
        check(library_own(i) == i + 2, "library_own");
}

static void unload(void)
{
    check(dlclose(library) == 0, "dlclose");
}
#endif

#ifdef LINKED
int library_own(int x);

static void call_linked(void)
{
    for (int i = 0; i < CALLS; i++)
        check(library_own(i) == i + 2, "linked");
}
#else
static void call_linked(void)
{
}
#endif

static void in_child(void)
{
    pid_t child = fork();
    int status = -1;
    if (child == 0) {
        call_own();
        call_strlen();
        _exit(0);
    }
    check(waitpid(child, &status, 0) == child && status == 0, "the child");
}

static void run(char *program)
{
    char command[128];
    snprintf(command, sizeof(command), "exec %s >%s.out", program, program);
    FILE *child = popen(command, "w");
    check(child != NULL && fputs("own\nstrlen\n", child) >= 0 && pclose(child) == 0, program);
}

int main(int argc, char **argv)
{
    char line[64];
    printf("pid %d\ntext 0x%lx\n", (int)getpid(), (unsigned long)(uintptr_t)text);
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        if (line[0] == 'o')
            call_own();
        else if (line[0] == 's')
            call_strlen();
        else if (line[0] == 'd')
            call_found();
        else if (line[0] == 'f')
            in_child();
        else if (strcmp(line, "lazy\n") == 0)
            call_lazy();
        else if (strcmp(line, "library\n") == 0 || strcmp(line, "keep\n") == 0)
            call_library(argc > 1 ? argv[1] : "");
        else if (strcmp(line, "linked\n") == 0)
            call_linked();
        if (strcmp(line, "library\n") == 0 || strcmp(line, "unload\n") == 0)
            unload();
        if (strchr(line, ' '))
            *strrchr(line, '\n') = '\0';
        if (strncmp(line, "run ", 4) == 0)
            run(line + 4);
        else if (strncmp(line, "exec ", 5) == 0)
            execl(line + 5, line + 5, (char *)NULL);
        puts("done");
        fflush(stdout);
    }
    return 0;
}
