/* SPDX-License-Identifier: MIT */
#include "util/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/log.h"

#define CAPABILITY(number) (UINT64_C(1) << (number))

/* docs/rights.md has the reason for each. */
static const uint64_t FOR_TRACING =
    CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_KILL) | CAPABILITY(CAP_SYS_NICE);
static const uint64_t FOR_TARGETS =
    CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_CHECKPOINT_RESTORE);

struct sets {
    uint64_t effective, permitted, inheritable;
};

static int get_sets(struct sets *sets)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
    sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}

static int set_sets(const struct sets *sets)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {
            .effective = (uint32_t)sets->effective,
            .permitted = (uint32_t)sets->permitted,
            .inheritable = (uint32_t)sets->inheritable,
        },
        {
            .effective = (uint32_t)(sets->effective >> 32),
            .permitted = (uint32_t)(sets->permitted >> 32),
            .inheritable = (uint32_t)(sets->inheritable >> 32),
        },
    };
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int capabilities_lower(void)
{
    struct sets sets;
    int r = get_sets(&sets);
    if (r < 0 || sets.effective == 0)
        return r;
    sets.effective = 0;
    return set_sets(&sets);
}

int capabilities_keep(void)
{
    struct sets sets;
    int r = get_sets(&sets);
    if (r < 0)
        return r;
    /* Root in a container may lack some. */
    sets.permitted &= FOR_TRACING | FOR_TARGETS;
    sets.effective = sets.inheritable = 0;
    return set_sets(&sets);
}

/* Returns those that were not effective before, and are now. */
static uint64_t raise_some(uint64_t wanted, struct sets *sets)
{
    if (get_sets(sets) < 0)
        return 0;
    uint64_t missing = wanted & sets->permitted & ~sets->effective;
    struct sets raised = *sets;
    raised.effective |= missing;
    if (!missing)
        return 0;
    int r = set_sets(&raised);
    if (r < 0)
        log_debug("cannot use the capabilities %llx", (unsigned long long)missing);
    return r < 0 ? 0 : missing;
}

void capabilities_raise_tracing(void)
{
    struct sets sets;
    raise_some(FOR_TRACING, &sets);
}

bool capabilities_permit(int capability)
{
    struct sets sets;
    return get_sets(&sets) == 0 && (sets.permitted & CAPABILITY(capability)) != 0;
}

struct target_rights target_rights_begin(void)
{
    struct sets sets;
    struct target_rights rights = {.raised = raise_some(FOR_TARGETS, &sets)};
    return rights;
}

void target_rights_end(const struct target_rights *rights)
{
    struct sets sets;
    int code = errno; /* of the calls within the scope */
    if (rights->raised && get_sets(&sets) == 0) {
        sets.effective &= ~rights->raised;
        /* Dropping one's own capabilities fails for no other reason (cap_capset() in
           security/commoncap.c), and to go on with them is not acceptable. */
        while (set_sets(&sets) == -ENOMEM)
            continue;
    }
    errno = code;
}
