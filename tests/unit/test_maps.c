/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "unit/check_main.h"
#include "util/maps.h"

static const char two_lines[] =
    "55a2f35cc000-55a2f35ce000 r--p 00000000 fe:01 1311 /usr/bin/sleep\n"
    "7fff7b5fe000-7fff7b600000 r-xp 00000000 00:00 0                          [vdso]\n";

START_TEST(parses_every_column)
{
    struct maps maps;
    ck_assert_int_eq(maps_parse(&maps, two_lines, strlen(two_lines)), 0);
    ck_assert_uint_eq(maps.list.count, 2);
    const struct map *map = &maps.list.items[0];
    ck_assert_uint_eq(map->start.value, 0x55a2f35cc000);
    ck_assert_uint_eq(map->end.value, 0x55a2f35ce000);
    ck_assert(map->read && !map->write && !map->execute && !map->shared && !map->deleted);
    ck_assert_uint_eq(map->major, 0xfe);
    ck_assert_uint_eq(map->minor, 1);
    ck_assert_uint_eq(map->inode, 1311);
    ck_assert_str_eq(map->path, "/usr/bin/sleep");
    ck_assert(map[1].execute && map[1].inode == 0);
    ck_assert_str_eq(map[1].path, "[vdso]");
    maps_free(&maps);
}
END_TEST

static const struct {
    const char *text;
    const char *path;
    bool deleted;
} paths[] = {
    {"1000-2000 rwxs 00001000 08:02 5 /a b/c", "/a b/c", false},
    {"1000-2000 rwxs 00001000 08:02 5 /a\\012b", "/a\nb", false},
    {"1000-2000 rwxs 00001000 08:02 5 /a\\134012", "/a\\012", false},
    {"1000-2000 rwxs 00001000 08:02 5 /a\\000b", "/a?b", false},
    {"1000-2000 rwxs 00001000 08:02 5 /a\\9", "/a\\9", false},
    {"1000-2000 rwxs 00001000 08:02 5 /a (deleted)", "/a", true},
    {"1000-2000 rwxs 00001000 08:02 5 /a (deleted) (deleted)", "/a (deleted)", true},
    {"1000-2000 rwxs 00001000 08:02 5  (deleted)", "(deleted)", false},
    {"1000-2000 rwxs 00001000 00:00 0 ", "", false},
    {"1000-2000 rwxs 00001000 00:00 0", "", false},
};

START_TEST(reads_paths)
{
    struct maps maps;
    ck_assert_int_eq(maps_parse(&maps, paths[_i].text, strlen(paths[_i].text)), 0);
    ck_assert_uint_eq(maps.list.count, 1);
    ck_assert_str_eq(maps.list.items[0].path, paths[_i].path);
    ck_assert_int_eq(maps.list.items[0].deleted, paths[_i].deleted);
    maps_free(&maps);
}
END_TEST

static const char *const refused[] = {
    "\n",
    "x",
    "1000",
    "1000-",
    "1000-2000",
    "1000-2000 rwxp",
    "1000-2000 rwxp 0",
    "1000-2000 rwxp 0 08:02",
    "1000-2000 rwxp 0 08:02 5x",
    "1000-2000 rwxq 0 08:02 5",
    "1000-2000 wrxp 0 08:02 5",
    "2000-1000 rwxp 0 08:02 5",
    "1000-1000 rwxp 0 08:02 5",
    "1000-2000 rwxp 0 100000000:02 5",
    "1000-10000000000000000 rwxp 0 08:02 5",
    "1000-2000 rwxp 0 08:02 18446744073709551616",
    "1000-3000 rwxp 0 08:02 5\n2000-4000 rwxp 0 08:02 5\n",
    "3000-4000 rwxp 0 08:02 5\n1000-2000 rwxp 0 08:02 5\n",
    "1000-2000 rwxp 0 08:02 5\n\n",
};

START_TEST(refuses)
{
    struct maps maps;
    ck_assert_int_eq(maps_parse(&maps, refused[_i], strlen(refused[_i])), -EINVAL);
    maps_free(&maps);
}
END_TEST

START_TEST(refuses_nul)
{
    static const char text[] = "1000-2000 rwxp 0 08:02 5 /a\0b\n";
    struct maps maps;
    ck_assert_int_eq(maps_parse(&maps, text, sizeof(text) - 1), -EINVAL);
    maps_free(&maps);
}
END_TEST

/* The parser never reads beyond the end of a truncated text (the copy has exactly that length). */
START_TEST(stops_at_the_end)
{
    for (size_t n = 0; n < sizeof(two_lines); n++) {
        struct maps maps;
        int r = maps_parse(&maps, two_lines, n);
        ck_assert(r == 0 || r == -EINVAL);
        maps_free(&maps);
    }
}
END_TEST

START_TEST(finds_by_address)
{
    static const char text[] = "1000-2000 r-xp 0 08:02 5 /a\n2000-3000 r--p 0 08:02 5 /b\n"
                               "5000-6000 r--p 0 08:02 5 /c\n";
    struct maps maps;
    ck_assert_int_eq(maps_parse(&maps, text, strlen(text)), 0);
    ck_assert_ptr_null(maps_find(&maps, target_addr_of(0xfff)));
    ck_assert_str_eq(maps_find(&maps, target_addr_of(0x1000))->path, "/a");
    ck_assert_str_eq(maps_find(&maps, target_addr_of(0x1fff))->path, "/a");
    ck_assert_str_eq(maps_find(&maps, target_addr_of(0x2000))->path, "/b");
    ck_assert_ptr_null(maps_find(&maps, target_addr_of(0x3000)));
    ck_assert_str_eq(maps_find(&maps, target_addr_of(0x5fff))->path, "/c");
    ck_assert_ptr_null(maps_find(&maps, target_addr_of(UINT64_MAX)));
    maps_free(&maps);
}
END_TEST

START_TEST(reads_its_own)
{
    struct maps maps;
    ck_assert_int_eq(maps_read(&maps, getpid()), 0);
    const struct map *map = maps_find(&maps, target_addr_of((uintptr_t)&maps_read));
    ck_assert_ptr_nonnull(map);
    char self[PATH_MAX] = "";
    ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
    ck_assert(map->execute);
    ck_assert_str_eq(map->path, self);
    maps_free(&maps);
}
END_TEST

START_TEST(no_such_process)
{
    struct maps maps;
    ck_assert_int_eq(maps_read(&maps, INT_MAX), -ENOENT);
    maps_free(&maps);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, parses_every_column);
    tcase_add_loop_test(tests, reads_paths, 0, sizeof(paths) / sizeof(*paths));
    tcase_add_loop_test(tests, refuses, 0, sizeof(refused) / sizeof(*refused));
    tcase_add_test(tests, refuses_nul);
    tcase_add_test(tests, stops_at_the_end);
    tcase_add_test(tests, finds_by_address);
    tcase_add_test(tests, reads_its_own);
    tcase_add_test(tests, no_such_process);
}

CHECK_MAIN("maps", 10, add_tests)
