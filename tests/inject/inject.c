/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded into the tracer: lets one call of a kind fail, as the kernel could let it.
 *
 *     INJECT=KIND        what fails: open, mmap, read, memory, ptrace, kill (see below)
 *     INJECT_SEEN=FILE   the first call whose call stack is not in FILE fails, and is added to it
 *     INJECT_PART=I/N    only call stacks of the I-th of N parts, from 0
 *     INJECT_NTH=N       instead of it: the N-th call of the kind, from 1
 *     INJECT_LOG=FILE    gets the call stack of what failed; nothing is written when nothing did
 *
 * The kinds:
 *     open    open(2), fopen(3), opendir(3), and pipe2(2) fail with ENFILE
 *     mmap    mmap(2) of a file, or of memory, fails with ENOMEM
 *     read    read(2) and pread(2) of all files but a process's memory fail with EIO, as do the
 *             functions of stdio(3) and readdir(3)
 *     interrupt  read(2) and pread(2) fail with EINTR
 *     memory  reads and writes of /proc/PID/mem, and process_vm_readv(2), fail with ENOMEM
 *             (fs/proc/base.c: mem_rw(), mm/process_vm_access.c: both allocate)
 *     ptrace  PTRACE_SEIZE fails with EPERM, PTRACE_PEEKDATA and PTRACE_POKEDATA with EIO
 *     kill    the process that a ptrace(2) request is about is killed before the request is made,
 *             which then finds nobody (ESRCH). INJECT_LOG begins with its PID.
 *
 * What the tracer starts is left alone: the variables are taken out of the environment, and nothing
 * fails in a forked child. What the C library asks of the kernel by itself cannot be made to fail.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind { OPEN, MMAP, READ, INTERRUPT, MEMORY, PTRACE, KILL, NONE };

static const char *const kind_names[] = {"open",   "mmap",   "read", "interrupt",
                                         "memory", "ptrace", "kill"};

enum { DEPTH = 64, SEEN_MAX = 16384, OWN_FRAMES = 2, DEATH_TRIES = 2000, DEATH_NS = 1000000 };

static enum kind kind = NONE;
static char seen_file[4096], log_file[4096];
static unsigned long nth;
static unsigned part, n_parts = 1;
static uint64_t seen[SEEN_MAX];
static size_t n_seen;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long n_calls;
static atomic_bool done = true;
static pid_t owner;               /* by system call: the tracer defines getpid() */
static _Thread_local bool inside; /* calls of this file do not count */

static void take(const char *name, char *out, size_t size)
{
    const char *value = getenv(name);
    snprintf(out, size, "%s", value ? value : "");
    unsetenv(name);
}

static __attribute__((constructor)) void begin(void)
{
    char what[32], number[32], parts[32], preload[8];
    void *frames[DEPTH];
    inside = true;
    take("INJECT", what, sizeof(what));
    take("INJECT_NTH", number, sizeof(number));
    take("INJECT_PART", parts, sizeof(parts));
    take("INJECT_SEEN", seen_file, sizeof(seen_file));
    take("INJECT_LOG", log_file, sizeof(log_file));
    take("LD_PRELOAD", preload, sizeof(preload));
    nth = strtoul(number, NULL, 10);
    if (sscanf(parts, "%u/%u", &part, &n_parts) == 2 && n_parts == 0)
        n_parts = 1;
    for (int i = 0; i < NONE; i++)
        if (strcmp(what, kind_names[i]) == 0)
            kind = (enum kind)i;
    FILE *file = seen_file[0] ? fopen(seen_file, "re") : NULL;
    while (file && n_seen < SEEN_MAX && fscanf(file, "%lx", &seen[n_seen]) == 1)
        n_seen++;
    if (file)
        fclose(file);
    backtrace(frames, DEPTH); /* it loads a library at the first call */
    owner = (pid_t)syscall(SYS_getpid);
    inside = false;
    done = kind == NONE;
}

/* A hash of the call stack that does not depend on load addresses. */
static uint64_t hash_stack(void *const *frames, int n)
{
    uint64_t hash = 14695981039346656037u;
    for (int i = OWN_FRAMES; i < n; i++) {
        struct dl_find_object object;
        uint64_t at = (uint64_t)(uintptr_t)frames[i];
        if (_dl_find_object(frames[i], &object) == 0)
            at -= (uint64_t)(uintptr_t)object.dlfo_map_start;
        hash = (hash ^ at) * 1099511628211u;
    }
    return hash;
}

static bool is_seen(uint64_t hash)
{
    if (hash % n_parts != part)
        return true; /* in another part */
    for (size_t i = 0; i < n_seen; i++)
        if (seen[i] == hash)
            return true;
    return false;
}

