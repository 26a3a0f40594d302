/* SPDX-License-Identifier: MIT */
/* The formats; each is in the file of its name. */
#ifndef ANALYSIS_EXPORT_FORMATS_H
#define ANALYSIS_EXPORT_FORMATS_H

#include "analysis/export/export.h"

extern const struct export_format export_csv, export_json, export_folded, export_callgrind,
    export_speedscope, export_chrome, export_perfetto, export_otlp, export_html, export_sqlite;

/* The format of that name; NULL: there is none. */
const struct export_format *export_format_of(const char *name);
/* The formats in a fixed order; NULL after the last. */
const struct export_format *export_format_at(size_t i);

#endif
