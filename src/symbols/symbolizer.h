/* SPDX-License-Identifier: MIT */
/*
 * The names of an image's code by address: all its function symbols, sorted, with those of its
 * debug file. For image_name_code() only; others use symbols/catalog.h.
 *
 * A table is made once and never changed but for the names, which are filled in one by one, each
 * published with a single store: to look something up that was looked up before takes no lock.
 */
#ifndef SYMBOLS_SYMBOLIZER_H
#define SYMBOLS_SYMBOLIZER_H

struct symbolizer;

/* NULL is fine. The names are the catalog's. */
void symbolizer_free(struct symbolizer *symbolizer);
/* More is known of the image's functions than before: names are made anew when they are next asked
   for. NULL is fine. Under the catalog's lock. */
void symbolizer_forget_names(struct symbolizer *symbolizer);

#endif
