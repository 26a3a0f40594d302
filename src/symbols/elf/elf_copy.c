/* SPDX-License-Identifier: MIT */
#include "symbols/elf/elf_copy.h"

#include <elf.h>
#include <elfutils/libdwelf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "symbols/elf/wanted_sections.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

enum {
    /* No real file has nearly as many; libelf needs about 300 bytes for each. */
    SECTIONS_MAX = 1 << 18,
    COPIED_SECTIONS_MAX = 1 << 12,
    /* The maximum growth of compressed sections; compilers' grow three to ten times. */
    TIMES_LARGER_MAX = 50,
    LARGER_ROOM = 16 << 20,
    /* Longer than the granularity of file timestamps. */
    SETTLED_MS = 20,
};

/* The state of a copy. */
struct copying {
    struct elf_copy *copy;
    int fd;
    uint64_t size; /* the file's */
    struct wanted_sections wants;
    Elf64_Shdr *sections;
    size_t n_sections;
    const char *names; /* of the sections, `names_size` bytes */
    uint64_t names_size;
    unsigned n_copied;
    uint64_t compressed, uncompressed; /* of all compressed sections */
};

/* ---- bytes ---- */

/* -ESTALE: the file is shorter than expected. Holes are not read, so that they take no memory: a
   file may be far larger than its blocks on disk. */
static int copy_range(const struct copying *copying, uint64_t offset, uint64_t length)
{
    if (offset > copying->size || length > copying->size - offset)
        return -ENOEXEC;
    for (uint64_t end = offset + length; offset < end;) {
        off_t data = lseek(copying->fd, (off_t)offset, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* no data up to the end */
        off_t hole = data < 0 ? -1 : lseek(copying->fd, data, SEEK_HOLE);
        uint64_t from = data < 0 ? offset : (uint64_t)data;
        uint64_t to = hole < 0 || (uint64_t)hole > end ? end : (uint64_t)hole;
        while (from < to) {
            ssize_t n = pread(copying->fd, copying->copy->bytes + from, to - from, (off_t)from);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                return n < 0 ? -errno : -ESTALE;
            from += (uint64_t)n;
        }
        offset = from;
    }
    return 0;
}

static int reserve(struct copying *copying, bool to_memfd)
{
    struct elf_copy *copy = copying->copy;
    if (copying->size < sizeof(Elf64_Ehdr) || copying->size > SIZE_MAX / 4)
        return -ENOEXEC;
    copy->size = (size_t)copying->size + ELF_COPY_ROOM;
    int flags = to_memfd ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    if (to_memfd) {
        rlim_t soft = descriptors_use_all();
        copy->memory = memfd_create("debug information", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        descriptors_hold_back(soft);
        if (copy->memory < 0 || ftruncate(copy->memory, (off_t)copy->size) < 0 ||
            fcntl(copy->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
            return -errno;
    }
    void *bytes =
        mmap(NULL, copy->size, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, copy->memory, 0);
    if (bytes == MAP_FAILED)
        return -errno;
    copy->bytes = bytes;
    return 0;
}

/* ---- what is copied ---- */

static int copy_headers(struct copying *copying)
{
    int r = copy_range(copying, 0, sizeof(Elf64_Ehdr));
    if (r < 0)
        return r;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)copying->copy->bytes;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB ||
        (header->e_phnum && header->e_phentsize != sizeof(Elf64_Phdr)) ||
        (header->e_shoff && header->e_shentsize != sizeof(Elf64_Shdr)) ||
        header->e_phoff % 8 != 0 || header->e_shoff % 8 != 0)
        return -ENOEXEC;
    r = copy_range(copying, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr));
    if (r < 0 || !header->e_shoff)
        return r;
    /* gABI, "Sections": numbers that do not fit the ELF header are in the first section header. */
    r = copy_range(copying, header->e_shoff, sizeof(Elf64_Shdr));
    if (r < 0)
        return r;
    copying->sections = (Elf64_Shdr *)(copying->copy->bytes + header->e_shoff);
    uint64_t n = header->e_shnum ? header->e_shnum : copying->sections[0].sh_size;
    uint64_t names =
        header->e_shstrndx == SHN_XINDEX ? copying->sections[0].sh_link : header->e_shstrndx;
    if (n > SECTIONS_MAX || names >= n)
        return -ENOEXEC;
    copying->n_sections = (size_t)n;
    r = copy_range(copying, header->e_shoff, n * sizeof(Elf64_Shdr));
    if (r < 0)
        return r;
    const Elf64_Shdr *strings = &copying->sections[names];
    r = copy_range(copying, strings->sh_offset, strings->sh_size);
    if (r < 0)
        return r;
    copying->names = copying->copy->bytes + strings->sh_offset;
    copying->names_size = strings->sh_size;
    return 0;
}

static const char *section_name(const struct copying *copying, const Elf64_Shdr *section)
{
    /* There are zeros after the last name. */
    return section->sh_name < copying->names_size ? copying->names + section->sh_name : "";
}

/* The section's size when uncompressed, from its header: gABI, chapter 4 "Compressed Sections"; of
   .zdebug_*, "ZLIB" and the size, big-endian (GNU). 0: it is not compressed. */
static uint64_t uncompressed_size(const struct copying *copying, const Elf64_Shdr *section)
{
    const char *bytes = copying->copy->bytes + section->sh_offset;
    Elf64_Chdr header;
    uint64_t size;
    if (section->sh_flags & SHF_COMPRESSED && section->sh_size >= sizeof(header)) {
        memcpy(&header, bytes, sizeof(header));
        return header.ch_size;
    }
    if (section->sh_size < 4 + sizeof(size) || memcmp(bytes, "ZLIB", 4) != 0)
        return 0;
    memcpy(&size, bytes + 4, sizeof(size));
    return be64toh(size);
}

static int copy_section(struct copying *copying, const Elf64_Shdr *section)
{
    if (section->sh_type == SHT_NOBITS || section->sh_type == SHT_NULL)
        return 0;
    if (++copying->n_copied > COPIED_SECTIONS_MAX)
        return -ENOEXEC;
    int r = copy_range(copying, section->sh_offset, section->sh_size);
    uint64_t size = r < 0 ? 0 : uncompressed_size(copying, section);
    if (r < 0 || !size)
        return r;
    /* For all sections together: a few KB of zlib data can become hundreds of MB. */
    copying->compressed += section->sh_size;
    if (__builtin_add_overflow(copying->uncompressed, size, &copying->uncompressed) ||
        copying->uncompressed > TIMES_LARGER_MAX * copying->compressed + LARGER_ROOM)
        return -ENOEXEC;
    return 0;
}

/* Marks also the string tables that symbol tables refer to. */
static int mark_wanted(const struct copying *copying, bool *wanted)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)copying->copy->bytes;
    for (size_t i = 0; i < copying->n_sections; i++) {
        const Elf64_Shdr *section = &copying->sections[i];
        bool is_table = section->sh_type == SHT_SYMTAB || section->sh_type == SHT_DYNSYM;
        if (!wanted_sections_has(&copying->wants, section, section_name(copying, section)))
            continue;
        wanted[i] = true;
        if (is_table && section->sh_link < copying->n_sections)
            wanted[section->sh_link] = true;
    }
    wanted[header->e_shstrndx == SHN_XINDEX ? copying->sections[0].sh_link : header->e_shstrndx] =
        true;
    return 0;
}

