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

#include "symbols/arena.h"
#include "symbols/catalog.h"
#include "symbols/debuginfo.h"
#include "symbols/debuginfod.h"
#include "symbols/demangle.h"
#include "symbols/elf_file.h"
#include "symbols/names.h"
#include "symbols/signature.h"
#include "symbols/symbol_table.h"
#include "util/vec.h"

/* The symbols of one address. */
struct function {
    file_vaddr entry;
    uint64_t size;            /* the largest that a symbol tells; 0: none does */
    size_t first, n;          /* its aliases in image.aliases, the best one first */
    struct probe_info *probe; /* once it was asked for */
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
};

struct image {
    struct catalog *catalog;
    struct image *next;
    const char *path;
    const char *provider;
    struct elf_file file;

    bool symbols_read;
    int symbols_failed; /* the errno that reading them ended in, for good */
    bool debug_symbols_read;
    struct symbol_table symbols;

    bool functions_made;
    VEC(struct alias) aliases;
    VEC(struct function) functions; /* ascending by entry */

    _Atomic(struct symbolizer *) symbolizer; /* NULL: not asked for yet */

    int root;  /* see image_set_root(); -1: none, or no more needed */
    bool said; /* see image_say_once() */

    bool debuginfo_sought;
    struct debuginfo *debuginfo; /* NULL: none */
    const char *debuginfo_text;  /* "DWARF of ..." */
    struct signature_reader signatures;
};

struct catalog {
    pthread_mutex_t lock; /* of all below and of all images: see catalog.h */
    struct arena arena;
    struct image *images; /* the newest first */
    struct names names;
    struct value_wishes wishes;
    const char *debug_path; /* NULL: the default */
    struct debuginfod debuginfod;
    unsigned facts;            /* see catalog_set_facts() */
    struct left_out *left_out; /* files that are mapped and could not be read, ever */
};

/* Reads the image's own symbol tables, once. */
MUST_CHECK int image_read_symbols(struct image *image, struct error *err);
/* Reads, once, also those of the image's debug file if it is stripped. */
MUST_CHECK int image_read_all_symbols(struct image *image, struct error *err);
/* Finds the image's debug information, once; NULL when there is none. */
struct debuginfo *image_debuginfo(struct image *image);
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

/* The probe of the function under the name of `alias`, made when it is not there yet. */
MUST_CHECK int probe_make(struct image *image, struct function *function, const struct alias *alias,
                          const struct probe **probe);

#endif
