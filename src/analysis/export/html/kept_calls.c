/* SPDX-License-Identifier: MIT */
#include "analysis/export/html/kept_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/html/deflated.h"
#include "util/vec.h"

/* In the file; the texts follow it. */
struct kept_call {
    uint64_t begin_ns, length_ns;
    int64_t more_ns; /* what it took, less its length */
    uint32_t thread, function, depth;
    uint32_t end;                          /* enum kept_end */
    uint32_t arguments_size, results_size; /* 0: there are none */
};

/* Lengths are counted by 64 classes of each power of two. */
enum { CLASS_BITS = 6, CLASSES = (64 - CLASS_BITS + 1) << CLASS_BITS };

struct kept_group {
    uint64_t begin_ns, end_ns;
    uint64_t calls; /* 0: there is none */
};

struct kept_thread {
    uint32_t depth; /* open calls */
    /* Of what was written. */
    bool is_written;
    uint32_t last_depth;
    uint64_t last_end_ns;
    VEC(struct kept_group) groups; /* not written yet, by depth */
};

struct kept_calls {
    FILE *file;
    uint64_t n;
    bool has_begin;
    uint64_t begin_ns; /* of the first call */
    VEC(struct kept_thread) threads;
    uint64_t classes[CLASSES];
    /* Calls of this class and above, and their number: those below are not among the longest. */
    uint32_t least;
    uint64_t n_least;
    /* While they are written. */
    const struct kept_columns *columns;
    struct kept_counts *counts;
    uint64_t room;       /* for calls of the least class */
    uint64_t open_texts; /* bytes of texts, not compressed */
    uint32_t last_thread;
    char *texts;
    size_t texts_size;
};

/* A longer one has a class that is not lower. */
static uint32_t length_class(uint64_t length_ns)
{
    if (length_ns >> CLASS_BITS == 0)
        return (uint32_t)length_ns;
    uint32_t shift = 63 - (uint32_t)__builtin_clzll(length_ns) - CLASS_BITS;
    return ((shift + 1) << CLASS_BITS) + (uint32_t)(length_ns >> shift) - (1 << CLASS_BITS);
}

/* The longest of a class. */
static uint64_t class_longest(uint32_t class)
{
    if (class < 1 << CLASS_BITS)
        return class;
    uint32_t shift = (class >> CLASS_BITS) - 1;
    uint64_t first = (1 << CLASS_BITS) + (class & ((1 << CLASS_BITS) - 1));
    return ((first + 1) << shift) - 1;
}

int kept_calls_new(struct kept_calls **calls)
{
    struct kept_calls *made = calloc(1, sizeof(*made));
    int rc = made ? spool_file(&made->file) : -ENOMEM;
    if (rc < 0) {
        free(made);
        made = NULL;
    }
    *calls = made;
    return rc;
}

void kept_calls_free(struct kept_calls *calls)
{
    if (!calls)
        return;
    for (size_t i = 0; i < calls->threads.count; i++)
        vec_free(&calls->threads.items[i].groups);
    vec_free(&calls->threads);
    fclose(calls->file);
    free(calls->texts);
    free(calls);
}

uint64_t kept_calls_begin_ns(const struct kept_calls *calls)
{
    return calls->begin_ns;
}

/* ---- while the trace is read ---- */

static struct kept_thread *kept_thread_of(struct kept_calls *calls, uint32_t number)
{
    while (calls->threads.count <= number)
        if (!vec_push(&calls->threads))
            return NULL;
    return &calls->threads.items[number];
}

/* Counts a length. Returns whether such calls may be among the longest. */
static bool count_length(struct kept_calls *calls, uint64_t length_ns)
{
    uint32_t class = length_class(length_ns);
    calls->classes[class]++;
    calls->n_least += class >= calls->least;
    while (calls->n_least - calls->classes[calls->least] >= HTML_CALLS_MAX)
        calls->n_least -= calls->classes[calls->least++];
    return class >= calls->least;
}

