/* SPDX-License-Identifier: MIT */
/*
 * jumping MODE [CALLS=1000] [ROUNDS=20]: functions that a tracer may serve by jumps, with pauses
 * (pause.h). MODE is
 *
 *   phases    ROUNDS times: pauses, and calls work(), small(), halves() and named() CALLS times
 *             each from one place, and work() from another
 *   late      likewise, but halves() only after the first two rounds
 *   beside    ROUNDS times: another thread calls work() CALLS times; when it has, pauses
 *   unloads   ROUNDS times: another thread calls lib_work() of a library CALLS times, which is
 *             then unloaded at once
 *   forks     ROUNDS times: the process and its child call work() CALLS times
 *   vforks    likewise, with vfork(2)
 *   shares    calls work() CALLS times, pauses, calls it CALLS times; then, ROUNDS times, two
 *             threads with one thread pointer call it CALLS times each; then calls it CALLS times
 *   pointers  ROUNDS times: calls work() CALLS times with its own thread pointer, and with each of
 *             two that are none
 *   secludes  after two of ROUNDS times, a filter kills the process for what a tracer could make it
 *             do; each time, pauses, and calls work() and small() CALLS times
 *   rushes    calls work() CALLS times with the number of the call
 *   crowds    ROUNDS threads call outer() CALLS times each, which calls work() twice; half of them
 *             do so inside another call of outer(), which does not return
 *
 * Prints "work N N" and the like; for a child "child:work N N".
 */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "machine.h"
#include "pause.h"
#include "target.h"

enum { STACK_SIZE = 64 * 1024 };

typedef long function(long i);

static counter n_work, n_small, n_halves, n_named, n_outer, n_outer_exits;
static long calls;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i + 1;
}

/* Instructions of a few bytes. */
TRACED long small(long i);
long small(long i)
{
    return i * 3;
}

TRACED double halves(long i);
double halves(long i)
{
    n_halves++;
    return (double)i / 2;
}

TRACED const char *named(long i);
const char *named(long i)
{
    static const char *const names[] = {"even", "odd"};
    n_named++;
    return names[i % 2];
}

/* The only place of these calls. Not all have the result that the caller expects. */
__attribute__((noinline)) static long call_one(function *f, long i)
{
    long result = f(i);
    OPAQUE();
    return result;
}

static void call_work(long n)
{
    for (long i = 0; i < n; i++)
        check(work(i) == i + 1, "result of work");
}

static function *as_function(const void *f)
{
    function *result;
    memcpy(&result, &f, sizeof(result));
    return result;
}

/* Kills the process for system calls that map memory, or make processors fetch code anew. */
static void seclude(void)
{
    static const int numbers[] = {SYS_membarrier, SYS_mmap, SYS_mprotect, SYS_memfd_create};
    struct sock_filter filter[2 * sizeof(numbers) / sizeof(numbers[0]) + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    struct sock_filter *next = filter + 1;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, numbers[i], 0, 1);
        *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    }
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = (unsigned short)(next - filter), .filter = filter};
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "PR_SET_SECCOMP");
}

static void secludes(long rounds)
{
    for (long round = 0; round < rounds; round++) {
        pause_for_tracer();
        if (round == 2)
            seclude();
        for (long i = 0; i < calls; i++) {
            check(work(i) == i + 1, "result of work");
            check(small(i) == i * 3, "result of small");
            n_small++;
        }
    }
    pause_for_tracer();
}

/* halves() is called from round `late` on. */
static void phases(long rounds, long late)
{
    double (*const half)(long) = halves;
    const char *(*const name)(long) = named;
    function *const others[] = {work, small, as_function((const void *)half),
                                as_function((const void *)name)};
    for (long round = 0; round < rounds; round++) {
        pause_for_tracer();
        for (long i = 0; i < calls; i++) {
            check(call_one(others[0], i) == i + 1, "result of work by pointer");
            check(call_one(others[1], i) == i * 3, "result of small");
            n_small++;
            if (round >= late)
                call_one(others[2], i);
            const char *text = (const char *)call_one(others[3], i);
            check(strcmp(text, i % 2 ? "odd" : "even") == 0, "result of named");
        }
        call_work(calls);
    }
    pause_for_tracer();
}

/* ---- Another thread */

static atomic_long turn; /* of the other thread while odd */
static long last_turn;
static int (*lib_work)(int);

static void *take_turns(void *data)
{
    for (long mine = 1; mine < last_turn; mine += 2) {
        while (turn != mine)
            sched_yield();
        if (!lib_work)
            call_work(calls);
        for (int i = 0; lib_work && i < calls; i++)
            check(lib_work(i) == i + 5, "result of lib_work");
        turn++;
    }
    return data;
}

static void start_turns(pthread_t *thread, long rounds)
{
    last_turn = 2 * rounds;
    check(pthread_create(thread, NULL, take_turns, NULL) == 0, "pthread_create");
}

static void give_turn(void)
{
    long next = turn + 2;
    turn++;
    while (turn != next)
        sched_yield();
}

static void beside(long rounds)
{
    pthread_t thread;
    start_turns(&thread, rounds);
    for (long i = 0; i < rounds; i++) {
        give_turn();
        pause_for_tracer();
    }
    pthread_join(thread, NULL);
}

