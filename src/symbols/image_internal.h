/* SPDX-License-Identifier: MIT */
/*
 * Images and the catalog, for the files of this folder and of symbols/code; others use
 * symbols/image.h and symbols/catalog.h. The catalog's lock protects everything but headers and
 * segments. Callers of these functions hold it.
 */
#ifndef SYMBOLS_IMAGE_INTERNAL_H
#define SYMBOLS_IMAGE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "model/probe.h"
#include "symbols/demangle.h"
#include "symbols/dwarf/debuginfo.h"
#include "symbols/elf/debuginfod.h"
#include "symbols/elf/elf_file.h"
#include "symbols/elf/process_root.h"
#include "symbols/elf/symbol_table.h"
#include "symbols/event_names.h"
#include "symbols/signature.h"
#include "symbols/types/value_options.h"
#include "util/addr.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/vec.h"

/* All symbols of one address. */
struct function {
    file_vaddr entry;
    uint64_t size;            /* the largest size of its symbols; 0: no symbol has one */
    bool is_indirect;         /* the code there is a resolver: see struct probe, resolver */
    bool is_variant;          /* it may follow another procedure call standard */
    bool is_unnamed;          /* it has no symbol: see unnamed_functions.h */
    size_t first, n;          /* its aliases in image.aliases, the best one first */
    struct probe_info *probe; /* NULL until probe_make() */
};

/* A range of addresses; the end is exclusive. */
struct address_range {
    uint64_t start, end;
};

struct alias {
    struct function_name name;
    file_vaddr value;
    uint64_t size;
    const char *version; /* "GLIBC_2.14"; NULL: none */
    uint8_t bind;
    bool is_old;
    bool is_overloaded; /* the image has other functions of this name with other parameters */
};

/* A probe and its origin. The probe is the first member, so that a pointer to it can be converted
   to one to the whole. */
struct probe_info {
    struct probe probe;
    const struct image *image;
    const struct function *function;
    const char *name;   /* of the alias that it is named by */
    const char *source; /* see probe_source_text(); NULL: it has no signature */
};

struct type_object;

/* What another folder keeps for an image: the first member of it. Freed with the image. */
struct image_attachment {
    void (*free)(struct image_attachment *attachment);
};

/* How to open the file again: see image_set_access(). */
struct image_access {
    pid_t pid; /* 0: by path, with the user's own rights */
    target_addr start, end;
    int given_root;  /* see image_set_root(); -1: none */
    bool other_root; /* the root is not ours, and has this device and inode */
    dev_t root_device;
    ino_t root_inode;
};

struct image {
    struct catalog *catalog;
    struct image *next;
    const char *path;
    const char *provider;
    const char *unnamed_events;               /* "mylib:sub_" */
    _Atomic(const char *const *) other_names; /* see image_names.c; NULL: none */
    struct image *beside;                     /* see image_beside_program(); NULL: not made */
    _Atomic pid_t
        link_read_of;     /* the process whose path to the file was read last; see link_names.c */
    atomic_bool is_named; /* image_beside_program() has returned it */
    const struct image *is_beside; /* it is that one's `beside` */
    struct elf_file file;          /* of `beside`: parts belong to the other one */

    bool symbols_read;
    int symbols_failed;  /* the errno of the failure; final */
    bool symbols_missed; /* a look-up failed because the symbols could not be read */
    bool debug_symbols_read;
    struct symbol_table symbols;

    bool functions_made;
    VEC(struct alias) aliases;
    VEC(struct function) functions;    /* ascending by entry */
    VEC(struct address_range) linkage; /* the procedure linkage tables: see relocations.c */

    _Atomic(struct symbolizer *) symbolizer;     /* NULL: not made yet */
    _Atomic(struct unnamed_functions *) unnamed; /* NULL: not asked for yet */
    bool unnamed_refused;                        /* see image_probes(); reported */

    struct image_access access;
    bool reported; /* see image_first_report() */

