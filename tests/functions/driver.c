/* SPDX-License-Identifier: MIT */
/*
 * Runs generated functions, with which it is linked:
 *
 *   PROGRAM expect FILE                    each function with each of its inputs; FILE gets a hash
 *                                          of what it has left: registers, flags, memory, stack
 *   PROGRAM compare FILE COUNTS THREADS ROUNDS REPEATS
 *                                          the same in several threads, with signals all the time;
 *                                          COUNTS gets how often each function was entered and left
 *   PROGRAM show FUNCTION INPUT            prints what it has left
 *
 * It calls begin_here() once a tracer may arm the functions. Between the first and the second round
 * it calls pause_here() until a tracer lets it go on: see layout.h.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "driver.h"
#include "layout.h"

enum {
    INPUTS = 2,
    THREADS_MAX = 8,
    STACK_SIZE = 1 << 18,
    FLAGS_COMPARED = 0x8d5, /* CF PF AF ZF SF OF */
    SIGNAL_EVERY_NS = 400000,
    CALL_EVERY = 4, /* signals: the handler calls a function */
};

/* Generated. */
struct function_row {
    int32_t offset; /* from the table on */
    uint32_t flags;
};
struct fix_row {
    int32_t at, to; /* from the row on */
    int32_t how;
};
extern const struct function_row functions[];
extern const uint64_t n_functions, handlers_call, handler_on_stack, has_own_stacks;
extern const struct fix_row fixes[];
extern const uint64_t n_fixes;

void run_function(void *r15, void *sp);
void begin_here(void);
void pause_here(void);

/* A thread has two, one of them for its signal handler. */
struct state {
    uint8_t *middle; /* r15 */
    uint8_t *sp;     /* where its stack ends; NULL: it is that of whoever calls */
};

struct worker {
    pthread_t thread;
    unsigned number;
    struct state own, handlers;
    unsigned long signals, differences;
};

static struct worker workers[THREADS_MAX];
static unsigned n_threads = 1, n_rounds, n_repeats;
static uint64_t *expected; /* of each function, of each input */
static pthread_barrier_t barrier;
static volatile uint64_t *shared;
static _Thread_local struct worker *self;
static _Thread_local struct state *current;

void die(const char *what)
{
    fprintf(stderr, "functions: %s\n", what);
    fflush(stderr);
    abort();
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t *word_at(const struct state *state, long offset)
{
    return (uint64_t *)(void *)(state->middle + offset);
}

/* ---- signals */

static const int SAVED[] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP,
                            REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14};

static void on_fault(int number, siginfo_t *info, void *context)
{
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)regs[REG_RIP], *hash;
    size_t low = 0, high = n_fixes;
    while (low < high) { /* they are in ascending order */
        size_t middle = (low + high) / 2;
        uint64_t at = (uint64_t)&fixes[middle] + (uint64_t)(int64_t)fixes[middle].at;
        if (at < pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n_fixes || (uint64_t)&fixes[low] + (uint64_t)(int64_t)fixes[low].at != pc) {
        fprintf(stderr, "functions: signal %d at 0x%lx, code %d, address %p, thread %d\n", number,
                pc, info->si_code, info->si_addr, (int)syscall(SYS_gettid));
        die("an unexpected fault");
    }
    if ((uint64_t)regs[REG_R15] != (uint64_t)current->middle)
        die("r15 is wrong at a fault");
    hash = word_at(current, STATE_FAULTS);
    *hash = mix(mix(*hash, pc), (uint64_t)regs[REG_EFL] & FLAGS_COMPARED);
    for (size_t i = 0; i < sizeof(SAVED) / sizeof(SAVED[0]); i++)
        *hash = mix(*hash, (uint64_t)regs[SAVED[i]]);
    if (fixes[low].how == FIX_RETRIES)
        regs[REG_RAX] = regs[REG_R15];
    else
        regs[REG_RIP] = (greg_t)((uint64_t)&fixes[low] + (uint64_t)(int64_t)fixes[low].to);
}

static uint64_t run(struct state *state, unsigned function, unsigned input);

static void check(struct worker *worker, struct state *state, unsigned function, unsigned input);

static void on_signal(int number, siginfo_t *info, void *context)
{
    const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    struct worker *worker = self;
    (void)number;
    (void)info;
    if (!worker)
        return;
    if (!is_in_file((uint64_t)regs[REG_RIP])) {
        const uint8_t *code = (const uint8_t *)regs[REG_RIP];
        fprintf(stderr, "functions: thread %d is interrupted at %p:", (int)syscall(SYS_gettid),
                (const void *)code);
        for (int i = 0; i < 16; i++)
            fprintf(stderr, " %02x", code[i]);
        fprintf(stderr, "\n");
        die("a signal handler sees code that is not the program's");
    }
    if (++worker->signals % CALL_EVERY || !handlers_call || current == &worker->handlers)
        return;
    unsigned function = (unsigned)(mix(worker->signals, worker->number) % n_functions);
    struct state *interrupted = current;
    current = &worker->handlers;
    int error = errno;
    if (!(functions[function].flags & (FUNCTION_THROWS | FUNCTION_IS_INSIDE)))
        check(worker, &worker->handlers, function, (unsigned)worker->signals / CALL_EVERY % INPUTS);
    errno = error;
    current = interrupted;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler};
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER;
    /* The handler of SIGPROF leaves its stack, and comes back to it. */
    if (handler_on_stack && number != SIGPROF)
        action.sa_flags |= SA_ONSTACK;
    sigaddset(&action.sa_mask, SIGPROF);
    sigaction(number, &action, NULL);
}

