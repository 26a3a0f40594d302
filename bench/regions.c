/* SPDX-License-Identifier: MIT */
/*
 * How much of the code of files a jump may replace:
 *
 *     regions [-l] FILE...
 *
 * Prints for each file the time to read it, and the percentages of entries and of return addresses
 * at which a jump may be planted, and for what reasons not. -l: lists the regions instead, a line
 * each: first and last byte, in hexadecimal.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "symbols/catalog.h"
#include "symbols/code/arch.h"
#include "symbols/code/region.h"
#include "symbols/function_filter.h"
#include "symbols/image.h"

enum { REASONS_MAX = 64 };

struct tally {
    const char *reasons[REASONS_MAX];
    unsigned long counts[REASONS_MAX];
    unsigned long n, good, calls_last;
};

struct bytes {
    const uint8_t *all;
    size_t size;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count(struct tally *tally, struct image *image, uint64_t at, enum code_point point,
                  bool list)
{
    struct code_region region;
    const char *reason = NULL;
    unsigned i = 0;
    int r = code_region_at(image, file_vaddr_of(at), point, false, &region, &reason);
    tally->n++;
    if (r == 0) {
        tally->good++;
        tally->calls_last += region.ends_in_call;
        if (list)
            printf("%" PRIx64 " %" PRIx64 " %s\n", at + region.skip,
                   at + region.skip + region.length - 1, point == CODE_ENTRY ? "entry" : "return");
        return;
    }
    while (i < REASONS_MAX - 1 && tally->reasons[i] && strcmp(tally->reasons[i], reason) != 0)
        i++;
    tally->reasons[i] = reason;
    tally->counts[i]++;
}

static void print_tally(const char *what, const struct tally *tally)
{
    printf("  %s: %lu of %lu, %.1f %% (%lu end in a call)\n", what, tally->good, tally->n,
           100.0 * (double)tally->good / (double)(tally->n ? tally->n : 1), tally->calls_last);
    for (unsigned i = 0; i < REASONS_MAX && tally->reasons[i]; i++)
        printf("    %6lu %5.2f %%  %s\n", tally->counts[i],
               100.0 * (double)tally->counts[i] / (double)tally->n, tally->reasons[i]);
}

/* The bytes of the file from the address on. */
static struct bytes code_from(const struct bytes *file, uint64_t at)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)file->all;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(const void *)(file->all + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && at >= segments[i].p_vaddr &&
            at - segments[i].p_vaddr < segments[i].p_filesz)
            return (struct bytes){file->all + segments[i].p_offset + (at - segments[i].p_vaddr),
                                  segments[i].p_filesz - (at - segments[i].p_vaddr)};
    return (struct bytes){NULL, 0};
}

static void count_returns(struct tally *tally, struct image *image, const struct bytes *file,
                          uint64_t start, uint64_t size, bool list)
{
    struct bytes code = code_from(file, start);
    struct code_insn insn;
    for (uint64_t at = 0; at < size && at < code.size; at += insn.length ? insn.length : 1) {
        code_insn_decode(&insn, code.all + at, code.size - at);
        /* The call of a function that does not return may be a function's last instruction. */
        if (insn.kind == CODE_INSN_CALL && at + insn.length < size)
            count(tally, image, start + at + insn.length, CODE_RETURN, list);
    }
}

static int measure(const char *path, bool list)
{
    struct catalog *catalog;
    struct image *image;
    struct function_filter *all;
    const struct probe **probes = NULL;
    size_t n = 0;
    struct error err = {0};
    struct tally entries = {0}, returns = {0};
    struct stat status;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &status) < 0 || catalog_new(&catalog) < 0 ||
        function_filter_new(&all) < 0)
        return 1;
    struct bytes file = {mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0),
                         (size_t)status.st_size};
    if (catalog_open(catalog, path, &image, &err) < 0 ||
        image_probes(image, all, true, true, &probes, &n, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    double before = now();
    struct code_region region;
    const char *reason = NULL;
    if (n && code_region_at(image, probes[0]->entry, CODE_ENTRY, false, &region, &reason) < 0 &&
        !list)
        printf("  (%s)\n", reason);
    double first = now() - before;
    for (size_t i = 0; i < n; i++) {
        count(&entries, image, probes[i]->entry.value, CODE_ENTRY, list);
        count_returns(&returns, image, &file, probes[i]->entry.value, probes[i]->size, list);
    }
    if (!list) {
        printf("%s: read in %.0f ms, then %.1f us each\n", path, first * 1e3,
               (now() - before - first) * 1e6 / (double)(entries.n + returns.n + !entries.n));
        print_tally("entries", &entries);
        print_tally("returns", &returns);
    }
    free(probes);
    function_filter_free(all);
    catalog_free(catalog);
    munmap((void *)file.all, file.size);
    close(fd);
    return 0;
}

int main(int argc, char **argv)
{
    bool list = argc > 1 && strcmp(argv[1], "-l") == 0;
    int r = 0;
    for (int i = 1 + list; i < argc; i++)
        r |= measure(argv[i], list);
    return r;
}
