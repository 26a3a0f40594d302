/* SPDX-License-Identifier: MIT */
/*
 * naive FUNCTION PROGRAM [ARG...]: traces one function of a shared library as a simple debugger
 * does, for comparison: breakpoints at the entry and at the return address, each removed for a
 * single step when it is hit; all registers read and written; memory read by words; no CPU binding.
 * Writes a line for each entry and each return to /dev/null.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;
static FILE *trace;

static void die(const char *what)
{
    perror(what);
    if (child > 0)
        kill(child, SIGKILL);
    exit(1);
}

/* The function's address in the file; 0: it is not there. */
static uint64_t symbol_in(const char *path, const char *name)
{
    struct stat about;
    uint64_t found = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) < 0)
        return 0;
    const char *file = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (file == MAP_FAILED)
        return 0;
    const ElfW(Ehdr) *header = (const void *)file;
    const ElfW(Shdr) *sections = (const void *)(file + header->e_shoff);
    for (int i = 0; i < header->e_shnum && !found; i++) {
        if (sections[i].sh_type != SHT_DYNSYM)
            continue;
        const ElfW(Sym) *symbols = (const void *)(file + sections[i].sh_offset);
        const char *names = file + sections[sections[i].sh_link].sh_offset;
        for (size_t s = 0; s < sections[i].sh_size / sizeof(*symbols); s++)
            if (symbols[s].st_shndx && strcmp(names + symbols[s].st_name, name) == 0)
                found = symbols[s].st_value;
    }
    munmap((void *)(uintptr_t)file, (size_t)about.st_size);
    return found;
}

/* Finds the function in the child's mappings. */
static uint64_t find(const char *name)
{
    char path[64], line[512], file[256];
    unsigned long start, offset;
    uint64_t address = 0;
    snprintf(path, sizeof(path), "/proc/%d/maps", child);
    FILE *maps = fopen(path, "re");
    while (maps && !address && fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%*x %*s %lx %*s %*u %255s", &start, &offset, file) != 3 ||
            offset != 0 || file[0] != '/' || !strstr(file, ".so"))
            continue;
        uint64_t value = symbol_in(file, name);
        address = value ? start + value : 0;
    }
    if (maps)
        fclose(maps);
    return address;
}

static long peek(uint64_t at)
{
    errno = 0;
    long word = ptrace(PTRACE_PEEKTEXT, child, at, NULL);
    if (errno)
        die("naive: PTRACE_PEEKTEXT");
    return word;
}

static long plant(uint64_t at)
{
    long word = peek(at);
    if (ptrace(PTRACE_POKETEXT, child, at, (word & ~0xffL) | 0xcc) < 0)
        die("naive: PTRACE_POKETEXT");
    return word;
}

static int await(void)
{
    int status;
    if (waitpid(child, &status, __WALL) < 0)
        die("naive: waitpid");
    return status;
}

/* Steps over the instruction at `at`; `word` is the original text. */
static void step_over(uint64_t at, long word, struct user_regs_struct *regs)
{
    regs->rip = at;
    ptrace(PTRACE_POKETEXT, child, at, word);
    ptrace(PTRACE_SETREGS, child, NULL, regs);
    ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
    await();
}

static void trace_calls(uint64_t entry)
{
    struct user_regs_struct regs;
    struct user_fpregs_struct floats;
    long word = plant(entry), back_word = 0;
    uint64_t back = 0;
    for (;;) {
        ptrace(PTRACE_CONT, child, NULL, NULL);
        int status = await();
        if (WIFEXITED(status))
            return;
        if (WIFSIGNALED(status)) {
            fprintf(stderr, "naive: the program was killed by signal %d\n", WTERMSIG(status));
            exit(1);
        }
        ptrace(PTRACE_GETREGS, child, NULL, &regs);
        if (WSTOPSIG(status) != SIGTRAP) {
            fprintf(stderr, "naive: signal %d\n", WSTOPSIG(status));
            kill(child, SIGKILL);
        } else if (regs.rip == entry + 1) {
            ptrace(PTRACE_GETFPREGS, child, NULL, &floats);
            double arg3;
            memcpy(&arg3, floats.xmm_space, sizeof(arg3));
            fprintf(trace, "(%d, %llu, %g, 0x%llx)\n", (int)regs.rdi, regs.rsi, arg3, regs.rdx);
            fflush(trace);
            back = (uint64_t)peek(regs.rsp);
            back_word = plant(back);
            step_over(entry, word, &regs);
            plant(entry);
        } else if (back && regs.rip == back + 1) {
            fprintf(trace, "= %d\n", (int)regs.rax);
            fflush(trace);
            step_over(back, back_word, &regs);
            back = 0;
        }
    }
}

/* Runs to the program's entry point: its libraries are mapped then. */
static void to_entry_point(void)
{
    char path[64];
    unsigned long pair[2];
    struct user_regs_struct regs;
    snprintf(path, sizeof(path), "/proc/%d/auxv", child);
    FILE *auxv = fopen(path, "re");
    while (auxv && fread(pair, sizeof(pair), 1, auxv) == 1 && pair[0] != AT_ENTRY)
        continue;
    if (!auxv || pair[0] != AT_ENTRY)
        die("naive: /proc/PID/auxv");
    fclose(auxv);
    long word = plant(pair[1]);
    ptrace(PTRACE_CONT, child, NULL, NULL);
    if (!WIFSTOPPED(await()))
        die("naive: the program has ended");
    ptrace(PTRACE_GETREGS, child, NULL, &regs);
    regs.rip = pair[1];
    ptrace(PTRACE_POKETEXT, child, pair[1], word);
    ptrace(PTRACE_SETREGS, child, NULL, &regs);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: naive FUNCTION PROGRAM [ARG...]\n");
        return 2;
    }
    trace = fopen("/dev/null", "we");
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[2], argv + 2);
        _exit(127);
    }
    await();
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL);
    to_entry_point();
    uint64_t entry = find(argv[1]);
    if (!entry) {
        fprintf(stderr, "naive: no %s() in the libraries of %s\n", argv[1], argv[2]);
        return 1;
    }
    trace_calls(entry);
    return 0;
}
