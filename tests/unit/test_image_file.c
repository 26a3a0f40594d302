/* SPDX-License-Identifier: MIT */
/* The file of an image: it is open only while it is read, and no other file is read instead. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "unit/check_main.h"
#include "unit/symbols_files.h"
#include "util/cleanup.h"

static unsigned open_files(void)
{
    unsigned n = 0;
    cleanup(cleanup_dir) DIR *dir = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        n++;
    return n;
}

static void run(const char *command)
{
    ck_assert_int_eq(system(command), 0);
}

/* With debug information inside, beside it, or none: after each request nothing is open. */
START_TEST(nothing_stays_open)
{
    static const char *const names[] = {"pie", "libnames.so.1", "cxx_gcc"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        unsigned before = open_files();
        struct opened opened;
        char name[128];
        file_vaddr vaddr;
        open_file(&opened, symbols_file(names[i]), NULL);
        ck_assert_uint_gt(opened.n, 0);
        ck_assert_uint_eq(open_files(), before);
        image_symbol(opened.image, "main", &vaddr);
        image_name_code(opened.image, opened.probes[0]->entry, false, name, sizeof(name));
        ck_assert(!image_has_changed(opened.image));
        ck_assert_uint_eq(open_files(), before);
        close_file(&opened);
    }
}
END_TEST

/* After a request for one function, the others are read from debug information that is opened
   again. */
START_TEST(read_in_two_goes)
{
    struct opened all, one;
    struct function_filter *select;
    const struct probe **probes;
    struct error err = {0};
    size_t n;
    open_file(&all, symbols_file("cxx_gcc"), NULL);
    ck_assert_uint_gt(all.n, 3);
    open_file(&one, symbols_file("cxx_gcc"), "main");
    ck_assert_uint_eq(one.n, 1);
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(image_probes(one.image, select, true, false, &probes, &n, &err), 0);
    ck_assert_uint_eq(n, all.n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(probes[i]->signature, all.probes[i]->signature);
        ck_assert_int_eq(probes[i]->source, all.probes[i]->source);
        ck_assert_uint_eq(probes[i]->n_args, all.probes[i]->n_args);
    }
    free(probes);
    function_filter_free(select);
    close_file(&one);
    close_file(&all);
}
END_TEST

struct copied {
    char directory[64], path[128], command[1024];
    struct catalog *catalog;
    struct image *image;
    struct function_filter *select;
};

static void copied_open(struct copied *copied)
{
    struct error err = {0};
    snprintf(copied->directory, sizeof(copied->directory), "/tmp/test_image_file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(copied->directory));
    snprintf(copied->path, sizeof(copied->path), "%s/program", copied->directory);
    snprintf(copied->command, sizeof(copied->command), "cp '%s' '%s'", symbols_file("pie"),
             copied->path);
    run(copied->command);
    ck_assert_int_eq(catalog_new(&copied->catalog), 0);
    ck_assert_int_eq(function_filter_new(&copied->select), 0);
    ck_assert_int_eq(catalog_open(copied->catalog, copied->path, &copied->image, &err), 0);
}

static int copied_probes(struct copied *copied, struct error *err)
{
    cleanup(cleanup_free) const struct probe **probes = NULL;
    size_t n;
    return image_probes(copied->image, copied->select, true, false, &probes, &n, err);
}

static void copied_close(struct copied *copied)
{
    function_filter_free(copied->select);
    catalog_free(copied->catalog);
    snprintf(copied->command, sizeof(copied->command), "rm -r '%s'", copied->directory);
    run(copied->command);
}

enum change { REPLACED, WRITTEN_OVER, MADE_A_FIFO, DELETED, CHANGES };

/* Another file with its name is not read instead. */
START_TEST(another_file_by_that_name)
{
    struct copied copied;
    struct error err = {0};
    copied_open(&copied);
    char *command = copied.command;
    const char *other = symbols_file("libnames.so.1"), *path = copied.path;
    size_t size = sizeof(copied.command);
    switch ((enum change)_i) {
    case REPLACED:
        snprintf(command, size, "cp '%s' '%s.new' && mv '%s.new' '%s'", other, path, path, path);
        break;
    case WRITTEN_OVER:
        snprintf(command, size, "cat '%s' >'%s'", other, path);
        break;
    case MADE_A_FIFO:
        snprintf(command, size, "mkfifo '%s.new' && mv '%s.new' '%s'", path, path, path);
        break;
    default:
        snprintf(command, size, "rm '%s'", path);
    }
    run(command);
    ck_assert_int_eq(copied_probes(&copied, &err), -ESTALE);
    ck_assert_ptr_nonnull(strstr(err.text, "was changed, replaced or deleted"));
    /* Only an overwritten file has other code where it is mapped. */
    ck_assert_int_eq(image_has_changed(copied.image), _i == WRITTEN_OVER);
    copied_close(&copied);
}
END_TEST

/* Without a free descriptor the file is not read now, but later. */
START_TEST(no_descriptor_left)
{
    struct copied copied;
    struct error err = {0};
    int used[64];
    size_t n = 0;
    const struct rlimit limit = {64, 64};
    copied_open(&copied);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while ((used[n] = dup(STDIN_FILENO)) >= 0)
        n++;
    ck_assert_int_eq(copied_probes(&copied, &err), -EMFILE);
    while (n > 0)
        close(used[--n]);
    ck_assert_int_eq(copied_probes(&copied, &err), 0);
    copied_close(&copied);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, nothing_stays_open);
    tcase_add_test(tests, read_in_two_goes);
    tcase_add_loop_test(tests, another_file_by_that_name, 0, CHANGES);
    tcase_add_test(tests, no_descriptor_left);
}

CHECK_MAIN("image_file", 30, add_tests)
