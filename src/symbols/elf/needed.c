/* SPDX-License-Identifier: MIT */
#include "symbols/elf/needed.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/elf/elf_file.h"
#include "util/cleanup.h"
#include "util/vec.h"

/* Limits beyond those of any real program: entries, copied entries, characters of one name and of
   all names. */
enum {
    ENTRIES_MAX = 1 << 16,
    COPIED_MAX = 1 << 12,
    NAME_MAX_LENGTH = 1 << 16,
    NAMES_MAX = 1 << 20,
};

/* The copied part of a dynamic section (gABI, chapter 5 "Dynamic Section"). */
struct needed {
    const struct elf_file *file;
    int fd;                         /* of the same file */
    uint64_t strings, strings_size; /* the string table's address and size */
    VEC(Elf64_Dyn)
    entries; /* for names, d_val is first the offset in the program's strings, then in `names` */
    VEC(char) names; /* the string table of the stand-in */
};

/* Reads up to `size` bytes at the address. Returns the number of bytes that the file has there. */
static size_t read_at(const struct needed *needed, uint64_t vaddr, void *buffer, size_t size)
{
    const struct elf_file *file = needed->file;
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if (vaddr < segment->p_vaddr || vaddr - segment->p_vaddr >= segment->p_filesz)
            continue;
        uint64_t from = vaddr - segment->p_vaddr, left = segment->p_filesz - from;
        ssize_t n = pread(needed->fd, buffer, size < left ? size : (size_t)left,
                          (off_t)(segment->p_offset + from));
        return n < 0 ? 0 : (size_t)n;
    }
    return 0;
}

static bool is_name(Elf64_Sxword tag)
{
    return tag == DT_NEEDED || tag == DT_RPATH || tag == DT_RUNPATH;
}

static int read_entries(struct needed *needed)
{
    uint64_t at = needed->file->dynamic.p_vaddr;
    Elf64_Dyn entry;
    for (size_t i = 0; i < ENTRIES_MAX; i++, at += sizeof(entry)) {
        if (read_at(needed, at, &entry, sizeof(entry)) != sizeof(entry))
            return -ENOEXEC;
        if (entry.d_tag == DT_NULL)
            return 0;
        if (entry.d_tag == DT_STRTAB)
            needed->strings = entry.d_un.d_ptr;
        if (entry.d_tag == DT_STRSZ)
            needed->strings_size = entry.d_un.d_val;
        if (entry.d_tag == DT_FLAGS_1)
            entry.d_un.d_val &= DF_1_NODEFLIB; /* keep only the flag for the search path */
        if (!is_name(entry.d_tag) && entry.d_tag != DT_FLAGS_1)
            continue;
        Elf64_Dyn *place = needed->entries.count < COPIED_MAX ? vec_push(&needed->entries) : NULL;
        if (!place)
            return needed->entries.count < COPIED_MAX ? -ENOMEM : -ENOEXEC;
        *place = entry;
    }
    return -ENOEXEC;
}

static int append(struct needed *needed, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char *place = needed->names.count < NAMES_MAX ? vec_push(&needed->names) : NULL;
        if (!place)
            return needed->names.count < NAMES_MAX ? -ENOMEM : -ENOEXEC;
        *place = text[i];
    }
    return 0;
}

char *needed_from_origin(const char *text, const char *origin)
{
    static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}"};
    char *result = NULL;
    size_t size;
    FILE *stream = open_memstream(&result, &size);
    while (stream && *text) {
        size_t token = 0;
        for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
            if (strncmp(text, tokens[i], strlen(tokens[i])) == 0)
                token = strlen(tokens[i]);
        if (token)
            fputs(origin, stream);
        else
            putc(*text, stream);
        text += token ? token : 1;
    }
    if (stream && fclose(stream) == 0)
        return result;
    free(result);
    return NULL;
}

