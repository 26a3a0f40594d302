#include "tp/thread_id.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED struct thread_face *ptrace_tracer_thread_face(void)
{
    static __thread struct thread_face face;
    return &face;
}

EXPORTED pid_t gettid(void)
{
    const struct thread_face *face = ptrace_tracer_thread_face();
    if (face->tid == 0)
        return (pid_t)syscall(SYS_gettid);
    if (face->asked)
        face->asked(face->data);
    return face->tid;
}

EXPORTED pid_t getpid(void)
{
    struct thread_face *face = ptrace_tracer_thread_face();
    if (face->pid == 0)
        return (pid_t)syscall(SYS_getpid);
    face->pid_asked = true;
    return face->pid;
}

EXPORTED int pthread_getname_np(pthread_t thread, char *name, size_t size)
{
    const struct thread_face *face = ptrace_tracer_thread_face();
    char own[THREAD_NAME_MAX] = "";
    if (!pthread_equal(thread, pthread_self())) {
        int (*real)(pthread_t, char *, size_t) =
            (int (*)(pthread_t, char *, size_t))dlsym(RTLD_NEXT, "pthread_getname_np");
        return real ? real(thread, name, size) : ENOSYS;
    }
    /*
     * dlsym() is no way to the real one here: liblttng-ust's listener threads ask for their own
     * names while its constructor, and so dlopen(), waits for them with the linker's lock held.
     */
    if (!face->name[0] && prctl(PR_GET_NAME, own, 0, 0, 0) < 0)
        return errno;
    const char *answer = face->name[0] ? face->name : own;
    if (size <= strlen(answer))
        return ERANGE;
    strcpy(name, answer);
    return 0;
}
