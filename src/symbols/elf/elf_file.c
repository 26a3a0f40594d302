/* SPDX-License-Identifier: MIT */
#include "symbols/elf/elf_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/abi/abi.h"
#include "symbols/elf/elf_machine.h"
#include "util/cleanup.h"

/* Whether [offset, offset + length) lies in the file. */
static bool elf_file_holds(const struct elf_file *file, uint64_t offset, uint64_t length)
{
    return offset <= file->size && length <= file->size - offset;
}

static int read_all(int fd, void *buffer, size_t size, uint64_t offset)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, (char *)buffer + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -ENOEXEC; /* it was truncated meanwhile */
        done += (size_t)n;
    }
    return 0;
}

/* The ELF header: gABI, chapter 4 "ELF Header". */
static int check_header(const struct elf_file *file, const Elf64_Ehdr *header, const char *path,
                        struct error *err)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return error_set(err, -ENOEXEC, "%s is not an ELF file", path);
    if (header->e_ident[EI_CLASS] != ELFCLASS32 && header->e_ident[EI_CLASS] != ELFCLASS64)
        return error_set(err, -ENOEXEC, "%s is a corrupted ELF file: it is of unknown class %u",
                         path, header->e_ident[EI_CLASS]);
    if (header->e_ident[EI_CLASS] == ELFCLASS32 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != abi_elf_machine()) {
        char its[ELF_MACHINE_NAME_MAX], own[ELF_MACHINE_NAME_MAX];
        elf_machine_name(header, its);
        elf_machine_own_name(own);
        return error_set(err, -ENOTSUP, "%s is an ELF file for %s, and this is the tracer for %s",
                         path, its, own);
    }
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return error_set(err, -ENOTSUP,
                         "%s is neither a program nor a shared library (ELF type %u)", path,
                         header->e_type);
    /* The kernel also refuses more than 64 KiB of program headers (load_elf_phdrs() in
       fs/binfmt_elf.c), so that PN_XNUM cannot occur. */
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 ||
        header->e_phnum > 65536 / sizeof(Elf64_Phdr) ||
        !elf_file_holds(file, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr)))
        return error_set(
            err, -ENOEXEC,
            "%s is truncated or corrupted: its program headers lie outside of the file", path);
    if (header->e_shoff &&
        (header->e_shentsize != sizeof(Elf64_Shdr) ||
         !elf_file_holds(file, header->e_shoff,
                         ((uint64_t)header->e_shnum ? header->e_shnum : 1) * sizeof(Elf64_Shdr))))
        return error_set(
            err, -ENOEXEC,
            "%s is truncated or corrupted: its section headers lie outside of the file", path);
    return 0;
}

/* The file offset of an address; false when it is not in the file. */
static bool file_offset_of(const struct elf_file *file, file_vaddr vaddr, uint64_t *offset)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if (vaddr.value < segment->p_vaddr || vaddr.value - segment->p_vaddr >= segment->p_filesz)
            continue;
        *offset = segment->p_offset + (vaddr.value - segment->p_vaddr);
        return true;
    }
    return false;
}

static int read_interpreter(struct elf_file *file, const Elf64_Phdr *segment)
{
    /* The kernel's limits: load_elf_binary() in fs/binfmt_elf.c. */
    if (segment->p_filesz < 2 || segment->p_filesz > 4096 ||
        !elf_file_holds(file, segment->p_offset, segment->p_filesz))
        return -ENOEXEC;
    cleanup(cleanup_free) char *text = calloc(1, segment->p_filesz + 1);
    if (!text)
        return -ENOMEM;
    int r = read_all(file->fd, text, segment->p_filesz, segment->p_offset);
    if (r < 0)
        return r;
    file->interpreter = take_ptr(text);
    return 0;
}

/* Reads the string at that offset of the dynamic string table, which is at an address (DT_STRTAB).
   NULL: it is not in the file, empty or too long. */