static int keep_call(struct kept_calls *calls, struct kept_call *kept, const char *arguments,
                     const char *results)
{
    bool with_texts = count_length(calls, kept->length_ns);
    kept->arguments_size = with_texts && arguments ? (uint32_t)strlen(arguments) : 0;
    kept->results_size = with_texts && results ? (uint32_t)strlen(results) : 0;
    calls->n++;
    fwrite(kept, sizeof(*kept), 1, calls->file);
    if (kept->arguments_size)
        fwrite(arguments, 1, kept->arguments_size, calls->file);
    if (kept->results_size)
        fwrite(results, 1, kept->results_size, calls->file);
    return !ferror(calls->file) ? 0 : errno ? -errno : -EIO;
}

static void note_begin(struct kept_calls *calls, uint64_t now_ns)
{
    if (!calls->has_begin)
        calls->begin_ns = now_ns;
    calls->has_begin = true;
}

int kept_calls_enter(struct kept_calls *calls, const struct exported_call *call)
{
    struct kept_thread *thread = kept_thread_of(calls, call->thread->number);
    if (!thread)
        return -ENOMEM;
    thread->depth++;
    note_begin(calls, call->begin_ns);
    return 0;
}

static enum kept_end kept_end_of(const struct exported_call *call)
{
    static const enum kept_end ends[CALL_ENDS] = {
        [CALL_OPEN] = KEPT_NO_ENTRY,     [CALL_RETURNED] = KEPT_RETURNED,
        [CALL_UNWOUND] = KEPT_UNWOUND,   [CALL_LOST] = KEPT_LOST,
        [CALL_REPLACED] = KEPT_REPLACED, [CALL_AT_END] = KEPT_AT_END,
        [CALL_NO_EXITS] = KEPT_NO_EXITS, [CALL_NO_THREAD] = KEPT_NO_THREAD,
    };
    return call->end == CALL_RETURNED && !call->has_duration ? KEPT_UNCERTAIN : ends[call->end];
}

int kept_calls_leave(struct kept_calls *calls, const struct exported_call *call, uint32_t function,
                     uint64_t now_ns, int64_t duration_ns, const char *results)
{
    struct kept_thread *thread = kept_thread_of(calls, call->thread->number);
    if (!thread)
        return -ENOMEM;
    thread->depth -= thread->depth > 0;
    struct kept_call kept = {
        .begin_ns = call->begin_ns,
        .length_ns = now_ns - call->begin_ns,
        .thread = call->thread->number,
        .function = function,
        .depth = thread->depth,
        .end = kept_end_of(call),
    };
    if (call->has_duration)
        kept.more_ns = duration_ns - (int64_t)kept.length_ns;
    return keep_call(calls, &kept, call->arguments, results);
}

int kept_calls_exit(struct kept_calls *calls, const struct exported_call *call, uint32_t function,
                    uint64_t now_ns, int64_t duration_ns, const char *results)
{
    struct kept_thread *thread = kept_thread_of(calls, call->thread->number);
    if (!thread)
        return -ENOMEM;
    note_begin(calls, now_ns);
    struct kept_call kept = {
        .begin_ns = now_ns,
        .more_ns = call->has_duration ? duration_ns : 0,
        .thread = call->thread->number,
        .function = function,
        .depth = thread->depth,
        .end = KEPT_NO_ENTRY,
    };
    return keep_call(calls, &kept, NULL, results);
}

/* ---- afterwards ---- */

/* What groups and calls have in common. */
static void write_item(struct kept_calls *calls, struct kept_thread *thread, uint32_t bits,
                       uint64_t what, uint32_t depth, uint64_t begin_ns, uint64_t length_ns)
{
    const struct kept_columns *columns = calls->columns;
    uint32_t number = (uint32_t)(thread - calls->threads.items);
    bool other = number != calls->last_thread;
    uint64_t last_ns = thread->is_written ? thread->last_end_ns : calls->begin_ns;
    varint_write(columns->kinds, bits | (other ? KEPT_THREAD : 0));
    if (other)
        varint_write(columns->kinds, number);
    varint_write(columns->kinds, what);
    zigzag_write(columns->kinds, (int64_t)depth - (int64_t)thread->last_depth);
    zigzag_write(columns->times, (int64_t)(begin_ns - last_ns));
    varint_write(columns->times, length_ns);
    calls->last_thread = number;
    thread->is_written = true;
    thread->last_depth = depth;
    thread->last_end_ns = begin_ns + length_ns;
}

