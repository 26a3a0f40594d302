#include "cli/dynamic_linker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symbols/needed.h"
#include "util/cleanup.h"
#include "util/text.h"

enum {
    LINKS_MAX = 40, /* as many as the kernel follows: path_resolution(7) */
    TIME_MAX_S = 10,
};

/* Whether only root can change what the file or directory is, and is in it. */
static bool is_of_root(int fd, const struct stat *status)
{
    struct statfs system;
    return status->st_uid == 0 && !(status->st_mode & S_IWOTH) &&
           (status->st_gid == 0 || !(status->st_mode & S_IWGRP)) && fstatfs(fd, &system) == 0 &&
           system.f_type != PROC_SUPER_MAGIC;
}

/* What the symbolic link open as `fd` says, in front of `rest`. NULL with errno set. */
static char *follow(int fd, const char *rest)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
    if (n < 0)
        return NULL;
    target[n] = '\0';
    errno = strlen(rest) < PATH_MAX ? ENOMEM : ENAMETOOLONG;
    return errno == ENOMEM ? text_format("%s/%s", target, rest) : NULL;
}

static int open_root(void)
{
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/*
 * Opens the first component of *path below *directory, and takes it off. A link takes its place in
 * the path; what is no link takes the place of *directory. Negative errno.
 */
static int step(int *directory, char **path)
{
    struct stat status;
    char *name = *path + strspn(*path, "/"), *rest = name + strcspn(name, "/");
    bool is_last = *rest == '\0';
    if (!is_last)
        *rest++ = '\0';
    cleanup(cleanup_fd) int fd = openat(*directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    char *left = S_ISLNK(status.st_mode) ? follow(fd, rest) : strdup(rest);
    if (!left)
        return -errno;
    free(*path);
    *path = left;
    if (S_ISLNK(status.st_mode)) {
        if (*left != '/')
            return 1;
        close(*directory);
        *directory = open_root();
        return *directory < 0 ? *directory : 1;
    }
    if (!is_of_root(fd, &status))
        return -EPERM;
    close(*directory);
    *directory = take_fd(&fd);
    return 0;
}

/* Where root's files are not taken for root's, as on a disk that somebody has brought. */
static bool is_foreign(int fd)
{
    struct statvfs here, root;
    return fstatvfs(fd, &here) == 0 && (here.f_flag & ST_NOSUID) && statvfs("/", &root) == 0 &&
           !(root.f_flag & ST_NOSUID);
}

int dynamic_linker_open(const char *path)
{
    struct stat status;
    cleanup(cleanup_fd) int at = open_root();
    cleanup(cleanup_free) char *left = strdup(path);
    if (at < 0 || !left)
        return at < 0 ? at : -ENOMEM;
    if (*path != '/' || fstat(at, &status) < 0 || !is_of_root(at, &status))
        return -EPERM;
    for (int links = 0; left[strspn(left, "/")];) {
        int r = step(&at, &left);
        if (r < 0)
            return r;
        links += r;
        if (links > LINKS_MAX)
            return -ELOOP;
    }
    if (fstat(at, &status) < 0 || !S_ISREG(status.st_mode) || is_foreign(at))
        return -EPERM;
    return take_fd(&at);
}

/*
 * What decides where libraries are looked for (ld.so(8)). Others would have it load and run audit
 * libraries (LD_AUDIT), relocate what it has loaded, which runs code of it (LD_WARN, LD_DEBUG), or
 * write files. What is preloaded is only mapped.
 */
static bool is_needed(const char *variable)
{
    return strncmp(variable, "LD_LIBRARY_PATH=", strlen("LD_LIBRARY_PATH=")) == 0 ||
           strncmp(variable, "LD_PRELOAD=", strlen("LD_PRELOAD=")) == 0;
}

/* Of several of one name the linker takes the last; so there may be any number. */
static char **reduced(char **environment)
{
    size_t n = 0;
    for (char **at = environment; *at; at++)
        n += is_needed(*at);
    char **result = calloc(n + 1, sizeof(*result));
    n = 0;
    for (char **at = environment; result && *at; at++)
        if (is_needed(*at))
            result[n++] = *at;
    return result;
}

/* "\tlibc.so.6 => /lib/libc.so.6 (0x7f...)", or, of what is known by a path, "\t./libx.so
   (0x7f...)": where the path is, which is cut out; or NULL. */
static const char *path_in(char *line)
{
    char *arrow = strstr(line, "=> ");
    char *path = arrow ? arrow + strlen("=> ") : line + strspn(line, "\t");
    char *end = strstr(path, " (0x");
    if (!end)
        return NULL;
    *end = '\0';
    return strchr(path, '/') ? path : NULL; /* the vDSO has none */
}

static bool is_same(int file, const char *path)
{
    struct stat one, other;
    return fstat(file, &one) == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* It waits for what it opens, which may be a FIFO. */
static void end_in_time(void)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGALRM);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &mask, NULL);
    alarm(TIME_MAX_S);
}

int dynamic_linker_ask(int linker, const char *name, const char *program, char **environment,
                       void (*found)(void *data, const char *path), void *data)
{
    char line[PATH_MAX + 256], stand_in[64];
    int out[2], status = 0;
    cleanup(cleanup_fd) int file = needed_stand_in(program);
    if (file < 0)
        return file;
    cleanup(cleanup_free) char **variables = reduced(environment);
    if (!variables)
        return -ENOMEM;
    if (pipe2(out, O_CLOEXEC) < 0)
        return -errno;
    snprintf(stand_in, sizeof(stand_in), "/proc/self/fd/%d", file);
    char *arguments[] = {(char *)name, (char *)"--list", stand_in, NULL};
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        fcntl(file, F_SETFD, 0);
        end_in_time();
        execveat(linker, "", arguments, variables, AT_EMPTY_PATH);
        _exit(127);
    }
    int code = errno;
    close(out[1]);
    cleanup(cleanup_file) FILE *lines = fdopen(out[0], "r");
    while (child > 0 && lines && fgets(line, sizeof(line), lines)) {
        const char *path = path_in(line);
        if (path && !is_same(linker, path)) /* it names itself, too */
            found(data, path);
    }
    if (child < 0)
        return -code;
    return waitpid(child, &status, 0) < 0 || status != 0 ? -ECHILD : 0;
}
