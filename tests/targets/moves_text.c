/* SPDX-License-Identifier: MIT */
/* To preload: replaces pages of the program's text by anonymous ones, as some servers do for huge
   pages. MOVE_TEXT=all: all of it; MOVE_TEXT=part: all but its last page. */
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

struct text {
    char *start;
    size_t length;
};

/* The program is the first one in the list. */
static int find_text(struct dl_phdr_info *info, size_t size, void *data)
{
    struct text *text = data;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
            continue;
        size_t before = segment->p_vaddr % page;
        text->start = (char *)(uintptr_t)(info->dlpi_addr + segment->p_vaddr - before);
        text->length = (before + segment->p_filesz + page - 1) / page * page;
    }
    return 1;
}

__attribute__((constructor)) static void move_text(void)
{
    struct text text = {0};
    const char *what = getenv("MOVE_TEXT");
    if (!what)
        return;
    dl_iterate_phdr(find_text, &text);
    if (strcmp(what, "part") == 0)
        text.length -= (size_t)sysconf(_SC_PAGESIZE);
    check(text.length > 0, "no text");
    char *pages =
        mmap(NULL, text.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(pages != MAP_FAILED, "mmap");
    memcpy(pages, text.start, text.length);
    check(mprotect(pages, text.length, PROT_READ | PROT_EXEC) == 0, "mprotect");
    check(mremap(pages, text.length, text.length, MREMAP_MAYMOVE | MREMAP_FIXED, text.start) ==
              text.start,
          "mremap");
}