static int copy_names(struct needed *needed, const char *origin)
{
    cleanup(cleanup_free) char *name = malloc(NAME_MAX_LENGTH);
    int r = name ? append(needed, "", 1) : -ENOMEM;
    for (size_t i = 0; r == 0 && i < needed->entries.count; i++) {
        Elf64_Dyn *entry = &needed->entries.items[i];
        if (!is_name(entry->d_tag))
            continue;
        uint64_t at = entry->d_un.d_val;
        size_t n = at < needed->strings_size
                       ? read_at(needed, needed->strings + at, name, NAME_MAX_LENGTH)
                       : 0;
        if (!memchr(name, '\0', n))
            return -ENOEXEC;
        entry->d_un.d_val = needed->names.count;
        cleanup(cleanup_free) char *expanded = needed_from_origin(name, origin);
        r = expanded ? append(needed, expanded, strlen(expanded) + 1) : -ENOMEM;
    }
    return r;
}

static int write_all(int fd, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, (const char *)bytes + done, size - done);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n < 0 ? 0 : (size_t)n;
    }
    return 0;
}

/*
 * Writes one segment at address 0: headers, dynamic section, a symbol table with the null symbol
 * (gABI, chapter 4 "Symbol Table"), and the names. It is writable, as the dynamic linker adds its
 * load bias to entries of the section, and not executable.
 */
static int write_file(const struct needed *needed, int fd)
{
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segments[2];
        Elf64_Sym null;
    } start = {0};
    const size_t n = needed->entries.count;
    const uint64_t dynamic = sizeof(start), dynamic_size = (n + 5) * sizeof(Elf64_Dyn);
    const uint64_t names = dynamic + dynamic_size, size = names + needed->names.count;
    start.header = (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = needed->file->machine,
        .e_version = EV_CURRENT,
        .e_entry = sizeof(start.header), /* not 0, which means none; never executed */
        .e_phoff = offsetof(__typeof__(start), segments),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
    };
    start.segments[0] = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_W,
        .p_filesz = size,
        .p_memsz = size,
        .p_align = (uint64_t)sysconf(_SC_PAGESIZE),
    };
    start.segments[1] = (Elf64_Phdr){
        .p_type = PT_DYNAMIC,
        .p_flags = PF_R | PF_W,
        .p_offset = dynamic,
        .p_vaddr = dynamic,
        .p_filesz = dynamic_size,
        .p_memsz = dynamic_size,
        .p_align = sizeof(uint64_t),
    };
    const Elf64_Dyn end[5] = {
        {DT_STRTAB, {names}},
        {DT_STRSZ, {needed->names.count}},
        {DT_SYMTAB, {offsetof(__typeof__(start), null)}},
        {DT_SYMENT, {sizeof(Elf64_Sym)}},
        {DT_NULL, {0}},
    };
    int r = write_all(fd, &start, sizeof(start));
    if (r == 0)
        r = write_all(fd, needed->entries.items, n * sizeof(Elf64_Dyn));
    if (r == 0)
        r = write_all(fd, end, sizeof(end));
    return r < 0 ? r : write_all(fd, needed->names.items, needed->names.count);
}

/* Nothing in it is executed. The sysctl vm.memfd_noexec may require the flag. */
static int make_file(void)
{
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
    int fd = memfd_create("stand-in", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
        fd = memfd_create("stand-in", MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int make_stand_in(struct needed *needed, const char *origin)
{
    int r = read_entries(needed);
    if (r == 0)
        r = copy_names(needed, origin);
    if (r < 0)
        return r;
    cleanup(cleanup_fd) int fd = make_file();
    if (fd < 0)
        return fd;
    r = write_file(needed, fd);
    return r < 0 ? r : take_fd(&fd);
}

int needed_stand_in(const char *path, const char *origin)
{
    struct elf_file file;
    struct error ignored;
    /* O_NONBLOCK: the path may be a FIFO. */
    cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int headers = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (headers < 0)
        return -errno;
    int r = elf_file_open(&file, headers, path, &ignored);
    if (r < 0)
        return r;
    struct needed needed = {.file = &file, .fd = fd};
    r = make_stand_in(&needed, origin);
    vec_free(&needed.entries);
    vec_free(&needed.names);
    elf_file_close(&file);
    return r;
}
