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
    LOOK_EVERY_NS = 100 * 1000 * 1000,
    /* A smaller number may well be something else. */
    TELLING_PID = 1000,
};

struct search {
    struct ust_vpid *speaker;
    const void *within; /* what lies in the library that is looked for */
};

static int find_data(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    const struct search *search = data;
    if (!library_holds(info, search->within))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
            continue;
        /* What is zero at the start: not what the file has there, nor what is made read-only. */
        search->speaker->data =
            (const char *)(info->dlpi_addr + segment->p_vaddr + segment->p_filesz);
        search->speaker->size = segment->p_memsz - segment->p_filesz;
    }
    return 1;
}

static void give_up_looking(struct ust_vpid *speaker)
{
    free(speaker->before);
    speaker->before = NULL;
}

/* Whether the word is the upper half of a pointer: those of a program's addresses are usual IDs. */
static bool is_half_a_pointer(const struct ust_vpid *speaker, size_t at)
{
    uintptr_t address = (uintptr_t)(speaker->data + at);
    uint64_t whole;
    if (address % sizeof(whole) == 0 || at < sizeof(pid_t))
        return false;
    memcpy(&whole, speaker->data + at - sizeof(pid_t), sizeof(whole));
    return (uint32_t)whole != 0 && whole >> 44 != 0 && whole >> 47 == 0;
}

/* The first word that has become one of the IDs; how many there are in *n. */
static pid_t *find_word(const struct ust_vpid *speaker, bool was_there, unsigned *n)
{
    size_t first = (size_t)(-(uintptr_t)speaker->data & (sizeof(pid_t) - 1));
    pid_t *found = NULL;
    *n = 0;
    for (size_t at = first; at + sizeof(pid_t) <= speaker->size; at += sizeof(pid_t)) {
        pid_t before, now;
        memcpy(&now, speaker->data + at, sizeof(now));
        if (now != speaker->own && now != speaker->spoken)
            continue;
        memcpy(&before, speaker->before + at, sizeof(before));
        if (now == 0 || (before != 0 && !was_there) || is_half_a_pointer(speaker, at))
            continue;
        if ((*n)++ == 0)
            found = (pid_t *)(uintptr_t)(speaker->data + at);
    }
    return found;
}

void ust_vpid_init(struct ust_vpid *speaker, const void *library)
{
    struct search search = {.speaker = speaker, .within = library};
    *speaker = (struct ust_vpid){.own = getpid()};
    dl_iterate_phdr(find_data, &search);
    speaker->before = speaker->data ? malloc(speaker->size) : NULL;
    if (!speaker->before)
        return;
    memcpy(speaker->before, speaker->data, speaker->size);
    /* A session that is started already may have asked: with events of liblttng-ust's own. */
    unsigned n;
    pid_t *word = find_word(speaker, true, &n);
    if (n == 1 && speaker->own >= TELLING_PID) {
        speaker->variable = word;
        give_up_looking(speaker);
    }
}

void ust_vpid_free(struct ust_vpid *speaker)
{
    if (speaker->variable)
        __atomic_store_n(speaker->variable, speaker->own, __ATOMIC_RELAXED);
    give_up_looking(speaker);
}

void ust_vpid_look(struct ust_vpid *speaker)
{
    unsigned n;
    if (!speaker->before)
        return;
    pid_t *word = find_word(speaker, false, &n);
    if (n == 0)
        return;
    if (n == 1)
        speaker->variable = word;
    else
        log_debug("the context vpid tells of the first process only");
    give_up_looking(speaker);
}

void ust_vpid_begin(struct ust_vpid *speaker, pid_t pid, uint64_t now_ns)
{
    /* Others than emitting threads may ask, too: those that tell sessions of our libraries. */
    if (speaker->before && now_ns - speaker->looked_ns >= LOOK_EVERY_NS) {
        speaker->looked_ns = now_ns;
        ust_vpid_look(speaker);
    }
    speaker->spoken = pid;
    if (speaker->variable && __atomic_load_n(speaker->variable, __ATOMIC_RELAXED) != pid)
        __atomic_store_n(speaker->variable, pid, __ATOMIC_RELAXED);
}