static int copy_sections(struct copying *copying)
{
    if (!copying->n_sections)
        return 0;
    cleanup(cleanup_free) bool *wanted = calloc(copying->n_sections, sizeof(*wanted));
    if (!wanted)
        return -ENOMEM;
    /* Their references are of relocations: symbols/dwarf/object_relocations.h. */
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)copying->copy->bytes;
    copying->wants.object = copying->wants.dwarf && header->e_type == ET_REL;
    int r = mark_wanted(copying, wanted);
    for (size_t i = 0; i < copying->n_sections && r == 0; i++)
        if (wanted[i])
            r = copy_section(copying, &copying->sections[i]);
    /* Hide the other sections. Not earlier: a section may overlap the headers. */
    for (size_t i = 1; i < copying->n_sections && r == 0; i++)
        if (!wanted[i])
            copying->sections[i].sh_type = SHT_NOBITS;
    return r;
}

/* A file without section headers has its build ID in a segment. */
static int copy_notes(struct copying *copying)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)copying->copy->bytes;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(copying->copy->bytes + header->e_phoff);
    int r = 0;
    for (unsigned i = 0; !copying->n_sections && i < header->e_phnum && r == 0; i++)
        if (segments[i].p_type == PT_NOTE)
            r = copy_range(copying, segments[i].p_offset, segments[i].p_filesz);
    return r;
}

/* ---- detecting changes ---- */

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/*
 * File timestamps have the granularity of a tick. After a write in the current tick, another write
 * in the same tick would not be noticed. So wait for the next tick.
 */
static int settle_copy(int fd, struct stat *status)
{
    struct timespec now;
    struct stat later;
    if (fstat(fd, status) < 0)
        return -errno;
    if (!S_ISREG(status->st_mode))
        return -ENOEXEC;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = (now.tv_sec - status->st_ctim.tv_sec) * 1000 +
                  (now.tv_nsec - status->st_ctim.tv_nsec) / 1000000;
    if (age < 0 || age >= SETTLED_MS)
        return 0;
    const struct timespec rest = {.tv_nsec = SETTLED_MS * 1000000L};
    nanosleep(&rest, NULL);
    if (fstat(fd, &later) < 0)
        return -errno;
    return is_same_file(status, &later) ? 0 : -ESTALE;
}

/* libelf supports zlib, and zstd since version 0.189 if built with it. */
static int check_compression(Elf *elf)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        if (!header || header->sh_type == SHT_NOBITS || !(header->sh_flags & SHF_COMPRESSED))
            continue;
        const Elf64_Chdr *compression = elf64_getchdr(section);
        if (compression && compression->ch_type != ELFCOMPRESS_ZLIB &&
            elf_compress(section, 0, 0) < 0)
            return -ENOTSUP;
    }
    return 0;
}

