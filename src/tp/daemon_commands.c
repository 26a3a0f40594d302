/* SPDX-License-Identifier: MIT */
#include "tp/daemon_commands.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tp/identity_override.h"

/* recvmsg() is called without a context. */
static struct {
    pthread_mutex_t lock;
    void (*before_command)(void *data);
    void *data;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* liblttng-ust gives its listener threads a name with this end. */
static bool is_listener(void)
{
    static const char END[] = "-ust";
    char name[THREAD_NAME_MAX] = "";
    if (prctl(PR_GET_NAME, name, 0, 0, 0) < 0 || strlen(name) < strlen(END))
        return false;
    return strcmp(name + strlen(name) - strlen(END), END) == 0;
}

__attribute__((visibility("default"))) ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t n = syscall(SYS_recvmsg, fd, message, flags);
    if (n <= 0 || !is_listener())
        return n;
    pthread_mutex_lock(&watch.lock);
    if (watch.before_command)
        watch.before_command(watch.data);
    pthread_mutex_unlock(&watch.lock);
    return n;
}

void daemon_commands_watch(void (*before_command)(void *data), void *data)
{
    pthread_mutex_lock(&watch.lock);
    watch.before_command = before_command;
    watch.data = data;
    pthread_mutex_unlock(&watch.lock);
}
