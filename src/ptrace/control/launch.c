/* SPDX-License-Identifier: MIT */
/* Launching a program: see launch.h. */
#include "ptrace/control/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/control/job_control.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "ptrace/os/program_path.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/seize.h"
#include "ptrace/threads/wakeup.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/error.h"

extern char **environ;

static void child_main(int go, int answer, const char *path, char *const argv[])
{
    char byte;
    ssize_t n;
    do
        n = read(go, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1) {
        execve(path, argv, environ);
        int code = errno;
        n = write(answer, &code, sizeof(code));
    }
    _exit(127);
}

/* The pipes are closed when the program runs, so descriptors that are held back may be used. */
static int make_pipes(int go[2], int answer[2])
{
    rlim_t soft = descriptors_use_all();
    int r = pipe2(go, O_CLOEXEC) < 0 ? -errno : 0;
    if (r == 0 && pipe2(answer, O_CLOEXEC) < 0) {
        r = -errno;
        close(go[0]);
        close(go[1]);
    }
    descriptors_hold_back(soft);
    return r;
}

int engine_launch_prepare(struct engine *engine, char *const argv[], pid_t *pid, struct error *err)
{
    char path[PATH_MAX];
    cleanup(cleanup_fd) int go_read = -1;
    cleanup(cleanup_fd) int go_write = -1;
    cleanup(cleanup_fd) int answer_read = -1;
    cleanup(cleanup_fd) int answer_write = -1;
    int go[2], answer[2];
    int r = program_path(argv[0], path, err);
    if (r < 0) {
        engine->child_refused = true;
        return r;
    }
    r = make_pipes(go, answer);
    if (r < 0)
        return error_set(err, r, "cannot make a pipe: %s", strerror(-r));
    go_read = go[0];
    go_write = go[1];
    answer_read = answer[0];
    answer_write = answer[1];
    pid_t child = fork();
    if (child < 0)
        return error_set(err, -errno, "cannot start %s: %s", argv[0], strerror(errno));
    if (child == 0) {
        wakeup_undo(engine);
        descriptors_restore(&engine->options.descriptors);
        close(go_write);
        child_main(go_read, answer_write, path, argv);
    }
    engine->child = child;
    engine->child_name = strdup(argv[0]);
    engine->child_go = take_fd(&go_write);
    engine->child_answer = take_fd(&answer_read);
    *pid = child;
    return 0;
}

static int not_executed(struct engine *engine, struct error *err)
{
    int code = 0;
    ssize_t n = read(engine->child_answer, &code, sizeof(code));
    if (n != sizeof(code) || code <= 0)
        return error_set(err, -ECANCELED, "%s was killed before it ran", engine->child_name);
    engine->child_refused = true;
    if (code == ENOENT)
        return error_set(err, -code, "cannot run %s: its interpreter does not exist",
                         engine->child_name);
    return error_set(err, -code, "cannot run %s: %s", engine->child_name, strerror(code));
}

/* Lets the child continue to its exec event. */
static int run_to_exec(struct engine *engine, struct error *err)
{
    struct stop stop;
    if (write(engine->child_go, "", 1) != 1)
        return error_set(err, -errno, "cannot start %s: %s", engine->child_name, strerror(errno));
    for (;;) {
        int r = wait_for_stop(engine, engine->child, &stop);
        if (r < 0)
            return error_set(err, r, "%s was killed before it ran", engine->child_name);
        if (stop_is_end(&stop)) {
            wait_reap(engine->child);
            engine->child = 0;
            return not_executed(engine, err);
        }
        if (stop.kind == STOP_EXEC)
            return 0;
        engine_ptrace(engine, stop.kind == STOP_GROUP ? PTRACE_LISTEN : PTRACE_CONT, stop.tid, NULL,
                      stop.kind == STOP_SIGNAL ? (uintptr_t)stop.code : 0);
        if (stop.kind == STOP_GROUP)
            job_control_stop_with_child(engine, stop.code);
    }
}

void launch_forget(struct engine *engine)
{
    if (engine->child > 0) {
        /* It has not executed anything yet: at the end of file of its pipe it exits. */
        close(engine->child_go);
        engine->child_go = -1;
        waitpid(engine->child, NULL, __WALL);
    }
    if (engine->child_go >= 0)
        close(engine->child_go);
    if (engine->child_answer >= 0)
        close(engine->child_answer);
    engine->child = 0;
    engine->child_go = engine->child_answer = -1;
}

bool engine_launch_refused(const struct engine *engine)
{
    return engine->child_refused;
}

int engine_launch_run(struct engine *engine, struct error *err)
{
    struct address_space *space = NULL;
    pid_t pid = engine->child;
    int r = engine_seize(engine, pid);
    if (r < 0) {
        /* For a process that has ended, the kernel also returns EPERM. */
        if (r == -ESRCH || wait_is_dead(pid))
            r = error_set(err, -ECANCELED, "%s was killed before it ran", engine->child_name);
        else
            error_set(err, r, "cannot trace %s: %s", engine->child_name, strerror(-r));
        launch_forget(engine);
        return r;
    }
    r = run_to_exec(engine, err);
    if (r < 0) {
        launch_forget(engine);
        return r;
    }
    engine->child = 0; /* from here on it is a process like others */
    engine->launched = pid;
    launch_forget(engine);
    r = wait_settle(engine, pid);
    if (r == 0)
        r = address_space_new(engine, pid, &space);
    struct process *process = r == 0 ? process_new(engine, pid, space) : NULL;
    struct tracee *tracee = process ? tracee_new(process, pid) : NULL;
    if (!tracee) {
        r = r < 0 ? r : -ENOMEM;
        if (process)
            process_free(process);
        else
            address_space_put(space);
        /* A program that cannot be traced is not left half started. */
        kill(pid, SIGKILL);
        waitpid(pid, NULL, __WALL);
        return error_set(err, r, "cannot trace %s: %s", engine->child_name, strerror(-r));
    }
    space->helper = pid;
    sigtrap_look_thread(tracee);
    sigtrap_look_process(process);
    process_announce(process, PROCESS_LAUNCHED, NULL);
    space->helper = 0;
    return 0;
}
