/* SPDX-License-Identifier: MIT */
#include "ptrace/arch/stub_cost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ptrace/arch/stub.h"
#include "util/clock.h"

enum {
    CALLS = 256, /* between two readings of the clock, so that few of these are interrupted */
    RUNS = 40,
    RUNS_FIRST = 8, /* of these: until all is in the caches */
    RING = 1 << 16, /* bytes: more than the records of so many calls */
    PLAIN = 0,      /* offsets of what is in the memory: the code without stubs, and with them */
    STUBBED = 256,
    STUBS = 4096,
    TABLES = STUBS + 2 * STUB_MAX,
    DATA = TABLES + 4096,
    SIZE = DATA + RING,
};

/* call_often(n): calls the function n times. */
static const uint8_t code[] = {
    0x53,                      /* push rbx */
    0x48, 0x89, 0xfb,          /* mov rbx, rdi */
    0xbf, 0x2a, 0,    0,    0, /* again: mov edi, 42 */
    0x48, 0x89, 0xde,          /* mov rsi, rbx */
    0xe8, 0x0c, 0,    0,    0, /* call function */
    0x48, 0x83, 0xeb, 0x01,    /* sub rbx, 1 */
    0x75, 0xed,                /* jnz again */
    0x5b,                      /* pop rbx */
    0xc3,                      /* ret */
    0x90, 0x90, 0x90, 0x90,    /* nop */
    0x48, 0x8d, 0x04, 0x37,    /* function: lea rax, [rdi+rsi] */
    0x48, 0x31, 0xd0,          /* xor rax, rdx */
    0xc3,                      /* ret */
};
enum { RETURN = 17, RETURN_REGION = 6, FUNCTION = 29, FUNCTION_REGION = 7 };

struct measurement {
    uint8_t *memory;
    struct ring_block *block;
    uint32_t cpu;
    struct stub stub;
};

/* One of the stubs, with a jump to it. */
static int put_stub(struct measurement *with, const struct stub_request *request)
{
    uint8_t jump[STUB_JUMP_MAX];
    int rc = stub_build(&with->stub, request);
    if (rc == 0)
        rc = stub_jump(jump, request->site, request->at);
    if (rc < 0)
        return rc;
    memcpy(with->memory + (request->at.value - (uintptr_t)with->memory), with->stub.bytes,
           with->stub.map.length);
    memcpy(with->memory + (request->site.value - (uintptr_t)with->memory), jump, stub_jump_length);
    return 0;
}

/* As the engine does for a thread and a function of a target. */
static int put_stubs(struct measurement *with)
{
    uintptr_t at = (uintptr_t)with->memory, tables = at + TABLES, own = at + STUBBED;
    struct ring_table_entry *threads = (void *)(with->memory + TABLES);
    uint64_t key, *returns = (void *)(with->memory + TABLES + 1024);
    const struct stub_request entry = {
        .at = target_addr_of(at + STUBS),
        .site = target_addr_of(own + FUNCTION),
        .code = code + FUNCTION,
        .region = FUNCTION_REGION,
        .layout = {.integer_args = 3},
        .checks_return = true,
        .threads = {tables, UINT64_C(0x9e3779b97f4a7c15), 62},
        .returns = {tables + 1024, UINT64_C(0xd1b54a32d192ed03), 62},
        .drops = target_addr_of(tables + 2048),
    };
    struct stub_request back = entry;
    back.at = target_addr_of(at + STUBS + STUB_MAX);
    back.site = target_addr_of(own + RETURN);
    back.code = code + RETURN;
    back.region = RETURN_REGION;
    back.checks_return = false;
    back.layout = (struct stub_layout){.is_return = true};
    with->block = (void *)(with->memory + TABLES + 3072);
    *with->block = (struct ring_block){
        .limit = RING, .data = at + DATA, .mask = RING - 1, .cpu_id = (uintptr_t)&with->cpu};
    __asm__("mov %%fs:0, %0" : "=r"(key));
    threads[RING_THREAD_WAYS * ring_bucket(&entry.threads, key)] =
        (struct ring_table_entry){key, (uintptr_t)with->block};
    returns[RING_RETURN_WAYS * ring_bucket(&entry.returns, own + RETURN)] = own + RETURN;
    memcpy(with->memory + PLAIN, code, sizeof(code));
    memcpy(with->memory + STUBBED, code, sizeof(code));
    int rc = put_stub(with, &entry);
    return rc < 0 ? rc : put_stub(with, &back);
}

/* How long a call takes, in units of the time counter, and with stubs what is between its records.
 */
struct run {
    double call, between;
};

static struct run run_code(struct measurement *with, size_t offset)
{
    void (*call_often)(unsigned long) = (void *)(with->memory + offset);
    const uint8_t *data = with->memory + DATA;
    struct run run = {0};
    with->block->head = 0;
    uint64_t begin = __builtin_ia32_rdtsc();
    call_often(CALLS);
    run.call = (double)(__builtin_ia32_rdtsc() - begin) / CALLS;
    uint64_t entry_tsc = 0;
    const size_t entry_size = stub_record_size(&(struct stub_layout){.integer_args = 3});
    const size_t size = entry_size + stub_record_size(&(struct stub_layout){.is_return = true});
    for (uint64_t at = 0; at + size <= with->block->head; at += size) {
        uint64_t exit_tsc;
        memcpy(&entry_tsc, data + at, sizeof(entry_tsc));
        memcpy(&exit_tsc, data + at + entry_size, sizeof(exit_tsc));
        run.between += (double)(exit_tsc - entry_tsc) / CALLS;
    }
    return run;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, RUNS - RUNS_FIRST, sizeof(*values), by_value);
    return values[(RUNS - RUNS_FIRST) / 2];
}

static uint32_t to_ns(double counts, double scale)
{
    return counts > 0 ? (uint32_t)(counts * scale + 0.5) : 0;
}

static void measure(struct measurement *with, struct stub_cost *cost)
{
    double plain[RUNS], stubbed[RUNS], between[RUNS];
    uint64_t begin_ns = clock_now_ns(), begin = __builtin_ia32_rdtsc();
    for (int i = 0; i < RUNS; i++) {
        plain[i] = run_code(with, PLAIN).call;
        struct run run = run_code(with, STUBBED);
        stubbed[i] = run.call;
        between[i] = run.between;
    }
    double scale = (double)(clock_now_ns() - begin_ns) / (double)(__builtin_ia32_rdtsc() - begin);
    double own = median(plain + RUNS_FIRST) / 2;
    double in_call = median(between + RUNS_FIRST);
    double around = median(stubbed + RUNS_FIRST) - in_call;
    /* Half of the call itself is between its records. */
    cost->in_call = to_ns(in_call - own, scale);
    cost->around = to_ns(around - own, scale);
}

int stub_cost_measure(struct stub_cost *cost)
{
    struct measurement *with = calloc(1, sizeof(*with));
    if (!with)
        return -ENOMEM;
    with->memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int rc = with->memory == MAP_FAILED ? -errno : put_stubs(with);
    if (rc == 0 && mprotect(with->memory, TABLES, PROT_READ | PROT_EXEC) < 0)
        rc = -errno;
    if (rc == 0)
        measure(with, cost);
    if (with->memory != MAP_FAILED)
        munmap(with->memory, SIZE);
    free(with);
    return rc;
}
