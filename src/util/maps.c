/* SPDX-License-Identifier: MIT */
#include "util/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

/* The text that is left. All functions below stop at its end. */
struct cursor {
    const char *at;
    const char *end;
};

static bool cursor_skip(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

/* Reads at least one digit, up to the first other character; false if the number needs more than 64
   bits. */
static bool cursor_number(struct cursor *c, unsigned base, uint64_t *value)
{
    const char *start = c->at;
    *value = 0;
    for (; c->at < c->end; c->at++) {
        unsigned digit;
        if (*c->at >= '0' && *c->at <= '9')
            digit = (unsigned)(*c->at - '0');
        else if (*c->at >= 'a' && *c->at <= 'f')
            digit = (unsigned)(*c->at - 'a') + 10;
        else
            break;
        if (digit >= base)
            break;
        if (__builtin_mul_overflow(*value, (uint64_t)base, value) ||
            __builtin_add_overflow(*value, (uint64_t)digit, value))
            return false;
    }
    return c->at > start;
}

/* Reads one of the four permission letters: `letter` or `other`. */
static bool cursor_flag(struct cursor *c, char letter, char other, bool *flag)
{
    *flag = cursor_skip(c, letter);
    return *flag || cursor_skip(c, other);
}

static bool is_octal_escape(const char *at, const char *end)
{
    return end - at >= 4 && at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' &&
           at[2] <= '7' && at[3] >= '0' && at[3] <= '7';
}

/* Replaces octal escapes of seq_file (a newline in a path is "\012") in place; returns the
   length. */
static size_t unescape(char *text, size_t length)
{
    char *out = text;
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        if (is_octal_escape(at, end)) {
            int c = (at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0');
            /* A path cannot contain NUL, which would end it here. */
            *out++ = c ? (char)c : '?';
            at += 4;
        } else {
            *out++ = *at++;
        }
    }
    return (size_t)(out - text);
}

bool maps_strip_deleted(const char *path, size_t *length)
{
    static const char mark[] = " (deleted)";
    size_t n = sizeof(mark) - 1;
    if (*length <= n || memcmp(path + *length - n, mark, n) != 0)
        return false;
    *length -= n;
    return true;
}

/*
 * Parses one line: start-end perms offset major:minor inode [path]. See proc_pid_maps(5).
 * `line_end` is its newline or the end of the text; a NUL may be written there.
 */
static int parse_line(struct map *map, char *line, char *line_end)
{
    struct cursor c = {line, line_end};
    uint64_t start, end, major, minor;
    bool private_mapping;

    if (!cursor_number(&c, 16, &start) || !cursor_skip(&c, '-') || !cursor_number(&c, 16, &end) ||
        !cursor_skip(&c, ' ') || start >= end)
        return -EINVAL;
    if (!cursor_flag(&c, 'r', '-', &map->read) || !cursor_flag(&c, 'w', '-', &map->write) ||
        !cursor_flag(&c, 'x', '-', &map->execute) || !cursor_flag(&c, 'p', 's', &private_mapping))
        return -EINVAL;
    if (!cursor_skip(&c, ' ') || !cursor_number(&c, 16, &map->offset) || !cursor_skip(&c, ' ') ||
        !cursor_number(&c, 16, &major) || !cursor_skip(&c, ':') || !cursor_number(&c, 16, &minor) ||
        !cursor_skip(&c, ' ') || !cursor_number(&c, 10, &map->inode))
        return -EINVAL;
    if (major > UINT32_MAX || minor > UINT32_MAX)
        return -EINVAL;
    /* The end, or spaces up to the column of the path. */
    if (c.at < c.end && *c.at != ' ')
        return -EINVAL;
    while (cursor_skip(&c, ' '))
        ;

    map->start = target_addr_of(start);
    map->end = target_addr_of(end);
    map->major = (uint32_t)major;
    map->minor = (uint32_t)minor;
    map->shared = !private_mapping;

    char *path = line + (c.at - line);
    size_t length = (size_t)(line_end - path);
    if (memchr(path, '\0', length))
        return -EINVAL;
    map->deleted = maps_strip_deleted(path, &length);
    length = unescape(path, length);
    path[length] = '\0';
    map->path = path;
    return 0;
}

int maps_parse(struct maps *maps, const char *text, size_t length)
{
    memset(maps, 0, sizeof(*maps));
    maps->text = malloc(length + 1);
    if (!maps->text)
        return -ENOMEM;
    if (length)
        memcpy(maps->text, text, length);
    maps->text[length] = '\0';

    char *end = maps->text + length;
    for (char *line = maps->text; line < end;) {
        char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (!line_end)
            line_end = end;
        char *next = line_end < end ? line_end + 1 : end;

        struct map *map = vec_push(&maps->list);
        if (!map)
            return -ENOMEM;
        int r = parse_line(map, line, line_end);
        if (r < 0)
            return r;
        if (maps->list.count > 1 && map->start.value < map[-1].end.value)
            return -EINVAL;
        line = next;
    }
    return 0;
}

static int open_maps(const char *name)
{
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    return descriptors_open(name, O_RDONLY);
}

int maps_read(struct maps *maps, pid_t pid)
{
    memset(maps, 0, sizeof(*maps));
    char name[64];
    snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
    cleanup(cleanup_fd) int fd = open_maps(name);
    if (fd < 0)
        return fd;

    cleanup(cleanup_free) char *text = NULL;
    size_t length = 0, capacity = 0;
    for (;;) {
        if (capacity - length < 4096) {
            capacity = capacity ? capacity * 2 : 64 * 1024;
            char *grown = realloc(text, capacity);
            if (!grown)
                return -ENOMEM;
            text = grown;
        }
        ssize_t n = read(fd, text + length, capacity - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    return maps_parse(maps, text, length);
}

void maps_free(struct maps *maps)
{
    vec_free(&maps->list);
    free(maps->text);
    maps->text = NULL;
}

const struct map *maps_find(const struct maps *maps, target_addr at)
{
    size_t low = 0, high = maps->list.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct map *map = &maps->list.items[middle];
        if (at.value < map->start.value)
            high = middle;
        else if (at.value >= map->end.value)
            low = middle + 1;
        else
            return map;
    }
    return NULL;
}
