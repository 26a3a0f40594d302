/* SPDX-License-Identifier: MIT */
/*
 * The CPU number comes from a function that liblttng-ust lets one override. The thread's ID and
 * name and the process's ID it asks of gettid(), pthread_getname_np() and getpid(), which the
 * executable answers (tp/identity_override.h), but it asks once per emitting thread, or once for
 * all of them, and keeps the answers. It exports a function that makes it forget the name, and none
 * for the IDs. The process's is the affair of tp/lttng/ust_vpid_cache.c.
 *
 * The variable with the ID is found so: gettid() is called by liblttng-ust right before it stores
 * the answer. At that moment its thread-local storage is copied; after the emission the word that
 * was 0 and now holds the answer is it. Its distance from the storage's start is the same in all
 * threads (ELF Handling For Thread-Local Storage, section 3). Before the contexts were ever asked
 * for, nothing need be done; and if no such word or more than one is found, vtid stays what it is.
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
#include "util/cleanup.h"
#include "util/log.h"

enum offset_state { OFFSET_UNKNOWN, OFFSET_KNOWN, OFFSET_NOT_FOUND };

struct ust_identity {
    int n_cpus;                   /* CPU numbers liblttng-ust has rings for: below this */
    thread_face_function *face;   /* NULL: not run in our executable */
    const void *library;          /* where liblttng-ust is mapped */
    enum offset_state vtid_state; /* written once, read by any emitting thread */
    size_t vtid_offset;           /* of the cached ID in liblttng-ust's storage */
    struct ust_vpid pid;
};

/* What an emitting thread keeps. */
struct voice {
    int cpu; /* the traced thread's; meaningless unless speaking */
    bool speaking;
    pid_t tid; /* whom liblttng-ust's caches were last filled for */
    char name[THREAD_NAME_MAX];
    char *storage;       /* liblttng-ust's thread-local storage of this thread, or NULL */
    size_t storage_size; /* in bytes */
    char *before;        /* a copy of it from when gettid() was asked, or NULL */
};

static __thread struct voice voice = {.cpu = -1};

static int current_cpu(void)
{
    if (voice.speaking && voice.cpu >= 0)
        return voice.cpu;
    int cpu = sched_getcpu();
    return cpu < 0 ? 0 : cpu;
}

/* The highest possible CPU number plus one, as liblttng-ust counts its rings; 0 when not known. */
static int possible_cpus(void)
{
    cleanup(cleanup_file) FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
    char line[4096];
    if (!file || !fgets(line, sizeof(line), file))
        return 0;
    /* "0-3,8-11": the last number counts. */
    const char *last = line + strlen(line);
    while (last > line && strchr("-,", last[-1]) == NULL)
        last--;
    long n = strtol(last, NULL, 10);
    return n < 0 || n >= INT_MAX ? 0 : (int)n + 1;
}

static int find_storage(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    const struct ust_identity *speaker = data;
    if (!library_holds(info, speaker->library))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            voice.storage_size = info->dlpi_phdr[i].p_memsz;
    voice.storage = info->dlpi_tls_data; /* NULL: this thread has none yet */
    return 1;
}

/* liblttng-ust is about to cache what gettid() answers for this thread. */
static void asked(void *data)
{
    struct ust_identity *speaker = data;
    if (__atomic_load_n(&speaker->vtid_state, __ATOMIC_ACQUIRE) != OFFSET_UNKNOWN || voice.before)
        return;
    if (!voice.storage)
        dl_iterate_phdr(find_storage, speaker);
    if (!voice.storage)
        return;
    voice.before = malloc(voice.storage_size);
    if (voice.before)
        memcpy(voice.before, voice.storage, voice.storage_size);
}

static void find_vtid_offset(struct ust_identity *speaker)
{
    size_t found = 0, offset = 0;
    for (size_t at = 0; at + sizeof(pid_t) <= voice.storage_size; at += sizeof(pid_t)) {
        pid_t before, now;
        memcpy(&before, voice.before + at, sizeof(before));
        memcpy(&now, voice.storage + at, sizeof(now));
        if (before == 0 && now == voice.tid) {
            found++;
            offset = at;
        }
    }
    free(voice.before);
    voice.before = NULL;
    speaker->vtid_offset = offset;
    if (found != 1)
        log_debug("the context vtid will tell of the first traced thread only");
    __atomic_store_n(&speaker->vtid_state, found == 1 ? OFFSET_KNOWN : OFFSET_NOT_FOUND,
                     __ATOMIC_RELEASE);
}

/* Makes liblttng-ust ask anew, or know, who the calling thread is. */
static void forget_caches(struct ust_identity *speaker)
{
    lttng_ust_context_procname_reset();
    if (__atomic_load_n(&speaker->vtid_state, __ATOMIC_ACQUIRE) != OFFSET_KNOWN)
        return;
    if (!voice.storage)
        dl_iterate_phdr(find_storage, speaker);
    if (voice.storage)
        memset(voice.storage + speaker->vtid_offset, 0, sizeof(pid_t));
}

void ust_identity_begin(struct ust_identity *speaker, const struct hit *hit)
{
    voice.cpu = hit->cpu < speaker->n_cpus ? hit->cpu : -1;
    voice.speaking = true;
    if (!speaker->face)
        return;
    struct identity_override *face = speaker->face();
    const char *name = hit->thread_name ? hit->thread_name : "";
    if (hit->tid != voice.tid || strncmp(name, voice.name, THREAD_NAME_MAX - 1) != 0) {
        voice.tid = hit->tid;
        size_t n = strnlen(name, THREAD_NAME_MAX - 1);
        memcpy(voice.name, name, n);
        memset(voice.name + n, 0, sizeof(voice.name) - n);
        forget_caches(speaker);
    }
    ust_vpid_begin(&speaker->pid, hit->pid, hit->time_ns);
    face->tid = voice.tid;
    face->pid = hit->pid;
    memcpy(face->name, voice.name, sizeof(face->name));
    face->asked = asked;
    face->data = speaker;
}

void ust_identity_end(struct ust_identity *speaker)
{
    voice.speaking = false;
    if (voice.before)
        find_vtid_offset(speaker);
    if (speaker->face) {
        struct identity_override *face = speaker->face();
        face->tid = 0;
        face->pid = 0;
        face->name[0] = '\0';
        if (face->pid_asked) {
            face->pid_asked = false;
            ust_vpid_look(&speaker->pid);
        }
    }
}

void ust_identity_may_wait(struct ust_identity *speaker, int ms)
{
    if (speaker->face)
        speaker->face()->may_wait_ms = ms;
}

struct ust_identity *ust_identity_new(void)
{
    struct ust_identity *speaker = calloc(1, sizeof(*speaker));
    if (!speaker)
        return NULL;
    speaker->n_cpus = possible_cpus();
    speaker->face = (thread_face_function *)dlsym(RTLD_DEFAULT, THREAD_FACE_SYMBOL);
    speaker->library = (const void *)lttng_ust_context_procname_reset;
    if (speaker->face)
        ust_vpid_init(&speaker->pid, speaker->library);
    if (lttng_ust_getcpu_override(current_cpu) < 0)
        log_debug("liblttng-ust keeps its own idea of the CPU");
    return speaker;
}

void ust_identity_free(struct ust_identity *speaker)
{
    /* NULL gives liblttng-ust its own back. */
    if (speaker && lttng_ust_getcpu_override(NULL) < 0)
        log_debug("liblttng-ust keeps our idea of the CPU");
    if (speaker)
        ust_vpid_free(&speaker->pid);
    free(speaker);
}
