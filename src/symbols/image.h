/* SPDX-License-Identifier: MIT */
/*
 * What the rooms' own files know of an image and a catalog; others use symbols/catalog.h. All but
 * headers and segments is under the catalog's lock, which who calls these functions holds.
 */
#ifndef SYMBOLS_IMAGE_H
#define SYMBOLS_IMAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "symbols/catalog.h"
#include "symbols/demangle.h"
#include "symbols/dwarf/debuginfo.h"
#include "symbols/elf/debuginfod.h"
#include "symbols/elf/elf_file.h"
#include "symbols/elf/process_root.h"
#include "symbols/elf/symbol_table.h"
#include "symbols/event_names.h"
#include "symbols/signature.h"
#include "util/arena.h"
#include "util/vec.h"

/* The symbols of one address. */
struct function {
    file_vaddr entry;
    uint64_t size;            /* the largest that a symbol tells; 0: none does */
    bool is_indirect;         /* what is there chooses a function: see struct probe, resolver */
    size_t first, n;          /* its aliases in image.aliases, the best one first */
    struct probe_info *probe; /* once it was asked for */
};

/* Addresses of a section, the end exclusive. */
struct address_range {
    uint64_t start, end;
};

struct alias {
    struct function_name name;
    file_vaddr value;
    uint64_t size;
    uint8_t bind;
    bool is_old;
    bool is_overloaded; /* other functions of the image have the name and other parameters */
};

/* A probe and what else is known of where it is from. The probe comes first: the one pointer turns
   into the other. */
struct probe_info {
    struct probe probe;
    const struct image *image;
    const struct function *function;
    const char *name; /* of the alias that it goes by */
};

/* How the file can be opened again: see image_set_access(). */
struct image_access {
    pid_t pid; /* 0: by its path alone, with the user's own rights */
    target_addr start, end;
    int given_root;  /* see image_set_root(); -1: none */
    bool other_root; /* than ours, with that identity */
    dev_t root_device;
    ino_t root_inode;
};

struct image {
    struct catalog *catalog;
    struct image *next;
    const char *path;
    const char *provider;
    struct elf_file file;

    bool symbols_read;
    int symbols_failed;  /* the errno that reading them ended in, for good */
    bool symbols_missed; /* when one was looked for */
    bool debug_symbols_read;
    struct symbol_table symbols;

    bool functions_made;
    VEC(struct alias) aliases;
    VEC(struct function) functions;    /* ascending by entry */
    VEC(struct address_range) linkage; /* procedure linkage tables: see relocations.c */

    _Atomic(struct symbolizer *) symbolizer; /* NULL: not asked for yet */

    struct image_access access;
    bool reported; /* see image_first_report() */

    bool has_no_debuginfo;       /* it was looked for */
    struct debuginfo *debuginfo; /* while it is read; NULL: none, or not open */
    bool debuginfo_warned;       /* that it is damaged */
    const char *debuginfo_text;  /* "DWARF of ..." */
    struct signature_reader signatures;
};

struct catalog {
    pthread_mutex_t lock; /* of all below and of all images: see catalog.h */
    struct arena arena;
    struct image *images; /* the newest first */
    struct event_names names;
    struct value_options value_options;
    const char *debug_path; /* NULL: the default */
    struct debuginfod debuginfod;
    unsigned extras;           /* see catalog_set_extra_fields() */
    const atomic_bool *stop;   /* see catalog_stop_when(); NULL: never */
    struct left_out *left_out; /* files that are mapped and could not be read, ever */
};

/* Reads the image's own symbol tables, once. */
MUST_CHECK int image_read_symbols(struct image *image, struct error *err);
/* Reads, once, also those of the image's debug file if it is stripped. */
MUST_CHECK int image_read_all_symbols(struct image *image, struct error *err);
/* The image's debug information, opened if it is not; NULL when there is none. What was read of it
   is to be copied: it is closed by image_close(). */
struct debuginfo *image_debuginfo(struct image *image);
/* To be called after the last of these: nothing of the image stays open. */
void image_close(struct image *image);

/* ---- relocations.c */

/* Finds the image's procedure linkage tables in its section headers. -ENOMEM. */
MUST_CHECK int image_read_linkage(struct image *image, Elf *elf);

/* ---- image_file.c */

/* Whether it is that file, and has not been written to since it was first opened. */
bool image_is_file(const struct image *image, const struct stat *status);
/* Opens it again, for reading; the descriptor is the caller's. -ESTALE: it is not there any more,
   or is another one. */
MUST_CHECK int image_open_file(const struct image *image, struct error *err);
/* Reads `size` bytes of the code at `vaddr` from it. Whether they are there. */
bool image_read_code(const struct image *image, file_vaddr vaddr, void *bytes, size_t size);
/* The root in which debug files are to be looked for, to be closed; its fd is -1 where that is
   ours. -ESTALE: it is gone. */
MUST_CHECK int image_open_root(const struct image *image, struct process_root *root);
/* Makes image->functions, once: from its own symbols and, if it is stripped, those of its debug
   file. */
MUST_CHECK int image_make_functions(struct image *image, struct error *err);

/*
 * The load bias when the file from `offset` on is mapped at `start`, going by its
 * executable segment number `segment`. false when that holds no such part of the file. Two segments
 * may share a page, so several may do.
 */
bool image_load_bias(const struct image *image, size_t segment, target_addr start, uint64_t offset,
                     uint64_t *load_bias);
/* The same of a segment of any kind. */
bool image_segment_bias(const struct image *image, size_t segment, target_addr start,
                        uint64_t offset, uint64_t *load_bias);

/* The probe of the function, made when it is not there yet; `asked` is the alias that it was asked
   for by, else the best one, which it goes by unless its debug information knows another. */
MUST_CHECK int probe_make(struct image *image, struct function *function, const struct alias *asked,
                          const struct probe **probe);

/* Whether what the catalog does is to end: see catalog_stop_when(). */
static inline bool image_is_stopped(const struct image *image)
{
    const atomic_bool *stop = image->catalog->stop;
    return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

#endif
