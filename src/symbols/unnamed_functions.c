/* SPDX-License-Identifier: MIT */
#include "symbols/unnamed_functions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/abi/abi_code.h"
#include "symbols/elf/elf_copy.h"
#include "symbols/elf/elf_file.h"
#include "symbols/elf/frame_rules.h"
#include "symbols/elf/frames.h"
#include "symbols/elf/symbol_table.h"
#include "symbols/function_pattern.h"
#include "symbols/image.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/sorted.h"
#include "util/vec.h"

/* What is no unnamed function: the code of symbols, and other known code. */
struct known_code {
    VEC(struct address_range) list; /* ascending by start; ranges may overlap */
};

static void known_code_free(struct known_code *known)
{
    vec_free(&known->list);
}

/* A range has a byte at least: a symbol may have no size. */
static int known_code_add(struct known_code *known, uint64_t start, uint64_t size)
{
    struct address_range *range = vec_push(&known->list);
    uint64_t end;
    if (!range)
        return -ENOMEM;
    if (__builtin_add_overflow(start, size ? size : 1, &end))
        end = UINT64_MAX;
    *range = (struct address_range){start, end};
    return 0;
}

static int compare_known_code(const void *x, const void *y)
{
    const struct address_range *a = x, *b = y;
    return a->start < b->start ? -1 : a->start > b->start;
}

static int find_known_code(const struct image *image, struct known_code *known)
{
    int r = 0;
    for (size_t i = 0; i < image->symbols.list.count && r == 0; i++)
        r = known_code_add(known, image->symbols.list.items[i].value.value,
                           image->symbols.list.items[i].size);
    for (size_t i = 0; i < image->linkage.count && r == 0; i++)
        r = known_code_add(known, image->linkage.items[i].start,
                           image->linkage.items[i].end - image->linkage.items[i].start);
    /* It is not called: see symbol_is_startup_code(). */
    if (r == 0 && !image_is_library(image))
        r = known_code_add(known, image->file.entry.value, 0);
    if (known->list.count)
        qsort(known->list.items, known->list.count, sizeof(*known->list.items), compare_known_code);
    return r;
}

/* The search for the frames that are of unnamed functions. */
struct unnamed_search {
    const struct image *image;
    int fd; /* the image's file */
    struct frames frames;
    struct code_section eh_frame;
    struct known_code known;
    uint64_t budget; /* bytes of code that may still be read: descriptions may overlap */
    bool has_leak_check;
    VEC(struct code_frame) found;
};

static void unnamed_search_free(struct unnamed_search *search)
{
    frames_free(&search->frames);
    known_code_free(&search->known);
    vec_free(&search->found);
}

/*
 * Whether the frame is of the part of a function that is rarely executed and is in another section
 * ("f.cold"), without a frame on the stack. GCC describes it immediately after the function, which
 * has a conditional jump to it; calls at the end of functions are unconditional jumps.
 */
static bool is_cold_part(struct unnamed_search *search, const struct code_frame *frame)
{
    enum { GAP_MAX = 64, BYTES_MAX = 1 << 20 };
    const struct frames *frames = &search->frames;
    size_t behind = frame->previous ? sorted_up_to(frames->list.items, frames->list.count, start,
                                                   frame->previous)
                                    : 0;
    const struct code_frame *before = behind ? &frames->list.items[behind - 1] : NULL;
    uint64_t offset, size = before ? before->end - before->start : 0;
    /* The next function of the same section. */
    if (!before || (frame->start >= before->end && frame->start - before->end < GAP_MAX))
        return false;
    if (size == 0 || size > BYTES_MAX || size > search->budget ||
        !elf_file_offset_of_code(&search->image->file, file_vaddr_of(before->start), size, &offset))
        return false;
    search->budget -= size;
    cleanup(cleanup_free) uint8_t *code = malloc(size);
    return code && pread(search->fd, code, size, (off_t)offset) == (ssize_t)size &&
           abi_code_jumps_if(code, size, before->start, frame->start);
}

/* Walks both sorted lists together: files have very many of both. */
static int find_unnamed(struct unnamed_search *search)
{
    const struct image *image = search->image;
    const struct frames *frames = &search->frames;
    const struct known_code *known = &search->known;
    uint64_t known_end = 0, frames_end = 0, ignored;
    size_t at = 0;
    for (size_t i = 0; i < frames->list.count; i++) {
        const struct code_frame *frame = &frames->list.items[i];
        if (image_is_stopped(image))
            return -ECANCELED;
        for (; at < known->list.count && known->list.items[at].start <= frame->start; at++)
            if (known->list.items[at].end > known_end)
                known_end = known->list.items[at].end;
        bool is_free = frame->start >= known_end && frame->start >= frames_end;
        if (frame->end > frames_end)
            frames_end = frame->end;
        if (!is_free || frame->is_signal || frame->end <= frame->start ||
            !elf_file_offset_of_code(&image->file, file_vaddr_of(frame->start),
                                     frame->end - frame->start, &ignored) ||
            !frame_rules_entered(&search->eh_frame, frame->entry, frame->common) ||
            is_cold_part(search, frame))
            continue;
        struct code_frame *added = vec_push(&search->found);
        if (!added)
            return -ENOMEM;
        *added = *frame;
    }
    return 0;
}

