/* SPDX-License-Identifier: MIT */
/* Copies of real code: displaces the first instructions of every exported function of this
   machine's libraries, near and far, and decodes the copies. */
#include "unit/check_main.h"
#include "unit/displaced_verify_x86_64.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEAR INT64_C(0x23456780)
#define FAR  INT64_C(0x123456789ab0)

struct library {
    const uint8_t *bytes;
    size_t size;
    size_t limit; /* bytes read in each function */
    unsigned long functions, instructions, slots, skipped, stepped, out_of_reach;
};

static const void *at_offset(const struct library *library, uint64_t offset, uint64_t n)
{
    ck_assert(offset <= library->size && n <= library->size - offset);
    return library->bytes + offset;
}

static void displace(struct library *library, target_addr site, const uint8_t *code, size_t n,
                     int64_t distance, bool is_entry)
{
    struct displaced d;
    target_addr slot = target_addr_plus(site, distance);
    int r = displaced_build(&d, site, code, n, slot);
    const char *wrong = r == 0 ? displaced_verify(&d, site, code, n, slot) : NULL;
    /* Only errors make an assertion: each takes longer than the check. */
    if (wrong)
        ck_abort_msg("0x%lx: %s", site.value, wrong);
    if (r != 0 && (r != -ERANGE || distance != FAR || !d.needs_near))
        ck_abort_msg("0x%lx: %d", site.value, r);
    /* Every entry can be traced. */
    if (is_entry && d.kind == DISPLACED_REFUSE)
        ck_abort_msg("0x%lx: %s", site.value, d.reason);
    library->slots += r == 0 && d.kind == DISPLACED_SLOT;
    library->skipped += d.kind == DISPLACED_SKIP;
    library->stepped += r == 0 && d.kind == DISPLACED_STEP;
    library->out_of_reach += r == -ERANGE;
}

static void displace_function(struct library *library, uint64_t vaddr, const uint8_t *code,
                              size_t n)
{
    size_t length;
    library->functions++;
    for (size_t i = 0; i < n && i < library->limit; i += length) {
        struct decoded x;
        bool decodes = decode(&x, code + i, n - i, vaddr + i);
        displace(library, target_addr_of(vaddr + i), code + i, n - i, NEAR, i == 0);
        displace(library, target_addr_of(vaddr + i), code + i, n - i, FAR, i == 0);
        library->instructions++;
        if (!decodes) /* data in the code, or unknown to this decoder */
            break;
        length = x.insn.length;
    }
}

static void displace_library(struct library *library)
{
    const Elf64_Ehdr *header = at_offset(library, 0, sizeof(*header));
    const Elf64_Shdr *sections =
        at_offset(library, header->e_shoff, header->e_shnum * sizeof(*sections));
    for (unsigned s = 0; s < header->e_shnum; s++) {
        if (sections[s].sh_type != SHT_DYNSYM)
            continue;
        const Elf64_Sym *symbols = at_offset(library, sections[s].sh_offset, sections[s].sh_size);
        for (size_t i = 0; i < sections[s].sh_size / sizeof(*symbols); i++) {
            const Elf64_Sym *symbol = &symbols[i];
            unsigned type = ELF64_ST_TYPE(symbol->st_info);
            if ((type != STT_FUNC && type != STT_GNU_IFUNC) || !symbol->st_size ||
                symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= header->e_shnum)
                continue;
            const Elf64_Shdr *text = &sections[symbol->st_shndx];
            uint64_t offset = symbol->st_value - text->sh_addr + text->sh_offset;
            displace_function(library, symbol->st_value,
                              at_offset(library, offset, symbol->st_size), symbol->st_size);
        }
    }
}

/* Returns the number of displaced functions; 0: the library does not exist here. */
static unsigned long displace_file(const char *path, size_t limit)
{
    struct library library = {.limit = limit};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ck_assert_int_eq(fstat(fd, &status), 0);
    library.size = (size_t)status.st_size;
    void *bytes = mmap(NULL, library.size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    ck_assert_ptr_ne(bytes, MAP_FAILED);
    library.bytes = bytes;
    displace_library(&library);
    munmap(bytes, library.size);
    printf("%s: %lu functions, %lu instructions; copies near and far: %lu in slots, %lu skipped, "
           "%lu to be stepped, %lu out of reach when far\n",
           path, library.functions, library.instructions, library.slots, library.skipped,
           library.stepped, library.out_of_reach);
    ck_assert_uint_gt(library.slots, library.instructions);
    return library.functions;
}

START_TEST(libc_is_displaced)
{
    ck_assert_uint_gt(displace_file("/lib/x86_64-linux-gnu/libc.so.6", 4096), 1000);
}
END_TEST

START_TEST(other_libraries_are_displaced)
{
    static const char *const names[] = {"libstdc++.so.6", "libcrypto.so.3", "libpython3.11.so.1.0",
                                        "libm.so.6", "libsqlite3.so.0"};
    unsigned long functions = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[256];
        snprintf(path, sizeof(path), "/lib/x86_64-linux-gnu/%s", names[i]);
        functions += displace_file(path, 256);
    }
    /* libstdc++ and libm exist: the tracer needs them. */
    ck_assert_uint_gt(functions, 1000);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, libc_is_displaced);
    tcase_add_test(tests, other_libraries_are_displaced);
}

CHECK_MAIN("displaced_library", 120, add_tests)
