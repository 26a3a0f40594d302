/* SPDX-License-Identifier: MIT */
/* The names of the architectures that files are for. */
#include "symbols/elf/elf_machine.h"

#include <elf.h>
#include <sys/utsname.h>

#include "unit/check_main.h"

START_TEST(names_architectures)
{
    static const struct {
        uint16_t machine;
        unsigned char class, data;
        const char *name;
    } files[] = {
        {EM_X86_64, ELFCLASS64, ELFDATA2LSB, "x86_64"},
        {EM_X86_64, ELFCLASS32, ELFDATA2LSB, "x32 (32-bit)"},
        {EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "aarch64"},
        {EM_AARCH64, ELFCLASS32, ELFDATA2LSB, "aarch64 (32-bit)"},
        {EM_386, ELFCLASS32, ELFDATA2LSB, "i386 (32-bit)"},
        {EM_ARM, ELFCLASS32, ELFDATA2LSB, "arm (32-bit)"},
        {EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64"},
        {EM_RISCV, ELFCLASS32, ELFDATA2LSB, "riscv32 (32-bit)"},
        {EM_PPC64, ELFCLASS64, ELFDATA2LSB, "ppc64 (little-endian)"},
        /* In the order of the file's bytes. */
        {EM_PPC64 << 8, ELFCLASS64, ELFDATA2MSB, "ppc64 (big-endian)"},
        {EM_S390 << 8, ELFCLASS64, ELFDATA2MSB, "s390x"},
        {EM_AARCH64 << 8, ELFCLASS64, ELFDATA2MSB, "aarch64 (big-endian)"},
        {0xfffe, ELFCLASS64, ELFDATA2LSB, "ELF machine 65534"},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        Elf64_Ehdr header = {.e_machine = files[i].machine};
        char name[ELF_MACHINE_NAME_MAX];
        header.e_ident[EI_CLASS] = files[i].class;
        header.e_ident[EI_DATA] = files[i].data;
        elf_machine_name(&header, name);
        ck_assert_str_eq(name, files[i].name);
    }
    struct utsname host;
    char own[ELF_MACHINE_NAME_MAX];
    elf_machine_own_name(own);
    ck_assert_int_eq(uname(&host), 0);
    ck_assert_str_eq(own, host.machine);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, names_architectures);
}

CHECK_MAIN("elf_machine", 10, add_tests)
