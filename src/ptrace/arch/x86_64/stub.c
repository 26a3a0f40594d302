/* SPDX-License-Identifier: MIT */
/*
 * Stubs of x86-64. What a stub does:
 *
 *      save RAX, RCX, RDX, RDI and the flags below the red zone
 *      read the clock
 *      look up the return address, if that is wanted; not found: stop
 *      look up the thread's block; not found: stop
 *      no room in the ring: count, without a record
 *      write the record, with copies of memory, and commit it
 *      restore
 *      run the copy of the region, and jump back
 *
 * There is no call, so that the processor's prediction of returns stays right, and nothing changes
 * vector registers. The processor does not reorder stores with other stores (Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 3, "Memory Ordering in P6 and More Recent
 * Processor Families"): the tracer sees `head` after the record.
 */
#include "ptrace/arch/stub.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

#include "model/ring.h"
#include "ptrace/arch/x86_64/region_copy.h"
#include "ptrace/arch/x86_64/stub_code.h"
#include "ptrace/arch/x86_64/stub_memory.h"
#include "util/addr.h"

enum { JUMP_LENGTH = 5 };

const size_t stub_jump_length = JUMP_LENGTH;
const uint64_t stub_reach = (UINT64_C(1) << 31) - JUMP_LENGTH;

/* lahf and sahf exist in 64-bit mode if CPUID says so (the manual's volume 2, "LAHF"). */
const char *stub_unsupported(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !(c & bit_LAHF_LM))
        return "the processor has no LAHF in 64-bit mode";
    return NULL;
}

int stub_jump(uint8_t bytes[STUB_JUMP_MAX], target_addr site, target_addr stub)
{
    uint64_t distance = stub.value - (site.value + JUMP_LENGTH);
    uint32_t low = (uint32_t)distance;
    if (distance != (uint64_t)(int64_t)(int32_t)distance)
        return -ERANGE;
    bytes[0] = 0xe9;
    memcpy(bytes + 1, &low, sizeof(low));
    return 0;
}

/* Branches to the parts that are written last. */
struct forwards {
    unsigned stop[5];
    unsigned n_stop;
    unsigned full;
    struct stub_memory_stops memory;
    unsigned thread_others, thread_found;
    unsigned return_others, return_found;
};

static void put_stop_branch(struct stub_code *code, struct forwards *forwards)
{
    forwards->stop[forwards->n_stop++] = stub_put_forward(code);
}

/* RDI: the address of the bucket for RCX. Changes RDX and flags. */
static void put_bucket(struct stub_code *code, const struct ring_table *table)
{
    STUB_PUT(code, 0x48, 0xbf); /* mov rdi, multiplier */
    stub_put_64(code, table->multiplier);
    STUB_PUT(code, 0x48, 0x0f, 0xaf, 0xf9);         /* imul rdi, rcx */
    STUB_PUT(code, 0x48, 0xc1, 0xef, table->shift); /* shr rdi, shift */
    STUB_PUT(code, 0x48, 0xc1, 0xe7, 0x06);         /* shl rdi, 6 */
    _Static_assert(RING_LINE == 1 << 6, "the shift");
    STUB_PUT(code, 0x48, 0xba); /* mov rdx, table */
    stub_put_64(code, table->at);
    STUB_PUT(code, 0x48, 0x01, 0xd7); /* add rdi, rdx */
}

/* Goes on if the return address is in the table. Nearly always it is in the bucket's first word. */
static void put_return_check(struct stub_code *code, const struct stub_request *request,
                             struct forwards *forwards)
{
    STUB_PUT(code, 0x48, 0x8b, 0x8c, 0x24); /* mov rcx, [rsp+FRAME] */
    stub_put_32(code, STUB_FRAME);
    if (request->return_mark) {
        STUB_PUT(code, 0x48, 0xbf); /* mov rdi, mark */
        stub_put_64(code, request->return_mark);
        STUB_PUT(code, 0x48, 0x09, 0xf9); /* or rcx, rdi */
    }
    put_bucket(code, &request->returns);
    STUB_PUT(code, 0x48, 0x39, 0x0f); /* cmp [rdi], rcx */
    STUB_PUT(code, 0x0f, 0x85);       /* jne */
    forwards->return_others = stub_put_forward(code);
    forwards->return_found = code->length;
}

