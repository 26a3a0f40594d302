/* SPDX-License-Identifier: MIT */
/*
 * namespace_init WAY [CALLS=20]: the init of a new PID namespace calls work() CALLS times, then WAY
 * happens. This program starts it, which needs a user namespace (exit status 77: not possible), or
 * is it.
 *
 *   segv bus fpe ill            a fault
 *   first                       a fault by the first instruction of a function
 *   trap trap2 trap3 sys        a trap: by an instruction, or by a system call that a filter
 *                               refuses
 *   frame                       a signal whose handler has no stack
 *   blocked                     a fault whose signal is blocked
 *   thread                      a fault in a thread, while others call work() CALLS times, too
 *   members                     a fault, while the init has children: one by fork(2), one that
 *                               shares its memory
 *   handled                     a fault that it handles; it exits with 3
 *   raised                      signals from itself, which the kernel drops; it exits with 4
 *   abort                       abort(3)
 *   attended                    the program prints "pid PID" of the init, which reads a line first
 *
 * The init prints "work N N", and the program how the init ended.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "machine.h"
#include "target.h"

enum { THREADS = 3, STACK_SIZE = 64 * 1024 };

static counter n_work;
static long calls;
static sigjmp_buf back;
static char stack[STACK_SIZE] __attribute__((aligned(64)));

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

/* Its first instruction writes. */
void first(int *at);

static void call_work(void)
{
    for (long i = 0; i < calls; i++)
        check(work((int)i) == (int)i + 1, "result of work");
}

static void segv(void)
{
    *(volatile int *)8 = 1;
}

static void bus(void)
{
    char path[] = "/tmp/namespace_init.XXXXXX";
    int fd = mkstemp(path);
    check(fd >= 0 && unlink(path) == 0, "file");
    volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    *page = 1; /* beyond the end of the file */
}

static void divide(void)
{
    volatile int number = 7, zero = 0;
    number = number / zero;
}

/* With SIGSYS. */
static void call_refused(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof(rules) / sizeof(rules[0]), .filter = rules};
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "PR_SET_SECCOMP");
    syscall(SYS_getsid, 0);
}

static void segv_blocked(void)
{
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    segv();
}

static void on_fault(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static void handle_without_stack(void)
{
    void *nothing = mmap(NULL, STACK_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t alternate = {.ss_sp = nothing, .ss_size = STACK_SIZE};
    const struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    check(sigaltstack(&alternate, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0, "handler");
    raise(SIGUSR1);
}

static void *thread(void *data)
{
    pthread_barrier_wait(data);
    call_work();
    pthread_barrier_wait(data);
    return data;
}

static void *thread_that_faults(void *data)
{
    thread(data);
    report("work", n_work, n_work);
    segv();
    return NULL;
}

static void in_thread(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, i ? thread : thread_that_faults, &barrier) == 0,
              "pthread_create");
    for (;;)
        pause();
}

static int live(void *data)
{
    close(*(int *)data);
    for (;;)
        syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
    return 0;
}

static void with_members(void)
{
    int ends[2];
    char byte;
    check(pipe(ends) == 0, "pipe");
    if (fork() == 0) {
        call_work();
        report("child:work", n_work - (unsigned long)calls, n_work - (unsigned long)calls);
        close(ends[1]);
        for (;;)
            pause();
    }
    check(clone(live, stack + STACK_SIZE, CLONE_VM | SIGCHLD, &ends[1]) > 0, "clone");
    close(ends[1]);
    check(read(ends[0], &byte, 1) == 0, "children");
    segv();
}

static void handled(void)
{
    for (volatile int i = 0; i < 3; i++) {
        signal(SIGSEGV, on_fault);
        if (sigsetjmp(back, 1) == 0)
            segv();
        call_work();
    }
    report("work", n_work, n_work);
    exit(3);
}

static void raised(void)
{
    static const int SIGNALS[] = {SIGSEGV, SIGTRAP, SIGSYS, SIGTERM, SIGXCPU};
    for (size_t i = 0; i < sizeof(SIGNALS) / sizeof(SIGNALS[0]); i++)
        raise(SIGNALS[i]);
    call_work();
    report("work", n_work, n_work);
    exit(4);
}

static void die(const char *way)
{
    char byte;
    if (strcmp(way, "attended") == 0)
        check(read(STDIN_FILENO, &byte, 1) == 1, "line");
    call_work();
    if (strcmp(way, "thread") == 0)
        in_thread();
    if (strcmp(way, "handled") == 0)
        handled();
    if (strcmp(way, "raised") == 0)
        raised();
    report("work", n_work, n_work);
    if (strcmp(way, "bus") == 0)
        bus();
    if (strcmp(way, "fpe") == 0)
        divide();
    if (strcmp(way, "ill") == 0)
        undefined_instruction();
    if (strcmp(way, "first") == 0)
        first(NULL);
    if (strcmp(way, "trap") == 0)
        trap();
    if (strcmp(way, "trap2") == 0)
        second_trap();
    if (strcmp(way, "trap3") == 0)
        third_trap();
    if (strcmp(way, "sys") == 0)
        call_refused();
    if (strcmp(way, "blocked") == 0)
        segv_blocked();
    if (strcmp(way, "frame") == 0)
        handle_without_stack();
    if (strcmp(way, "members") == 0)
        with_members();
    if (strcmp(way, "abort") == 0)
        abort();
    if (strcmp(way, "segv") == 0 || strcmp(way, "attended") == 0)
        segv();
    _exit(99);
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    const struct rlimit none = {0, 0};
    int status;
    calls = argument(argc, argv, 2, 20);
    setrlimit(RLIMIT_CORE, &none);
    if (getpid() == 1)
        die(way);
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        return 77;
    pid_t init = fork();
    check(init >= 0, "fork");
    if (init == 0)
        die(way);
    if (strcmp(way, "attended") == 0) {
        printf("pid %d\n", (int)init);
        fflush(stdout);
    }
    check(waitpid(init, &status, 0) == init, "waitpid");
    if (WIFSIGNALED(status))
        printf("signal %d\n", WTERMSIG(status));
    else
        printf("exit %d\n", WEXITSTATUS(status));
    return 0;
}