/* The groups of that depth and deeper ones. */
static void write_groups(struct kept_calls *calls, struct kept_thread *thread, uint32_t depth)
{
    while (thread->groups.count > depth) {
        const struct kept_group *group = &thread->groups.items[--thread->groups.count];
        if (group->calls == 0)
            continue;
        write_item(calls, thread, KEPT_GROUP, group->calls, (uint32_t)thread->groups.count,
                   group->begin_ns, group->end_ns - group->begin_ns);
        calls->counts->groups++;
        calls->counts->grouped += group->calls;
    }
}

static int add_to_group(struct kept_thread *thread, const struct kept_call *kept)
{
    while (thread->groups.count <= kept->depth)
        if (!vec_push(&thread->groups))
            return -ENOMEM;
    struct kept_group *group = &thread->groups.items[kept->depth];
    if (group->calls++ == 0)
        group->begin_ns = kept->begin_ns;
    group->end_ns = kept->begin_ns + kept->length_ns;
    return 0;
}

static void write_kept(struct kept_calls *calls, struct kept_thread *thread,
                       const struct kept_call *kept)
{
    const struct kept_columns *columns = calls->columns;
    uint32_t bits = kept->end << KEPT_END_SHIFT;
    bool has_texts = kept->arguments_size || kept->results_size;
    bool has_room =
        *columns->texts_size < HTML_TEXTS_MAX && calls->open_texts < HTML_TEXTS_OPEN_MAX;
    if (has_texts && has_room)
        bits |=
            (kept->arguments_size ? KEPT_ARGUMENTS : 0u) | (kept->results_size ? KEPT_RESULTS : 0u);
    if (has_room)
        calls->open_texts += kept->arguments_size + kept->results_size + 2;
    if (kept->more_ns)
        bits |= KEPT_DURATION;
    write_item(calls, thread, bits, kept->function, kept->depth, kept->begin_ns, kept->length_ns);
    if (kept->more_ns)
        zigzag_write(columns->times, kept->more_ns);
    if (bits & KEPT_ARGUMENTS) {
        fwrite(calls->texts, 1, kept->arguments_size, columns->texts);
        putc('\n', columns->texts);
    }
    if (bits & KEPT_RESULTS) {
        fwrite(calls->texts + kept->arguments_size, 1, kept->results_size, columns->texts);
        putc('\n', columns->texts);
    }
    calls->counts->calls++;
    calls->counts->without_texts += has_texts && !has_room;
}

static bool is_among_longest(struct kept_calls *calls, const struct kept_call *kept)
{
    uint32_t class = length_class(kept->length_ns);
    if (class != calls->least)
        return class > calls->least;
    if (calls->room == 0)
        return false;
    calls->room--;
    return true;
}

static int read_texts(struct kept_calls *calls, const struct kept_call *kept)
{
    size_t size = (size_t)kept->arguments_size + kept->results_size;
    if (size > calls->texts_size) {
        char *texts = realloc(calls->texts, size);
        if (!texts)
            return -ENOMEM;
        calls->texts = texts;
        calls->texts_size = size;
    }
    return fread(calls->texts, 1, size, calls->file) == size ? 0 : -EIO;
}

int kept_calls_write(struct kept_calls *calls, const struct kept_columns *columns,
                     struct kept_counts *counts)
{
    int rc = 0;
    *counts = (struct kept_counts){0};
    calls->columns = columns;
    calls->counts = counts;
    calls->last_thread = UINT32_MAX;
    calls->room = HTML_CALLS_MAX - (calls->n_least - calls->classes[calls->least]);
    if (fflush(calls->file) != 0)
        return -errno;
    rewind(calls->file);
    for (uint64_t i = 0; rc == 0 && i < calls->n; i++) {
        struct kept_call kept;
        if (fread(&kept, sizeof(kept), 1, calls->file) != 1)
            return -EIO;
        struct kept_thread *thread = &calls->threads.items[kept.thread];
        rc = read_texts(calls, &kept);
        if (rc == 0 && is_among_longest(calls, &kept)) {
            write_groups(calls, thread, kept.depth);
            write_kept(calls, thread, &kept);
        } else if (rc == 0) {
            rc = add_to_group(thread, &kept);
        }
    }
    for (size_t i = 0; i < calls->threads.count; i++)
        write_groups(calls, &calls->threads.items[i], 0);
    if (counts->grouped)
        counts->shorter_ns = class_longest(calls->least);
    return rc;
}
