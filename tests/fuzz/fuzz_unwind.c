/* SPDX-License-Identifier: MIT */
/*
 * A call chain from any registers, memory and unwind tables. There is no thread: memory_read() is
 * replaced (--wrap, see tests/fuzz.mk), and knows three pieces of memory that the input fills: the
 * start of a file with its tables, a page of code, and a stack. The first may change during the
 * unwinding. The entries and reads of each chain are limited. Without changes, a chain is the same
 * when libunwind takes its rules from its cache.
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <inttypes.h>

#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/capture/unwind.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/os/memory.h"

int __wrap_memory_read(int fd, target_addr at, void *buffer, size_t n);

enum {
    PAGE = 4096,
    HEADERS_AT = 0x100000,
    CODE_AT = HEADERS_AT + PAGE,
    STACK_AT = 0x200000,
    CHAIN_MAX = 32,
    /* unwind.c stops libunwind after 20000 reads; its own reads are far fewer for an entry */
    READS_MAX = 20000 + 1000 * CHAIN_MAX,
    NEVER_WRITTEN = 0x5a,
};

/* Flags in the first byte of the input. */
enum {
    IN_ONE_MAPPING = 1, /* headers and code */
    IS_VDSO = 2,
    NO_FILE = 4,
    NO_HEADERS = 8,
    HEADERS_END = 16, /* in the middle of a page; else zeros follow up to its end */
    CODE_ENDS = 32,
    STACK_ENDS = 64,
    IS_WRITTEN_TO = 128,
};

struct piece {
    uint64_t start;
    size_t size; /* memory behind it cannot be read */
    uint8_t bytes[PAGE];
};

static struct piece pieces[] = {{.start = HEADERS_AT}, {.start = CODE_AT}, {.start = STACK_AT}};
static size_t reads;

/* The number of reads before it happens. */
static struct {
    size_t reads, at;
    uint64_t word;
} written;

int __wrap_memory_read(int fd, target_addr at, void *buffer, size_t n)
{
    uint8_t *to = buffer;
    (void)fd;
    if (reads++ == written.reads)
        memcpy(pieces[0].bytes + written.at, &written.word, sizeof(written.word));
    FUZZ_CHECK(n <= PAGE);
    for (size_t i = 0; i < n; i++) {
        uint64_t address = at.value + i;
        const struct piece *found = NULL;
        for (size_t k = 0; k < sizeof(pieces) / sizeof(*pieces); k++)
            if (address - pieces[k].start < pieces[k].size)
                found = &pieces[k];
        if (!found)
            return -EIO;
        to[i] = found->bytes[address - found->start];
    }
    return 0;
}

static unsigned fuzz_half(struct fuzz_input *input)
{
    unsigned low = fuzz_byte(input);
    return low | (unsigned)fuzz_byte(input) << 8;
}

static void fill(struct piece *piece, struct fuzz_input *input, size_t n, bool ends)
{
    n = n < input->size ? n : input->size;
    n = n < PAGE ? n : PAGE;
    memset(piece->bytes, 0, PAGE);
    memcpy(piece->bytes, input->data, n);
    piece->size = ends ? n : PAGE;
    input->data += n;
    input->size -= n;
}

static void make_maps(struct maps *maps, unsigned options)
{
    char text[512];
    const char *path = options & IS_VDSO ? "[vdso]" : "/bin/program";
    unsigned inode = options & NO_FILE ? 0 : 7;
    size_t n = 0;
    if (options & IN_ONE_MAPPING) {
        n += (size_t)sprintf(text, "%x-%x r-xp 00000000 08:01 %u %s\n", HEADERS_AT, CODE_AT + PAGE,
                             inode, path);
    } else {
        if (!(options & NO_HEADERS))
            n += (size_t)sprintf(text, "%x-%x r--p 00000000 08:01 %u %s\n", HEADERS_AT, CODE_AT,
                                 inode, path);
        n += (size_t)sprintf(text + n, "%x-%x r-xp 00001000 08:01 %u %s\n", CODE_AT, CODE_AT + PAGE,
                             inode, path);
    }
    n += (size_t)sprintf(text + n, "%x-%x rw-p 00000000 00:00 0 [stack]\n", STACK_AT,
                         STACK_AT + PAGE);
    if (maps_parse(maps, text, n) < 0)
        abort();
}

static size_t unwind(struct tracee *tracee, const arch_regs *regs, uint64_t ip, uint64_t sp,
                     struct unwound *chain, size_t max)
{
    memset(chain, NEVER_WRITTEN, (CHAIN_MAX + 1) * sizeof(*chain));
    reads = 0;
    size_t n =
        unwind_callers(program_memory_read, tracee, regs, target_addr_of(ip), sp, 0, chain, max);
    FUZZ_CHECK(n >= 1 && n <= max && chain[0].at.value == ip && chain[0].is_return);
    FUZZ_CHECK(reads <= READS_MAX);
    for (size_t i = 1; i < n; i++)
        FUZZ_CHECK(chain[i].at.value != 0);
    const uint8_t *behind = (const uint8_t *)&chain[n];
    while (behind < (const uint8_t *)&chain[CHAIN_MAX + 1])
        FUZZ_CHECK(*behind++ == NEVER_WRITTEN);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The engine keeps the memory that libunwind does not free. */
    static struct engine engine = {.shared_memory = -1};
    struct fuzz_input input = {data, size};
    struct address_space space = {.engine = &engine};
    struct process process = {.engine = &engine, .space = &space};
    struct tracee tracee = {.process = &process};
    struct unwound first[CHAIN_MAX + 1], second[CHAIN_MAX + 1];
    unsigned options = fuzz_byte(&input);
    size_t max = 1 + fuzz_byte(&input) % CHAIN_MAX;
    uint64_t ip = fuzz_word(&input), sp = fuzz_word(&input);
    arch_regs regs;
    memset(&regs, fuzz_byte(&input), sizeof(regs));
    /* Of the frame pointer and the other registers. */
    uint64_t words[2] = {fuzz_word(&input), fuzz_word(&input)};
    for (size_t i = 0; i + sizeof(words) <= sizeof(regs); i += sizeof(words))
        memcpy((uint8_t *)&regs + i, words, sizeof(words));
    size_t headers = fuzz_half(&input), stack = fuzz_half(&input);
    fill(&pieces[0], &input, headers, options & HEADERS_END);
    fill(&pieces[2], &input, stack, options & STACK_ENDS);
    written.reads = SIZE_MAX;
    if (options & IS_WRITTEN_TO) {
        written.reads = fuzz_byte(&input);
        written.at = fuzz_half(&input) % (PAGE - sizeof(written.word));
        written.word = fuzz_word(&input);
    }
    fill(&pieces[1], &input, input.size, options & CODE_ENDS);
    make_maps(&space.maps, options);

    size_t n = unwind(&tracee, &regs, ip, sp, first, max);
    size_t again = unwind(&tracee, &regs, ip, sp, second, max);
    FUZZ_CHECK(again == n || options & IS_WRITTEN_TO);
    for (size_t i = 0; i < n && !(options & IS_WRITTEN_TO); i++)
        FUZZ_CHECK(first[i].at.value == second[i].at.value &&
                   first[i].is_return == second[i].is_return);
    if (getenv("FUZZ_SHOW"))
        for (size_t i = 0; i < n; i++)
            printf("%s 0x%" PRIx64 "\n", first[i].is_return ? "return" : "signal",
                   first[i].at.value);
    if (space.free_unwinder)
        space.free_unwinder(&space);
    maps_free(&space.maps);
    return 0;
}
