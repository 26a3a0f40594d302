/* SPDX-License-Identifier: MIT */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ptrace/os/program_path.h"
#include "util/error.h"

static void ignore_signal(int number)
{
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigaction(number, &ignored, NULL);
}

/* The command to run, or NULL. With more rights than the user's, the environment is not asked. */
static const char *find_pager(void)
{
    const char *pager = secure_getenv("PAGER");
    if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
        return NULL;
    if (!pager) {
        char path[PATH_MAX];
        struct error ignored;
        return program_path("less", path, &ignored) == 0 ? "less" : NULL;
    }
    return *pager && strcmp(pager, "cat") != 0 ? pager : NULL;
}

static _Noreturn void run_pager(const char *pager, int input)
{
    /* Leave if it is one screen, show colours, do not clear the screen. */
    setenv("LESS", "FRX", 0);
    setenv("LV", "-c", 0);
    if (dup2(input, STDIN_FILENO) >= 0)
        execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
    _exit(127);
}

void pager_start(struct pager *pager)
{
    const char *command = find_pager();
    int ends[2];
    *pager = (struct pager){0};
    if (!command || pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0)
        run_pager(command, ends[0]);
    close(ends[0]);
    FILE *stream = pid > 0 ? fdopen(ends[1], "w") : NULL;
    if (!stream) {
        close(ends[1]);
        if (pid > 0)
            waitpid(pid, NULL, 0);
        return;
    }
    /* ^C and the end of the pager are for the user and the pager. */
    ignore_signal(SIGINT);
    ignore_signal(SIGQUIT);
    ignore_signal(SIGPIPE);
    *pager = (struct pager){stream, pid};
}

int pager_end(struct pager *pager)
{
    int code = ferror(pager->stream) ? -EPIPE : 0;
    if (fclose(pager->stream) != 0)
        code = -errno;
    pager->stream = NULL;
    int status = 0;
    while (waitpid(pager->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    /* As sh(1) tells. */
    return WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)
               ? -ENOEXEC
               : code;
}