static void start_signals(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
    timer_t timer;
    const struct timespec every = {0, SIGNAL_EVERY_NS};
    const struct itimerspec interval = {every, every};
    event._sigev_un._tid = (int)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &interval, NULL);
}

/* ---- a call */

static void set_input(const struct state *state, unsigned function, unsigned input)
{
    uint64_t seed = mix(function * INPUTS + input, 77);
    for (long i = 0; i < 256; i += 8)
        *word_at(state, STATE_MEMORY + i) = seed = mix(seed, 1);
    for (long i = 0; i < 14; i++)
        *word_at(state, STATE_REGISTERS + 8 * i) = seed = mix(seed, 2);
    for (long i = 0; i < 8; i++)
        *word_at(state, STATE_XMM + 8 * i) = seed = mix(seed, 3);
    *word_at(state, STATE_FLAGS) = (mix(seed, 4) & FLAGS_COMPARED) | 0x202;
    *word_at(state, STATE_FAULTS) = 0;
    *word_at(state, STATE_FUNCTION) =
        (uint64_t)functions + (uint64_t)(int64_t)functions[function].offset;
}

/* Runs it and returns a hash of what it has left. */
static uint64_t run(struct state *state, unsigned function, unsigned input)
{
    uint64_t hash = 0;
    unsigned flags = functions[function].flags;
    set_input(state, function, input);
    if (flags & FUNCTION_COUNTED_BY_CALLER)
        ++*word_at(state, STATE_COUNTERS + 8L * function);
    run_function(state->middle, state->sp);
    *word_at(state, STATE_FLAGS) &= FLAGS_COMPARED;
    if (!(flags & FUNCTION_LEAVES_ZONE))
        *word_at(state, STATE_ZONE) = 0;
    for (long i = STATE_MEMORY; i < 128; i += 8)
        hash = mix(hash, *word_at(state, i));
    for (long i = STATE_REGISTERS; i <= STATE_FLAGS; i += 8)
        hash = mix(hash, *word_at(state, i));
    for (long i = STATE_XMM; i < STATE_XMM + 64; i += 8)
        hash = mix(hash, *word_at(state, i));
    for (long i = STATE_SLOT; i <= STATE_FAULTS; i += 8)
        hash = mix(hash, *word_at(state, i));
    return hash;
}

static void show(const struct state *state)
{
    static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",  "r8",
                                        "r9",  "r10", "r11", "r12", "r13", "r14", "flags"};
    for (long i = 0; i < 15; i++)
        fprintf(stderr, "%s %lx\n", names[i], *word_at(state, STATE_REGISTERS + 8 * i));
    fprintf(stderr, "slot %lx\nzone %lx\nfaults %lx\n", *word_at(state, STATE_SLOT),
            *word_at(state, STATE_ZONE), *word_at(state, STATE_FAULTS));
    for (long i = 0; i < 8; i++)
        fprintf(stderr, "xmm%ld.%ld %lx\n", i / 2, i % 2, *word_at(state, STATE_XMM + 8 * i));
    for (long i = 0; i < 32; i++)
        fprintf(stderr, "memory%ld %lx\n", 8 * i - 128, *word_at(state, STATE_MEMORY + 8 * i));
}

static void check(struct worker *worker, struct state *state, unsigned function, unsigned input)
{
    uint64_t hash = run(state, function, input);
    if (hash == expected[function * INPUTS + input])
        return;
    if (worker->differences++ < 3) {
        fprintf(stderr, "functions: a difference: f%u, input %u, thread %u%s\n", function, input,
                worker->number, state == &worker->own ? "" : ", in a signal handler");
        show(state);
    }
}

/* ---- threads */

static uint8_t *map(uint64_t at, size_t size)
{
    void *memory = mmap((void *)at, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory == MAP_FAILED)
        die("no memory");
    return memory;
}

static void make_state(struct state *state, unsigned number)
{
    uint64_t at = UINT64_C(0x100000000000) + ((uint64_t)number << 24);
    state->middle = map(at, STATE_SIZE) + 128;
    state->sp = map(at + (1 << 20), STACK_SIZE) + STACK_SIZE - 256;
}

static void make_worker(struct worker *worker, unsigned number)
{
    worker->number = number;
    make_state(&worker->own, 2 * number);
    make_state(&worker->handlers, 2 * number + 1);
    if (!has_own_stacks)
        worker->own.sp = worker->handlers.sp = NULL;
}

void __attribute__((noinline, used)) begin_here(void)
{
    __asm__ volatile("" ::: "memory");
}

