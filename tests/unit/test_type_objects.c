/* SPDX-License-Identifier: MIT */
/* Types of functions without debug information, from the files of tests/targets/typed_object.c. */
#include "symbols/type_objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "symbols/type_lines.h"
#include "unit/symbols_files.h"
#include "util/log.h"

/* Opens BUILD/symbols/`file` with the types of BUILD/symbols/`types`. */
static void open_typed(struct opened *opened, const char *file, const char *types)
{
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&opened->catalog), 0);
    ck_assert_int_eq(function_filter_new(&opened->select), 0);
    int fd = open(symbols_file(types), O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_msg(catalog_add_types(opened->catalog, fd, symbols_file(types), &err) == 0, "%s",
                  err.text);
    close(fd);
    ck_assert_msg(catalog_open(opened->catalog, symbols_file(file), &opened->image, &err) == 0,
                  "%s", err.text);
    ck_assert_msg(image_probes(opened->image, opened->select, true, 0, &opened->probes, &opened->n,
                               &err) == 0,
                  "%s", err.text);
}

static const char *source_of(const struct opened *opened, const char *event)
{
    const struct probe *probe = probe_named(opened, event);
    ck_assert_msg(probe != NULL, "%s", event);
    return probe_source_text(opened->catalog, probe);
}

static void assert_typed(const struct opened *opened, const char *event, const char *text)
{
    const struct probe *probe = probe_named(opened, event);
    ck_assert_msg(probe != NULL, "%s", event);
    ck_assert_str_eq(probe->signature, text);
    ck_assert_int_eq(strncmp(source_of(opened, event), "types of /", 10), 0);
    ck_assert_int_eq(probe->source, SIGNATURE_DWARF);
    /* The declaration's place is not the function's. */
    ck_assert_ptr_null(probe->source_file);
    ck_assert_ptr_null(probe->not_shown);
}

static void assert_not_typed(const struct opened *opened, const char *event)
{
    const struct probe *probe = probe_named(opened, event);
    ck_assert_msg(probe != NULL, "%s", event);
    ck_assert_int_eq(probe->source, SIGNATURE_NONE);
    ck_assert_int_eq(strncmp(source_of(opened, event), "symbols only", 12), 0);
}

/* ---- the rules */

START_TEST(lines_say_which_functions_these_are)
{
    struct opened opened;
    open_typed(&opened, "typed/libtyped.so.1", "typed/lines.types");
    /* The default version has the plain name, wherever it is. */
    assert_typed(&opened, "typed_length_entry", "long unsigned int typed_length(const char *text)");
    assert_not_typed(&opened, "typed_length_2_entry");
    assert_typed(&opened, "typed_open_entry",
                 "int typed_open(const char *path, enum typed_mode mode, ...)");
    assert_typed(&opened, "typed_grow_entry",
                 "struct typed_large typed_grow(struct typed_large value, long double factor, "
                 "double times)");
    assert_typed(&opened, "typed_move_entry",
                 "struct typed_point typed_move(struct typed_point point, int by, float scale)");
    assert_typed(&opened, "typed_end_entry", "void typed_end(void)");
    /* What is no identifier is no name, and names of another number are of another function. */
    assert_typed(&opened, "typed_unnamed_entry", "int typed_unnamed(int, const char *)");
    assert_typed(&opened, "typed_picked_entry", "int typed_picked(const char *)");
    ck_assert_ptr_nonnull(probe_named(&opened, "typed_picked_entry")->resolver);
    assert_not_typed(&opened, "typed_other_soname_entry");
    assert_not_typed(&opened, "typed_other_version_entry");
    assert_not_typed(&opened, "typed_no_line_entry");
    assert_not_typed(&opened, "typed_local_entry");
    ck_assert_ptr_null(probe_named(&opened, "typed_data_entry"));
    close_file(&opened);
}
END_TEST

START_TEST(without_lines_all_declarations_count)
{
    struct opened opened;
    open_typed(&opened, "typed/libtyped.so.1", "typed/plain.o");
    assert_typed(&opened, "typed_length_entry", "long unsigned int typed_length(const char *)");
    assert_not_typed(&opened, "typed_length_2_entry");
    assert_typed(&opened, "typed_open_entry", "int typed_open(const char *, enum typed_mode, ...)");
    assert_typed(&opened, "typed_other_soname_entry", "int typed_other_soname(const char *)");
    assert_typed(&opened, "typed_other_version_entry", "int typed_other_version(const char *)");
    assert_typed(&opened, "typed_no_line_entry", "int typed_no_line(const char *)");
    assert_not_typed(&opened, "typed_not_known_entry");
    assert_not_typed(&opened, "typed_local_entry");
    ck_assert_ptr_null(probe_named(&opened, "typed_data_entry"));
    close_file(&opened);
}
END_TEST