/* One line with the PID and the request, then the stack. */
static void write_log(void *const *frames, int n, uint64_t hash, pid_t pid, long request)
{
    int fd = log_file[0] ? open(log_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        dprintf(fd, "%d request 0x%lx\n", pid, request);
        backtrace_symbols_fd(frames + OWN_FRAMES, n - OWN_FRAMES, fd);
        close(fd);
    }
    fd = seen_file[0] ? open(seen_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        dprintf(fd, "%lx\n", hash);
        close(fd);
    }
}

/* Whether this call fails. */
static __attribute__((noinline)) bool is_chosen(enum kind of, pid_t pid, long request)
{
    void *frames[DEPTH];
    bool chosen = false;
    int code = errno;
    if (kind != of || inside || atomic_load(&done) || (pid_t)syscall(SYS_getpid) != owner)
        return false;
    inside = true;
    pthread_mutex_lock(&lock);
    n_calls++;
    int n = backtrace(frames, DEPTH);
    uint64_t hash = hash_stack(frames, n);
    chosen = !atomic_load(&done) && (nth ? n_calls == nth : !is_seen(hash));
    if (chosen) {
        atomic_store(&done, true);
        write_log(frames, n, hash, pid, request);
    }
    pthread_mutex_unlock(&lock);
    inside = false;
    errno = code;
    return chosen;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAIL_IF(of, code, result)                                                                  \
    if (is_chosen(of, 0, 0)) {                                                                     \
        errno = code;                                                                              \
        return result;                                                                             \
    }

/* ---- open */

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define DEFINE_OPEN(name)                                                                          \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = mode_of(flags, arguments);                                                   \
        va_end(arguments);                                                                         \
        FAIL_IF(OPEN, ENFILE, -1)                                                                  \
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);                              \
    }
#define DEFINE_OPENAT(name)                                                                        \
    int name(int directory, const char *path, int flags, ...)                                      \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = mode_of(flags, arguments);                                                   \
        va_end(arguments);                                                                         \
        FAIL_IF(OPEN, ENFILE, -1)                                                                  \
        return (int)syscall(SYS_openat, directory, path, flags, mode);                             \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

/* Called by fortified code. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    FAIL_IF(OPEN, ENFILE, -1)
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
    FAIL_IF(OPEN, ENFILE, -1)
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

FILE *fopen(const char *path, const char *mode)
{
    FAIL_IF(OPEN, ENFILE, NULL)
    return REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    FAIL_IF(OPEN, ENFILE, NULL)
    return REAL(fopen64)(path, mode);
}

DIR *opendir(const char *path)
{
    FAIL_IF(OPEN, ENFILE, NULL)
    return REAL(opendir)(path);
}

int pipe2(int fds[2], int flags)
{
    FAIL_IF(OPEN, ENFILE, -1)
    return (int)syscall(SYS_pipe2, fds, flags);
}

/* The C library's syscall() itself stays as it is: openat2(2) and the like go through it. */

/* ---- mmap */

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    FAIL_IF(MMAP, ENOMEM, MAP_FAILED)
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    FAIL_IF(MMAP, ENOMEM, MAP_FAILED)
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

/* ---- read */

static bool is_memory(int fd)
{
    char link[64], path[64];
    int code = errno;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    path[n < 0 ? 0 : n] = '\0';
    errno = code;
    return strncmp(path, "/proc/", 6) == 0 && n > 4 && strcmp(path + n - 4, "/mem") == 0;
}

/* The error for reads of this file, or 0. */
static __attribute__((noinline)) int read_error(int fd)
{
    if (kind != READ && kind != INTERRUPT && kind != MEMORY)
        return 0;
    if (is_memory(fd) != (kind == MEMORY) || !is_chosen(kind, 0, 0))
        return 0;
    return kind == READ ? EIO : kind == INTERRUPT ? EINTR : ENOMEM;
}

#define DEFINE_IO(name, type, parameters, call)                                                    \
    type name parameters                                                                           \
    {                                                                                              \
        int code = read_error(fd);                                                                 \
        if (code) {                                                                                \
            errno = code;                                                                          \
            return -1;                                                                             \
        }                                                                                          \
        return syscall call;                                                                       \
    }
DEFINE_IO(read, ssize_t, (int fd, void *buffer, size_t n), (SYS_read, fd, buffer, n))
DEFINE_IO(pread, ssize_t, (int fd, void *buffer, size_t n, off_t offset),
          (SYS_pread64, fd, buffer, n, offset))
DEFINE_IO(pread64, ssize_t, (int fd, void *buffer, size_t n, off_t offset),
          (SYS_pread64, fd, buffer, n, offset))

