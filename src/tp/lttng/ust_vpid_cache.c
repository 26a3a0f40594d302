/* SPDX-License-Identifier: MIT */
#include "tp/lttng/ust_vpid_cache.h"

#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tp/library.h"
#include "util/log.h"

enum {
    SEARCH_PERIOD_NS = 100 * 1000 * 1000,
    /* A smaller number may be another variable's value. */
    DISTINCT_PID_MIN = 1000,
};

struct tls_search {
    struct ust_vpid *vpid;
    const void *within; /* an address in the library */
};

static int find_data(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    const struct tls_search *search = data;
    if (!library_holds(info, search->within))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
            continue;
        /* The zero-initialized part (.bss), outside of the file's data and of RELRO. */
        search->vpid->data = (const char *)(info->dlpi_addr + segment->p_vaddr + segment->p_filesz);
        search->vpid->size = segment->p_memsz - segment->p_filesz;
    }
    return 1;
}

static void stop_search(struct ust_vpid *vpid)
{
    free(vpid->before);
    vpid->before = NULL;
}

/* Whether the word is the upper half of a pointer: the upper half of a program's address looks like
   a PID. */
static bool is_upper_pointer_half(const struct ust_vpid *vpid, size_t at)
{
    uintptr_t address = (uintptr_t)(vpid->data + at);
    uint64_t whole;
    if (address % sizeof(whole) == 0 || at < sizeof(pid_t))
        return false;
    memcpy(&whole, vpid->data + at - sizeof(pid_t), sizeof(whole));
    return (uint32_t)whole != 0 && whole >> 44 != 0 && whole >> 47 == 0;
}

/* The first word that now holds one of the IDs; *n receives the number of such words. */
static pid_t *find_word(const struct ust_vpid *vpid, bool any_before, unsigned *n)
{
    size_t first = (size_t)(-(uintptr_t)vpid->data & (sizeof(pid_t) - 1));
    pid_t *found = NULL;
    *n = 0;
    for (size_t at = first; at + sizeof(pid_t) <= vpid->size; at += sizeof(pid_t)) {
        pid_t before, now;
        memcpy(&now, vpid->data + at, sizeof(now));
        if (now != vpid->own && now != vpid->last)
            continue;
        memcpy(&before, vpid->before + at, sizeof(before));
        if (now == 0 || (before != 0 && !any_before) || is_upper_pointer_half(vpid, at))
            continue;
        if ((*n)++ == 0)
            found = (pid_t *)(uintptr_t)(vpid->data + at);
    }
    return found;
}

void ust_vpid_init(struct ust_vpid *vpid, const void *library)
{
    struct tls_search search = {.vpid = vpid, .within = library};
    *vpid = (struct ust_vpid){.own = getpid()};
    dl_iterate_phdr(find_data, &search);
    vpid->before = vpid->data ? malloc(vpid->size) : NULL;
    if (!vpid->before)
        return;
    memcpy(vpid->before, vpid->data, vpid->size);
    /* A started session may have cached it already, through liblttng-ust's own events. */
    unsigned n;
    pid_t *word = find_word(vpid, true, &n);
    if (n == 1 && vpid->own >= DISTINCT_PID_MIN) {
        vpid->cached = word;
        stop_search(vpid);
    }
}

void ust_vpid_free(struct ust_vpid *vpid)
{
    if (vpid->cached)
        __atomic_store_n(vpid->cached, vpid->own, __ATOMIC_RELAXED);
    stop_search(vpid);
}

void ust_vpid_search(struct ust_vpid *vpid)
{
    unsigned n;
    if (!vpid->before)
        return;
    pid_t *word = find_word(vpid, false, &n);
    if (n == 0)
        return;
    if (n == 1)
        vpid->cached = word;
    else
        log_debug("the context vpid shows only the first process");
    stop_search(vpid);
}

void ust_vpid_begin(struct ust_vpid *vpid, pid_t pid, uint64_t now_ns)
{
    /*
     * Other threads may call getpid(), too: liblttng-ust's listeners, when they report libraries.
     */
    if (vpid->before && now_ns - vpid->searched_ns >= SEARCH_PERIOD_NS) {
        vpid->searched_ns = now_ns;
        ust_vpid_search(vpid);
    }
    vpid->last = pid;
    if (vpid->cached && __atomic_load_n(vpid->cached, __ATOMIC_RELAXED) != pid)
        __atomic_store_n(vpid->cached, pid, __ATOMIC_RELAXED);
}
