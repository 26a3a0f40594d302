/* SPDX-License-Identifier: MIT */
#include "cli/setuid_warning.h"

#include <limits.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ptrace/os/program_path.h"
#include "util/capabilities.h"
#include "util/log.h"

/* The property of the file that gives rights, or NULL. */
static const char *source_of_rights(const char *path)
{
    struct stat file;
    struct statvfs system;
    if (stat(path, &file) < 0 || statvfs(path, &system) < 0 || (system.f_flag & ST_NOSUID))
        return NULL;
    if ((file.st_mode & S_ISUID) && file.st_uid != geteuid())
        return "set-user-ID";
    if ((file.st_mode & S_ISGID) && (file.st_mode & S_IXGRP) && file.st_gid != getegid())
        return "set-group-ID";
    if (getxattr(path, "security.capability", NULL, 0) > 0)
        return "given capabilities";
    return NULL;
}

void setuid_warning_print(const char *program)
{
    char path[PATH_MAX];
    struct error ignored;
    /* With CAP_SYS_PTRACE the program gets its rights under a tracer, too (execve(2),
       capabilities(7)). */
    if (capabilities_permit(CAP_SYS_PTRACE) || program_path(program, path, &ignored) < 0)
        return;
    const char *source = source_of_rights(path);
    if (source)
        log_warning("%s is %s, which has no effect while an ordinary user traces it", program,
                    source);
}