static char *read_dynamic_string(const struct elf_file *file, uint64_t table, uint64_t offset)
{
    char text[256];
    uint64_t at;
    if (offset > UINT64_MAX - table || !file_offset_of(file, file_vaddr_of(table + offset), &at))
        return NULL;
    ssize_t n = pread(file->fd, text, sizeof(text), (off_t)at);
    return n > 0 && *text && memchr(text, '\0', (size_t)n) ? strdup(text) : NULL;
}

/* Reads the dynamic section: gABI, chapter 5 "Dynamic Section". It ends at the first DT_NULL, or
   where it cannot be read. */
static void read_dynamic(struct elf_file *file, const Elf64_Phdr *segment)
{
    enum { AT_ONCE = 64 };
    Elf64_Dyn entries[AT_ONCE];
    uint64_t n = segment->p_filesz / sizeof(*entries), soname = 0, strings = 0;
    if (!elf_file_holds(file, segment->p_offset, segment->p_filesz))
        return;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t left = n - i, some = left < AT_ONCE ? left : AT_ONCE;
        if (i % AT_ONCE == 0 && read_all(file->fd, entries, some * sizeof(*entries),
                                         segment->p_offset + i * sizeof(*entries)) < 0)
            break;
        const Elf64_Dyn *entry = &entries[i % AT_ONCE];
        if (entry->d_tag == DT_NULL)
            break;
        file->has_soname |= entry->d_tag == DT_SONAME;
        if (entry->d_tag == DT_SONAME)
            soname = entry->d_un.d_val;
        if (entry->d_tag == DT_STRTAB)
            strings = entry->d_un.d_ptr;
        file->has_text_relocations |= entry->d_tag == DT_TEXTREL ||
                                      (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL);
    }
    if (file->has_soname)
        file->soname = read_dynamic_string(file, strings, soname);
}

/* Reads the headers and, if they are close enough, the notes; only if the first page is mapped
   read-only. */
static int read_identity(struct elf_file *file, uint64_t headers_end, uint64_t notes_end)
{
    uint64_t length =
        notes_end <= ELF_IDENTITY_MAX && notes_end > headers_end ? notes_end : headers_end;
    const Elf64_Phdr *first = NULL;
    for (size_t i = 0; i < file->n_segments && !first; i++)
        if (file->segments[i].p_offset == 0 && !(file->segments[i].p_flags & PF_W))
            first = &file->segments[i];
    if (!first || length > ELF_IDENTITY_MAX || length > first->p_filesz)
        return 0;
    file->identity.bytes = malloc(length);
    if (!file->identity.bytes)
        return -ENOMEM;
    file->identity.at = file_vaddr_of(first->p_vaddr);
    file->identity.length = length;
    return read_all(file->fd, file->identity.bytes, length, 0);
}

/* Reads the PT_LOAD segments and the interpreter: gABI, chapter 5 "Program Header". */
static int read_segments(struct elf_file *file, const Elf64_Ehdr *header, const char *path,
                         struct error *err)
{
    size_t bytes = (size_t)header->e_phnum * sizeof(Elf64_Phdr);
    file->segments = malloc(bytes);
    if (!file->segments)
        return error_set(err, -ENOMEM, "out of memory");
    int r = read_all(file->fd, file->segments, bytes, header->e_phoff);
    if (r < 0)
        return error_set(err, r, "cannot read the program headers of %s: %s", path, strerror(-r));

