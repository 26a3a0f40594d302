/* SPDX-License-Identifier: MIT */
/* Files with debug information that are written to while they are read, and files with holes. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit/debug_files.h"

struct writer {
    char *path;
    struct content content;
    atomic_bool enough;
};

static void rest(long nanoseconds)
{
    const struct timespec time = {.tv_nsec = nanoseconds};
    nanosleep(&time, NULL);
}

/* Rewrites it in place: from the start, a part, a bit more. */
static void *rewrite(void *data)
{
    struct writer *writer = data;
    size_t half = writer->content.size / 2;
    int fd = open(writer->path, O_WRONLY | O_CLOEXEC);
    for (unsigned n = 0; fd >= 0 && !atomic_load(&writer->enough); n++) {
        if (ftruncate(fd, 0) < 0 || pwrite(fd, writer->content.bytes, half, 0) < 0)
            break;
        rest(100000 + n % 7 * 50000);
        if (pwrite(fd, writer->content.bytes + half, writer->content.size - half, (off_t)half) < 0)
            break;
        rest(200000 + n % 5 * 1000000);
    }
    close(fd);
    return NULL;
}

/* Truncated and completed again while it is read: there are types or there are none. */
START_TEST(rewritten_while_it_is_read)
{
    make_dir();
    log_set_level(LOG_ERROR);
    copy(symbols_file("stripped_debuglink"), in_dir("program"));
    struct writer writer = {.path = strdup(in_dir("stripped_debuglink.debug")),
                            .content = load(symbols_file("stripped_debuglink.debug"))};
    store(writer.path, writer.content);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, rewrite, &writer), 0);
    for (int i = 0; i < 300; i++) {
        struct dwarf_file file;
        struct debuginfod none = {0};
        char *name = strdup(writer.path);
        const struct debug_search search = {-1, name, NULL};
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        int r = dwarf_file_open(&file, fd, &search, &none);
        ck_assert(r == 0 || r == -ENOENT || r == -EBADMSG);
        dwarf_file_free(&file);
        close(fd);
        free(name);
        if (i % 10 == 0)
            has_types(in_dir("program"), -1, NULL, "main_entry");
    }
    atomic_store(&writer.enough, true);
    pthread_join(thread, NULL);
    store(writer.path, writer.content);
    ck_assert(has_types(in_dir("program"), -1, NULL, "main_entry"));
    free(writer.content.bytes);
    free(writer.path);
    remove_dir();
}
END_TEST

static void *touch(void *data)
{
    struct writer *writer = data;
    int fd = open(writer->path, O_WRONLY | O_CLOEXEC);
    while (!atomic_load(&writer->enough) && pwrite(fd, writer->content.bytes, 4, 0) == 4)
        rest(100000);
    close(fd);
    return NULL;
}

/* Any write, however small, makes the reader reject the data. */
START_TEST(written_to_while_it_is_read)
{
    make_dir();
    struct writer writer = {.path = strdup(in_dir("program")),
                            .content = load(symbols_file("types_gcc_O0"))};
    store(writer.path, writer.content);
    struct elf_copy copied;
    pthread_t thread;
    int fd = open(writer.path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(pthread_create(&thread, NULL, touch, &writer), 0);
    /* While the writer has no CPU, nothing is written. */
    int r;
    while ((r = elf_copy_read(&copied, fd, true)) == 0)
        elf_copy_free(&copied);
    ck_assert_int_eq(r, -ESTALE);
    atomic_store(&writer.enough, true);
    pthread_join(thread, NULL);
    ck_assert_int_eq(elf_copy_read(&copied, fd, true), 0);
    /* The copy is ours. */
    ck_assert_int_eq(ftruncate(fd, 0), -1);
    ck_assert_int_eq(truncate(writer.path, 0), 0);
    ck_assert(elf_copy_has_dwarf(&copied));
    elf_copy_free(&copied);
    close(fd);
    free(writer.content.bytes);
    free(writer.path);
    remove_dir();
}
END_TEST

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A file of some KB with a large size. */
START_TEST(holes_cost_nothing)
{
    make_dir();
    copy(symbols_file("types_gcc_O0"), in_dir("program"));
    ck_assert_int_eq(truncate(in_dir("program"), (off_t)1 << 36), 0);
    long before = peak_kib();
    ck_assert(has_types(in_dir("program"), -1, NULL, "integers_entry"));
    ck_assert_int_lt(peak_kib() - before, 50 * 1024);
    remove_dir();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, rewritten_while_it_is_read);
    tcase_add_test(tests, written_to_while_it_is_read);
    tcase_add_test(tests, holes_cost_nothing);
}

CHECK_MAIN("rewritten_files", 30, add_tests)
