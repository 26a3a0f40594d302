/* SPDX-License-Identifier: MIT */
#include "tp/identity_override.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED struct identity_override *ptrace_tracer_identity_override(void)
{
    static __thread struct identity_override override;
    return &override;
}

EXPORTED pid_t gettid(void)
{
    const struct identity_override *override = ptrace_tracer_identity_override();
    if (override->tid == 0)
        return (pid_t)syscall(SYS_gettid);
    if (override->on_gettid)
        override->on_gettid(override->data);
    return override->tid;
}

EXPORTED pid_t getpid(void)
{
    struct identity_override *override = ptrace_tracer_identity_override();
    if (override->pid == 0)
        return (pid_t)syscall(SYS_getpid);
    override->getpid_called = true;
    return override->pid;
}

EXPORTED int pthread_getname_np(pthread_t thread, char *name, size_t size)
{
    const struct identity_override *override = ptrace_tracer_identity_override();
    char own[THREAD_NAME_MAX] = "";
    if (!pthread_equal(thread, pthread_self())) {
        int (*real)(pthread_t, char *, size_t) =
            (int (*)(pthread_t, char *, size_t))dlsym(RTLD_NEXT, "pthread_getname_np");
        return real ? real(thread, name, size) : ENOSYS;
    }
    /* Not by dlsym(): liblttng-ust's listener threads ask for their own names while its constructor
       waits for them, and dlopen() then holds the dynamic linker's lock. */
    if (!override->name[0] && prctl(PR_GET_NAME, own, 0, 0, 0) < 0)
        return errno;
    const char *answer = override->name[0] ? override->name : own;
    if (size <= strlen(answer))
        return ERANGE;
    strcpy(name, answer);
    return 0;
}

static void sleep_ms(int ms)
{
    struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    /* EINTR: the engine wakes its threads by a signal. */
    while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
        ;
}

EXPORTED int poll(struct pollfd *files, nfds_t n, int timeout_ms)
{
    struct identity_override *override = ptrace_tracer_identity_override();
    if (n == 0 && timeout_ms >= 0 && override->tid != 0) {
        int wait_ms = timeout_ms < override->may_wait_ms ? timeout_ms : override->may_wait_ms;
        override->may_wait_ms -= wait_ms;
        if (wait_ms > 0)
            sleep_ms(wait_ms);
        return 0;
    }
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = timeout_ms % 1000 * 1000000L};
    return ppoll(files, n, timeout_ms < 0 ? NULL : &timeout, NULL);
}
