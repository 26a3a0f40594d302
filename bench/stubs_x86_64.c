/* SPDX-License-Identifier: MIT */
/*
 * stubs_x86_64 [CALLS=4000000] [ROUNDS=15]: what a call costs in the program whose entry and return
 * are recorded by stubs (src/ptrace/arch/stub.h): a call of a function with four arguments, of
 * which the entry records all, and the return the result. Another thread takes the records, on
 * another CPU, or (below) nobody does. Prints the median and the least of all rounds, in
 * nanoseconds:
 *
 *      plain     the call alone
 *      rdtsc     two readings of the clock, in a loop of their own
 *      stubs     what the stubs add to the call
 *      no_clock  likewise, without the readings
 *      alone     as `stubs`, but nobody takes the records: the same ring is written over and over
 *      dropped   as `stubs`, but the ring is full
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/arch/stub.h"

enum { PAGE = 4096, RING = 1 << 20, CHUNK = 4096, ROUNDS_MAX = 1000 };

/* call_often(n): calls my_function(42, n, 3.14, stack pointer) n times. */
static const uint8_t caller[] = {
    0x53,                      /* push rbx */
    0x48, 0x89, 0xfb,          /* mov rbx, rdi */
    0xbf, 0x2a, 0,    0,    0, /* again: mov edi, 42 */
    0x48, 0x89, 0xde,          /* mov rsi, rbx */
    0x48, 0x89, 0xe2,          /* mov rdx, rsp */
    0xe8, 0,    0,    0,    0, /* call my_function */
    0x48, 0x83, 0xeb, 0x01,    /* sub rbx, 1 */
    0x75, 0xea,                /* jnz again */
    0x5b,                      /* pop rbx */
    0xc3,                      /* ret */
};
enum { CALL = 15, RETURN = 20, RETURN_REGION = 6, FUNCTION = 64, FUNCTION_REGION = 7 };

static const uint8_t function[] = {
    0x48, 0x8d, 0x04, 0x37, /* lea rax, [rdi+rsi] */
    0x48, 0x31, 0xd0,       /* xor rax, rdx */
    0xc3,                   /* ret */
};

struct bench {
    uint8_t *code, *data;
    struct ring_block *block;
    struct ring_table_entry *threads;
    uint64_t *returns;
    uint64_t *drops;
    uint32_t cpu;
    struct stub_request entry, exit;
    atomic_bool drains, ends;
    uint64_t sum;
};

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "stubs: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *map(size_t size, int protection)
{
    void *at = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(at != MAP_FAILED, "mmap");
    return at;
}

static void put_stub(struct bench *bench, struct stub_request *request, bool with_clock)
{
    static struct stub stub;
    uint8_t jump[STUB_JUMP_MAX];
    check(stub_build(&stub, request) == 0, stub.reason ? stub.reason : "stub_build");
    if (!with_clock) {
        uint8_t *clock = memmem(stub.bytes, stub.map.length, "\x0f\x31", 2);
        check(clock, "no rdtsc");
        memcpy(clock, "\x66\x90", 2);
    }
    memcpy(bench->code + (request->at.value - (uintptr_t)bench->code), stub.bytes, stub.map.length);
    check(stub_jump(jump, request->site, request->at) == 0, "stub_jump");
    memcpy(bench->code + (request->site.value - (uintptr_t)bench->code), jump, stub_jump_length);
}

static void put_code(struct bench *bench)
{
    uint32_t distance = FUNCTION - RETURN;
    memcpy(bench->code, caller, sizeof(caller));
    memcpy(bench->code + CALL + 1, &distance, sizeof(distance));
    memcpy(bench->code + FUNCTION, function, sizeof(function));
}

static void call(struct bench *bench, unsigned long n)
{
    void (*call_often)(unsigned long) = (void *)bench->code;
    call_often(n);
}

