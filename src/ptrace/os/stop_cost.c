/* SPDX-License-Identifier: MIT */
#include "ptrace/os/stop_cost.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ptrace/os/proc_files.h"
#include "util/cleanup.h"
#include "util/clock.h"

enum {
    STOPS = 200,
    STOPS_FIRST = 50,          /* that do not count */
    REGISTERS_SIZE = 1024,     /* of any architecture */
    LONGEST_NS = 100 * 1000000 /* for all */
};

/* Shared with the child. */
struct measured_stops {
    uint64_t trapped[STOPS], continued[STOPS];
};

static _Noreturn void stop_again_and_again(struct measured_stops *shared, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGTRAP, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
        _exit(1);
    pid_t pid = getpid();
    for (int i = 0; i < STOPS; i++) {
        shared->trapped[i] = clock_now_ns();
        syscall(SYS_tgkill, pid, pid, SIGTRAP);
        shared->continued[i] = clock_now_ns();
    }
    _exit(0);
}

static int compare_costs(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return a < b ? -1 : a > b;
}

static uint32_t median_cost(int64_t *costs)
{
    qsort(costs, STOPS - STOPS_FIRST, sizeof(*costs), compare_costs);
    int64_t median = costs[(STOPS - STOPS_FIRST) / 2];
    return median < 0 ? 0 : median > LONGEST_NS ? LONGEST_NS : (uint32_t)median;
}

/* How long the child was on a CPU from one stop to the next. */
static uint32_t cpu_of_stops(const uint64_t ran[static STOPS])
{
    int64_t between[STOPS - STOPS_FIRST];
    for (int i = STOPS_FIRST; i < STOPS; i++)
        between[i - STOPS_FIRST] = (int64_t)(ran[i] - ran[i - 1]);
    return median_cost(between);
}

/* The child's stops, until it ends. It is not reaped: its PID stays its own. */
static int follow_stops(pid_t child, const struct measured_stops *shared, struct stop_cost *cost)
{
    static const size_t counted = STOPS - STOPS_FIRST;
    int64_t before[STOPS] = {0}, after[STOPS] = {0};
    uint64_t started = clock_now_ns(), stopped[STOPS] = {0}, resumed[STOPS] = {0};
    uint64_t ran[STOPS] = {0};
    char registers[REGISTERS_SIZE];
    cleanup(cleanup_fd) int schedstat = proc_schedstat_open(child, child);
    siginfo_t info = {0};
    int n = 0;
    for (;;) {
        struct iovec block = {registers, sizeof(registers)};
        if (waitid(P_PID, (id_t)child, &info, WEXITED | WSTOPPED | WNOWAIT) < 0)
            return -errno;
        if (info.si_code != CLD_TRAPPED)
            break;
        if (n == STOPS || clock_now_ns() - started > LONGEST_NS ||
            ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &block) < 0)
            return -EBUSY;
        stopped[n] = clock_now_ns();
        if (schedstat >= 0 && proc_schedstat_run_ns(schedstat, &ran[n]) < 0)
            ran[n] = 0;
        resumed[n] = clock_now_ns();
        if (ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &block) < 0 ||
            ptrace(PTRACE_CONT, child, 0, 0) < 0)
            return -errno;
        n++;
    }
    if (n < STOPS || info.si_code != CLD_EXITED)
        return -ECHILD;
    for (size_t i = 0; i < counted; i++) {
        size_t k = i + STOPS_FIRST;
        before[i] = (int64_t)(stopped[k] - shared->trapped[k]);
        after[i] = (int64_t)(shared->continued[k] - resumed[k]);
    }
    *cost = (struct stop_cost){median_cost(before), median_cost(after), cpu_of_stops(ran)};
    return 0;
}

int stop_cost_measure(bool same_cpu, struct stop_cost *cost)
{
    cpu_set_t old, one;
    int r = -ENOMEM, cpu = sched_getcpu();
    struct measured_stops *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -ENOMEM;
    bool binds = same_cpu && cpu >= 0 && sched_getaffinity(0, sizeof(old), &old) == 0;
    CPU_ZERO(&one);
    if (binds) {
        CPU_SET(cpu, &one);
        binds = sched_setaffinity(0, sizeof(one), &one) == 0;
    }
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        stop_again_and_again(shared, parent);
    if (child > 0) {
        r = follow_stops(child, shared, cost);
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    } else {
        r = -errno;
    }
    if (binds && sched_setaffinity(0, sizeof(old), &old) < 0)
        r = -errno;
    munmap(shared, sizeof(*shared));
    return r;
}
