/* SPDX-License-Identifier: MIT */
#include "symbols/module_glob.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A library is often mapped under its full version (libz.so.1.2.13) but known by the link it is
   loaded through (libz.so.1), or without any (libz). Matches the glob with each of these names. */
static bool glob_matches_file(const char *glob, const char *name)
{
    char shorter[256];
    const char *version = strstr(name, ".so.");
    if (!version && strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".so") == 0)
        version = name + strlen(name) - 3;
    if (fnmatch(glob, name, 0) == 0)
        return true;
    if (!version || snprintf(shorter, sizeof(shorter), "%s", name) >= (int)sizeof(shorter))
        return false;
    char *first = shorter + (version - name) + strlen(".so"), *dot;
    while ((dot = strrchr(first, '.'))) {
        *dot = '\0';
        if (fnmatch(glob, shorter, 0) == 0)
            return true;
    }
    shorter[version - name] = '\0';
    return fnmatch(glob, shorter, 0) == 0;
}

/* Of a file "lib<provider>.so" or "<provider>.so", whatever its version is; or "lib<provider>". */
static bool glob_matches_provider_file(const char *glob, const char *provider)
{
    const char *end = strstr(glob, ".so");
    size_t n = end ? (size_t)(end - glob) : 0;
    if (!end && strncmp(glob, "lib", 3) == 0)
        return strcmp(glob + 3, provider) == 0;
    if (!end || (end[3] && end[3] != '.' && end[3] != '*'))
        return false;
    cleanup(cleanup_free) char *stem = strndup(glob, n);
    return stem && (fnmatch(stem, provider, 0) == 0 ||
                    (strncmp(stem, "lib", 3) == 0 && fnmatch(stem + 3, provider, 0) == 0));
}

bool module_glob_matches(const char *glob, const struct module_names *names)
{
    if (fnmatch(glob, names->provider, 0) == 0 ||
        (names->path ? glob_matches_file(glob, base_name(names->path))
                     : glob_matches_provider_file(glob, names->provider)))
        return true;
    for (const char *const *other = names->others; other && *other; other++)
        if (glob_matches_file(glob, *other))
            return true;
    return false;
}
