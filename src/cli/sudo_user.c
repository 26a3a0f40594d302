/* SPDX-License-Identifier: MIT */
#include "cli/sudo_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/capabilities.h"
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

int sudo_user_become(struct error *err)
{
    long uid = id_in("SUDO_UID"), gid = id_in("SUDO_GID");
    if (geteuid() != 0 || uid <= 0 || gid < 0)
        return 0;
    const struct passwd *user = getpwuid((uid_t)uid);
    if (!user)
        return error_set(err, -ENOENT,
                         "sudo was called by user %ld, who is not in the user database", uid);
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || initgroups(user->pw_name, (gid_t)gid) < 0 ||
        setresgid((gid_t)gid, (gid_t)gid, (gid_t)gid) < 0 ||
        setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) < 0)
        return error_set(err, -errno, "cannot become user %s, who called sudo: %s", user->pw_name,
                         strerror(errno));
    int r = capabilities_keep();
    if (r < 0)
        return error_set(err, r, "cannot keep the right to trace as user %s: %s", user->pw_name,
                         strerror(-r));
    /*
     * The change of the user has made the process non-dumpable: its /proc files belong to root
     * (prctl(2), PR_SET_DUMPABLE). We and LTTng's daemon read them. Tracing us still needs our
     * capabilities.
     */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    setenv("HOME", user->pw_dir, 1);
    log_debug("sudo was called by %s: recording as that user", user->pw_name);
    return 0;
}

const char *sudo_user_home(void)
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
