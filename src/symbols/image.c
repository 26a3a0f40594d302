/* SPDX-License-Identifier: MIT */
#include "symbols/image.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "symbols/dwarf/debuginfo.h"
#include "symbols/elf/debug_file.h"
#include "symbols/elf/elf_copy.h"
#include "symbols/elf/elf_file.h"
#include "symbols/elf/elf_identity.h"
#include "symbols/elf/process_root.h"
#include "symbols/elf/symbol_table.h"
#include "symbols/image_internal.h"
#include "symbols/signature.h"
#include "util/addr.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/error.h"
#include "util/log.h"

static int read_symbols(struct image *image, int fd, struct error *err)
{
    struct elf_copy copy;
    int r = elf_copy_symbols(&copy, fd);
    if (r < 0)
        return error_set(err, r,
                         "%s is truncated or corrupted: its symbol table is incomplete (%s)",
                         image->path, strerror(-r));
    r = symbol_table_read(&image->symbols, copy.elf, 0, &image->catalog->arena, image->path, err);
    if (r == 0 && image_read_linkage(image, copy.elf) < 0)
        r = error_set(err, -ENOMEM, "out of memory");
    elf_copy_free(&copy);
    return r;
}

/* Tries once. *later: the failure may be temporary. */
static int try_read_symbols(struct image *image, bool *later, struct error *err)
{
    cleanup(cleanup_fd) int fd = image_open_file(image, err);
    *later = descriptors_out(fd);
    if (fd < 0)
        return fd;
    int r = read_symbols(image, fd, err);
    if (r < 0)
        symbol_table_free(&image->symbols);
    return r;
}

int image_read_symbols(struct image *image, struct error *err)
{
    enum { TRIES = 3 };
    if (image->symbols_read && image->symbols_failed == 0)
        return 0;
    /* The file is unchanged, so that another try would fail, too. */
    if (image->symbols_read)
        return error_set(err, image->symbols_failed, "the symbols of %s cannot be read",
                         image->path);
    /* These symbols locate functions that must be watched for the program's sake. Errors that are
       not in the file may be temporary, so they are tried again. */
    bool later = false;
    int r = -EAGAIN;
    for (int i = 0; i < TRIES && r < 0 && r != -ENOEXEC && r != -ESTALE; i++)
        r = try_read_symbols(image, &later, err);
    image->symbols_read = !later;
    image->symbols_failed = later ? 0 : r;
    return r;
}

/* Returns 0 also when there is none; *debuginfo is NULL then. */
static int open_debuginfo(struct image *image, struct debuginfo **debuginfo, struct error *err)
{
    cleanup(process_root_close) struct process_root root;
    cleanup(cleanup_fd) int fd = image_open_file(image, err);
    if (fd < 0)
        return fd;
    int r = image_open_root(image, &root);
    if (r < 0)
        return error_set(err, r, "the root directory in which %s lies cannot be opened",
                         image->path);
    const struct debug_search search = {root.fd, image->path, image->catalog->debug_path};
    /* Files opened for it are soon closed. */
    rlim_t soft = descriptors_use_all();
    r = debuginfo_open(debuginfo, fd, &search, &image->catalog->debuginfod);
    descriptors_hold_back(soft);
    return r < 0 ? error_set(err, r, "cannot read the debug information of %s: %s", image->path,
                             strerror(-r))
                 : 0;
}

struct debuginfo *image_debuginfo(struct image *image)
{
    struct error err;
    if (image->debuginfo || image->has_no_debuginfo)
        return image->debuginfo;
    int r = open_debuginfo(image, &image->debuginfo, &err);
    if (r < 0)
        log_warning("%s: its functions show hex words", err.text);
    image->has_no_debuginfo = !image->debuginfo;
    if (!image->debuginfo)
        return NULL;
    debuginfo_stop_when(image->debuginfo, image->catalog->stop);
    if (image->debuginfo_warned)
        debuginfo_silence(image->debuginfo);
    if (!image->debuginfo_text)
        image->debuginfo_text =
            arena_format(&image->catalog->arena, "DWARF of %s", debuginfo_path(image->debuginfo));
    return image->debuginfo;
}

void image_close(struct image *image)
{
    if (!image->debuginfo)
        return;
    image->debuginfo_warned = debuginfo_warned(image->debuginfo);
    signature_reader_reset(&image->signatures);
    debuginfo_free(image->debuginfo);
    image->debuginfo = NULL;
}

