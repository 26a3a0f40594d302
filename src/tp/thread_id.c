#include "tp/thread_id.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
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

EXPORTED int pthread_getname_np(pthread_t thread, char *name, size_t size)
{
    const struct thread_face *face = ptrace_tracer_thread_face();
    if (face->name[0] && pthread_equal(thread, pthread_self())) {
        if (size <= strlen(face->name))
            return ERANGE;
        strcpy(name, face->name);
        return 0;
    }
    int (*real)(pthread_t, char *, size_t) =
        (int (*)(pthread_t, char *, size_t))dlsym(RTLD_NEXT, "pthread_getname_np");
    return real ? real(thread, name, size) : ENOSYS;
}
