/* SPDX-License-Identifier: MIT */
#include "analysis/export/formats.h"

#include <string.h>

static const struct export_format *const formats[] = {
    &export_csv,    &export_json,     &export_folded, &export_callgrind, &export_speedscope,
    &export_chrome, &export_perfetto, &export_otlp,   &export_html,      &export_sqlite,
};

const struct export_format *export_format_at(size_t i)
{
    return i < sizeof(formats) / sizeof(formats[0]) ? formats[i] : NULL;
}

const struct export_format *export_format_of(const char *name)
{
    const struct export_format *format;
    for (size_t i = 0; (format = export_format_at(i)) && strcmp(format->name, name) != 0;)
        i++;
    return format;
}