static int copy_all(struct copying *copying, bool to_memfd)
{
    struct stat before, after;
    int r = copying->wants.dwarf              ? settle_copy(copying->fd, &before)
            : fstat(copying->fd, &before) < 0 ? -errno
                                              : 0;
    if (r < 0)
        return r;
    copying->size = (uint64_t)before.st_size;
    r = reserve(copying, to_memfd);
    if (r == 0)
        r = copy_headers(copying);
    if (r == 0)
        r = copy_sections(copying);
    if (r == 0)
        r = copy_notes(copying);
    /* If the file was written to meanwhile, the copy may contain anything. */
    if (copying->wants.dwarf && (fstat(copying->fd, &after) < 0 || !is_same_file(&before, &after)))
        r = -ESTALE;
    else if (r == -ESTALE)
        r = -ENOEXEC;
    /* libelf modifies headers when it decompresses sections: it must not modify those in the
       memfd. */
    if (r == 0 && to_memfd &&
        mmap(copying->copy->bytes, copying->copy->size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, copying->copy->memory, 0) == MAP_FAILED)
        r = -errno;
    if (r < 0)
        return r;
    elf_version(EV_CURRENT);
    copying->copy->elf = elf_memory(copying->copy->bytes, copying->copy->size);
    if (!copying->copy->elf || elf_kind(copying->copy->elf) != ELF_K_ELF)
        return -ENOEXEC;
    return check_compression(copying->copy->elf);
}

static int make_copy(struct elf_copy *copy, struct copying *copying, bool to_memfd)
{
    *copy = (struct elf_copy){.memory = -1};
    copying->copy = copy;
    int r = copy_all(copying, to_memfd);
    if (r < 0)
        elf_copy_free(copy);
    return r;
}

int elf_copy_read(struct elf_copy *copy, int fd, bool with_symbols)
{
    struct copying copying = {.fd = fd, .wants = {.dwarf = true, .symbols = with_symbols}};
    return make_copy(copy, &copying, false);
}

int elf_copy_to_memfd(struct elf_copy *copy, int fd)
{
    struct copying copying = {.fd = fd, .wants = {.dwarf = true}};
    return make_copy(copy, &copying, true);
}

int elf_copy_symbols(struct elf_copy *copy, int fd)
{
    struct copying copying = {.fd = fd, .wants = {.symbols = true}};
    return make_copy(copy, &copying, false);
}

int elf_copy_relocations(struct elf_copy *copy, int fd)
{
    struct copying copying = {.fd = fd, .wants = {.symbols = true, .relocations = true}};
    return make_copy(copy, &copying, false);
}

int elf_copy_code(struct elf_copy *copy, int fd)
{
    struct copying copying = {.fd = fd,
                              .wants = {.symbols = true, .relocations = true, .code = true}};
    return make_copy(copy, &copying, false);
}

void elf_copy_free(struct elf_copy *copy)
{
    elf_end(copy->elf);
    if (copy->bytes)
        munmap(copy->bytes, copy->size);
    if (copy->memory >= 0)
        close(copy->memory);
    for (size_t i = 0; i < sizeof(copy->added) / sizeof(*copy->added); i++)
        free(copy->added[i]);
    *copy = (struct elf_copy){.memory = -1};
}

/* ---- access ---- */

Elf_Scn *elf_copy_section(const struct elf_copy *copy, const char *name)
{
    size_t names;
    Elf_Scn *section = NULL;
    if (!copy->elf || elf_getshdrstrndx(copy->elf, &names) != 0)
        return NULL;
    while ((section = elf_nextscn(copy->elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        const char *its = header ? elf_strptr(copy->elf, names, header->sh_name) : NULL;
        if (its && header->sh_type != SHT_NOBITS && strcmp(its, name) == 0)
            break;
    }
    return section;
}

int elf_copy_add_room(struct elf_copy *copy, Elf_Data *data)
{
    void **place = copy->added[0] ? &copy->added[1] : &copy->added[0];
    char *grown = *place ? NULL : calloc(1, data->d_size + ELF_COPY_ROOM);
    if (!grown)
        return -ENOMEM;
    memcpy(grown, data->d_buf, data->d_size);
    data->d_buf = *place = grown;
    data->d_size += ELF_COPY_ROOM;
    return 0;
}

bool elf_copy_has_dwarf(const struct elf_copy *copy)
{
    return elf_copy_section(copy, ".debug_info") || elf_copy_section(copy, ".zdebug_info");
}

void elf_copy_build_id(const struct elf_copy *copy, struct build_id *id)
{
    const void *bytes = NULL;
    ssize_t length = copy->elf ? dwelf_elf_gnu_build_id(copy->elf, &bytes) : 0;
    id->length = length > 0 && (size_t)length <= sizeof(id->bytes) ? (size_t)length : 0;
    if (id->length)
        memcpy(id->bytes, bytes, id->length);
}