START_TEST(own_debug_information_wins)
{
    struct opened opened;
    open_typed(&opened, "typed/debug/libtyped.so.1", "typed/lines.types");
    for (size_t i = 0; i < opened.n; i++) {
        /* The compiler's library adds functions for long double on arm64. */
        if (strncmp(opened.probes[i]->function, "typed_", strlen("typed_")) != 0)
            continue;
        const char *source = probe_source_text(opened.catalog, opened.probes[i]);
        bool is_indirect = opened.probes[i]->resolver != NULL;
        ck_assert_msg(strncmp(source, is_indirect ? "types of /" : "DWARF of /", 9) == 0, "%s: %s",
                      opened.probes[i]->signature, source);
    }
    ck_assert_str_eq(probe_named(&opened, "typed_unnamed_entry")->signature,
                     "int typed_unnamed(int number, const char *text)");
    close_file(&opened);
}
END_TEST

/* `typed_alias` is another name of `typed_open`. */
static void check_alias(const char *types, const char *text)
{
    struct opened opened;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&opened.catalog), 0);
    ck_assert_int_eq(function_filter_new(&opened.select), 0);
    ck_assert_int_eq(function_filter_add(opened.select, "typed_alias", false, &err), 0);
    int fd = open(symbols_file(types), O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(catalog_add_types(opened.catalog, fd, "/types", &err), 0);
    close(fd);
    ck_assert_int_eq(
        catalog_open(opened.catalog, symbols_file("typed/libtyped.so.1"), &opened.image, &err), 0);
    ck_assert_int_eq(
        image_probes(opened.image, opened.select, false, 0, &opened.probes, &opened.n, &err), 0);
    ck_assert_uint_eq(opened.n, 1);
    assert_typed(&opened, "typed_alias_entry", text);
    close_file(&opened);
}

START_TEST(another_name_of_the_address_is_enough)
{
    check_alias("typed/lines.types",
                "int typed_alias(const char *path, enum typed_mode mode, ...)");
    check_alias("typed/definition.o",
                "int typed_alias(const char *name, enum typed_mode how, ...)");
}
END_TEST

/* ---- places */

/*
 * A program's own debug information gives the fields of its functions; the same program without any
 * gets the same from a file with the declarations: all places are those of the ABI. Strict DWARF 4
 * does not tell of over-aligned types, of which places on arm64 depend: there, what is known may
 * end earlier. So it may at an __int128 that does not fit into the last register, which compilers
 * pass in two ways.
 */
static void check_places(const char *bare, const char *types, bool is_strict)
{
    struct opened own, typed;
    char expected[8192], seen[8192];
    size_t n = 0;
    open_file(&own, symbols_file(types), NULL);
    open_typed(&typed, bare, types);
    for (size_t i = 0; i < own.n; i++) {
        const struct probe *probe = own.probes[i];
        const struct probe *other = probe_named(&typed, probe->entry_event);
        if (!other || strcmp(source_of(&typed, probe->entry_event), "symbols only") == 0)
            continue;
        n++;
        ck_assert_str_eq(other->signature, probe->signature);
        describe_fields(expected, sizeof(expected), probe->args, probe->n_args,
                        probe->arg_pointees);
        describe_fields(seen, sizeof(seen), other->args, other->n_args, other->arg_pointees);
        bool may_end = is_strict || strcmp(probe->function, "wides") == 0;
        ck_assert_msg(strncmp(seen, expected, may_end ? strlen(seen) : sizeof(seen)) == 0,
                      "%s of %s: %s, but %s", probe->signature, types, seen, expected);
        describe_fields(expected, sizeof(expected), probe->rets, probe->n_rets,
                        probe->ret_pointees);
        describe_fields(seen, sizeof(seen), other->rets, other->n_rets, other->ret_pointees);
        ck_assert_msg(strcmp(seen, expected) == 0, "%s of %s: %s, but %s", probe->signature, types,
                      seen, expected);
    }
    ck_assert_uint_ge(n, 20);
    close_file(&own);
    close_file(&typed);
}

