#include "cli/rights.h"

#include <limits.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ptrace/program_path.h"
#include "util/log.h"

/* ptrace(2), under PTRACE_TRACEME and in capabilities(7): with CAP_SYS_PTRACE a tracer may follow
   where a program gets rights. */
static bool may_follow(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    return (data[0].effective & (1U << CAP_SYS_PTRACE)) != 0;
}

/* What in the file would give rights, or NULL. */
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

void rights_warn(const char *program)
{
    char path[PATH_MAX];
    struct error ignored;
    if (may_follow() || program_path(program, path, &ignored) < 0)
        return;
    const char *source = source_of_rights(path);
    if (source)
        log_warning("%s is %s, and gets no rights from that while it is traced by an ordinary user",
                    program, source);
}
