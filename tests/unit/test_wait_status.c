/* SPDX-License-Identifier: MIT */
/* Wait statuses as waitid(2) reports them, and of real processes. */
#include "ptrace/os/wait_status.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"

static const struct {
    int info_code, info_status;
    enum stop_kind kind;
    int code, status;
} TABLE[] = {
    {CLD_EXITED, 0, STOP_EXITED, 0, 0},
    {CLD_EXITED, 7, STOP_EXITED, 7, 7 << 8},
    {CLD_EXITED, 255, STOP_EXITED, 255, 255 << 8},
    {CLD_KILLED, SIGKILL, STOP_KILLED, SIGKILL, SIGKILL},
    {CLD_DUMPED, SIGSEGV, STOP_KILLED, SIGSEGV, SIGSEGV | 0x80},
    {CLD_CONTINUED, SIGCONT, STOP_CONTINUED, SIGCONT, 0xffff},
    {CLD_TRAPPED, SIGTRAP, STOP_SIGNAL, SIGTRAP, 0x57f},
    {CLD_TRAPPED, SIGSTOP, STOP_SIGNAL, SIGSTOP, 0x137f},
    {CLD_TRAPPED, 64, STOP_SIGNAL, 64, 0x407f},
    {CLD_STOPPED, SIGSTOP, STOP_SIGNAL, SIGSTOP, 0x137f},
    {CLD_TRAPPED, SIGTRAP | 0x80, STOP_SYSCALL, SIGTRAP, 0x857f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_FORK << 8, STOP_FORK, SIGTRAP, 0x1057f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_VFORK << 8, STOP_VFORK, SIGTRAP, 0x2057f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_CLONE << 8, STOP_CLONE, SIGTRAP, 0x3057f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_EXEC << 8, STOP_EXEC, SIGTRAP, 0x4057f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_VFORK_DONE << 8, STOP_VFORK_DONE, SIGTRAP, 0x5057f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_EXIT << 8, STOP_EXITING, SIGTRAP, 0x6057f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_STOP << 8, STOP_INTERRUPTED, SIGTRAP, 0x80057f},
    {CLD_TRAPPED, SIGSTOP | PTRACE_EVENT_STOP << 8, STOP_GROUP, SIGSTOP, 0x80137f},
    {CLD_TRAPPED, SIGTSTP | PTRACE_EVENT_STOP << 8, STOP_GROUP, SIGTSTP, 0x80147f},
    {CLD_TRAPPED, SIGTTOU | PTRACE_EVENT_STOP << 8, STOP_GROUP, SIGTTOU, 0x80167f},
    {CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_SECCOMP << 8, STOP_OTHER, PTRACE_EVENT_SECCOMP, 0x7057f},
};

START_TEST(decodes_the_table)
{
    siginfo_t info = {.si_code = TABLE[_i].info_code};
    info.si_status = TABLE[_i].info_status;
    info.si_pid = 4711;
    struct stop stop = stop_decode(&info);
    ck_assert_int_eq(stop.tid, 4711);
    ck_assert_int_eq(stop.kind, TABLE[_i].kind);
    ck_assert_int_eq(stop.code, TABLE[_i].code);
    ck_assert_int_eq(stop.status, TABLE[_i].status);
    ck_assert_int_eq(stop_is_end(&stop),
                     TABLE[_i].kind == STOP_EXITED || TABLE[_i].kind == STOP_KILLED);
}
END_TEST

/* The decoder's status equals that of waitpid() for the same end. */
START_TEST(agrees_with_waitpid)
{
    for (int way = 0; way < 3; way++) {
        siginfo_t info;
        int status;
        pid_t child = fork();
        if (child == 0) {
            if (way == 0)
                _exit(42);
            raise(way == 1 ? SIGUSR1 : SIGKILL);
        }
        ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(stop_decode(&info).status, status);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, decodes_the_table, 0, sizeof(TABLE) / sizeof(TABLE[0]));
    tcase_add_test(tests, agrees_with_waitpid);
}

CHECK_MAIN("wait_status", 10, add_tests)
