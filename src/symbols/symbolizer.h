/* SPDX-License-Identifier: MIT */
/*
 * The names of an image's code by address: all function symbols, with those of its debug file,
 * sorted. For image_name_code() only; others use symbols/catalog.h.
 *
 * A table is made once. After that only its names change: each is filled in with a single store at
 * its first look-up, so that later look-ups take no lock.
 */
#ifndef SYMBOLS_SYMBOLIZER_H
#define SYMBOLS_SYMBOLIZER_H

struct symbolizer;

/* `symbolizer` may be NULL. The catalog owns the names. */
void symbolizer_free(struct symbolizer *symbolizer);
/* Discards the names, so that the next look-ups make them again. Call it when more is known of the
   image's functions, with the catalog locked. `symbolizer` may be NULL. */
void symbolizer_forget_names(struct symbolizer *symbolizer);

#endif
