/* SPDX-License-Identifier: MIT */
/* Runs a program under a seccomp filter like those of containers: most system calls are allowed,
   some fail with ENOSYS or EPERM. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REFUSE(call, code)                                                                         \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                                         \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))

int main(int argc, char **argv)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(process_vm_readv, EPERM),
        REFUSE(process_vm_writev, EPERM),
        REFUSE(kcmp, EPERM),
        REFUSE(userfaultfd, EPERM),
        REFUSE(perf_event_open, EPERM),
        REFUSE(bpf, EPERM),
        REFUSE(unshare, EPERM),
        REFUSE(mount, EPERM),
        REFUSE(setns, EPERM),
        REFUSE(membarrier, ENOSYS),
        REFUSE(rseq, ENOSYS),
        REFUSE(clone3, ENOSYS),
        REFUSE(openat2, ENOSYS),
        REFUSE(pidfd_open, ENOSYS),
        REFUSE(memfd_create, ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
    if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        return 1;
    execvp(argv[1], argv + 1);
    return 1;
}