/* The debug file of a stripped file has its local symbols. */
static int add_debug_symbols(struct image *image)
{
    if (image->debug_symbols_read)
        return 0;
    image->debug_symbols_read = true;
    struct debuginfo *debuginfo = image->symbols.has_symtab ? NULL : image_debuginfo(image);
    if (!debuginfo)
        return 0;
    uint64_t bias;
    Elf *elf = debuginfo_elf(debuginfo, &bias);
    struct error ignored;
    size_t before = image->symbols.list.count;
    int r = symbol_table_read(&image->symbols, elf, bias, &image->catalog->arena,
                              debuginfo_path(debuginfo), &ignored);
    /* A damaged debug file does not make the file's own symbols invalid. */
    if (r == -ENOEXEC)
        image->symbols.list.count = before;
    return r == -ENOEXEC ? 0 : r;
}

int image_read_all_symbols(struct image *image, struct error *err)
{
    int r = image_read_symbols(image, err);
    if (r < 0)
        return r;
    r = add_debug_symbols(image);
    return r < 0 ? error_set(err, r, "cannot read the symbols of %s: %s", image->path, strerror(-r))
                 : 0;
}

static bool find_image_symbol(struct image *image, const char *name, file_vaddr *vaddr)
{
    struct error err;
    int r = image_read_symbols(image, &err);
    if (r < 0 && r != -ENOEXEC && r != -ESTALE && !image->symbols_missed)
        log_warning("%s: calls in it are not noticed, nor what it does with SIGTRAP", err.text);
    image->symbols_missed = image->symbols_missed || r < 0;
    if (r < 0)
        return false;
    const struct symbol *best = NULL;
    for (size_t i = 0; i < image->symbols.list.count; i++) {
        const struct symbol *symbol = &image->symbols.list.items[i];
        if (symbol->is_resolver || symbol->is_stub || strcmp(symbol->name, name) != 0 ||
            !elf_file_is_code(&image->file, symbol->value))
            continue;
        if (!best || symbol_binding_rank(symbol->bind) < symbol_binding_rank(best->bind) ||
            (symbol_binding_rank(symbol->bind) == symbol_binding_rank(best->bind) && best->is_old &&
             !symbol->is_old))
            best = symbol;
    }
    if (best)
        *vaddr = best->value;
    return best != NULL;
}

bool image_symbol(struct image *image, const char *name, file_vaddr *vaddr)
{
    pthread_mutex_lock(&image->catalog->lock);
    bool found = find_image_symbol(image, name, vaddr);
    pthread_mutex_unlock(&image->catalog->lock);
    return found;
}

const char *image_path(const struct image *image)
{
    return image->path;
}

const char *image_provider(const struct image *image)
{
    return image->provider;
}

file_vaddr image_start(const struct image *image)
{
    return image->file.entry;
}

bool image_is_position_independent(const struct image *image)
{
    return image->file.type == ET_DYN;
}

const char *image_interpreter(const struct image *image)
{
    return image->file.interpreter;
}

bool image_vaddr_of_offset(const struct image *image, uint64_t offset, file_vaddr *vaddr)
{
    return elf_file_vaddr_of_offset(&image->file, offset, vaddr);
}

bool image_segment_bias(const struct image *image, size_t segment, target_addr start,
                        uint64_t offset, uint64_t *load_bias)
{
    /* The loader maps whole pages: a mapping may start before the segment. */
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const Elf64_Phdr *header = &image->file.segments[segment];
    uint64_t first = header->p_offset & ~(page - 1);
    if (offset < first || offset - first >= header->p_filesz + (header->p_offset - first))
        return false;
    *load_bias = start.value - (header->p_vaddr + offset - header->p_offset);
    return true;
}

bool image_load_bias(const struct image *image, size_t segment, target_addr start, uint64_t offset,
                     uint64_t *load_bias)
{
    return (image->file.segments[segment].p_flags & PF_X) &&
           image_segment_bias(image, segment, start, offset, load_bias);
}

bool image_is_library(const struct image *image)
{
    return image->file.has_soname && !image->file.interpreter;
}

bool image_has_text_relocations(const struct image *image)
{
    return image->file.has_text_relocations;
}

bool image_is_same_build(const struct image *a, const struct image *b)
{
    return elf_identity_equal(&a->file.identity, &b->file.identity);
}

bool image_first_report(struct image *image)
{
    bool first = !image->reported;
    image->reported = true;
    return first;
}
