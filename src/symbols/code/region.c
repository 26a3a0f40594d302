/* SPDX-License-Identifier: MIT */
#include "symbols/code/region.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/code/arch.h"
#include "symbols/code/file_code.h"
#include "symbols/code/image_code.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/sorted.h"

enum {
    /* Of one function. Larger ones are not decoded. */
    GROUP_SIZE_MAX = 4 << 20,
    GROUP_PARTS_MAX = 4096,
    FUNCTION_ALIGNMENT = 16,
    /* After a function, up to the next one. Linkers align code to 64 bytes at most. */
    PADDING_MAX = 64,
    WINDOW = 4 + CODE_REGION_MAX + PADDING_MAX,
};

struct region_search {
    struct image_code *own;
    struct file_code *code;
    int fd;
    uint64_t start; /* of the region */
    int64_t range;  /* that has it, or RANGE_NONE */
    uint8_t window[WINDOW];
    size_t n; /* bytes in the window, which starts at the region's start */
};

/* ---- groups */

static void free_group_parts(struct group_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(parts[i].bytes);
    free(parts);
}

static int compare_group_parts(const void *x, const void *y)
{
    const struct group_part *a = x, *b = y;
    return a->start < b->start ? -1 : a->start > b->start;
}

static int read_group_part(const struct region_search *search, const struct function_range *range,
                           struct group_part *part)
{
    part->start = range->start;
    part->size = (size_t)(range->end - range->start);
    part->bytes = calloc(1, part->size + CODE_INSN_MAX);
    return part->bytes
               ? text_read(&search->code->text, search->fd, part->start, part->bytes, part->size)
               : -ENOMEM;
}

/* ---- short branches */

static int scan_one_range(const struct region_search *search, struct function_range *range)
{
    struct group_part part = {0};
    if (range->flags & RANGE_SCANNED)
        return 0;
    if (range->end - range->start > GROUP_SIZE_MAX)
        return -E2BIG;
    int r = read_group_part(search, range, &part);
    if (r == 0)
        r = code_scan_range(search->code, &part);
    free(part.bytes);
    if (r == 0)
        range->flags |= RANGE_SCANNED;
    return r;
}

/* Marks what short branches near [start, end) lead to. */
static int scan_near(const struct region_search *search, uint64_t start, uint64_t end)
{
    const struct function_ranges *ranges = &search->code->ranges;
    uint64_t low = start > CODE_SHORT_REACH ? start - CODE_SHORT_REACH : 0;
    size_t i = sorted_up_to(ranges->list.items, ranges->list.count, start, low);
    int r = 0;
    i -= i > 0;
    for (; i < ranges->list.count && ranges->list.items[i].start < end + CODE_SHORT_REACH && r == 0;
         i++)
        if (ranges->list.items[i].end > low)
            r = scan_one_range(search, &ranges->list.items[i]);
    return r;
}

/* The same for the whole function, which may become larger by that. */
static int scan_group(const struct region_search *search, uint32_t range)
{
    const struct function_range *list = search->code->ranges.list.items;
    size_t n, before = 0;
    int r = 0;
    while (r == 0) {
        uint32_t i = range;
        n = 0;
        do {
            r = scan_near(search, list[i].start, list[i].end);
            if (++n > GROUP_PARTS_MAX)
                r = -E2BIG;
            i = list[i].next;
        } while (i != range && r == 0);
        if (n == before)
            break;
        before = n;
    }
    return r;
}

static int scan_for(const struct region_search *search, const char **reason)
{
    int r = search->range != RANGE_NONE
                ? scan_group(search, (uint32_t)search->range)
                : scan_near(search, search->start, search->start + CODE_REGION_MAX);
    if (r == -EFAULT) {
        *reason = "the function's bounds are not in the file's code";
        return -EPERM;
    }
    if (r == -E2BIG) {
        *reason = "the function is too large";
        return -EPERM;
    }
    if (r < 0)
        *reason = "the function's code cannot be read";
    return r;
}

/* Decodes the function's jumps. It is GROUP_INDIRECT also if it is not in the text. */
static int decode_group(const struct region_search *search, uint32_t first)
{
    struct function_range *list = search->code->ranges.list.items;
    uint64_t size = 0;
    size_t n = 0, done = 0;
    uint32_t i = first;
    bool known = false;
    do {
        if (list[i].end - list[i].start > GROUP_SIZE_MAX - size || ++n > GROUP_PARTS_MAX) {
            list[first].state = GROUP_INDIRECT;
            return 0;
        }
        size += list[i].end - list[i].start;
        i = list[i].next;
    } while (i != first);
    struct group_part *parts = calloc(n, sizeof(*parts));
    int r = parts ? 0 : -ENOMEM;
    for (i = first; done < n && r == 0; i = list[i].next)
        r = read_group_part(search, &list[i], &parts[done++]);
    if (r == 0) {
        qsort(parts, n, sizeof(*parts), compare_group_parts);
        r = code_jumps_are_known(search->code, search->fd, parts, n, &known);
    }
    free_group_parts(parts, done);
    if (r == 0 || r == -EFAULT)
        list[first].state = known ? GROUP_CLEAR : GROUP_INDIRECT;
    return r == -EFAULT ? 0 : r;
}

