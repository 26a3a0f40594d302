/* SPDX-License-Identifier: MIT */
/*
 * requests [STOPS=2000]: the cost of a request in addition to a bare ptrace stop. A child executes
 * breakpoint instructions in a loop; the parent, on the same CPU, waits, makes the request, and
 * continues it. The ways alternate, some stops each, so that other load affects all alike. Prints a
 * line for each: its name, a tab, and the median nanoseconds of a stop.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOPS_A_TURN = 20, MOST_TURNS = 100000 };

/* Source and target of the child's memory: the same addresses in both, as the child is a copy. */
static unsigned long words[3][512];
static pid_t child;

static void registers(void)
{
    struct user_regs_struct regs;
    ptrace(PTRACE_GETREGS, child, NULL, &regs);
}

static void set_registers(void)
{
    struct user_regs_struct regs;
    ptrace(PTRACE_GETREGS, child, NULL, &regs);
    ptrace(PTRACE_SETREGS, child, NULL, &regs);
}

static unsigned long peek(size_t offset)
{
    return (unsigned long)ptrace(PTRACE_PEEKUSER, child, offset, NULL);
}

/* What a return needs: its address, its stack, its value. */
static void three_words(void)
{
    peek(offsetof(struct user, regs.rip));
    peek(offsetof(struct user, regs.rsp));
    peek(offsetof(struct user, regs.rax));
}

static void one_word(void)
{
    peek(offsetof(struct user, regs.rip));
}

static unsigned long pc;

static void set_pc(void)
{
    ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.rip), pc);
}

static void fp_registers(void)
{
    struct user_fpregs_struct fp;
    ptrace(PTRACE_GETFPREGS, child, NULL, &fp);
}

static void read_places(int n)
{
    unsigned long to[3];
    struct iovec local[3], remote[3];
    for (int i = 0; i < n; i++) {
        local[i] = (struct iovec){&to[i], sizeof(to[i])};
        remote[i] = (struct iovec){&words[i][0], sizeof(to[i])};
    }
    process_vm_readv(child, local, (unsigned long)n, remote, (unsigned long)n, 0);
}

static void read_one(void)
{
    read_places(1);
}

static void read_three(void)
{
    read_places(3);
}

static void peek_data(void)
{
    ptrace(PTRACE_PEEKDATA, child, &words[0][0], NULL);
}

static int memory;

static void read_file(void)
{
    unsigned long word;
    if (pread(memory, &word, sizeof(word), (off_t)(size_t)&words[0][0]) != sizeof(word))
        perror("requests: /proc/PID/mem");
}

static void nothing(void)
{
}

static const struct way {
    const char *name;
    void (*request)(void);
} ways[] = {
    {"a bare stop", nothing},
    {"general registers (GETREGS)", registers},
    {"one register (PEEKUSER)", one_word},
    {"three registers (PEEKUSER)", three_words},
    {"vector registers (GETFPREGS)", fp_registers},
    {"the PC (POKEUSER)", set_pc},
    {"GETREGS and SETREGS", set_registers},
    {"a word of memory (process_vm_readv)", read_one},
    {"words of three pages (process_vm_readv)", read_three},
    {"a word of memory (PEEKDATA)", peek_data},
    {"a word of memory (/proc/PID/mem)", read_file},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void child_main(void)
{
    raise(SIGSTOP);
    for (;;)
        __asm__ volatile("int3");
}

/* Continues the child; returns its next stop. */
static int next_stop(void)
{
    int status;
    if (ptrace(PTRACE_CONT, child, NULL, NULL) < 0 || waitpid(child, &status, __WALL) < 0 ||
        !WIFSTOPPED(status)) {
        fprintf(stderr, "requests: the child has ended\n");
        exit(1);
    }
    return status;
}

int main(int argc, char **argv)
{
    long stops = argc > 1 ? atol(argv[1]) : 2000, turns = stops / STOPS_A_TURN;
    if (turns < 1 || turns > MOST_TURNS) {
        fprintf(stderr, "usage: requests [STOPS]: 20 to 2000000\n");
        return 2;
    }
    double *took = calloc((size_t)(turns * WAYS), sizeof(*took));
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    if (!took || sched_setaffinity(0, sizeof(here), &here) < 0) {
        perror("requests");
        return 1;
    }
    for (int i = 0; i < 3; i++)
        words[i][0] = 1;
    child = fork();
    if (child == 0)
        child_main();
    int status;
    if (ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_EXITKILL) < 0) {
        perror("requests: PTRACE_SEIZE");
        kill(child, SIGKILL);
        return 1;
    }
    waitpid(child, &status, __WALL);
    kill(child, SIGCONT);
    while (next_stop() != (SIGTRAP << 8 | 0x7f))
        continue; /* the stop and the SIGCONT */
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)child);
    memory = open(path, O_RDONLY | O_CLOEXEC);
    pc = peek(offsetof(struct user, regs.rip));
    for (long turn = 0; turn < turns; turn++)
        for (int w = 0; w < WAYS; w++) {
            double start = now_ns();
            for (int i = 0; i < STOPS_A_TURN; i++) {
                ways[w].request();
                next_stop();
            }
            took[w * turns + turn] = (now_ns() - start) / STOPS_A_TURN;
        }
    kill(child, SIGKILL);
    waitpid(child, &status, __WALL);
    for (int w = 0; w < WAYS; w++) {
        qsort(&took[w * turns], (size_t)turns, sizeof(*took), compare);
        printf("%s\t%.0f\n", ways[w].name, took[w * turns + turns / 2]);
    }
    free(took);
    return 0;
}
