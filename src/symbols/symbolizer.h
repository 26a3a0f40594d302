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

#endif
