/* SPDX-License-Identifier: MIT */
/*
 * liblttng-ust has a function to override the CPU number. It gets the thread's ID and name and the
 * process's ID from gettid(), pthread_getname_np() and getpid(), which the executable defines
 * (tp/identity_override.h). But it caches the results, per emitting thread or per process. It
 * exports a function that clears the cached name, and none for the IDs. For the process's ID see
 * tp/lttng/ust_vpid_cache.c.
 *
 * To find the variable that caches the thread's ID: liblttng-ust stores the result of gettid()
 * right after the call. We copy its thread-local storage at the call, and compare after the
 * emission: the variable is the word that was 0 and now holds the ID. Its offset in the storage is
 * the same in all threads (ELF Handling For Thread-Local Storage, section 3). Where not exactly one
 * word matches, vtid keeps its first value.
 */
#include "tp/lttng/ust_identity.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lttng/ust-events.h>
#include <lttng/ust-getcpu.h>

#include "tp/identity_override.h"
#include "tp/library.h"
#include "tp/lttng/ust_vpid_cache.h"
#include "util/cpus.h"
#include "util/log.h"

enum offset_state { OFFSET_UNKNOWN, OFFSET_KNOWN, OFFSET_NOT_FOUND };

struct ust_identity {
    int n_cpus; /* liblttng-ust has ring buffers for CPU numbers below this; 0: unknown */
    identity_override_function *override; /* NULL: this is not our executable */
    const void *library;                  /* an address in liblttng-ust */
    enum offset_state vtid_state;         /* written once, read by any emitting thread */
    size_t vtid_offset;                   /* of the cached ID in liblttng-ust's storage */
    struct ust_vpid pid;
};

/* Data of an emitting thread. */
struct emitter {
    int cpu; /* the traced thread's; valid while emitting */
    bool emitting;
    pid_t tid; /* the thread that liblttng-ust's caches are about */
    char name[THREAD_NAME_MAX];
    char *storage;       /* liblttng-ust's thread-local storage of this thread, or NULL */
    size_t storage_size; /* in bytes */
    char *before;        /* a copy of it from the call of gettid(), or NULL */
};

static __thread struct emitter emitter = {.cpu = -1};

static int current_cpu(void)
{
    if (emitter.emitting && emitter.cpu >= 0)
        return emitter.cpu;
    int cpu = sched_getcpu();
    return cpu < 0 ? 0 : cpu;
}

static int find_storage(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    const struct ust_identity *identity = data;
    if (!library_holds(info, identity->library))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            emitter.storage_size = info->dlpi_phdr[i].p_memsz;
    emitter.storage = info->dlpi_tls_data; /* NULL: this thread has none yet */
    return 1;
}

/* Called before liblttng-ust caches the result of gettid() for this thread. */
static void copy_storage(void *data)
{
    struct ust_identity *identity = data;
    if (__atomic_load_n(&identity->vtid_state, __ATOMIC_ACQUIRE) != OFFSET_UNKNOWN ||
        emitter.before)
        return;
    if (!emitter.storage)
        dl_iterate_phdr(find_storage, identity);
    if (!emitter.storage)
        return;
    emitter.before = malloc(emitter.storage_size);
    if (emitter.before)
        memcpy(emitter.before, emitter.storage, emitter.storage_size);
}

static void find_vtid_offset(struct ust_identity *identity)
{
    size_t found = 0, offset = 0;
    for (size_t at = 0; at + sizeof(pid_t) <= emitter.storage_size; at += sizeof(pid_t)) {
        pid_t before, now;
        memcpy(&before, emitter.before + at, sizeof(before));
        memcpy(&now, emitter.storage + at, sizeof(now));
        if (before == 0 && now == emitter.tid) {
            found++;
            offset = at;
        }
    }
    free(emitter.before);
    emitter.before = NULL;
    identity->vtid_offset = offset;
    if (found != 1)
        log_debug("the context vtid shows only the first traced thread");
    __atomic_store_n(&identity->vtid_state, found == 1 ? OFFSET_KNOWN : OFFSET_NOT_FOUND,
                     __ATOMIC_RELEASE);
}

/* Makes liblttng-ust read the identity of the calling thread again. */
static void forget_caches(struct ust_identity *identity)
{
    lttng_ust_context_procname_reset();
    if (__atomic_load_n(&identity->vtid_state, __ATOMIC_ACQUIRE) != OFFSET_KNOWN)
        return;
    if (!emitter.storage)
        dl_iterate_phdr(find_storage, identity);
    if (emitter.storage)
        memset(emitter.storage + identity->vtid_offset, 0, sizeof(pid_t));
}

void ust_identity_begin(struct ust_identity *identity, const struct hit *hit)
{
    emitter.cpu = hit->cpu < identity->n_cpus ? hit->cpu : -1;
    emitter.emitting = true;
    if (!identity->override)
        return;
    struct identity_override *override = identity->override();
    const char *name = hit->thread_name ? hit->thread_name : "";
    if (hit->tid != emitter.tid || strncmp(name, emitter.name, THREAD_NAME_MAX - 1) != 0) {
        emitter.tid = hit->tid;
        size_t n = strnlen(name, THREAD_NAME_MAX - 1);
        memcpy(emitter.name, name, n);
        memset(emitter.name + n, 0, sizeof(emitter.name) - n);
        forget_caches(identity);
    }
    ust_vpid_begin(&identity->pid, hit->pid, hit->time_ns);
    override->tid = emitter.tid;
    override->pid = hit->pid;
    memcpy(override->name, emitter.name, sizeof(override->name));
    override->on_gettid = copy_storage;
    override->data = identity;
}

void ust_identity_end(struct ust_identity *identity)
{
    emitter.emitting = false;
    if (emitter.before)
        find_vtid_offset(identity);
    if (identity->override) {
        struct identity_override *override = identity->override();
        override->tid = 0;
        override->pid = 0;
        override->name[0] = '\0';
        if (override->getpid_called) {
            override->getpid_called = false;
            ust_vpid_search(&identity->pid);
        }
    }
}

void ust_identity_may_wait(struct ust_identity *identity, int ms)
{
    if (identity->override)
        identity->override()->may_wait_ms = ms;
}

struct ust_identity *ust_identity_new(void)
{
    struct ust_identity *identity = calloc(1, sizeof(*identity));
    if (!identity)
        return NULL;
    identity->n_cpus = cpus_possible();
    identity->override =
        (identity_override_function *)dlsym(RTLD_DEFAULT, IDENTITY_OVERRIDE_SYMBOL);
    identity->library = (const void *)lttng_ust_context_procname_reset;
    if (identity->override)
        ust_vpid_init(&identity->pid, identity->library);
    if (lttng_ust_getcpu_override(current_cpu) < 0)
        log_debug("cannot override the CPU number of liblttng-ust");
    return identity;
}

void ust_identity_free(struct ust_identity *identity)
{
    /* NULL restores liblttng-ust's own function. */
    if (identity && lttng_ust_getcpu_override(NULL) < 0)
        log_debug("cannot restore the CPU number of liblttng-ust");
    if (identity)
        ust_vpid_free(&identity->pid);
    free(identity);
}
