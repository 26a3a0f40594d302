/* SPDX-License-Identifier: MIT */
#include "util/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"
#include "util/vec.h"

/* Of chunks in memory: 16 MB at most. */
enum { CHUNK_SIZE = 4096, CHUNKS_HELD_MAX = 4096 };
enum { CHUNK_BYTES = CHUNK_SIZE - sizeof(uint64_t) - sizeof(uint64_t) };

struct spool_chunk {
    uint64_t next; /* the number of the following one of its text; 0: there is none yet */
    uint64_t used;
    char bytes[CHUNK_BYTES];
};

struct spool_text {
    uint64_t first, last;     /* numbers of its chunks; 0: none */
    struct spool_chunk *held; /* the last one, if it is not in the file yet */
};

struct spool {
    int fd;
    uint64_t n_chunks; /* number n is at (n - 1) * CHUNK_SIZE in the file */
    VEC(struct spool_text) texts;
    size_t n_held;
};

const char *spool_directory(void)
{
    const char *directory = getenv("TMPDIR");
    return directory && *directory ? directory : "/var/tmp";
}

/* A descriptor of a file without a name, or a negative errno. */
static int nameless_file(void)
{
    char *path = text_format("%s/ptrace_tracer.XXXXXX", spool_directory());
    if (!path)
        return -ENOMEM;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        fd = -errno;
    else
        unlink(path);
    free(path);
    return fd;
}

int spool_file(FILE **file)
{
    int fd = nameless_file();
    *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (*file || fd < 0)
        return fd < 0 ? fd : 0;
    int code = -errno;
    close(fd);
    return code;
}

int spool_new(struct spool **spool)
{
    struct spool *made = calloc(1, sizeof(*made));
    int code = made ? nameless_file() : -ENOMEM;
    if (code >= 0)
        made->fd = code;
    else
        free(made);
    *spool = code >= 0 ? made : NULL;
    return code < 0 ? code : 0;
}

void spool_free(struct spool *spool)
{
    if (!spool)
        return;
    for (size_t i = 0; i < spool->texts.count; i++)
        free(spool->texts.items[i].held);
    vec_free(&spool->texts);
    close(spool->fd);
    free(spool);
}

static off_t chunk_at(uint64_t number)
{
    return (off_t)((number - 1) * CHUNK_SIZE);
}

static int write_spooled(int fd, const void *bytes, size_t n, off_t at)
{
    for (const char *from = bytes; n > 0;) {
        ssize_t written = pwrite(fd, from, n, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        from += written;
        n -= (size_t)written;
        at += written;
    }
    return 0;
}

static int put_down(struct spool *spool, struct spool_text *text)
{
    int code = write_spooled(spool->fd, text->held, sizeof(*text->held), chunk_at(text->last));
    free(text->held);
    text->held = NULL;
    spool->n_held--;
    return code;
}

/* A new chunk at the end of the text. */
static int begin_chunk(struct spool *spool, struct spool_text *text)
{
    uint64_t number = spool->n_chunks + 1;
    int code = 0;
    if (text->held) {
        text->held->next = number;
        code = put_down(spool, text);
    } else if (text->last) {
        code = write_spooled(spool->fd, &number, sizeof(number),
                             chunk_at(text->last) + (off_t)offsetof(struct spool_chunk, next));
    }
    for (size_t i = 0; code == 0 && spool->n_held >= CHUNKS_HELD_MAX && i < spool->texts.count; i++)
        if (spool->texts.items[i].held)
            code = put_down(spool, &spool->texts.items[i]);
    if (code < 0)
        return code;
    text->held = calloc(1, sizeof(*text->held));
    if (!text->held)
        return -ENOMEM;
    spool->n_held++;
    spool->n_chunks = text->last = number;
    if (!text->first)
        text->first = number;
    return 0;
}

int spool_add(struct spool *spool, uint32_t number, const void *bytes, size_t n)
{
    while (spool->texts.count <= number)
        if (!vec_push(&spool->texts))
            return -ENOMEM;
    struct spool_text *text = &spool->texts.items[number];
    const char *from = bytes;
    while (n > 0) {
        int code = !text->held || text->held->used == CHUNK_BYTES ? begin_chunk(spool, text) : 0;
        if (code < 0)
            return code;
        struct spool_chunk *chunk = text->held;
        size_t room = CHUNK_BYTES - chunk->used, taken = n < room ? n : room;
        memcpy(chunk->bytes + chunk->used, from, taken);
        chunk->used += taken;
        from += taken;
        n -= taken;
    }
    return 0;
}

static int read_chunk(const struct spool *spool, uint64_t number, struct spool_chunk *chunk)
{
    ssize_t n;
    do
        n = pread(spool->fd, chunk, sizeof(*chunk), chunk_at(number));
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n == sizeof(*chunk) && chunk->used <= CHUNK_BYTES ? 0 : -EIO;
}

int spool_copy(const struct spool *spool, uint32_t number, FILE *stream)
{
    if (number >= spool->texts.count)
        return 0;
    const struct spool_text *text = &spool->texts.items[number];
    uint64_t at = text->first;
    while (at) {
        struct spool_chunk read;
        const struct spool_chunk *chunk = text->held;
        if (!text->held || at != text->last) {
            int code = read_chunk(spool, at, &read);
            if (code < 0)
                return code;
            chunk = &read;
        }
        fwrite(chunk->bytes, 1, chunk->used, stream);
        at = chunk->next;
    }
    return 0;
}
