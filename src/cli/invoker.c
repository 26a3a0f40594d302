#include "cli/invoker.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/log.h"

/* The value of a decimal environment variable such as SUDO_UID, or -1. */
static long id_in(const char *name)
{
    const char *text = getenv(name);
    if (!text || !*text || strspn(text, "0123456789") != strlen(text))
        return -1;
    errno = 0;
    long id = strtol(text, NULL, 10);
    return errno == 0 && id <= (long)UINT32_MAX - 1 ? id : -1;
}

#define CAPABILITY(number) (UINT64_C(1) << (number))

/* What tracing as another user than root takes; each is named with its reason in docs/rights.md. */
static const uint64_t ALWAYS =
    CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_KILL) | CAPABILITY(CAP_SYS_NICE);
/* What only the targets' files take: effective from when ours are open. */
static const uint64_t FOR_TARGETS =
    CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_CHECKPOINT_RESTORE);

static int get_capabilities(uint64_t *effective, uint64_t *permitted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    return 0;
}

/* None are inheritable: what we start has none of them. */
static int set_capabilities(uint64_t effective, uint64_t permitted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)effective, .permitted = (uint32_t)permitted},
        {.effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32)},
    };
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* Root in a container may lack some. */
static int keep_capabilities(void)
{
    uint64_t effective, permitted;
    int r = get_capabilities(&effective, &permitted);
    if (r < 0)
        return r;
    permitted &= ALWAYS | FOR_TARGETS;
    return set_capabilities(permitted & ALWAYS, permitted);
}

void invoker_open_targets(void)
{
    uint64_t effective, permitted;
    if (get_capabilities(&effective, &permitted) < 0 || !(permitted & FOR_TARGETS & ~effective))
        return;
    if (set_capabilities(effective | (permitted & FOR_TARGETS), permitted) < 0)
        log_debug("cannot use the right to open other users' files");
}

int invoker_become(struct error *err)
{
    long uid = id_in("SUDO_UID"), gid = id_in("SUDO_GID");
    if (geteuid() != 0 || uid <= 0 || gid < 0)
        return 0;
    const struct passwd *user = getpwuid((uid_t)uid);
    if (!user)
        return error_set(err, -ENOENT, "sudo was called by user %ld, whom nobody knows", uid);
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || initgroups(user->pw_name, (gid_t)gid) < 0 ||
        setresgid((gid_t)gid, (gid_t)gid, (gid_t)gid) < 0 ||
        setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) < 0)
        return error_set(err, -errno, "cannot become user %s, who called sudo: %s", user->pw_name,
                         strerror(errno));
    int r = keep_capabilities();
    if (r < 0)
        return error_set(err, r, "cannot keep the right to trace as user %s: %s", user->pw_name,
                         strerror(-r));
    /* Changing user has made this process one whose /proc files belong to root; they are read here,
       and LTTng's daemon looks at them. It takes our capabilities to trace us all the same. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    setenv("HOME", user->pw_dir, 1);
    log_debug("sudo was called by %s: recording as that user", user->pw_name);
    return 0;
}

const char *invoker_home(void)
{
    const char *home = getenv("LTTNG_HOME");
    if (!home || !*home)
        home = getenv("HOME");
    if (!home || !*home) {
        const struct passwd *user = getpwuid(getuid());
        home = user ? user->pw_dir : NULL;
    }
    return home;
}
