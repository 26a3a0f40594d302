/* SPDX-License-Identifier: MIT */
/* The modules of live processes, compared with what their dynamic linker says. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "symbols/module.h"
#include "symbols/module_scan.h"
#include "unit/symbols_files.h"

struct loaded {
    const struct modules *modules;
    unsigned found;
};

static const struct module *module_of(const struct modules *modules, target_addr at)
{
    for (size_t i = 0; i < modules->list.count; i++)
        if (target_addr_within(at, modules->list.items[i].start, modules->list.items[i].end))
            return &modules->list.items[i];
    return NULL;
}

static int check_object(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct loaded *loaded = data;
    if (strstr(info->dlpi_name, "vdso"))
        return 0;
    uint64_t low = UINT64_MAX, high = 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD)
            continue;
        uint64_t start = info->dlpi_addr + segment->p_vaddr;
        low = start < low ? start : low;
        high = start + segment->p_filesz > high ? start + segment->p_filesz : high;
    }
    const struct module *module = module_of(loaded->modules, target_addr_of(low));
    ck_assert_msg(module != NULL, "%s", info->dlpi_name);
    ck_assert_uint_eq(module->load_bias, info->dlpi_addr);
    ck_assert_uint_eq(module->start.value, low & ~(uint64_t)4095);
    ck_assert_uint_ge(module->end.value, high);
    ck_assert_int_eq(module->is_program, info->dlpi_name[0] == '\0');
    loaded->found++;
    return 0;
}

START_TEST(modules_of_this_process)
{
    struct catalog *catalog;
    struct modules modules;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_msg(modules_scan(&modules, getpid(), catalog, &err) == 0, "%s", err.text);
    struct loaded loaded = {.modules = &modules};
    dl_iterate_phdr(check_object, &loaded);
    ck_assert_uint_gt(loaded.found, 2);
    ck_assert_uint_eq(loaded.found, modules.list.count);
    for (size_t i = 1; i < modules.list.count; i++)
        ck_assert_uint_ge(modules.list.items[i].start.value, modules.list.items[i - 1].end.value);
    modules_free(&modules);
    catalog_free(catalog);
}
END_TEST

START_TEST(addresses_are_the_process_s)
{
    struct catalog *catalog;
    struct modules modules;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(modules_scan(&modules, getpid(), catalog, &err), 0);
    target_addr here = target_addr_of((uintptr_t)&modules_scan);
    const struct module *module = module_of(&modules, here);
    file_vaddr vaddr;
    ck_assert_ptr_nonnull(module);
    ck_assert(module->is_program);
    ck_assert(image_symbol(module->image, "modules_scan", &vaddr));
    ck_assert_uint_eq(module_target(module, vaddr).value, here.value);
    ck_assert_uint_eq(module_vaddr(module, here).value, vaddr.value);
    modules_free(&modules);
    catalog_free(catalog);
}
END_TEST

static unsigned open_files(void)
{
    unsigned n = 0;
    DIR *directory = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

static const struct module *module_called(const struct modules *modules, const char *provider)
{
    for (size_t i = 0; i < modules->list.count; i++)
        if (strcmp(image_provider(modules->list.items[i].image), provider) == 0)
            return &modules->list.items[i];
    return NULL;
}

START_TEST(a_library_comes_and_goes)
{
    struct catalog *catalog;
    struct modules modules;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(modules_scan(&modules, getpid(), catalog, &err), 0);
    ck_assert_ptr_null(module_called(&modules, "names"));
    modules_free(&modules);

    void *library = dlopen(symbols_file("libnames.so.1"), RTLD_NOW);
    ck_assert_msg(library != NULL, "%s", dlerror());
    ck_assert_int_eq(modules_scan(&modules, getpid(), catalog, &err), 0);
    const struct module *module = module_called(&modules, "names");
    file_vaddr vaddr;
    ck_assert_ptr_nonnull(module);
    ck_assert(!module->is_program);
    ck_assert(image_symbol(module->image, "second", &vaddr));
    ck_assert_uint_eq(module_target(module, vaddr).value, (uintptr_t)dlsym(library, "second"));
    modules_free(&modules);

    dlclose(library);
    ck_assert_int_eq(modules_scan(&modules, getpid(), catalog, &err), 0);
    ck_assert_ptr_null(module_called(&modules, "names"));
    modules_free(&modules);

    /* Repeated scans open nothing again. */
    unsigned before = open_files();
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(modules_scan(&modules, getpid(), catalog, &err), 0);
        modules_free(&modules);
    }
    ck_assert_uint_eq(open_files(), before);
    catalog_free(catalog);
}
END_TEST

/* A process that has loaded a copy of the library, whose path is `path`, and says when. */
static pid_t start_holder(const char *path)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (!dlopen(path, RTLD_NOW))
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end_holder(pid_t pid)
{
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* If it was replaced on disk, the mapped file is read through the process or not at all; never the
   new file. */
START_TEST(a_replaced_file_is_not_taken)
{
    char path[] = "/tmp/test_module-XXXXXX", command[3 * PATH_MAX];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(command, sizeof(command), "cp '%s' '%s'", symbols_file("libnames.so.1"), path);
    ck_assert_int_eq(system(command), 0);
    pid_t pid = start_holder(path);
    snprintf(command, sizeof(command), "cp '%s' '%s.new' && mv '%s.new' '%s'",
             symbols_file("types_gcc_O0"), path, path, path);
    ck_assert_int_eq(system(command), 0);

    struct catalog *catalog;
    struct modules modules;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_msg(modules_scan(&modules, pid, catalog, &err) == 0, "%s", err.text);
    unsigned found = 0;
    for (size_t i = 0; i < modules.list.count; i++) {
        struct module *module = &modules.list.items[i];
        file_vaddr vaddr;
        if (strcmp(image_path(module->image), path) != 0)
            continue;
        found++;
        ck_assert(image_symbol(module->image, "second", &vaddr));
        ck_assert(!image_symbol(module->image, "integers", &vaddr));
    }
    /* /proc/PID/map_files needs privileges. */
    ck_assert_uint_le(found, 1);
    if (geteuid() != 0)
        printf("as an ordinary user: the replaced file was %s\n", found ? "read" : "left out");
    modules_free(&modules);
    catalog_free(catalog);
    end_holder(pid);
    unlink(path);
}
END_TEST

START_TEST(no_such_process)
{
    struct catalog *catalog;
    struct modules modules;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&catalog), 0);
    ck_assert_int_eq(modules_scan(&modules, INT_MAX, catalog, &err), -ENOENT);
    ck_assert_str_ne(err.text, "");
    catalog_free(catalog);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, modules_of_this_process);
    tcase_add_test(tests, addresses_are_the_process_s);
    tcase_add_test(tests, a_library_comes_and_goes);
    tcase_add_test(tests, a_replaced_file_is_not_taken);
    tcase_add_test(tests, no_such_process);
}

CHECK_MAIN("module", 30, add_tests)
