/* SPDX-License-Identifier: MIT */
#include "analysis/remarks.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"

enum remark {
    REMARK_WITHOUT_TID,
    REMARK_WITHOUT_PID,
    REMARK_LOST,
    REMARK_PAUSED,
    REMARK_WITHOUT_EXIT,
    REMARK_WITHOUT_ENTRY,
    REMARK_OTHER_STACKS,
    REMARK_AMBIGUOUS,
    REMARKS,
};

/* A list of counts with what they are of, without those that are 0. */
struct count_list {
    char *text;
    size_t size, length;
    uint64_t total;
};

PRINTF_LIKE(3, 4)
static void add_to_list(struct count_list *list, uint64_t n, const char *format, ...)
{
    char what[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (n == 0)
        return;
    int length = snprintf(list->text + list->length, list->size - list->length, "%s%llu %s",
                          list->total ? ", " : "", (unsigned long long)n, what);
    list->length += length > 0 ? (size_t)length : 0;
    if (list->length >= list->size)
        list->length = list->size - 1;
    list->total += n;
}

static const char *plural(uint64_t n, const char *one, const char *more)
{
    return n == 1 ? one : more;
}

/* Why events are missing. */
static const char *silence(const struct call_counts *counts)
{
    if (counts->gaps)
        return counts->pauses ? "events were lost, or the session may have been stopped"
                              : "events were lost";
    return counts->pauses ? "the session may have been stopped"
                          : "more calls were open than 1048576";
}

static bool without_exit(const struct call_counts *counts, char *line, size_t size)
{
    const uint64_t *ends = counts->ends;
    uint64_t n = ends[CALL_UNWOUND] + ends[CALL_LOST] + ends[CALL_REPLACED] + ends[CALL_AT_END] +
                 ends[CALL_NO_EXITS];
    char causes[400] = "";
    struct count_list list = {.text = causes, .size = sizeof(causes)};
    add_to_list(&list, ends[CALL_AT_END], "still open at the end");
    add_to_list(&list, ends[CALL_UNWOUND], "left by an exception or a jump");
    add_to_list(&list, ends[CALL_LOST] - counts->too_deep, "open while %s", silence(counts));
    add_to_list(&list, counts->too_deep, "of more than 1048576 that were open in one thread");
    add_to_list(&list, ends[CALL_REPLACED], "in a program that another one replaced");
    add_to_list(&list, ends[CALL_NO_EXITS], "of functions whose exits are not recorded");
    snprintf(line, size, "%llu %s no exit: %s", (unsigned long long)n,
             plural(n, "call has", "calls have"), causes);
    return n > 0;
}

static bool without_entry(const struct call_counts *counts, char *line, size_t size)
{
    char causes[200] = "";
    struct count_list list = {.text = causes, .size = sizeof(causes)};
    uint64_t n = counts->lone_exits + counts->lost_entries;
    add_to_list(&list, counts->lone_exits, "entered before the recording");
    add_to_list(&list, counts->lost_entries, "after %s", silence(counts));
    snprintf(line, size, "%llu %s no entry: %s", (unsigned long long)n,
             plural(n, "exit has", "exits have"), causes);
    return n > 0;
}

static bool lost(const struct call_counts *counts, char *line, size_t size)
{
    char what[200] = "";
    struct count_list list = {.text = what, .size = sizeof(what)};
    add_to_list(&list, counts->lost_events, "%s",
                plural(counts->lost_events, "event was", "events were"));
    add_to_list(&list, counts->lost_packets, "%s",
                plural(counts->lost_packets, "packet of events was", "packets of events were"));
    snprintf(line, size, "%s not recorded; %llu %s open then, and no time is known of %s",
             list.total ? what : "some events were", (unsigned long long)counts->no_duration,
             plural(counts->no_duration, "call that returned was", "calls that returned were"),
             plural(counts->no_duration, "it", "them"));
    return counts->gaps > 0;
}

static bool paused(const struct call_counts *counts, char *line, size_t size)
{
    snprintf(line, size,
             "%llu %s open when the session was stopped, or its ring buffers were flushed: no time "
             "is known of %s; --with=duration records it",
             (unsigned long long)counts->paused,
             plural(counts->paused, "call that returned was", "calls that returned were"),
             plural(counts->paused, "it", "them"));
    return counts->paused > 0;
}

/* Which call has returned is not known where calls of several stacks are open. */
static bool other_stacks(const struct call_counts *counts, char *line, size_t size)
{
    char list_text[300] = "";
    struct count_list list = {.text = list_text, .size = sizeof(list_text)};
    add_to_list(&list, counts->resumed, "%s after calls around %s",
                plural(counts->resumed, "call returned", "calls returned"),
                plural(counts->resumed, "it", "them"));
    add_to_list(&list, counts->uncertain, "%s no time, as it may be that of another one",
                plural(counts->uncertain, "call has", "calls have"));
    add_to_list(&list, counts->swapped, "%s before may have the %s of %s",
                plural(counts->swapped, "call", "calls"), plural(counts->swapped, "time", "times"),
                plural(counts->swapped, "another one", "others"));
    snprintf(line, size, "%s: %s; --with=duration records certain times",
             counts->resumed || counts->switches_stacks
                 ? "the program switches between stacks (coroutines)"
                 : "exits may be those of other calls",
             list_text);
    return list.total > 0;
}

bool remarks_next(const struct call_counts *counts, size_t *position, char *line, size_t size)
{
    while (*position < REMARKS) {
        bool is_due = false;
        switch ((enum remark)(*position)++) {
        case REMARK_WITHOUT_TID:
            snprintf(line, size,
                     "%s events do not tell their threads, so calls cannot be timed; to record it: "
                     "lttng add-context -u -t vpid -t vtid",
                     counts->without_tid == counts->events ? "the" : "some");
            is_due = counts->without_tid > 0;
            break;
        case REMARK_WITHOUT_PID:
            snprintf(line, size,
                     "%s events do not tell their processes; to record it: "
                     "lttng add-context -u -t vpid",
                     counts->without_pid == counts->events ? "the" : "some");
            is_due = counts->without_pid > 0 && counts->without_tid == 0;
            break;
        case REMARK_LOST:
            is_due = lost(counts, line, size);
            break;
        case REMARK_PAUSED:
            is_due = paused(counts, line, size);
            break;
        case REMARK_WITHOUT_EXIT:
            is_due = without_exit(counts, line, size);
            break;
        case REMARK_WITHOUT_ENTRY:
            is_due = without_entry(counts, line, size);
            break;
        case REMARK_OTHER_STACKS:
            is_due = other_stacks(counts, line, size);
            break;
        case REMARK_AMBIGUOUS:
            snprintf(line, size,
                     "%llu recursive %s left by an exception or a jump, or on another stack, and "
                     "may have got the exit of another one; --with=depth,duration tells them apart",
                     (unsigned long long)counts->ambiguous,
                     plural(counts->ambiguous, "call was", "calls were"));
            is_due = counts->ambiguous > 0;
            break;
        case REMARKS:
            break;
        }
        if (is_due)
            return true;
    }
    return false;
}
