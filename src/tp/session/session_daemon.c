/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tp/session/session_internal.h"

extern char **environ;

bool daemon_is_alive(void)
{
    return lttng_session_daemon_alive() == 1;
}

/* Redirects the standard files to /dev/null: the daemon outlives us and must not keep a terminal
   open. */
static int detach_files(posix_spawn_file_actions_t *actions)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int rc = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
        if (rc)
            return -rc;
    }
    return 0;
}

/* Unblocks all signals and resets their dispositions. */
static int reset_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return -rc;
}

/* Runs `lttng-sessiond --daemonize`, which returns when the daemon accepts clients. */
static int spawn_daemon(const char *program, int *status)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *argv[] = {(char *)program, (char *)"--daemonize", NULL};
    pid_t pid = 0;
    int rc = -posix_spawn_file_actions_init(&actions);
    if (rc < 0)
        return rc;
    rc = -posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = detach_files(&actions);
        if (rc == 0)
            rc = reset_signals(&attributes);
        if (rc == 0)
            rc = -posix_spawnp(&pid, program, &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (rc < 0)
        return rc;
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

int daemon_start(struct error *err)
{
    if (daemon_is_alive())
        return 0;
    /* lttng(1), section ENVIRONMENT VARIABLES. */
    const char *program = getenv("LTTNG_SESSIOND_PATH");
    if (!program || !*program)
        program = "lttng-sessiond";
    int status = 0;
    int rc = spawn_daemon(program, &status);
    if (rc < 0)
        return error_set(err, rc,
                         "no LTTng session daemon runs and %s cannot be started (%s): install "
                         "lttng-tools, or use --print",
                         program, strerror(-rc));
    if (!daemon_is_alive())
        return error_set(err, -ECONNREFUSED,
                         "%s was started and does not answer (status %d): run it by hand to see "
                         "why",
                         program, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}
