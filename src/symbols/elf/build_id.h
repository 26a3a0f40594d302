/* SPDX-License-Identifier: MIT */
/* The build ID of an ELF file. */
#ifndef SYMBOLS_ELF_BUILD_ID_H
#define SYMBOLS_ELF_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct build_id {
    unsigned char bytes[64];
    size_t length; /* 0: none */
};

/* Whether both exist and are equal. */
bool build_id_equal(const struct build_id *a, const struct build_id *b);
/* In hexadecimal, as in file names. */
enum { BUILD_ID_TEXT_SIZE = 2 * 64 + 1 };
void build_id_text(const struct build_id *id, char text[BUILD_ID_TEXT_SIZE]);

#endif