    uint64_t headers_end = header->e_phoff + bytes, notes_end = 0;
    for (size_t i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr segment = file->segments[i];
        if (segment.p_type == PT_DYNAMIC)
            file->dynamic = segment;
        if (segment.p_type == PT_NOTE && elf_file_holds(file, segment.p_offset, segment.p_filesz) &&
            segment.p_offset + segment.p_filesz <= ELF_IDENTITY_MAX &&
            segment.p_offset + segment.p_filesz > notes_end)
            notes_end = segment.p_offset + segment.p_filesz;
        if (segment.p_type == PT_INTERP && !file->interpreter) {
            r = read_interpreter(file, &segment);
            if (r < 0)
                return error_set(err, r,
                                 "%s is truncated or corrupted: its interpreter's name "
                                 "lies outside of the file",
                                 path);
        }
        if (segment.p_type != PT_LOAD)
            continue;
        if (!elf_file_holds(file, segment.p_offset, segment.p_filesz))
            return error_set(err, -ENOEXEC,
                             "%s is truncated or corrupted: a segment lies outside of the file",
                             path);
        if (segment.p_vaddr + segment.p_memsz < segment.p_vaddr ||
            segment.p_filesz > segment.p_memsz)
            return error_set(err, -ENOEXEC, "%s is corrupted: a segment has an impossible size",
                             path);
        file->segments[file->n_segments++] = segment;
    }
    if (file->n_segments == 0)
        return error_set(err, -ENOEXEC, "%s is corrupted: it has nothing to load", path);
    read_dynamic(file, &file->dynamic);
    r = read_identity(file, headers_end, notes_end);
    if (r < 0)
        return error_set(err, r, "cannot read %s: %s", path, strerror(-r));
    return 0;
}

int elf_file_open(struct elf_file *file, int fd, const char *shown_path, struct error *err)
{
    memset(file, 0, sizeof(*file));
    file->fd = fd;

    struct stat status;
    int r = fstat(file->fd, &status) < 0 ? -errno : 0;
    if (r < 0) {
        error_set(err, r, "cannot read %s: %s", shown_path, strerror(-r));
        goto failed;
    }
    if (!S_ISREG(status.st_mode)) {
        r = error_set(err, -ENOEXEC, "%s is not a regular file", shown_path);
        goto failed;
    }
    file->size = (uint64_t)status.st_size;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->mtime = status.st_mtim;

    /* A 32-bit header is shorter. A file of 52 to 63 bytes gets the message below. */
    Elf64_Ehdr header;
    unsigned char magic[SELFMAG];
    if (file->size < sizeof(magic) || read_all(file->fd, magic, sizeof(magic), 0) < 0 ||
        memcmp(magic, ELFMAG, SELFMAG) != 0) {
        r = error_set(err, -ENOEXEC, "%s is not an ELF file", shown_path);
        goto failed;
    }
    if (file->size < sizeof(header) || read_all(file->fd, &header, sizeof(header), 0) < 0) {
        r = error_set(err, -ENOEXEC, "%s is truncated: its ELF header is incomplete", shown_path);
        goto failed;
    }

    r = check_header(file, &header, shown_path, err);
    if (r < 0)
        goto failed;
    file->type = header.e_type;
    file->machine = header.e_machine;
    file->entry = file_vaddr_of(header.e_entry);
    r = read_segments(file, &header, shown_path, err);
    if (r < 0)
        goto failed;
    close(take_fd(&file->fd));
    return 0;

failed:
    elf_file_close(file);
    return r;
}

void elf_file_close(struct elf_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->segments);
    free(file->interpreter);
    free(file->soname);
    free(file->identity.bytes);
    memset(file, 0, sizeof(*file));
    file->fd = -1;
}

bool elf_file_vaddr_of_offset(const struct elf_file *file, uint64_t offset, file_vaddr *vaddr)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if (offset >= segment->p_offset && offset - segment->p_offset < segment->p_filesz) {
            *vaddr = file_vaddr_of(segment->p_vaddr + (offset - segment->p_offset));
            return true;
        }
    }
    return false;
}

bool elf_file_offset_of_code(const struct elf_file *file, file_vaddr vaddr, uint64_t size,
                             uint64_t *offset)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        uint64_t in = vaddr.value - segment->p_vaddr;
        if (!(segment->p_flags & PF_X) || vaddr.value < segment->p_vaddr ||
            in >= segment->p_filesz || size > segment->p_filesz - in)
            continue;
        *offset = segment->p_offset + in;
        return true;
    }
    return false;
}

bool elf_file_is_code(const struct elf_file *file, file_vaddr vaddr)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if ((segment->p_flags & PF_X) && vaddr.value >= segment->p_vaddr &&
            vaddr.value - segment->p_vaddr < segment->p_filesz)
            return true;
    }
    return false;
}
