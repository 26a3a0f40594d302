/* SPDX-License-Identifier: MIT */
/*
 * job COMMAND...: acts as a shell with job control. Runs the command in a new process group, its
 * output in the file "output", prints "job PID", and obeys lines on stdin:
 *
 *   wait       until it has stopped or ended: answers "stopped SIGNAL", "exited STATUS" or
 *              "killed SIGNAL"
 *   continue   its process group: answers "continued"
 *
 * Exits at the end of stdin, or after a minute.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void answer_wait(pid_t job)
{
    int status;
    if (waitpid(job, &status, WUNTRACED) != job)
        printf("no job\n");
    else if (WIFSTOPPED(status))
        printf("stopped %d\n", WSTOPSIG(status));
    else if (WIFEXITED(status))
        printf("exited %d\n", WEXITSTATUS(status));
    else
        printf("killed %d\n", WTERMSIG(status));
}

int main(int argc, char **argv)
{
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(60);
    pid_t job = argc > 1 ? fork() : -1;
    if (job == 0) {
        int output = open("output", O_CREAT | O_TRUNC | O_WRONLY, 0644);
        setpgid(0, 0);
        dup2(output, STDOUT_FILENO);
        close(output);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (job < 0)
        return 99;
    setpgid(job, job);
    printf("job %d\n", (int)job);
    while (fgets(line, sizeof(line), stdin)) {
        if (strcmp(line, "wait\n") == 0)
            answer_wait(job);
        else if (strcmp(line, "continue\n") == 0)
            printf("%s\n", kill(-job, SIGCONT) == 0 ? "continued" : "gone");
    }
    return 0;
}
