/* SPDX-License-Identifier: MIT */
#include "symbols/elf/debuginfod.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/elf/debug_file.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/text.h"

enum {
    /* How long servers may send nothing, unless DEBUGINFOD_TIMEOUT is less. */
    SILENCE_MAX_S = 10,
    WARN_AFTER_MS = 2 * 1000,
};

/* ---- the cache: debuginfod_find_debuginfo(3), "CACHE" ---- */

static char *cache_dir(void)
{
    const char *path = secure_getenv("DEBUGINFOD_CACHE_PATH");
    const char *home = secure_getenv("HOME"), *xdg = secure_getenv("XDG_CACHE_HOME");
    if (path && *path)
        return strdup(path);
    struct stat status;
    cleanup(cleanup_free) char *old = text_format("%s/.debuginfod_client_cache", home ? home : "/");
    if (old && stat(old, &status) == 0)
        return take_ptr(old);
    return xdg && *xdg ? text_format("%s/debuginfod_client", xdg)
                       : text_format("%s/.cache/debuginfod_client", home ? home : "/");
}

static int open_cached(const struct build_id *id, char **name)
{
    char hex[BUILD_ID_TEXT_SIZE];
    build_id_text(id, hex);
    cleanup(cleanup_free) char *dir = cache_dir();
    return dir ? debug_file_try(text_format("%s/%s/debuginfo", dir, hex), id, name) : -1;
}

/* ---- the servers ---- */

/* libdebuginfod, loaded at run time as it may be missing: elfutils/debuginfod.h. */
struct library {
    void *(*begin)(void);
    void (*end)(void *client);
    int (*find)(void *client, const unsigned char *id, int length, char **path);
    void (*set_progress)(void *client, int (*function)(void *client, long got, long of));
    void (*set_data)(void *client, void *data);
    void *(*get_data)(void *client);
};

/* The library stays loaded. */
static bool load(struct library *library)
{
    void *handle = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return false;
    library->begin = dlsym(handle, "debuginfod_begin");
    library->end = dlsym(handle, "debuginfod_end");
    library->find = dlsym(handle, "debuginfod_find_debuginfo");
    library->set_progress = dlsym(handle, "debuginfod_set_progressfn");
    library->set_data = dlsym(handle, "debuginfod_set_user_data");
    library->get_data = dlsym(handle, "debuginfod_get_user_data");
    return library->begin && library->end && library->find && library->set_progress &&
           library->set_data && library->get_data;
}

struct download {
    int64_t silence_max_ms;
    int64_t last_ms; /* of the last progress */
    long got;
    bool warned, given_up;
};

static int64_t silence_max_ms(void)
{
    const char *text = secure_getenv("DEBUGINFOD_TIMEOUT");
    long seconds = text ? strtol(text, NULL, 10) : 0;
    return (seconds > 0 && seconds < SILENCE_MAX_S ? seconds : SILENCE_MAX_S) * 1000;
}

/*
 * libdebuginfod calls it at least once a second, with the number of bytes received; before any are
 * received, with the number of calls. A result other than 0 cancels the request.
 */
static int on_progress(void *client, long got, long of)
{
    struct library library;
    struct download *request = load(&library) ? library.get_data(client) : NULL;
    int64_t now = clock_ms();
    (void)of;
    if (!request)
        return 1;
    if (got != request->got && got != request->got + 1)
        request->last_ms = now;
    request->got = got;
    if (now - request->last_ms >= WARN_AFTER_MS && !request->warned) {
        request->warned = true;
        log_warning("the servers of DEBUGINFOD_URLS do not answer; waiting: ^C or SIGTERM ends "
                    "this");
    }
    request->given_up = now - request->last_ms >= request->silence_max_ms;
    return request->given_up;
}

static int ask_server(struct debuginfod *debuginfod, const struct build_id *id, char **name)
{
    struct library library;
    void *client = load(&library) ? library.begin() : NULL;
    if (!client)
        return -1;
    struct download request = {.silence_max_ms = silence_max_ms(), .last_ms = clock_ms()};
    library.set_data(client, &request);
    library.set_progress(client, on_progress);
    cleanup(cleanup_free) char *path = NULL;
    int fd = library.find(client, id->bytes, (int)id->length, &path);
    library.end(client);
    if (fd >= 0)
        close(fd);
    if (request.given_up) {
        debuginfod->given_up = true;
        log_warning("the servers of DEBUGINFOD_URLS did not answer: they are not queried any more");
    }
    return fd >= 0 && path ? debug_file_try(take_ptr(path), id, name) : -1;
}

bool debuginfod_has_servers(void)
{
    const char *urls = secure_getenv("DEBUGINFOD_URLS");
    return urls && *urls;
}

int debuginfod_find(struct debuginfod *debuginfod, const struct build_id *id, char **name)
{
    if (!id->length || !debuginfod_has_servers())
        return -1;
    int fd = open_cached(id, name);
    return fd < 0 && debuginfod->may_ask && !debuginfod->given_up ? ask_server(debuginfod, id, name)
                                                                  : fd;
}
