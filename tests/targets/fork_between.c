/* SPDX-License-Identifier: MIT */
/*
 * fork_between: a thread forks while the main thread is stopped in tell(). The child lacks all
 * later changes to the parent's memory. The program has overwritten replaced(), which it had called
 * once, with other code. The child calls late() three times, tell() once, late() three times more,
 * replaced() once, and exits with status 3; afterwards the parent calls late() twice and replaced()
 * once. Prints "child:tell 1 1", "child:late 6 6", "child:replaced 0 0", "tell 1 1", "late 2 2",
 * "replaced 1 1".
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "machine.h"
#include "target.h"

enum { PAGE = 4096, CHILD_CALLS = 3, PARENT_CALLS = 2 };

static counter n_tell, n_late;
static atomic_bool running, told;
static pid_t main_thread;

TRACED void tell(void);
void tell(void)
{
    n_tell++;
    OPAQUE();
}

/* A breakpoint on its first instruction needs a copy. */
TRACED NO_LANDING_PAD void late(void);
NO_LANDING_PAD void late(void)
{
    n_late++;
    OPAQUE();
}

TRACED int replaced(void);
int replaced(void)
{
    OPAQUE();
    return 1;
}

static void replace(void)
{
    static const unsigned char code[] = CODE_RETURNS_42;
    uintptr_t at = (uintptr_t)replaced, page = at / PAGE * PAGE;
    size_t size = at + sizeof(code) - page;
    int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    check(mprotect((void *)page, size, all) == 0, "mprotect");
    memcpy((void *)at, code, sizeof(code));
    check(mprotect((void *)page, size, PROT_READ | PROT_EXEC) == 0, "mprotect back");
    __builtin___clear_cache((char *)at, (char *)at + sizeof(code));
}

static void call_late(int calls)
{
    for (int i = 0; i < calls; i++)
        late();
}

static void be_child(void)
{
    n_tell = n_late = 0;
    call_late(CHILD_CALLS);
    tell();
    call_late(CHILD_CALLS);
    check(replaced() == 42, "result of replaced in the child");
    report("child:tell", n_tell, n_tell);
    report("child:late", n_late, n_late);
    report("child:replaced", 0, 0);
    exit(3);
}

/* Whether a tracer has stopped the main thread. Untraced, it never is. */
static bool is_stopped(void)
{
    char path[64], text[512];
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", main_thread);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *end = strrchr(text, ')');
    return end && end[1] == ' ' && end[2] == 't';
}

static void *fork_between(void *data)
{
    int status;
    running = true;
    while (!told)
        continue;
    while (!is_stopped() && n_tell == 0)
        continue;
    pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0)
        be_child();
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3,
          "end of the child");
    return data;
}

int main(void)
{
    pthread_t thread;
    main_thread = getpid();
    check(replaced() == 1, "result of replaced");
    replace();
    check(replaced() == 42, "result of what is there now");
    check(pthread_create(&thread, NULL, fork_between, NULL) == 0, "pthread_create");
    /* A tracer has already seen its creation: the next stop has another reason. */
    while (!running)
        continue;
    told = true;
    tell();
    pthread_join(thread, NULL);
    call_late(PARENT_CALLS);
    check(replaced() == 42, "result of replaced afterwards");
    report("tell", n_tell, n_tell);
    report("late", n_late, n_late);
    report("replaced", 1, 1);
    return 0;
}