/* A function that is called through pointers alone: its start is stored or computed, is aligned as
   compilers align functions and not their parts, and has the stack of a function that was just
   called. A part may have a label's address there (GCC's "Labels as Values"), but is entered where
   its function has a frame. */
static bool is_pointed_function(const struct file_code *code, const struct function_range *range)
{
    return range->flags & RANGE_POINTED && range->start % FUNCTION_ALIGNMENT == 0 &&
           frames_stack_is_restored(&code->frames, &code->eh_frame, range->start);
}

/* A part of a function whose symbol was stripped, and which is entered by the function's tables
   alone. */
static bool may_be_part(const struct file_code *code, uint32_t first)
{
    const struct function_range *list = code->ranges.list.items;
    uint32_t i = first;
    do {
        if (list[i].flags & (RANGE_SYMBOL | RANGE_CALLED) || is_pointed_function(code, &list[i]))
            return false;
        i = list[i].next;
    } while (i != first);
    return true;
}

/* Whether indirect jumps may lead to any instruction of the function. */
static int may_be_reached(const struct region_search *search, const char **reason)
{
    *reason = NULL;
    if (search->range == RANGE_NONE) {
        *reason = "the function's bounds are not known, and the first instruction is shorter";
        return 0;
    }
    struct function_ranges *ranges = &search->code->ranges;
    uint32_t first = function_ranges_group(ranges, (uint32_t)search->range);
    int r = 0;
    while (r == 0 && ranges->list.items[first].state == GROUP_UNKNOWN) {
        r = decode_group(search, first);
        first = function_ranges_group(ranges, first);
        if (r == -EAGAIN)
            r = scan_group(search, first);
        first = function_ranges_group(ranges, first);
    }
    if (r == 0 && ranges->list.items[first].state == GROUP_INDIRECT)
        *reason = "an indirect jump of the function may lead into it";
    else if (r == 0 && may_be_part(search->code, first))
        *reason = "it may be a part of a function that is not known";
    return r;
}

/* ---- the region */

static bool is_zero_or_padding(const struct region_search *search, size_t at, bool zeros,
                               size_t *length)
{
    *length = code_insn_is_padding(search->window + at, search->n - at);
    if (!*length && zeros && !search->window[at])
        *length = 1;
    return *length != 0;
}

static const char not_padding[] = "something other than padding follows a return or jump";

/* Extends the region behind a return or jump. Within the function, only instructions without
   effect may follow; behind it, up to the next one, also zeros. */
static const char *add_padding(const struct region_search *search, struct code_region *region)
{
    const struct function_ranges *ranges = &search->code->ranges;
    uint64_t end = search->start + region->length;
    int64_t range = function_ranges_find(ranges, end);
    bool is_outside = range == RANGE_NONE;
    uint64_t next = is_outside ? function_ranges_next(ranges, end) : UINT64_MAX;
    size_t at = region->length, length;
    size_t needed = is_outside && next - search->start < search->n ? next - search->start
                    : is_outside                                   ? search->n
                                                                   : CODE_JUMP_LENGTH;
    if (is_outside && next - end > PADDING_MAX)
        return not_padding;
    while (at < needed) {
        if (!is_zero_or_padding(search, at, is_outside, &length))
            return not_padding;
        at += length;
        if (region->length < CODE_JUMP_LENGTH)
            region->length += (uint8_t)length;
    }
    return region->length < CODE_JUMP_LENGTH ? not_padding : NULL;
}

/* *single: no instruction of the function but the first one is replaced. */
static const char *find_instructions(const struct region_search *search, struct code_region *region,
                                     bool *single)
{
    struct code_insn insn = {.kind = CODE_INSN_PLAIN};
    *single = true;
    while (region->length < CODE_JUMP_LENGTH) {
        if (insn.kind == CODE_INSN_CALL)
            return "a call comes too early";
        if (insn.kind == CODE_INSN_LAST) {
            *single = *single && function_ranges_find(&search->code->ranges,
                                                      search->start + region->length) == RANGE_NONE;
            return add_padding(search, region);
        }
        *single = region->n_insns == 0;
        code_insn_decode(&insn, search->window + region->length, search->n - region->length);
        if (insn.kind == CODE_INSN_REFUSED)
            return insn.reason;
        region->length += insn.length;
        region->n_insns++;
    }
    region->ends_in_call = insn.kind == CODE_INSN_CALL;
    return NULL;
}