/* As a tracer does: each word once. */
static void *drain(void *data)
{
    struct bench *bench = data;
    uint64_t tail = 0;
    while (!atomic_load(&bench->ends)) {
        uint64_t head = __atomic_load_n(&bench->block->head, __ATOMIC_ACQUIRE);
        if (!atomic_load(&bench->drains)) {
            tail = head;
            usleep(100);
            continue;
        }
        for (; tail < head; tail += 8)
            bench->sum += *(uint64_t *)(bench->data + tail % RING);
        __atomic_store_n(&bench->block->limit, tail + RING, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void start(struct bench *bench)
{
    int fd = memfd_create("ring", MFD_CLOEXEC);
    check(fd >= 0 && ftruncate(fd, RING) == 0, "memfd");
    memset(bench, 0, sizeof(*bench));
    bench->code = map(PAGE + 2 * STUB_MAX, PROT_READ | PROT_WRITE | PROT_EXEC);
    bench->data = map(2 * RING, PROT_NONE);
    for (unsigned i = 0; i < 2; i++)
        check(mmap(bench->data + (size_t)i * RING, RING, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0) != MAP_FAILED,
              "mmap");
    bench->block = map(PAGE, PROT_READ | PROT_WRITE);
    bench->threads = map(PAGE, PROT_READ | PROT_WRITE);
    bench->returns = map(PAGE, PROT_READ | PROT_WRITE);
    bench->drops = map(PAGE, PROT_READ | PROT_WRITE);
    *bench->block = (struct ring_block){.limit = RING,
                                        .data = (uintptr_t)bench->data,
                                        .mask = RING - 1,
                                        .cpu_id = (uintptr_t)&bench->cpu};
    uintptr_t code = (uintptr_t)bench->code;
    bench->entry = (struct stub_request){
        .at = target_addr_of(code + PAGE),
        .site = target_addr_of(code + FUNCTION),
        .code = function,
        .region = FUNCTION_REGION,
        .layout = {.integer_args = 7, .float_args = 1},
        .checks_return = true,
        .threads = {(uintptr_t)bench->threads, UINT64_C(0x9e3779b97f4a7c15), 59},
        .returns = {(uintptr_t)bench->returns, UINT64_C(0xd1b54a32d192ed03), 59},
        .drops = target_addr_of((uintptr_t)bench->drops),
    };
    bench->exit = bench->entry;
    bench->exit.at = target_addr_of(code + PAGE + STUB_MAX);
    bench->exit.site = target_addr_of(code + RETURN);
    bench->exit.code = caller + RETURN;
    bench->exit.region = RETURN_REGION;
    bench->exit.checks_return = false;
    bench->exit.layout = (struct stub_layout){.is_return = true};
    uint64_t key;
    __asm__("mov %%fs:0, %0" : "=r"(key));
    bench->threads[RING_THREAD_WAYS * ring_bucket(&bench->entry.threads, key)] =
        (struct ring_table_entry){key, (uintptr_t)bench->block};
    bench->returns[RING_RETURN_WAYS * ring_bucket(&bench->entry.returns, code + RETURN)] =
        code + RETURN;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *samples, size_t n)
{
    qsort(samples, n, sizeof(*samples), by_value);
    return samples[n / 2];
}

/* Of CHUNK calls each: on a busy machine, few of them are interrupted. */
static double clocks(double *chunks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double from = now_ns();
        for (unsigned k = 0; k < CHUNK; k++)
            __asm__ volatile("rdtsc\n\trdtsc" ::: "rax", "rdx");
        chunks[i] = (now_ns() - from) / CHUNK;
    }
    return median(chunks, n);
}

/* Waits for room in between, which is no part of the time. */
static double calls(struct bench *bench, double *chunks, size_t n, bool drains, bool full)
{
    const size_t most =
        CHUNK * (stub_record_size(&bench->entry.layout) + stub_record_size(&bench->exit.layout));
    atomic_store(&bench->drains, drains);
    for (size_t i = 0; i < n; i++) {
        if (!drains)
            __atomic_store_n(&bench->block->limit, bench->block->head + (full ? 0 : RING),
                             __ATOMIC_RELAXED);
        while (drains &&
               __atomic_load_n(&bench->block->limit, __ATOMIC_ACQUIRE) < bench->block->head + most)
            sched_yield();
        double from = now_ns();
        call(bench, CHUNK);
        chunks[i] = (now_ns() - from) / CHUNK;
    }
    return median(chunks, n);
}

static void print(const char *name, double *samples, unsigned n)
{
    double middle = median(samples, n);
    printf("%s median %.1f least %.1f\n", name, middle, samples[0]);
}

int main(int argc, char **argv)
{
    size_t n = (argc > 1 ? strtoul(argv[1], NULL, 10) : 4000000) / CHUNK;
    unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 15;
    enum { PLAIN, RDTSC, STUBS, NO_CLOCK, ALONE, DROPPED, MEASURES };
    static const char *const names[] = {"plain", "rdtsc", "stubs", "no_clock", "alone", "dropped"};
    static double samples[MEASURES][ROUNDS_MAX], ratios[ROUNDS_MAX];
    static struct bench bench;
    pthread_t drainer;
    double *chunks = calloc(n + 1, sizeof(*chunks));
    check(chunks && n > 0 && rounds > 0 && rounds <= ROUNDS_MAX, "arguments");
    start(&bench);
    check(pthread_create(&drainer, NULL, drain, &bench) == 0, "pthread_create");
    for (unsigned i = 0; i < rounds; i++) {
        put_code(&bench);
        double plain = samples[PLAIN][i] = calls(&bench, chunks, n, false, false);
        samples[RDTSC][i] = clocks(chunks, n);
        for (unsigned with_clock = 0; with_clock < 2; with_clock++) {
            put_code(&bench);
            put_stub(&bench, &bench.entry, with_clock);
            put_stub(&bench, &bench.exit, with_clock);
            samples[with_clock ? STUBS : NO_CLOCK][i] =
                calls(&bench, chunks, n, true, false) - plain;
        }
        samples[ALONE][i] = calls(&bench, chunks, n, false, false) - plain;
        usleep(1000);
        samples[DROPPED][i] = calls(&bench, chunks, n, false, true) - plain;
        ratios[i] = samples[STUBS][i] / (samples[RDTSC][i] + 28);
        __atomic_store_n(&bench.block->limit, bench.block->head + RING, __ATOMIC_RELAXED);
        usleep(1000);
    }
    atomic_store(&bench.ends, true);
    pthread_join(drainer, NULL);
    for (unsigned i = 0; i < MEASURES; i++)
        print(names[i], samples[i], rounds);
    double ratio = median(ratios, rounds);
    printf("stubs / (rdtsc + 28 ns) median %.2f least %.2f\n", ratio, ratios[0]);
    free(chunks);
    return bench.sum == 0;
}