static int make_list(struct image *image, const struct unnamed_search *search,
                     struct unnamed_functions **result)
{
    size_t n = search->found.count;
    cleanup(cleanup_free) struct unnamed_functions *made =
        calloc(1, sizeof(*made) + n * sizeof(made->list[0]));
    if (!made)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct code_frame *frame = &search->found.items[i];
        const char *name =
            arena_format(&image->catalog->arena, UNNAMED_PREFIX "%" PRIx64, frame->start);
        struct alias *alias = name ? vec_push(&image->aliases) : NULL;
        if (!alias)
            return -ENOMEM;
        *alias = (struct alias){
            .name = {.symbol = name, .name = name, .base = name},
            .value = file_vaddr_of(frame->start),
            .size = frame->end - frame->start,
            .bind = STB_LOCAL,
        };
        made->list[made->n++] = (struct unnamed_function){
            .function = {.entry = alias->value,
                         .size = alias->size,
                         .is_unnamed = true,
                         .first = image->aliases.count - 1,
                         .n = 1},
            .name = name,
        };
    }
    made->has_leak_check = search->has_leak_check;
    *result = take_ptr(made);
    return 0;
}

static int read_copied(struct unnamed_search *search, const struct elf_copy *copy)
{
    const struct image *image = search->image;
    search->eh_frame = code_section_copied(copy, ".eh_frame");
    search->budget = image->file.size;
    if (!search->eh_frame.size)
        return -ENOENT;
    int r = frames_read(&search->frames, &search->eh_frame, NULL, image->file.type != ET_EXEC);
    if (r == 0)
        r = find_known_code(image, &search->known);
    return r < 0 ? r : find_unnamed(search);
}

/*
 * Whether the file has a message of LeakSanitizer's runtime, which may be linked into a program
 * (-static-libasan) without a symbol that stays when it is stripped.
 */
static bool has_leak_check(const struct image *image, int fd)
{
    enum { CHUNK = 1 << 20 };
    static const char message[] = "LeakSanitizer has encountered a fatal error";
    const size_t length = sizeof(message) - 1;
    cleanup(cleanup_free) char *bytes = malloc(CHUNK + length);
    if (!bytes)
        return true;
    for (uint64_t at = 0; at < image->file.size && !image_is_stopped(image); at += CHUNK) {
        ssize_t n = pread(fd, bytes, CHUNK + length, (off_t)at);
        if (n <= 0)
            break;
        if (memmem(bytes, (size_t)n, message, length))
            return true;
    }
    return false;
}

static int read_unnamed(struct unnamed_search *search, struct error *err)
{
    const struct image *image = search->image;
    struct elf_copy copy;
    cleanup(cleanup_fd) int fd = image_open_file(image, err);
    if (fd < 0)
        return fd;
    int r = elf_copy_code(&copy, fd);
    if (r == 0) {
        search->fd = fd;
        r = read_copied(search, &copy);
        elf_copy_free(&copy);
        search->has_leak_check = search->found.count && has_leak_check(image, fd);
    }
    if (r == -ENOENT)
        log_warning("%s has no .eh_frame, which tells where functions without a symbol are",
                    image->path);
    else if (r == -ENOEXEC || r == -ENOTSUP)
        log_warning("the unwind tables of %s cannot be decoded: its functions without a symbol are "
                    "not known",
                    image->path);
    if (r == -ENOENT || r == -ENOEXEC || r == -ENOTSUP)
        return 0;
    return r < 0 ? error_set(err, r, "cannot read the unwind tables of %s: %s", image->path,
                             strerror(-r))
                 : 0;
}

int image_make_unnamed(struct image *image, struct error *err)
{
    cleanup(unnamed_search_free) struct unnamed_search search = {.image = image};
    struct unnamed_functions *made;
    if (atomic_load_explicit(&image->unnamed, memory_order_relaxed))
        return 0;
    int r = read_unnamed(&search, err);
    if (r < 0)
        return r;
    size_t before = image->aliases.count;
    r = make_list(image, &search, &made);
    if (r < 0) {
        image->aliases.count = before;
        return error_set(err, r, "out of memory");
    }
    atomic_store_explicit(&image->unnamed, made, memory_order_release);
    return 0;
}

bool image_has_leak_check(struct image *image)
{
    const struct unnamed_functions *unnamed =
        atomic_load_explicit(&image->unnamed, memory_order_acquire);
    file_vaddr ignored;
    return (unnamed && unnamed->has_leak_check) ||
           image_symbol(image, "__lsan_do_leak_check", &ignored);
}

void unnamed_functions_free(struct unnamed_functions *functions)
{
    free(functions);
}

const struct unnamed_function *unnamed_functions_at(const struct unnamed_functions *functions,
                                                    file_vaddr at)
{
    size_t behind =
        functions ? sorted_up_to(functions->list, functions->n, function.entry.value, at.value) : 0;
    const struct unnamed_function *one = behind ? &functions->list[behind - 1] : NULL;
    return one && at.value - one->function.entry.value < one->function.size ? one : NULL;
}
