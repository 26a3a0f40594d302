/* SPDX-License-Identifier: MIT */
/*
 * family [wait]: threads, children and a library. The main thread and two others call work() CALLS
 * times each; meanwhile one more thread makes children:
 *
 *   fork    calls in_child() CALLS times; if untraced, after a check of its code
 *   exec    executes this program again, which calls in_leaf() CALLS times
 *   spawn   posix_spawn(3) of /bin/true
 *
 * Then lib_work() of libdlopen_lib.so is called CALLS times. Prints "child NAME STATUS" for each
 * child, as waitpid(2) returns it, and "result SUM".
 *
 * With `wait` it prints "pid PID work ADDRESS" first and does all that for each line; at end of
 * file it checks that it is not traced and its code is clean, and exits. Ends by SIGALRM after a
 * minute.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

#include "clean.h"

extern char **environ;

enum { CALLS = 20, THREADS = 2, MINUTE = 60 };

static char *const truth[] = {"true", NULL};
static const char *self;
static counter sum;

TRACED int work(int i);
int work(int i)
{
    OPAQUE();
    return i + 1;
}

TRACED int in_child(int i);
int in_child(int i)
{
    OPAQUE();
    return i + 2;
}

TRACED int in_leaf(int i);
int in_leaf(int i)
{
    OPAQUE();
    return i + 3;
}

static void call(int (*function)(int), int adds)
{
    for (int i = 0; i < CALLS; i++) {
        int result = function(i);
        check(result == i + adds, "a result");
        sum += (unsigned long)result;
    }
}

static void *call_work(void *data)
{
    call(work, 1);
    return data;
}

static void await(const char *name, pid_t child)
{
    int status;
    check(child > 0, "birth of a child");
    check(waitpid(child, &status, 0) == child, "waitpid");
    printf("child %s %d\n", name, status);
    fflush(stdout);
}

static void *make_children(void *data)
{
    pid_t child = fork();
    if (child == 0) {
        check_clean();
        call(in_child, 2);
        _exit(0);
    }
    await("fork", child);
    child = fork();
    if (child == 0) {
        execl(self, self, "leaf", (char *)NULL);
        _exit(127);
    }
    await("exec", child);
    check(posix_spawn(&child, "/bin/true", NULL, NULL, truth, environ) == 0, "posix_spawn");
    await("spawn", child);
    return data;
}

static void call_library(void)
{
    void *handle = dlopen("libdlopen_lib.so", RTLD_NOW | RTLD_LOCAL);
    check(handle != NULL, "dlopen");
    unsigned long count = 0, **counter_of_lib = dlsym(handle, "lib_counter");
    int (*lib_work)(int);
    *(void **)&lib_work = dlsym(handle, "lib_work");
    check(counter_of_lib && lib_work, "dlsym");
    *counter_of_lib = &count;
    call(lib_work, 5);
    check(count == CALLS, "calls of the library");
    dlclose(handle);
}

static void live(void)
{
    pthread_t threads[THREADS + 1];
    for (int i = 0; i <= THREADS; i++)
        check(pthread_create(&threads[i], NULL, i < THREADS ? call_work : make_children, NULL) == 0,
              "pthread_create");
    call_work(NULL);
    for (int i = 0; i <= THREADS; i++)
        pthread_join(threads[i], NULL);
    call_library();
    printf("result %lu\n", (unsigned long)sum);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[16];
    self = argv[0];
    alarm(MINUTE);
    if (argc > 1 && strcmp(argv[1], "leaf") == 0) {
        call(in_leaf, 3);
        _exit(0);
    }
    if (argc < 2 || strcmp(argv[1], "wait") != 0) {
        live();
        return 0;
    }
    printf("pid %d work %p\n", getpid(), (void *)(uintptr_t)work);
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin))
        live();
    check(!fgets(line, sizeof(line), stdin), "end of file");
    check(clean_tracer() == 0, "nobody traces it");
    check_clean();
    return 0;
}
