/* SPDX-License-Identifier: MIT */
/* Where to send spans and how, as options and environment variables tell (OpenTelemetry
   specification, protocol/exporter.md). */
#ifndef ANALYSIS_EXPORT_OTLP_SETTINGS_H
#define ANALYSIS_EXPORT_OTLP_SETTINGS_H

#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

/* Zeroed: empty. */
struct otlp_settings {
    char *url;
    char *shown;         /* the same without user, password and query */
    VEC(char *) headers; /* "Name: value"; the last is NULL */
    const char *certificates;
    uint64_t timeout_ms;
};

/* `url`: NULL: the environment's. -EINVAL: err names what is wrong. */
MUST_CHECK int otlp_settings_read(struct otlp_settings *settings, const char *url,
                                  struct error *err);
void otlp_settings_free(struct otlp_settings *settings);

#endif