static void unloads(long rounds)
{
    static unsigned long count;
    pthread_t thread;
    start_turns(&thread, rounds);
    for (long i = 0; i < rounds; i++) {
        void *handle = dlopen("libdlopen_lib.so", RTLD_NOW | RTLD_LOCAL);
        check(handle != NULL, "dlopen");
        unsigned long **counter_of_lib = dlsym(handle, "lib_counter");
        *(void **)&lib_work = dlsym(handle, "lib_work");
        *counter_of_lib = &count;
        give_turn();
        dlclose(handle);
    }
    pthread_join(thread, NULL);
    report("lib_work", count, count);
}

/* ---- Children */

/* Makes a child, which does not return. */
__attribute__((noinline)) static pid_t make_child(int shared)
{
    pid_t child = shared ? vfork() : fork();
    if (child == 0) {
        call_work(calls);
        _exit(0);
    }
    return child;
}

static void forks(long rounds, int shared)
{
    for (long i = 0; i < rounds; i++) {
        int status;
        call_work(calls);
        unsigned long before = n_work;
        pid_t child = make_child(shared);
        check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "end of a child");
        check(n_work - before == (shared ? (unsigned long)calls : 0), "calls of the child");
        n_work = before;
        report("child:work", (unsigned long)calls, (unsigned long)calls);
    }
}

/* ---- Thread pointers */

static atomic_uint sharing; /* the kernel clears it when the thread has ended */

/* Its thread-local storage is that of the thread that made it. */
static int share(void *data)
{
    (void)data;
    call_work(calls);
    syscall(SYS_exit, 0);
    return 0;
}

static void shares(long rounds)
{
    static char stack[STACK_SIZE] __attribute__((aligned(64)));
    call_work(calls);
    pause_for_tracer();
    call_work(calls);
    for (long i = 0; i < rounds; i++) {
        sharing = 1;
        int tid = clone(share, stack + STACK_SIZE,
                        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                            CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
                        NULL, NULL, NULL, &sharing);
        check(tid > 0, "clone");
        call_work(calls);
        while (sharing)
            syscall(SYS_futex, &sharing, FUTEX_WAIT, 1, NULL, NULL, 0);
    }
    call_work(calls);
}

static void pointers(long rounds)
{
    uintptr_t own = thread_pointer();
    char *hidden = mmap(NULL, STACK_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(hidden != MAP_FAILED, "mmap");
    static uintptr_t other[8] = {1};
    for (long i = 0; i < rounds; i++) {
        call_work(calls);
        set_thread_pointer((uintptr_t)hidden);
        call_work(calls);
        set_thread_pointer((uintptr_t)other);
        call_work(calls);
        set_thread_pointer(own);
    }
}

/* ---- Rushes */

TRACED long outer(long i);

static void call_outer(void)
{
    for (long i = 0; i < calls; i++)
        check(outer(i) == 2 * i + 3, "result of outer");
}

/* With a negative number it does not return: it ends the thread. */
long outer(long i)
{
    n_outer++;
    if (i < 0) {
        call_outer();
        pthread_exit(NULL);
    }
    long sum = work(i);
    OPAQUE();
    sum += work(i + 1);
    OPAQUE();
    n_outer_exits++;
    return sum;
}

static void *rush(void *data)
{
    call_outer();
    return data;
}

static void *rush_inside(void *data)
{
    outer(-1);
    return data;
}

static void crowds(long rounds)
{
    static pthread_t threads[64];
    check(rounds <= 64, "the number of threads");
    for (long i = 0; i < rounds; i++)
        check(pthread_create(&threads[i], NULL, i % 2 ? rush_inside : rush, NULL) == 0, "a thread");
    for (long i = 0; i < rounds; i++)
        check(pthread_join(threads[i], NULL) == 0, "the end of a thread");
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    long rounds = argument(argc, argv, 3, 20);
    calls = argument(argc, argv, 2, 1000);
    pauses_begin();
    if (strcmp(mode, "phases") == 0)
        phases(rounds, 0);
    else if (strcmp(mode, "late") == 0)
        phases(rounds, 2);
    else if (strcmp(mode, "beside") == 0)
        beside(rounds);
    else if (strcmp(mode, "unloads") == 0)
        unloads(rounds);
    else if (strcmp(mode, "forks") == 0 || strcmp(mode, "vforks") == 0)
        forks(rounds, mode[0] == 'v');
    else if (strcmp(mode, "shares") == 0)
        shares(rounds);
    else if (strcmp(mode, "pointers") == 0)
        pointers(rounds);
    else if (strcmp(mode, "secludes") == 0)
        secludes(rounds);
    else if (strcmp(mode, "rushes") == 0)
        call_work(calls);
    else if (strcmp(mode, "crowds") == 0)
        crowds(rounds);
    else
        check(0, "the first argument");
    report("work", n_work, n_work);
    report("outer", n_outer, n_outer_exits);
    report("small", n_small, n_small);
    report("halves", n_halves, n_halves);
    report("named", n_named, n_named);
    return 0;
}
