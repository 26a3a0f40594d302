/* SPDX-License-Identifier: MIT */
/* The provider of a file's events, and the other names by which patterns select it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/module_glob.h"
#include "unit/symbols_files.h"

static void copy_file(const char *from, const char *to)
{
    char command[3 * PATH_MAX];
    snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
    ck_assert_int_eq(system(command), 0);
}

/* Whether a pattern for that module selects functions of the image. */
static bool is_called(const struct image *image, const char *glob)
{
    const struct module_names names = image_names(image);
    return module_glob_matches(glob, &names);
}

/* A directory with a program, libraries and links to them. */
struct clashing {
    char directory[32];
    struct catalog *catalog;
};

static void clashing_begin(struct clashing *files)
{
    static const char *const others[] = {"libother.so.2", "names.so"};
    char command[3 * PATH_MAX], to[64];
    strcpy(files->directory, "/tmp/test_catalog-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(files->directory));
    snprintf(to, sizeof(to), "%s/names", files->directory);
    copy_file(symbols_file("pie"), to);
    snprintf(to, sizeof(to), "%s/libnames.so.1.2", files->directory);
    copy_file(symbols_file("libnames.so.1"), to);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        snprintf(to, sizeof(to), "%s/%s", files->directory, others[i]);
        copy_file(symbols_file("libnames.so.1"), to);
    }
    snprintf(command, sizeof(command), "cd %s && ln names again && ln -s names link",
             files->directory);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(catalog_new(&files->catalog), 0);
}

static void clashing_end(struct clashing *files)
{
    char command[64];
    catalog_free(files->catalog);
    snprintf(command, sizeof(command), "rm -r %s", files->directory);
    ck_assert_int_eq(system(command), 0);
}

static struct image *clashing_open(struct clashing *files, const char *name)
{
    struct image *image;
    struct error err = {0};
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", files->directory, name);
    ck_assert_msg(catalog_open(files->catalog, path, &image, &err) == 0, "%s", err.text);
    return image;
}

/* The program's name goes first, and another file has its whole name beside it, whichever was
   opened before. Two libraries share a provider. */
START_TEST(providers_that_clash)
{
    static const char *const orders[][3] = {
        {"names", "libnames.so.1.2", "names.so"},
        {"libnames.so.1.2", "names.so", "names"},
        {"names.so", "names", "libnames.so.1.2"},
    };
    struct clashing files;
    clashing_begin(&files);
    for (size_t i = 0; i < 3; i++)
        clashing_open(&files, orders[_i][i]);
    struct image *program = clashing_open(&files, "names");
    struct image *library = clashing_open(&files, "libnames.so.1.2");
    struct image *plugin = clashing_open(&files, "names.so");
    struct image *other = clashing_open(&files, "libother.so.2");
    ck_assert_str_eq(image_provider(program), "names");
    ck_assert_str_eq(image_provider(library), "names");
    ck_assert_str_eq(image_provider(plugin), "names");
    ck_assert_ptr_ne(library, plugin);
    ck_assert_ptr_eq(image_beside_program(library, NULL), library);
    ck_assert_ptr_eq(image_beside_program(library, other), library);
    ck_assert_ptr_eq(image_beside_program(program, program), program);
    ck_assert_ptr_eq(image_beside_program(other, program), other);

    struct image *beside = image_beside_program(library, program);
    ck_assert_ptr_ne(beside, library);
    ck_assert_str_eq(image_provider(beside), "libnames.so.1.2");
    ck_assert_str_eq(image_provider(image_beside_program(plugin, program)), "names.so");
    ck_assert_ptr_eq(image_beside_program(library, program), beside);
    ck_assert_ptr_eq(clashing_open(&files, "libnames.so.1.2"), library);
    ck_assert(is_called(library, "names") && is_called(library, "libnames.so.1"));
    ck_assert(!is_called(beside, "names") && is_called(beside, "libnames.so.1"));
    ck_assert(is_called(beside, "libnames.so.1.2"));

    /* Both have the same functions, under two providers. */
    struct function_filter *select;
    const struct probe **a, **b;
    struct error err = {0};
    size_t n_a, n_b;
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(image_probes(library, select, true, false, &a, &n_a, &err), 0);
    ck_assert_int_eq(image_probes(beside, select, true, false, &b, &n_b, &err), 0);
    ck_assert_uint_eq(n_a, n_b);
    ck_assert_uint_gt(n_a, 5);
    for (size_t i = 0; i < n_a; i++) {
        ck_assert_ptr_ne(a[i], b[i]);
        ck_assert_str_eq(a[i]->provider, "names");
        ck_assert_str_eq(b[i]->provider, "libnames.so.1.2");
        ck_assert_str_eq(a[i]->entry_event, b[i]->entry_event);
    }
    free(a);
    free(b);
    function_filter_free(select);
    clashing_end(&files);
}
END_TEST

