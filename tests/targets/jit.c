/* SPDX-License-Identifier: MIT */
/*
 * jit [CALLS=200]: code generated at run time calls work(), CALLS times each: from a buffer that is
 * rewritten between the calls (the instruction after the call varies in kind and operand), from one
 * whose instruction after the call is patched by work() itself, and from one that is unmapped and
 * mapped again at the same address with other code each time. The buffers are written through one
 * mapping and executed in another. Prints "work 3*CALLS 0", as returns there cannot be seen, then
 * the buffers' results.
 */
#include <string.h>
#include <sys/mman.h>

#include "jit.h"
#include "target.h"

static counter n_work;
/* Where work() is to write an operand, or NULL, and where that is executed. */
static char *patched;
static const char *patched_code;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    if (patched) {
        jit_operand(patched, 0, i);
        __builtin___clear_cache((char *)patched_code, (char *)patched_code + 8);
    }
    OPAQUE();
    return i;
}

typedef int code(int i, int (*callee)(int));

/* Functions that call callee(i) and add an operand to the result; the instruction after the call
   differs. The operand, or the instruction that has it, is at `operand`. */
enum { KINDS = 3 };
extern const char jit_1[], jit_1_operand[], jit_1_end[], jit_2[], jit_2_operand[], jit_2_end[],
    jit_3[], jit_3_operand[], jit_3_end[];
static const struct {
    const char *code, *operand, *end;
} kinds[KINDS] = {
    {jit_1, jit_1_operand, jit_1_end},
    {jit_2, jit_2_operand, jit_2_end},
    {jit_3, jit_3_operand, jit_3_end},
};

static size_t operand_offset(int kind)
{
    return (size_t)(kinds[kind].operand - kinds[kind].code);
}

static void emit(char *to, int kind, int operand)
{
    char bytes[64];
    size_t n = (size_t)(kinds[kind].end - kinds[kind].code);
    check(n <= sizeof(bytes), "the length of the code");
    memcpy(bytes, kinds[kind].code, n);
    jit_operand(bytes + operand_offset(kind), kind, operand);
    memcpy(to, bytes, n);
}

struct buffer {
    int fd;
    char *write, *execute;
};

/* At the former addresses, if any. */
static void map_buffer(struct buffer *buffer)
{
    int fixed = buffer->execute ? MAP_FIXED : 0;
    buffer->fd = memfd_create("jit", MFD_CLOEXEC);
    check(buffer->fd >= 0 && ftruncate(buffer->fd, 4096) == 0, "memfd_create");
    buffer->write =
        mmap(buffer->write, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | fixed, buffer->fd, 0);
    buffer->execute =
        mmap(buffer->execute, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | fixed, buffer->fd, 0);
    check(buffer->write != MAP_FAILED && buffer->execute != MAP_FAILED, "mmap");
}

static void unmap_buffer(struct buffer *buffer)
{
    check(munmap(buffer->write, 4096) == 0 && munmap(buffer->execute, 4096) == 0, "munmap");
    close(buffer->fd);
}

static int run(char *code_at, int i)
{
    code *function;
    *(void **)&function = code_at;
    __builtin___clear_cache(code_at, code_at + 64);
    return function(i, work);
}

int main(int argc, char **argv)
{
    long calls = argument(argc, argv, 1, 200), sum = 0;
    struct buffer buffer = {0};
    map_buffer(&buffer);
    for (int i = 0; i < calls; i++) {
        emit(buffer.write, i % 5 % KINDS, 1000 + i);
        int result = run(buffer.execute, i);
        check(result == 2 * i + 1000, "code written anew");
        sum += result;
    }
    emit(buffer.write + 1024, 0, 7);
    for (int i = 0; i < calls; i++) {
        patched = buffer.write + 1024 + operand_offset(0);
        patched_code = buffer.execute + 1024 + operand_offset(0);
        int result = run(buffer.execute + 1024, i);
        patched = NULL;
        check(result == 2 * i, "code patched from within the call");
        sum += result;
    }
    for (int i = 0; i < calls; i++) {
        unmap_buffer(&buffer);
        map_buffer(&buffer);
        emit(buffer.write, i % KINDS, i);
        int result = run(buffer.execute, i);
        check(result == 2 * i, "code mapped anew");
        sum += result;
    }
    report("work", n_work, 0);
    printf("sum %ld\n", sum);
    return 0;
}