static void put_return_others(struct stub_code *code, struct forwards *forwards)
{
    stub_land(code, forwards->return_others);
    for (unsigned i = 1; i < RING_RETURN_WAYS; i++) {
        STUB_PUT(code, 0x48, 0x39, 0x4f, (uint8_t)(8 * i)); /* cmp [rdi+8*i], rcx */
        STUB_PUT(code, 0x0f, 0x84);                         /* je */
        stub_put_branch(code, forwards->return_found);
    }
    STUB_PUT(code, 0xe9); /* jmp */
    put_stop_branch(code, forwards);
}

/* RDX: the thread's block. */
static void put_thread_lookup(struct stub_code *code, const struct ring_table *table,
                              struct forwards *forwards)
{
    code->stub->map.lookup = (uint16_t)code->length;
    STUB_PUT(code, 0x64, 0x48, 0x8b, 0x0c, 0x25, 0, 0, 0, 0); /* mov rcx, fs:[0] */
    put_bucket(code, table);
    STUB_PUT(code, 0x48, 0x39, 0x0f); /* cmp [rdi], rcx */
    STUB_PUT(code, 0x0f, 0x85);       /* jne */
    forwards->thread_others = stub_put_forward(code);
    forwards->thread_found = code->length;
    STUB_PUT(code, 0x48, 0x8b, 0x57,
             offsetof(struct ring_table_entry, block)); /* mov rdx, [rdi+] */
    STUB_PUT(code, 0x48, 0x85, 0xd2); /* test rdx, rdx: the entry is empty, and the key 0 */
    STUB_PUT(code, 0x0f, 0x84);       /* jz */
    put_stop_branch(code, forwards);
}

static void put_thread_others(struct stub_code *code, struct forwards *forwards)
{
    stub_land(code, forwards->thread_others);
    for (unsigned i = 1; i < RING_THREAD_WAYS; i++) {
        STUB_PUT(code, 0x48, 0x83, 0xc7, sizeof(struct ring_table_entry)); /* add rdi, */
        STUB_PUT(code, 0x48, 0x39, 0x0f);                                  /* cmp [rdi], rcx */
        STUB_PUT(code, 0x0f, 0x84);                                        /* je */
        stub_put_branch(code, forwards->thread_found);
    }
    STUB_PUT(code, 0xe9); /* jmp */
    put_stop_branch(code, forwards);
}

/* RAX: the address of the return slot. */
static void put_slot(struct stub_code *code, bool is_return)
{
    STUB_PUT(code, 0x48, 0x8d, 0x84, 0x24); /* lea rax, [rsp+] */
    stub_put_32(code, is_return ? STUB_FRAME - 8 : STUB_FRAME);
}

/* The offset in a record of its next word. */
struct words {
    uint32_t offset;
};

/* Ends an instruction whose operand is [rcx + the offset of the next word]; `reg`: its register
   number without REX. */
static void put_word_operand(struct stub_code *code, struct words *words, unsigned reg)
{
    STUB_PUT(code, (uint8_t)(0x81 | reg << 3));
    stub_put_32(code, words->offset);
    words->offset += 8;
}

/* From RAX. */
static void put_word(struct stub_code *code, struct words *words)
{
    STUB_PUT(code, 0x48, 0x89); /* mov [rcx+], rax */
    put_word_operand(code, words, 0);
}

static void put_saved_word(struct stub_code *code, struct words *words, enum stub_word word)
{
    STUB_PUT(code, 0x48, 0x8b, 0x44, 0x24,
             (uint8_t)(8 * (STUB_WORDS - 1 - word))); /* mov rax, [rsp+] */
    put_word(code, words);
}

