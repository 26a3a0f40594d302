/* SPDX-License-Identifier: MIT */
/*
 * jit [CALLS=200]: code generated at run time calls work(), CALLS times each: from a buffer that is
 * rewritten between the calls (the instruction after the call varies in kind and operand), from one
 * whose instruction after the call is patched by work() itself, and from one that is unmapped and
 * mapped again at the same address with other code each time. The buffers are written through one
 * mapping and executed in another. Prints "work 3*CALLS 0", as returns there cannot be seen, then
 * the buffers' results.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "target.h"

static counter n_work;
static uint8_t *patched; /* where work() is to write an operand, or NULL */

TRACED int work(int i);
int work(int i)
{
    n_work++;
    if (patched)
        memcpy(patched, &i, sizeof(i));
    OPAQUE();
    return i;
}

typedef int code(int i);

enum { KINDS = 3, BEHIND = 13 }; /* BEHIND: where the call returns to */

/* Writes a function that calls work(i) and adds `operand` to the result. Returns the address of the
   operand. */
static size_t emit(uint8_t *to, int kind, int32_t operand)
{
    static const uint8_t head[] = {0x53, 0x48, 0xb8}; /* push %rbx; movabs $work, %rax */
    static const uint8_t call[] = {0xff, 0xd0};       /* call *%rax */
    static const uint8_t behind[KINDS][4] = {
        {0xb9},       /* mov $operand, %ecx */
        {0x05},       /* add $operand, %eax */
        {0x90, 0x05}, /* nop; add $operand, %eax */
    };
    static const size_t length[KINDS] = {1, 1, 2};
    static const uint8_t add[] = {0x01, 0xc8}, tail[] = {0x5b, 0xc3};
    uint64_t address = (uint64_t)(uintptr_t)work;
    uint8_t bytes[64];
    size_t n = 0, at;
    memcpy(bytes + n, head, sizeof(head)), n += sizeof(head);
    memcpy(bytes + n, &address, sizeof(address)), n += sizeof(address);
    memcpy(bytes + n, call, sizeof(call)), n += sizeof(call);
    check(n == BEHIND, "the length of the head");
    memcpy(bytes + n, behind[kind], length[kind]), n += length[kind];
    at = n;
    memcpy(bytes + n, &operand, sizeof(operand)), n += sizeof(operand);
    if (kind == 0)
        memcpy(bytes + n, add, sizeof(add)), n += sizeof(add);
    memcpy(bytes + n, tail, sizeof(tail)), n += sizeof(tail);
    memcpy(to, bytes, n);
    return at;
}

struct buffer {
    int fd;
    uint8_t *write, *execute;
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

static int run(uint8_t *code_at, int i)
{
    code *function;
    *(void **)&function = code_at;
    return function(i);
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
    size_t operand = emit(buffer.write + 1024, 1, 7);
    for (int i = 0; i < calls; i++) {
        patched = buffer.write + 1024 + operand;
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