/* Padding within the function ends where something leads to, or with the function. Otherwise it may
   be data that is read, whose first bytes look like padding. */
static const char *check_padding(const struct region_search *search,
                                 const struct code_region *region)
{
    const struct file_code *code = search->code;
    struct code_insn insn;
    size_t length, at = 0;
    for (unsigned i = 0; i < region->n_insns; i++, at += insn.length)
        code_insn_decode(&insn, search->window + at, search->n - at);
    if (at == region->length)
        return NULL;
    at = region->length;
    uint64_t address = search->start + at;
    for (; function_ranges_find(&code->ranges, address) != RANGE_NONE; address += length) {
        if (text_is_marked(&code->text, address))
            return NULL;
        length = at < search->n ? code_insn_is_padding(search->window + at, search->n - at) : 0;
        if (!length)
            return not_padding;
        at += length;
    }
    return NULL;
}

/* What leads into the region, other than to its first byte. */
static const char *check_targets(const struct region_search *search, enum code_point point,
                                 const struct code_region *region)
{
    const struct file_code *code = search->code;
    uint64_t start = search->start, end = start + region->length;
    if (file_code_in_sequence(code, start, end))
        return "it is in a restartable sequence";
    /* A jump to the instruction after endbr64 is no call. */
    if (region->skip && text_is_marked(&code->text, start))
        return "a branch or pointer leads to its start, behind the function's entry";
    if (point == CODE_RETURN && frames_have_pad(&code->frames, start, start + 1))
        return "exceptions are caught there";
    for (uint64_t at = start + 1; at < end; at++)
        if (text_is_marked(&code->text, at))
            return "a branch or pointer leads into it";
    return NULL;
}

static int check_region(struct region_search *search, enum code_point point, bool single,
                        struct code_region *region, const char **reason)
{
    const struct function_ranges *ranges = &search->code->ranges;
    if (search->range != RANGE_NONE && ranges->list.items[search->range].flags & RANGE_SIGNAL) {
        *reason = "it is the return of a signal handler";
        return -EPERM;
    }
    *reason = find_instructions(search, region, &region->is_single);
    if (*reason)
        return -EPERM;
    int r = scan_for(search, reason);
    if (r < 0)
        return r;
    if (!region->is_single) {
        r = may_be_reached(search, reason);
        if (r < 0)
            *reason = "the function's code cannot be read";
        if (r < 0)
            return r;
    }
    /* A thread that has hit the breakpoint at the mark goes on at the region's start. */
    if (!*reason && single && (!region->is_single || region->skip))
        *reason = "the program's stacks may hold addresses inside it";
    if (!*reason)
        *reason = check_targets(search, point, region);
    if (!*reason)
        *reason = check_padding(search, region);
    return *reason ? -EPERM : 0;
}

static int find_region(struct region_search *search, file_vaddr at, enum code_point point,
                       bool single, struct code_region *region, const char **reason)
{
    const struct text *text = &search->code->text;
    const struct text_part *part = text_part_of(text, at.value);
    if (!part) {
        *reason = "the file has no code there";
        return -EPERM;
    }
    uint64_t left = part->end - at.value;
    search->n = left < sizeof(search->window) ? left : sizeof(search->window);
    int r = text_read(text, search->fd, at.value, search->window, search->n);
    if (r < 0) {
        *reason = "the file cannot be read";
        return r;
    }
    if (point == CODE_ENTRY)
        region->skip = code_insn_is_entry_mark(search->window, search->n);
    search->n -= region->skip;
    memmove(search->window, search->window + region->skip, search->n);
    search->start = at.value + region->skip;
    search->range = function_ranges_find(&search->code->ranges, search->start);
    r = check_region(search, point, single, region, reason);
    if (r == 0)
        memcpy(region->code, search->window, region->length);
    return r;
}

int code_region_at(struct image *image, file_vaddr at, enum code_point point, bool single,
                   struct code_region *region, const char **reason)
{
    *region = (struct code_region){0};
    if (code_unsupported) {
        *reason = code_unsupported;
        return -ENOTSUP;
    }
    struct image_code *own = image_code_of(image);
    *reason = "out of memory";
    if (!own)
        return -ENOMEM;
    pthread_mutex_lock(&own->lock);
    struct region_search search = {.own = own, .code = &own->code};
    int r = image_code_read(own, image);
    if (r < 0)
        *reason = own->reason;
    else
        *reason = "the file cannot be read";
    cleanup(cleanup_fd) int fd = r < 0 ? r : image_code_open(image);
    search.fd = fd;
    r = fd < 0 ? fd : find_region(&search, at, point, single, region, reason);
    pthread_mutex_unlock(&own->lock);
    if (r < 0)
        *region = (struct code_region){0};
    return r;
}