/* System V ABI, AMD64 Architecture Processor Supplement, 3.2.3: RDI, RSI, RDX, RCX, R8, R9. */
static void put_integer_arg(struct stub_code *code, struct words *words, unsigned n)
{
    switch (n) {
    case 0:
        put_saved_word(code, words, WORD_RDI);
        return;
    case 1:
        STUB_PUT(code, 0x48, 0x89); /* mov [rcx+], rsi */
        put_word_operand(code, words, 6);
        return;
    case 2:
        put_saved_word(code, words, WORD_RDX);
        return;
    case 3:
        put_saved_word(code, words, WORD_RCX);
        return;
    default:
        STUB_PUT(code, 0x4c, 0x89); /* mov [rcx+], r8 or r9 */
        put_word_operand(code, words, n - 4);
        return;
    }
}

/* In two halves: a thread with EFLAGS.AC gets SIGBUS if 16 bytes are stored at a multiple of 8. */
static void put_float(struct stub_code *code, struct words *words, unsigned n)
{
    STUB_PUT(code, 0x0f, 0x13); /* movlps [rcx+], xmm */
    put_word_operand(code, words, n);
    STUB_PUT(code, 0x0f, 0x17); /* movhps [rcx+], xmm */
    put_word_operand(code, words, n);
}

static void put_stack_words(struct stub_code *code, struct words *words, unsigned n)
{
    const uint32_t first = STUB_FRAME + 8; /* behind the return address */
    enum { UNROLLED = 4 };
    for (unsigned i = 0; n <= UNROLLED && i < n; i++) {
        STUB_PUT(code, 0x48, 0x8b, 0x84, 0x24); /* mov rax, [rsp+] */
        stub_put_32(code, first + 8 * i);
        put_word(code, words);
    }
    if (n <= UNROLLED)
        return;
    STUB_PUT(code, 0xbf); /* mov edi, n - 1 */
    stub_put_32(code, n - 1);
    unsigned loop = code->length;
    STUB_PUT(code, 0x48, 0x8b, 0x84, 0xfc); /* mov rax, [rsp+rdi*8+] */
    stub_put_32(code, first);
    STUB_PUT(code, 0x48, 0x89, 0x84, 0xf9); /* mov [rcx+rdi*8+], rax */
    stub_put_32(code, words->offset);
    words->offset += 8 * n;
    STUB_PUT(code, 0xff, 0xcf); /* dec edi */
    STUB_PUT(code, 0x0f, 0x89); /* jns */
    stub_put_branch(code, loop);
}

static void put_values(struct stub_code *code, const struct stub_layout *layout)
{
    struct words words = {offsetof(struct ring_record, words)};
    if (layout->is_return) {
        STUB_PUT(code, 0x48, 0x8b, 0x84, 0x24); /* mov rax, [rsp+]: the return slot */
        stub_put_32(code, STUB_FRAME - 8);
        put_word(code, &words);
        put_saved_word(code, &words, WORD_RDX);
        for (unsigned i = 0; layout->return_floats && i < 2; i++)
            put_float(code, &words, i);
        return;
    }
    for (unsigned i = 0; i < 6; i++)
        if (layout->integer_args & 1u << i)
            put_integer_arg(code, &words, i);
    for (unsigned i = 0; i < 8; i++)
        if (layout->float_args & 1u << i)
            put_float(code, &words, i);
    put_stack_words(code, &words, layout->stack_words);
}

/* RAX: the time; RDX: the block. RCX becomes the address of the record. */
static void put_record(struct stub_code *code, const struct stub_request *request,
                       struct forwards *forwards)
{
    uint32_t size = (uint32_t)stub_record_size(&request->layout);
    bool is_return = request->layout.is_return;
    STUB_PUT(code, 0x48, 0x8b, 0x4a, offsetof(struct ring_block, head)); /* mov rcx, [rdx+] */
    STUB_PUT(code, 0x48, 0x8d, 0xb9);                                    /* lea rdi, [rcx+size] */
    stub_put_32(code, size);
    STUB_PUT(code, 0x48, 0x3b, 0x7a, offsetof(struct ring_block, limit)); /* cmp rdi, [rdx+] */
    STUB_PUT(code, 0x0f, 0x87);                                           /* ja */
    forwards->full = stub_put_forward(code);
    STUB_PUT(code, 0x48, 0x23, 0x4a, offsetof(struct ring_block, mask)); /* and rcx, [rdx+] */
    STUB_PUT(code, 0x48, 0x03, 0x4a, offsetof(struct ring_block, data)); /* add rcx, [rdx+] */

