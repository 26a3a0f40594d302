/* SPDX-License-Identifier: MIT */
/*
 * text_clean PID...: compares the code of the processes with their files: each executable mapping
 * of a file, byte by byte. Exit status 0: equal; 1: different, with a line "FILE+OFFSET: THERE, not
 * HERE" on stdout for each byte; 2: unknown, for example for a process without code.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLEAN = 0, DIFFERS = 1, FAILED = 2, CHUNK = 1 << 16 };

static int failed(const char *what)
{
    fprintf(stderr, "text_clean: %s: %s\n", what, strerror(errno));
    return FAILED;
}

/* The last page of a mapping may extend beyond the end of the file: that part is not compared. */
static int compare(int memory, int file, uint64_t start, uint64_t end, uint64_t offset,
                   const char *path)
{
    static uint8_t there[CHUNK], here[CHUNK];
    int result = CLEAN;
    while (start < end) {
        size_t want = end - start < CHUNK ? end - start : CHUNK;
        ssize_t n = pread(file, here, want, (off_t)offset);
        if (n < 0)
            return failed(path);
        if (n == 0)
            break;
        if (pread(memory, there, (size_t)n, (off_t)start) != n)
            return failed("memory");
        for (ssize_t i = 0; i < n; i++) {
            if (there[i] == here[i])
                continue;
            printf("%s+0x%llx: %02x, not %02x\n", path, (unsigned long long)offset + i, there[i],
                   here[i]);
            result = DIFFERS;
        }
        start += (uint64_t)n;
        offset += (uint64_t)n;
    }
    return result;
}

/* The mapped file, also if it was deleted or replaced; only root may open that. */
static int open_mapped(const char *pid, unsigned long long start, unsigned long long end,
                       const char *path)
{
    char link[128];
    snprintf(link, sizeof(link), "/proc/%.20s/map_files/%llx-%llx", pid, start, end);
    int file = open(link, O_RDONLY | O_CLOEXEC);
    return file < 0 ? open(path, O_RDONLY | O_CLOEXEC) : file;
}

static int compare_mapping(const char *pid, int memory, const char *line, int *compared)
{
    unsigned long long start, end, offset;
    char flags[5], path[4096];
    if (sscanf(line, "%llx-%llx %4s %llx %*s %*s %4095[^\n]", &start, &end, flags, &offset, path) !=
            5 ||
        flags[2] != 'x' || path[0] != '/')
        return CLEAN;
    int file = open_mapped(pid, start, end, path);
    if (file < 0)
        return failed(path);
    ++*compared;
    int result = compare(memory, file, start, end, offset, path);
    close(file);
    return result;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static int check(const char *pid)
{
    char path[64], line[8192];
    snprintf(path, sizeof(path), "/proc/%.20s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0)
        return failed(path);
    snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
    FILE *maps = fopen(path, "re");
    int result = maps ? CLEAN : failed(path), compared = 0;
    while (result != FAILED && fgets(line, sizeof(line), maps))
        result = worse(result, compare_mapping(pid, memory, line, &compared));
    if (maps)
        fclose(maps);
    close(memory);
    return compared ? result : FAILED;
}

int main(int argc, char **argv)
{
    int result = CLEAN;
    for (int i = 1; i < argc && result != FAILED; i++)
        result = worse(result, check(argv[i]));
    return result;
}