START_TEST(values_lie_where_the_abi_says)
{
    check_places("types_bare", "types_gcc_O0", false);
    check_places("types_bare", "types_gcc_O2", false);
    check_places("types_bare", "types_gcc_dwarf4", true);
    check_places("types_bare", "types_gcc_units", false);
    check_places("types_bare", "types_gcc_split", false);
}
END_TEST

/* Files that clang made are left out where there is none. */
START_TEST(objects_of_clang)
{
    if (access(symbols_file("types_bare_clang"), F_OK) < 0)
        return;
    check_places("types_bare_clang", "types_clang_O0", false);
    check_places("types_bare_clang", "types_clang_O2", false);
}
END_TEST

/* ---- damage */

static int try_types(const char *path, struct error *err)
{
    struct catalog *catalog;
    ck_assert_int_eq(catalog_new(&catalog), 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    int r = catalog_add_types(catalog, fd, path, err);
    close(fd);
    catalog_free(catalog);
    return r;
}

START_TEST(what_has_no_types_is_refused)
{
    struct error err = {0};
    ck_assert_int_eq(try_types("/etc/passwd", &err), -ENOEXEC);
    ck_assert_str_eq(err.text, "/etc/passwd is not an ELF file");
    ck_assert_int_eq(try_types("/dev/null", &err), -ENOEXEC);
    ck_assert_int_eq(try_types(symbols_file("types_bare"), &err), -ENODATA);
    ck_assert_ptr_nonnull(strstr(err.text, " has no debug information"));
}
END_TEST

START_TEST(another_version_of_lines_is_left_out)
{
    struct opened opened;
    log_set_level(LOG_ERROR);
    open_typed(&opened, "typed/libtyped.so.1", "typed/other.types");
    assert_not_typed(&opened, "typed_open_entry");
    close_file(&opened);
}
END_TEST

/* Any byte may be wrong: fewer types, never a crash. */
START_TEST(damage_costs_types_only)
{
    enum { STEP = 97 };
    log_set_level(LOG_ERROR);
    FILE *file = fopen(symbols_file("typed/lines.types"), "re");
    ck_assert_ptr_nonnull(file);
    static char bytes[1 << 16], damaged[1 << 16];
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    ck_assert_uint_lt(size, sizeof(bytes));
    char path[] = "/tmp/type_objects.XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    for (size_t at = 0; at < size; at += STEP) {
        struct catalog *catalog;
        struct function_filter *select;
        struct image *image;
        const struct probe **probes = NULL;
        size_t n;
        struct error err = {0};
        memcpy(damaged, bytes, size);
        for (size_t i = at; i < at + STEP / 8 && i < size; i++)
            damaged[i] = (char)(damaged[i] ^ (char)(at * 31 + i + 1));
        ck_assert_int_eq(pwrite(fd, damaged, size, 0), (ssize_t)size);
        ck_assert_int_eq(catalog_new(&catalog), 0);
        ck_assert_int_eq(function_filter_new(&select), 0);
        int r = catalog_add_types(catalog, fd, path, &err);
        ck_assert_int_eq(r < 0, err.code != 0 && err.code != -EBADMSG);
        ck_assert_int_eq(catalog_open(catalog, symbols_file("typed/libtyped.so.1"), &image, &err),
                         0);
        ck_assert_int_eq(image_probes(image, select, true, 0, &probes, &n, &err), 0);
        ck_assert_uint_ge(n, 12);
        free(probes);
        function_filter_free(select);
        catalog_free(catalog);
    }
    close(fd);
    unlink(path);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, lines_say_which_functions_these_are);
    tcase_add_test(tests, without_lines_all_declarations_count);
    tcase_add_test(tests, own_debug_information_wins);
    tcase_add_test(tests, another_name_of_the_address_is_enough);
    tcase_add_test(tests, values_lie_where_the_abi_says);
    tcase_add_test(tests, objects_of_clang);
    tcase_add_test(tests, what_has_no_types_is_refused);
    tcase_add_test(tests, another_version_of_lines_is_left_out);
    tcase_add_test(tests, damage_costs_types_only);
}

CHECK_MAIN("type objects", 60, add_tests)
