/* SPDX-License-Identifier: MIT */
#include "symbols/code/file_bytes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int file_bytes_read(int fd, void *bytes, size_t n, uint64_t offset)
{
    for (size_t done = 0; done < n;) {
        ssize_t r = pread(fd, (char *)bytes + done, n - done, (off_t)(offset + done));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return r < 0 ? -errno : -ESTALE;
        done += (size_t)r;
    }
    return 0;
}

int file_bytes_at(const struct elf_file *file, int fd, uint64_t at, void *bytes, size_t n)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        uint64_t in = at - segment->p_vaddr;
        if (at >= segment->p_vaddr && in < segment->p_filesz && n <= segment->p_filesz - in)
            return file_bytes_read(fd, bytes, n, segment->p_offset + in);
    }
    return -EFAULT;
}
