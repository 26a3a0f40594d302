/* SPDX-License-Identifier: MIT */
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
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symbols/elf/needed.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

enum {
    LINKS_MAX = 40, /* the kernel's limit: path_resolution(7) */
    TIME_MAX_S = 10,
};

/* Whether only root can change the file or directory, and its contents. */
static bool is_of_root(int fd, const struct stat *status)
{
    struct statfs system;
    return status->st_uid == 0 && !(status->st_mode & S_IWOTH) &&
           (status->st_gid == 0 || !(status->st_mode & S_IWGRP)) && fstatfs(fd, &system) == 0 &&
           system.f_type != PROC_SUPER_MAGIC;
}

/* The target of the symbolic link open as `fd`, followed by `rest`. NULL: errno is set. */
static char *follow_linker(int fd, const char *rest)
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
 * Resolves the first component of *path in *directory and removes it from *path. The target of a
 * symbolic link replaces it in *path: returns 1. Anything else replaces *directory: returns 0. Or a
 * negative errno.
 */
static int step_linker(int *directory, char **path)
{
    struct stat status;
    char *name = *path + strspn(*path, "/"), *rest = name + strcspn(name, "/");
    bool is_last = *rest == '\0';
    if (!is_last)
        *rest++ = '\0';
    cleanup(cleanup_fd) int fd = openat(*directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    char *left = S_ISLNK(status.st_mode) ? follow_linker(fd, rest) : strdup(rest);
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

/*
 * Whether the kernel ignores set-user-ID files there: the file system may be of a removable disk.
 */
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
        int r = step_linker(&at, &left);
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
 * The variables that decide where libraries are searched (ld.so(8)). Others would make the dynamic
 * linker load and run audit libraries (LD_AUDIT), relocate and so run loaded code (LD_WARN,
 * LD_DEBUG), or write files. Preloaded libraries are only mapped.
 */
static bool is_needed(const char *variable)
{
    return strncmp(variable, "LD_LIBRARY_PATH=", strlen("LD_LIBRARY_PATH=")) == 0 ||
           strncmp(variable, "LD_PRELOAD=", strlen("LD_PRELOAD=")) == 0;
}

static void free_all(char ***strings)
{
    for (char **at = *strings; at && *at; at++)
        free(*at);
    free(*strings);
}

/* Keeps all variables of one name: the dynamic linker uses the last. Replaces $ORIGIN as in the
   program's file. NULL: out of memory. */
static char **reduced(char **environment, const char *origin)
{
    size_t n = 0;
    for (char **at = environment; *at; at++)
        n += is_needed(*at);
    cleanup(free_all) char **result = calloc(n + 1, sizeof(*result));
    n = 0;
    for (char **at = environment; result && *at; at++)
        if (is_needed(*at) && !(result[n++] = needed_from_origin(*at, origin)))
            return NULL;
    return take_ptr(result);
}

/* ---- the program's directory ---- */

/* The program's directory. Its alias has no characters that are special to the dynamic linker or in
   its output, whatever the program's path is. */
struct origin {
    int fd;
    char alias[32];
    char *name; /* "" for the root directory */
};

static void origin_free(struct origin *origin)
{
    cleanup_fd(&origin->fd);
    free(origin->name);
}

/* By its real path: the dynamic linker reads /proc/self/exe. Negative errno. */
static int origin_directory(struct origin *origin, const char *program)
{
    origin->name = realpath(program, NULL);
    if (!origin->name)
        return -errno;
    *strrchr(origin->name, '/') = '\0';
    origin->fd = open(*origin->name ? origin->name : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (origin->fd < 0)
        return -errno;
    snprintf(origin->alias, sizeof(origin->alias), "/proc/self/fd/%d", origin->fd);
    return 0;
}

/* Replaces the alias by the directory's name. NULL: out of memory. */
static char *with_name(const struct origin *origin, const char *text)
{
    const size_t length = strlen(origin->alias);
    char *result = NULL;
    size_t size;
    FILE *stream = open_memstream(&result, &size);
    for (const char *at; stream && (at = strstr(text, origin->alias)); text = at + length) {
        bool is_alias = strchr("/:", at[length]); /* not the start of a longer number */
        fwrite(text, 1, (size_t)(at - text) + (is_alias ? 0 : length), stream);
        if (is_alias)
            fputs(origin->name, stream);
    }
    if (stream)
        fputs(text, stream);
    if (stream && fclose(stream) == 0)
        return result;
    free(result);
    return NULL;
}

/* ---- the output of the dynamic linker ---- */

/* A line is "\tNAME => PATH (0xADDRESS)\n" or, for a path, "\tPATH (0xADDRESS)\n". Name and path
   may contain any byte. Cuts the address off and returns the next line; NULL: there is no more. */
static char *cut_entry(char *entry)
{
    static const char begin[] = " (0x", end[] = ")\n";
    for (char *at = entry; (at = strstr(at, begin)); at++) {
        char *address = at + strlen(begin);
        char *behind = address + strspn(address, "0123456789abcdef");
        if (strncmp(behind, end, strlen(end)) != 0)
            continue;
        behind += strlen(end);
        if (*behind == '\t' || *behind == '\0') {
            *at = '\0';
            return behind;
        }
    }
    return NULL;
}

/* The path in a line, or NULL: the vDSO has none. A path can contain an arrow, too: takes the part
   that exists. */
static const char *path_in(const char *entry)
{
    static const char arrow[] = " => ";
    const char *first = strstr(entry, arrow);
    for (const char *at = first; at; at = strstr(at + 1, arrow))
        if (access(at + strlen(arrow), F_OK) == 0)
            return at + strlen(arrow);
    const char *path = first && access(entry, F_OK) != 0 ? first + strlen(arrow) : entry;
    return strchr(path, '/') ? path : NULL;
}

static bool is_same_line(int file, const char *path)
{
    struct stat one, other;
    return fstat(file, &one) == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* The contents of the file as a string, or NULL. */
static char *read_whole(int fd)
{
    struct stat status;
    char *text = fstat(fd, &status) == 0 ? malloc((size_t)status.st_size + 1) : NULL;
    ssize_t n = text ? pread(fd, text, (size_t)status.st_size, 0) : -1;
    if (n < 0) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

/* Calls `found` for each library. Negative errno. */
static int read_answer(int fd, int linker, const struct origin *origin,
                       void (*found)(void *data, const char *path), void *data)
{
    cleanup(cleanup_free) char *text = read_whole(fd);
    if (!text)
        return -ENOMEM;
    for (char *entry = text, *next; (next = cut_entry(entry)); entry = next) {
        const char *path = path_in(entry + strspn(entry, "\t"));
        if (!path || is_same_line(linker, path)) /* the dynamic linker lists itself, too */
            continue;
        cleanup(cleanup_free) char *name = with_name(origin, path);
        if (!name)
            return -ENOMEM;
        found(data, name);
    }
    return 0;
}

/* Its message on stderr, without the program's name in front. NULL: out of memory. */
static char *complaint(int fd, const struct origin *origin, const char *stand_in)
{
    cleanup(cleanup_free) char *text = read_whole(fd);
    if (!text)
        return NULL;
    for (size_t n = strlen(text); n > 0 && text[n - 1] == '\n'; n--)
        text[n - 1] = '\0';
    size_t length = strlen(stand_in);
    bool is_named = strncmp(text, stand_in, length) == 0 && strncmp(text + length, ": ", 2) == 0;
    return with_name(origin, is_named ? text + length + 2 : text);
}

/* Limits the run time: it may open a FIFO. */
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
                       void (*found)(void *data, const char *path), void *data, struct error *err)
{
    char stand_in[32];
    int status = 0;
    cleanup(origin_free) struct origin origin = {.fd = -1};
    int r = origin_directory(&origin, program);
    cleanup(cleanup_fd) int file = r < 0 ? r : needed_stand_in(program, origin.alias);
    if (file < 0)
        return error_set(err, file, "%s", strerror(-file));
    cleanup(free_all) char **variables = reduced(environment, origin.alias);
    /* Files, not pipes: they hold all output until it has ended. */
    cleanup(cleanup_fd) int out = memfd_create("libraries", MFD_CLOEXEC);
    cleanup(cleanup_fd) int complaints = memfd_create("complaints", MFD_CLOEXEC);
    if (!variables || out < 0 || complaints < 0)
        return error_set(err, -ENOMEM, "out of memory");
    snprintf(stand_in, sizeof(stand_in), "/proc/self/fd/%d", file);
    char *arguments[] = {(char *)name, (char *)"--list", stand_in, NULL};
    pid_t child = fork();
    if (child == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(complaints, STDERR_FILENO);
        fcntl(file, F_SETFD, 0);
        fcntl(origin.fd, F_SETFD, 0);
        end_in_time();
        execveat(linker, "", arguments, variables, AT_EMPTY_PATH);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return error_set(err, -errno, "%s", strerror(errno));
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return error_set(err, -ETIMEDOUT, "no answer in %d seconds", TIME_MAX_S);
    cleanup(cleanup_free) char *said = complaint(complaints, &origin, stand_in);
    if (status != 0)
        return error_set(err, -ECHILD, "%s", said && *said ? said : "it failed");
    if (said && *said)
        log_warning("%s: %s", name, said);
    r = read_answer(out, linker, &origin, found, data);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}
