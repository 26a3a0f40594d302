/* SPDX-License-Identifier: MIT */
/*
 * reload COUNT CHILDREN: loads COUNT copies of libdlopen_lib.so, each a separate file in the
 * working directory that is then removed, calls lib_work() of each once, and forks CHILDREN
 * children that each call child_work() ten times, and execute nothing. Prints "lib_work COUNT
 * COUNT", "child:child_work 10*CHILDREN 10*CHILDREN", and checks the status of every child.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "target.h"

static char library[PATH_MAX];

TRACED int child_work(int i);
int child_work(int i)
{
    OPAQUE();
    return i + 1;
}

static void find_library(void)
{
    ssize_t n = readlink("/proc/self/exe", library, sizeof(library) - 32);
    check(n > 0, "the program's own name");
    library[n] = '\0';
    strcpy(strrchr(library, '/'), "/libdlopen_lib.so");
}

static void load_copy(long number, unsigned long *count)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof(path), "./plugin%ld.so", number);
    int from = open(library, O_RDONLY | O_CLOEXEC);
    int to = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
    check(from >= 0 && to >= 0 && fstat(from, &status) == 0, "files of a plug-in");
    check(sendfile(to, from, NULL, (size_t)status.st_size) == status.st_size, "copy");
    close(from);
    close(to);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    check(handle != NULL, "dlopen");
    unsigned long **counter_of_lib = dlsym(handle, "lib_counter");
    int (*lib_work)(int);
    *(void **)&lib_work = dlsym(handle, "lib_work");
    check(counter_of_lib && lib_work, "dlsym");
    *counter_of_lib = count;
    check(lib_work(3) == 8, "result of lib_work");
    dlclose(handle);
    unlink(path);
}

int main(int argc, char **argv)
{
    long copies = argument(argc, argv, 1, 100), children = argument(argc, argv, 2, 20);
    unsigned long count = 0;
    find_library();
    for (long i = 0; i < copies; i++)
        load_copy(i, &count);
    report("lib_work", count, count);
    for (long i = 0; i < children; i++) {
        int status;
        pid_t child = fork();
        check(child >= 0, "fork");
        for (int k = 0; child == 0 && k < 10; k++)
            check(child_work(k) == k + 1, "result of child_work");
        if (child == 0)
            _exit(3);
        check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3,
              "end of a child");
    }
    report("child:child_work", 10 * (unsigned long)children, 10 * (unsigned long)children);
    return 0;
}
