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

static int run_made(const uint8_t *code, size_t n)
{
    uint8_t *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page, code, n);
    return ((int (*)(void))(uintptr_t)page)();
}

/* Code without unwind tables: sub $8,%rsp; mov $1,%edi; movabs $leaf,%rax; call *%rax; add $8,%rsp;
   ret */
static int made(void)
{
    uint8_t code[] = {0x48, 0x83, 0xec, 0x08, 0xbf, 1, 0,    0,    0,    0x48, 0xb8, 0,    0,
                      0,    0,    0,    0,    0,    0, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3};
    uintptr_t to = (uintptr_t)leaf;
    memcpy(code + 11, &to, sizeof(to));
    return run_made(code, sizeof(code));
}

static void on_fault(int signal, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    (void)info;
    sink = leaf(1) + signal;
    context->uc_mcontext.gregs[REG_RIP] += 2; /* behind ud2 */
}

/* Such code is interrupted by a signal. Its frame pointer would lead on: push %rbp; mov %rsp,%rbp;
   ud2; xor %eax,%eax; pop %rbp; ret */
static int fault(void)
{
    static const uint8_t code[] = {0x55, 0x48, 0x89, 0xe5, 0x0f, 0x0b, 0x31, 0xc0, 0x5d, 0xc3};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, NULL);
    return run_made(code, sizeof(code));
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
#define CALLS_LEAF(name, rules)                                                                    \
    ".text\n"                                                                                      \
    ".globl " name "\n.type " name ", @function\n" name ":\n"                                      \
    ".cfi_startproc\n" rules "\n"                                                                  \
    "    sub $8, %rsp\n"                                                                           \
    "    xor %edi, %edi\n"                                                                         \
    "    call leaf\n"                                                                              \
    "    add $8, %rsp\n"                                                                           \
    "    ret\n"                                                                                    \
    ".cfi_endproc\n.size " name ", .-" name "\n"

int smashed(void), lost(void), loop(void), divide(void), jump(void), other(void), column(void);
__asm__(".text\n"
        ".globl smashed\n.type smashed, @function\nsmashed:\n"
        ".cfi_startproc\n"
        "    push %rbx\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset 3, -16\n"
        "    mov 8(%rsp), %rbx\n"
        "    movq $0x1234, 8(%rsp)\n"
        "    sub $16, %rsp\n"
        ".cfi_def_cfa_offset 32\n"
        "    xor %edi, %edi\n"
        "    call leaf\n"
        "    add $16, %rsp\n"
        ".cfi_def_cfa_offset 16\n"
        "    mov %rbx, 8(%rsp)\n"
        "    pop %rbx\n"
        ".cfi_def_cfa_offset 8\n"
        "    ret\n"
        ".cfi_endproc\n.size smashed, .-smashed\n"
        /* DW_CFA_def_cfa_expression, 2 bytes: DW_OP_lit8 DW_OP_nop */
        CALLS_LEAF("lost", ".cfi_escape 0x0f, 2, 0x38, 0x96")
        /* DW_CFA_def_cfa_expression, 3 bytes: DW_OP_skip to itself */
        CALLS_LEAF("loop", ".cfi_escape 0x0f, 3, 0x2f, 0xfd, 0xff")
        /* lit1 const1u(63) shl const1s(-1) div: the minimum divided by -1 */
        CALLS_LEAF("divide", ".cfi_escape 0x0f, 7, 0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x1b")
        /* The same, but the division is in the operand of DW_CFA_GNU_args_size before it, and
           DW_OP_skip leads there. */
        CALLS_LEAF("jump", ".cfi_escape 0x2e, 0x1b\n"
                           ".cfi_escape 0x0f, 9, 0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x2f, -12, -1")
        /* DW_CFA_register: rbx is in a register that does not exist */
        CALLS_LEAF("other", ".cfi_escape 0x09, 3, 0xff, 0xff, 0xff, 0xff, 0x7f")
            CALLS_LEAF("column", ".cfi_return_column 200"));

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