void __attribute__((noinline, used)) pause_here(void)
{
    __asm__ volatile("" ::: "memory");
}

static void round_of(struct worker *worker, unsigned number)
{
    /* Each thread in another order. */
    static const unsigned steps[] = {1, 7919, 104729, 1299709, 15485863};
    unsigned n = (unsigned)n_functions, step = steps[worker->number % 5];
    for (unsigned i = 0; i < n; i++) {
        unsigned function = (unsigned)(((uint64_t)i * step + worker->number * 7) % n);
        if (functions[function].flags & (FUNCTION_THROWS | FUNCTION_IS_INSIDE))
            continue;
        for (unsigned k = 0; k < (number ? n_repeats : 1); k++)
            for (unsigned input = 0; input < INPUTS; input++)
                check(worker, &worker->own, function, input);
    }
}

static void *work(void *data)
{
    struct worker *worker = data;
    stack_t stack = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    sigaltstack(&stack, NULL);
    current = &worker->own;
    self = worker;
    start_signals();
    for (unsigned i = 0; i < n_rounds; i++) {
        pthread_barrier_wait(&barrier);
        round_of(worker, i);
        pthread_barrier_wait(&barrier);
    }
    self = NULL;
    return NULL;
}

static void run_threads(void)
{
    pthread_barrier_init(&barrier, NULL, n_threads + 1);
    for (unsigned i = 0; i < n_threads; i++)
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    for (unsigned i = 0; i < n_rounds; i++) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        if (i == 0)
            do {
                pause_here();
                usleep(2000);
            } while (!shared[2]);
    }
    for (unsigned i = 0; i < n_threads; i++)
        pthread_join(workers[i].thread, NULL);
}

/* ---- files */

static uint64_t calls_of(unsigned function)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < n_threads; i++)
        n += *word_at(&workers[i].own, STATE_COUNTERS + 8L * function) +
             *word_at(&workers[i].handlers, STATE_COUNTERS + 8L * function);
    return n;
}

static void write_counts(const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        die("cannot write the counts");
    for (unsigned i = 0; i < n_functions; i++) {
        bool inside = functions[i].flags & FUNCTION_IS_INSIDE;
        uint64_t n = calls_of(inside ? i - 1 : i);
        fprintf(file, "%lu %lu\n", n, functions[i].flags & FUNCTION_THROWS ? 0 : n);
    }
    fclose(file);
}

static void write_expected(const char *path)
{
    FILE *file = fopen(path, "we");
    self = &workers[0];
    current = &workers[0].own;
    for (unsigned i = 0; file && i < n_functions; i++)
        for (unsigned input = 0; input < INPUTS; input++) {
            bool called = !(functions[i].flags & (FUNCTION_THROWS | FUNCTION_IS_INSIDE));
            uint64_t hash = called ? run(&workers[0].own, i, input) : 0;
            fwrite(&hash, sizeof(hash), 1, file);
        }
    if (!file || fclose(file) != 0)
        die("cannot write what is expected");
}

static void read_expected(const char *path)
{
    size_t n = n_functions * INPUTS;
    FILE *file = fopen(path, "re");
    expected = calloc(n, sizeof(*expected));
    if (!file || !expected || fread(expected, sizeof(*expected), n, file) != n)
        die("cannot read what is expected");
    fclose(file);
}

int main(int argc, char **argv)
{
    unsigned long differences = 0, signals = 0;
    stack_t stack = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    sigaltstack(&stack, NULL);
    read_mappings();
    handle(SIGSEGV, on_fault);
    handle(SIGILL, on_fault);
    handle(SIGFPE, on_fault);
    handle(SIGBUS, on_fault);
    handle(SIGTRAP, on_fault);
    handle(SIGPROF, on_signal);
    if (argc >= 3 && strcmp(argv[1], "compare") != 0) {
        make_worker(&workers[0], 0);
        self = &workers[0];
        current = &workers[0].own;
        if (strcmp(argv[1], "expect") == 0) {
            write_expected(argv[2]);
        } else {
            run(&workers[0].own, (unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
            show(&workers[0].own);
        }
        return 0;
    }
    if (argc != 7)
        return 2;
    read_expected(argv[2]);
    n_threads = (unsigned)atoi(argv[4]);
    n_rounds = (unsigned)atoi(argv[5]);
    n_repeats = (unsigned)atoi(argv[6]);
    if (n_threads < 1 || n_threads > THREADS_MAX)
        return 2;
    for (unsigned i = 0; i < n_threads; i++)
        make_worker(&workers[i], i);
    shared = (volatile uint64_t *)(void *)map(SHARED_AT, 4096);
    shared[0] = (uint64_t)functions;
    shared[1] = n_functions;
    shared[2] = 1;
    begin_here();
    run_threads();
    write_counts(argv[3]);
    for (unsigned i = 0; i < n_threads; i++) {
        differences += workers[i].differences;
        signals += workers[i].signals;
    }
    printf("%lu signals, %lu differences\n", signals, differences);
    return differences > 0;
}