    STUB_PUT(code, 0x48, 0x89, 0x41, offsetof(struct ring_record, tsc)); /* mov [rcx+], rax */
    STUB_PUT(code, 0xc7, 0x41, offsetof(struct ring_record, site));      /* mov dword [rcx+], */
    stub_put_32(code, request->index);
    STUB_PUT(code, 0x48, 0x8b, 0x42, offsetof(struct ring_block, cpu_id)); /* mov rax, [rdx+] */
    STUB_PUT(code, 0x0f, 0xb7, 0x00);                                    /* movzx eax, word [rax] */
    STUB_PUT(code, 0x66, 0x89, 0x41, offsetof(struct ring_record, cpu)); /* mov [rcx+], ax */
    STUB_PUT(code, 0x0f, 0xb7, 0x42,
             offsetof(struct ring_block, gaps)); /* movzx eax, word [rdx+] */
    STUB_PUT(code, 0x66, 0x89, 0x41, offsetof(struct ring_record, gap)); /* mov [rcx+], ax */
    put_slot(code, is_return);
    STUB_PUT(code, 0x48, 0x89, 0x41, offsetof(struct ring_record, slot)); /* mov [rcx+], rax */
    if (is_return)
        STUB_PUT(code, 0x48, 0x8b, 0x44, 0x24,
                 8 * (STUB_WORDS - 1 - WORD_RAX)); /* mov rax, [rsp+] */
    else
        STUB_PUT(code, 0x48, 0x8b, 0x00);                                 /* mov rax, [rax] */
    STUB_PUT(code, 0x48, 0x89, 0x41, offsetof(struct ring_record, link)); /* mov [rcx+], rax */
    put_values(code, &request->layout);

    _Static_assert(offsetof(struct ring_block, head) == 0, "the operand");
    if (stub_put_memory(code, &request->layout, &forwards->memory)) {
        STUB_PUT(code, 0x48, 0x01, 0x02); /* add [rdx], rax */
    } else {
        STUB_PUT(code, 0x48, 0x81, 0x02); /* add qword [rdx], size */
        stub_put_32(code, size);
    }
    code->state |= STATE_COMMITTED;
}

/* The commit is the count. A thread that is moved back before that may count a gap too many: no
   duration is shown that is not known to be right. */
static void put_full(struct stub_code *code, const struct stub_request *request,
                     struct forwards *forwards, unsigned restore)
{
    stub_land(code, forwards->full);
    if (request->stops_when_full) {
        STUB_PUT(code, 0xe9); /* jmp */
        put_stop_branch(code, forwards);
        return;
    }
    STUB_PUT(code, 0x48, 0x8b, 0x0a);                                      /* mov rcx, [rdx] */
    STUB_PUT(code, 0x48, 0xff, 0xc1);                                      /* inc rcx */
    STUB_PUT(code, 0x48, 0x3b, 0x4a, offsetof(struct ring_block, gap_at)); /* cmp rcx, [rdx+] */
    STUB_PUT(code, 0x74, 8);                                               /* je */
    STUB_PUT(code, 0x48, 0xff, 0x42, offsetof(struct ring_block, gaps));   /* inc qword [rdx+] */
    STUB_PUT(code, 0x48, 0x89, 0x4a, offsetof(struct ring_block, gap_at)); /* mov [rdx+], rcx */
    put_slot(code, request->layout.is_return);
    STUB_PUT(code, 0x48, 0x89, 0x42, offsetof(struct ring_block, gap_slot)); /* mov [rdx+], rax */
    STUB_PUT(code, 0x48, 0xbf);                                              /* mov rdi, drops */
    stub_put_64(code, request->drops.value);
    STUB_PUT(code, 0xf0, 0x48, 0xff, 0x07); /* lock inc qword [rdi] */
    code->state |= STATE_COMMITTED;
    STUB_PUT(code, 0xe9); /* jmp */
    stub_put_branch(code, restore);
}