static void append_provider(void *data, struct image *image)
{
    char *seen = data;
    strcat(strcat(seen, image_provider(image)), " ");
}

/* An image that no module is called by is not among those that hints name. */
START_TEST(images_with_a_name)
{
    struct clashing files;
    char seen[256] = "";
    clashing_begin(&files);
    struct image *library = clashing_open(&files, "libnames.so.1.2");
    struct image *program = clashing_open(&files, "names");
    ck_assert_ptr_nonnull(image_beside_program(library, program));
    ck_assert_int_eq(catalog_each(files.catalog, append_provider, seen), 0);
    ck_assert_str_eq(seen, "names libnames.so.1.2 ");
    ck_assert_ptr_eq(image_beside_program(library, NULL), library);
    *seen = '\0';
    ck_assert_int_eq(catalog_each(files.catalog, append_provider, seen), 0);
    ck_assert_str_eq(seen, "names names libnames.so.1.2 ");
    clashing_end(&files);
}
END_TEST

/* A hard link is a name of the file itself; a symbolic link and the soname are other names. */
START_TEST(names_of_links)
{
    struct clashing files;
    char path[32];
    clashing_begin(&files);
    struct image *program = clashing_open(&files, "names");
    struct image *again = clashing_open(&files, "again");
    ck_assert_ptr_ne(program, again);
    ck_assert_str_eq(image_provider(again), "again");
    ck_assert_ptr_eq(clashing_open(&files, "names"), program);

    ck_assert(!is_called(program, "link"));
    ck_assert_int_eq(image_add_name(program, "/some/where/link"), 0);
    ck_assert_int_eq(image_add_name(program, "link"), 0);
    ck_assert_int_eq(image_add_name(program, "/names"), 0);
    ck_assert_int_eq(image_add_name(program, "/directory/"), 0);
    ck_assert(is_called(program, "link") && is_called(program, "names"));
    ck_assert(is_called(program, "l*k") && !is_called(program, "some"));
    ck_assert_str_eq(image_provider(program), "names");
    ck_assert_str_eq(image_names(program).others[0], "link");
    ck_assert_ptr_null(image_names(program).others[1]);

    /* A library by another name than its file's: the soname, and what it is for -l. */
    struct image *other = clashing_open(&files, "libother.so.2");
    ck_assert_str_eq(image_provider(other), "other");
    ck_assert(is_called(other, "other") && is_called(other, "libother.so"));
    ck_assert(is_called(other, "libnames.so.1") && is_called(other, "names"));
    ck_assert(is_called(other, "libnames.so") && !is_called(other, "libnames.so.2"));

    /* So many that most are left out; those that were returned stay. */
    const char *const *before = image_names(program).others;
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/link%d", i);
        ck_assert_int_eq(image_add_name(program, path), 0);
    }
    ck_assert(is_called(program, "link10") && !is_called(program, "link90"));
    ck_assert_ptr_null(before[1]);
    clashing_end(&files);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, providers_that_clash, 0, 3);
    tcase_add_test(tests, images_with_a_name);
    tcase_add_test(tests, names_of_links);
}

CHECK_MAIN("image_names", 30, add_tests)
