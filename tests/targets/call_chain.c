/* SPDX-License-Identifier: MIT */
/*
 * Calls of leaf() from known places. leaf() prints its callers, "chain ADDRESS...", from the C
 * library's backtrace(3), innermost first.
 *
 *   call_chain plain | deep | signal | last | made | fault | smashed | lost | loop | divide | jump
 * | other | column | threads | many
 */
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"

enum { CHAIN_MAX = 64, DEEP = 100, THREADS = 4, ROUNDS = 50 };

#define NOINLINE __attribute__((noinline, noclone))

static volatile int sink;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

NOINLINE int leaf(int say)
{
    void *chain[CHAIN_MAX];
    if (!say)
        return sink + 1;
    int n = backtrace(chain, CHAIN_MAX);
    pthread_mutex_lock(&lock);
    printf("chain");
    for (int i = 1; i < n; i++)
        printf(" %p", chain[i]);
    printf("\n");
    fflush(stdout);
    pthread_mutex_unlock(&lock);
    return sink + 1;
}

NOINLINE int middle(int a)
{
    return leaf(1) + a;
}

NOINLINE int outer(int a)
{
    return middle(a) * 2;
}

NOINLINE int deep(int n)
{
    return n == 0 ? leaf(1) + 1 : deep(n - 1) + 1;
}

static void on_signal(int signal)
{
    sink = leaf(1) + signal;
}

NOINLINE int interrupted(void)
{
    signal(SIGUSR1, on_signal);
    return raise(SIGUSR1) + 1;
}

__attribute__((noreturn)) NOINLINE static void end(int a)
{
    sink = middle(a);
    exit(0);
}

/* The call of end() is the last instruction. */
NOINLINE int last(int a)
{
    if (a)
        end(a);
    return a;
}

/* The code, which has no unwind tables, is copied and run. */
static int run_made(const char *code, const char *end)
{
    char *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page, code, (size_t)(end - code));
    flush_code(page, page + (end - code));
    return ((int (*)(int (*)(int)))(uintptr_t)page)(leaf);
}

/* Calls its argument, with 1. */
extern const char made_code[], made_code_end[];
static int made(void)
{
    return run_made(made_code, made_code_end);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)info;
    sink = leaf(1) + signal;
    context_set_pc(context, context_pc(context) + UNDEFINED_LENGTH);
}

/* Such code is interrupted by a signal: it has an undefined instruction. Its frame pointer would
   lead on. */
extern const char fault_code[], fault_code_end[];
static int fault(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, NULL);
    return run_made(fault_code, fault_code_end);
}

/*
 * smashed: while leaf() runs, the caller's return address is invalid.
 *
 * lost: the unwind tables place the caller's frame in unmapped memory.
 *
 * loop: they contain an endless program.
 *
 * divide, jump, other, column: they contain what libunwind cannot handle.
 */
int smashed(void), lost(void), loop(void), divide(void), jump(void), other(void), column(void);

/* From 256 places, ROUNDS times. */
static int many(void)
{
#define CALL        sink = leaf(0);
#define FOUR(calls) calls calls calls calls
    for (int i = 0; i < ROUNDS; i++) {
        FOUR(FOUR(FOUR(FOUR(CALL))))
    }
    return 0;
}

static void *work(void *data)
{
    (void)data;
    for (int i = 0; i < ROUNDS; i++)
        sink = outer(i);
    return NULL;
}

static int threads(void)
{
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, work, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    static const struct {
        const char *name;
        int (*call)(void);
    } calls[] = {{"signal", interrupted}, {"made", made},       {"fault", fault},
                 {"smashed", smashed},    {"lost", lost},       {"loop", loop},
                 {"divide", divide},      {"jump", jump},       {"other", other},
                 {"column", column},      {"threads", threads}, {"many", many}};
    if (strcmp(how, "plain") == 0)
        return outer(argc) < 0;
    if (strcmp(how, "deep") == 0)
        return deep(DEEP) < 0;
    if (strcmp(how, "last") == 0)
        return last(argc);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(how, calls[i].name) == 0)
            return calls[i].call() < 0;
    return 2;
}