static void put_stop(struct stub_code *code, const struct forwards *forwards)
{
    stub_put_memory_stop(code, &forwards->memory);
    for (unsigned i = 0; i < forwards->n_stop; i++)
        stub_land(code, forwards->stop[i]);
    stub_put_restore(code);
    code->stub->map.stop = (uint16_t)code->length;
    STUB_PUT(code, 0xcc, 0xcc);
}

static int put_copy(struct stub_code *code, const struct stub_request *request)
{
    struct stub *stub = code->stub;
    struct region_copy copy;
    stub->map.displaced = (uint16_t)code->length;
    int r = region_copy_build(&copy, request->site, request->code, request->region,
                              target_addr_plus(request->at, (int64_t)code->length));
    if (r < 0) {
        stub->reason = copy.reason;
        return r;
    }
    code->state = STATE_COPY;
    stub_put(code, copy.bytes, copy.length);
    stub->map.displaced_end = (uint16_t)code->length;
    stub->map.n_steps = copy.n_steps;
    memcpy(stub->map.steps, copy.steps, sizeof(copy.steps));
    return 0;
}

static bool is_table(const struct ring_table *table)
{
    return table->at % RING_LINE == 0 && table->shift >= 1 && table->shift <= 63;
}

static const char *wrong_request(const struct stub_request *request)
{
    if (request->region < JUMP_LENGTH)
        return "too short";
    if (request->layout.stack_words > STUB_STACK_WORDS_MAX || request->layout.integer_args >> 6)
        return "too many words";
    if (request->checks_return && request->layout.is_return)
        return "a return has no return address";
    if (!is_table(&request->threads) || (request->checks_return && !is_table(&request->returns)))
        return "no table";
    return NULL;
}

static bool within_reach(const struct stub_request *request)
{
    uint8_t jump[STUB_JUMP_MAX];
    return stub_jump(jump, request->site, request->at) == 0 &&
           stub_jump(jump, request->site, target_addr_plus(request->at, STUB_MAX)) == 0;
}

int stub_build(struct stub *stub, const struct stub_request *request)
{
    struct stub_code code = {.stub = stub};
    struct forwards forwards = {.n_stop = 0};

    memset(stub, 0, sizeof(*stub));
    if (stub_unsupported())
        return -ENOTSUP;
    stub->reason = wrong_request(request);
    if (stub->reason)
        return -EINVAL;
    if (!within_reach(request))
        return -ERANGE;

    stub_put_save(&code);
    STUB_PUT(&code, 0x0f, 0x31);             /* rdtsc */
    STUB_PUT(&code, 0x48, 0xc1, 0xe2, 0x20); /* shl rdx, 32 */
    STUB_PUT(&code, 0x48, 0x09, 0xd0);       /* or rax, rdx */
    if (request->checks_return)
        put_return_check(&code, request, &forwards);
    put_thread_lookup(&code, &request->threads, &forwards);
    put_record(&code, request, &forwards);
    unsigned restore = code.length;
    stub_put_restore(&code);
    int r = put_copy(&code, request);
    if (r < 0)
        return r;

    code.state = FLAGS_PUSHED | STATE_BELOW;
    code.pushed = STUB_WORDS;
    if (request->checks_return)
        put_return_others(&code, &forwards);
    put_thread_others(&code, &forwards);
    put_full(&code, request, &forwards, restore);
    code.state = FLAGS_PUSHED | STATE_BELOW;
    put_stop(&code, &forwards);
    stub->map.length = (uint16_t)code.length;
    return 0;
}
