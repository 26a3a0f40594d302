/* SPDX-License-Identifier: MIT */
/* The file "metadata" of a trace. At any moment, also after SIGKILL, its text is whole. */
#ifndef TP_CTF_CTF_METADATA_FILE_H
#define TP_CTF_CTF_METADATA_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct ctf_metadata_file {
    int directory;
    int fd; /* -1: there is none yet */
    uint64_t size;
};

/* Appends the text. -E2BIG: it is too long for that; replace the file. */
MUST_CHECK int ctf_metadata_append(struct ctf_metadata_file *file, const char *text, size_t n);
MUST_CHECK int ctf_metadata_replace(struct ctf_metadata_file *file, const char *text, size_t n);

#endif