ssize_t __pread64_chk(int fd, void *buffer, size_t n, off_t offset, size_t size);
ssize_t __read_chk(int fd, void *buffer, size_t n, size_t size);
DEFINE_IO(__pread64_chk, ssize_t,
          (int fd, void *buffer, size_t n, off_t offset, size_t size __attribute__((unused))),
          (SYS_pread64, fd, buffer, n, offset))
DEFINE_IO(__read_chk, ssize_t,
          (int fd, void *buffer, size_t n, size_t size __attribute__((unused))),
          (SYS_read, fd, buffer, n))

#define DEFINE_PWRITE(name)                                                                        \
    ssize_t name(int fd, const void *buffer, size_t n, off_t offset)                               \
    {                                                                                              \
        if (kind == MEMORY && is_memory(fd) && is_chosen(MEMORY, 0, 0)) {                          \
            errno = ENOMEM;                                                                        \
            return -1;                                                                             \
        }                                                                                          \
        return syscall(SYS_pwrite64, fd, buffer, n, offset);                                       \
    }
DEFINE_PWRITE(pwrite)
DEFINE_PWRITE(pwrite64)

ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long n_local,
                         const struct iovec *remote, unsigned long n_remote, unsigned long flags)
{
    FAIL_IF(MEMORY, ENOMEM, -1)
    return syscall(SYS_process_vm_readv, pid, local, n_local, remote, n_remote, flags);
}

/* Puts the stream in the state after a failed read(2). */
static bool stream_fails(FILE *stream)
{
    enum { ERROR_SEEN = 0x20 }; /* _IO_ERR_SEEN of glibc's libio.h */
    if (!is_chosen(READ, 0, 0))
        return false;
    stream->_flags |= ERROR_SEEN;
    errno = EIO;
    return true;
}

char *fgets(char *line, int size, FILE *stream)
{
    return stream_fails(stream) ? NULL : REAL(fgets)(line, size, stream);
}

char *__fgets_chk(char *line, size_t room, int size, FILE *stream);
char *__fgets_chk(char *line, size_t room, int size, FILE *stream)
{
    return stream_fails(stream) ? NULL : REAL(__fgets_chk)(line, room, size, stream);
}

size_t fread(void *buffer, size_t size, size_t n, FILE *stream)
{
    return stream_fails(stream) ? 0 : REAL(fread)(buffer, size, n, stream);
}

int fgetc(FILE *stream)
{
    return stream_fails(stream) ? EOF : REAL(fgetc)(stream);
}

ssize_t getline(char **line, size_t *size, FILE *stream)
{
    return stream_fails(stream) ? -1 : REAL(getline)(line, size, stream);
}

ssize_t __getdelim(char **line, size_t *size, int delimiter, FILE *stream)
{
    return stream_fails(stream) ? -1 : REAL(__getdelim)(line, size, delimiter, stream);
}

struct dirent *readdir(DIR *directory)
{
    FAIL_IF(READ, EIO, NULL)
    return REAL(readdir)(directory);
}

/* ---- ptrace */

static bool is_dead(pid_t tid)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)tid, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) < 0)
        return true;
    return info.si_pid != 0;
}

/* Waits until requests get ESRCH: a thread other than the last is dead, and reaped by its tracer
   alone, at once; a leader when the others are gone. */
static void kill_and_see(pid_t tid)
{
    char path[64], text[512];
    const struct timespec pause = {.tv_nsec = DEATH_NS};
    kill(tid, SIGKILL);
    for (int i = 0; i < DEATH_TRIES && !is_dead(tid); i++) {
        snprintf(path, sizeof(path), "/proc/%d/stat", tid);
        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
        ssize_t n = fd < 0 ? 0 : syscall(SYS_read, fd, text, sizeof(text) - 1);
        if (fd >= 0)
            close(fd);
        text[n < 0 ? 0 : n] = '\0';
        const char *state = strrchr(text, ')');
        if (!state || state[2] == 'Z' || state[2] == 'X')
            return;
        nanosleep(&pause, NULL);
    }
}

static int ptrace_error(long request)
{
    switch (request) {
    case PTRACE_SEIZE:
        return EPERM;
    case PTRACE_PEEKDATA:
    case PTRACE_PEEKTEXT:
    case PTRACE_POKEDATA:
    case PTRACE_POKETEXT:
        return EIO;
    default:
        return 0;
    }
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *at = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);
    int code = ptrace_error((long)request);
    if (code && is_chosen(PTRACE, pid, (long)request)) {
        errno = code;
        return -1;
    }
    if (is_chosen(KILL, pid, (long)request))
        kill_and_see(pid);
    return REAL(ptrace)(request, pid, at, data);
}