    bool has_no_debuginfo;       /* there is none */
    struct debuginfo *debuginfo; /* NULL: none, or not open */
    bool debuginfo_warned;       /* a warning about damage was logged */
    const char *debuginfo_text;  /* "DWARF of ..." */
    struct signature_reader signatures;

    struct image_attachment *code; /* NULL: none; see code/region.c */
};

/* See type_objects.h. */
struct type_objects {
    VEC(struct type_object *) list;
    const char *directory; /* NULL: none */
    bool is_open;          /* it was read */
};

struct catalog {
    pthread_mutex_t lock; /* of the members below and of all images: see catalog.h */
    struct arena arena;
    struct image *images; /* the newest first */
    struct event_names names;
    struct value_options value_options;
    struct type_objects types;
    const char *debug_path; /* NULL: the default */
    struct debuginfod debuginfod;
    unsigned extras;           /* see catalog_set_extra_fields() */
    const atomic_bool *stop;   /* see catalog_stop_when(); NULL: never */
    struct left_out *left_out; /* mapped files that could not be read, of all processes */
};

/* Reads the image's own symbol tables, once. */
MUST_CHECK int image_read_symbols(struct image *image, struct error *err);
/* Like image_read_symbols(); for a stripped file reads the symbols of its debug file, too. */
MUST_CHECK int image_read_all_symbols(struct image *image, struct error *err);
/* The image's debug information, opened if necessary; NULL when there is none. Copy what is needed:
   image_close() closes it. */
struct debuginfo *image_debuginfo(struct image *image);
/* Closes what the functions above opened. */
void image_close(struct image *image);

/* ---- image_names.c */

/* Whether the last component of `path` is the name of the image's file. */
bool image_has_file_name(const struct image *image, const char *path);
/* Sets the provider, and how events of functions without a symbol begin. `provider` is in the
   arena; NULL counts as out of memory. -ENOMEM. */
MUST_CHECK int image_set_provider(struct image *image, const char *provider);
/* image_add_name(), for who has the catalog's lock. -ENOMEM. */
MUST_CHECK int image_learn_name(struct image *image, const char *path);

/* ---- relocations.c */

/* Finds the procedure linkage tables from the section headers. -ENOMEM. */
MUST_CHECK int image_read_linkage(struct image *image, Elf *elf);

/* ---- image_file.c */

/* Whether `status` is of the image's file, unmodified since it was opened. */
bool image_is_file(const struct image *image, const struct stat *status);
/* Opens the file again for reading. The caller closes the descriptor. -ESTALE: it is gone or is
   another file. */
MUST_CHECK int image_open_file(const struct image *image, struct error *err);
/* Reads `size` bytes of the code at `vaddr` from the file. false: they are not there. */
bool image_read_code(const struct image *image, file_vaddr vaddr, void *bytes, size_t size);
/* Opens the root in which to look for debug files; the caller closes it. Its fd is -1 if that is
   our root. -ESTALE: it is gone. */
MUST_CHECK int image_open_root(const struct image *image, struct process_root *root);
/* Makes image->functions, once: from the file's symbols and, if it is stripped, those of its debug
   file. */
MUST_CHECK int image_make_functions(struct image *image, struct error *err);

/*
 * The load bias when the file's executable segment `segment` is mapped with file offset `offset` at
 * `start`. false: the segment does not contain that part of the file. Two segments may share a
 * page, so that more than one segment can match.
 */
bool image_load_bias(const struct image *image, size_t segment, target_addr start, uint64_t offset,
                     uint64_t *load_bias);
/* Like image_load_bias(), for any kind of segment. */
bool image_segment_bias(const struct image *image, size_t segment, target_addr start,
                        uint64_t offset, uint64_t *load_bias);

/* Returns the function's probe, and makes it if necessary. `asked` is the alias that the user's
   pattern matched, or the best one. It gives the name unless debug information has another. */
MUST_CHECK int probe_make(struct image *image, struct function *function, const struct alias *asked,
                          const struct probe **probe);

/* Whether to return early: see catalog_stop_when(). */
static inline bool image_is_stopped(const struct image *image)
{
    const atomic_bool *stop = image->catalog->stop;
    return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

#endif
