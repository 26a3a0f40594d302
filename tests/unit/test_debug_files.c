/* SPDX-License-Identifier: MIT */
/* Separate files of debug information: which file a name leads to, and what is taken of it. */
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

/* ---- what is no regular file ---- */

/* A process that waits for a reader of the FIFO, and then ends. */
static pid_t wait_for_reader(const char *fifo)
{
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(fifo, O_WRONLY | O_CLOEXEC);
        _exit(fd >= 0 ? 0 : 1);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static void still_waits(pid_t pid)
{
    ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(nothing_but_regular_files_is_opened)
{
    make_dir();
    ck_assert_int_eq(mkfifo(in_dir("fifo"), 0666), 0);
    ck_assert_int_eq(symlink("fifo", in_dir("link")), 0);
    pid_t pid = wait_for_reader(in_dir("fifo"));
    static const char *const names[] = {"fifo", "link", "."};
    int root = open(dir, O_PATH | O_CLOEXEC);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        ck_assert_int_eq(file_open(in_dir(names[i])), -ENOEXEC);
        ck_assert_int_eq(file_open_named(-1, in_dir(names[i])), -ENOEXEC);
        ck_assert_int_eq(file_open_named(root, names[i]), -ENOEXEC);
    }
    ck_assert_int_eq(file_open("/dev/null"), -ENOEXEC);
    still_waits(pid);
    close(root);
    remove_dir();
}
END_TEST

START_TEST(magic_links_are_not_followed)
{
    char link[64];
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ck_assert_int_eq(file_open_named(-1, link), -ELOOP);
    ck_assert_int_eq(file_open_named(-1, "/proc/self/exe"), -ELOOP);
    /* The tracer's own files can be opened. */
    int again = file_open("/proc/self/exe");
    ck_assert_int_ge(again, 0);
    close(again);
    close(fd);
}
END_TEST

START_TEST(fifo_as_dwo)
{
    make_dir();
    ck_assert_int_eq(mkfifo(in_dir("d"), 0666), 0);
    copy_renamed(symbols_file("types_gcc_split"), in_dir("program"), split_end, in_dir("d"));
    pid_t pid = wait_for_reader(in_dir("d"));
    ck_assert(!has_split_types(in_dir("program"), -1));
    still_waits(pid);
    /* With the right file in its place, it is found. */
    ck_assert_int_eq(unlink(in_dir("d")), 0);
    copy(split_dwo(), in_dir("d"));
    ck_assert(has_split_types(in_dir("program"), -1));
    remove_dir();
}
END_TEST

START_TEST(fifo_as_debug_file)
{
    make_dir();
    copy(symbols_file("stripped_debuglink"), in_dir("program"));
    ck_assert_int_eq(mkfifo(in_dir("stripped_debuglink.debug"), 0666), 0);
    pid_t pid = wait_for_reader(in_dir("stripped_debuglink.debug"));
    ck_assert(!has_types(in_dir("program"), -1, NULL, "main_entry"));
    still_waits(pid);
    ck_assert_int_eq(unlink(in_dir("stripped_debuglink.debug")), 0);
    copy(symbols_file("stripped_debuglink.debug"), in_dir("stripped_debuglink.debug"));
    ck_assert(has_types(in_dir("program"), -1, NULL, "main_entry"));
    remove_dir();
}
END_TEST

/* ---- names ---- */

START_TEST(debug_link_names_no_directory)
{
    static const char *const names[] = {"d/debuglink.debug", "./ed_debuglink.debug"};
    make_dir();
    make_dirs(in_dir("d"));
    copy_renamed(symbols_file("stripped_debuglink"), in_dir("program"), "stripped_debuglink.debug",
                 names[_i]);
    struct content content = load(in_dir("program"));
    copy(symbols_file("stripped_debuglink.debug"), in_dir(find_string(content, "debug")));
    free(content.bytes);
    ck_assert(!has_types(in_dir("program"), -1, NULL, "main_entry"));
    remove_dir();
}
END_TEST

/* Without a build ID the check sum decides. */
START_TEST(debug_link_of_other_content)
{
    make_dir();
    copy(symbols_file("stripped_debuglink"), in_dir("program"));
    struct content content = load(symbols_file("stripped_debuglink.debug"));
    content.bytes[content.size - 1] ^= 1;
    store(in_dir("stripped_debuglink.debug"), content);
    free(content.bytes);
    ck_assert(!has_types(in_dir("program"), -1, NULL, "main_entry"));
    remove_dir();
}
END_TEST

START_TEST(names_lead_below_the_root)
{
    /* As from the compilation directory, out of any root. */
    static const char *const ways[] = {"", "../../../../../../.."};
    char name[PATH_MAX], root[PATH_MAX];
    make_dir();
    snprintf(name, sizeof(name), "%s%s", ways[_i], in_dir("d"));
    copy_renamed(symbols_file("types_gcc_split"), in_dir("program"), split_end, name);
    copy(split_dwo(), in_dir("d"));
    snprintf(root, sizeof(root), "%s/root", dir);
    make_dirs(root);
    int fd = open(root, O_PATH | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert(has_split_types(in_dir("program"), -1));
    ck_assert(!has_split_types(in_dir("program"), fd));

    /* A link there is resolved in that root. */
    strcat(root, dir);
    make_dirs(root);
    ck_assert_int_eq(symlink(in_dir("d"), in_dir("root/d")), 0);
    strcat(root, "/d");
    ck_assert_int_eq(symlink("/d", root), 0);
    ck_assert(!has_split_types(in_dir("program"), fd));
    ck_assert_int_eq(unlink(in_dir("root/d")), 0);
    copy(split_dwo(), in_dir("root/d"));
    ck_assert(has_split_types(in_dir("program"), fd));
    close(fd);
    remove_dir();
}
END_TEST

START_TEST(build_ids_are_looked_for_below_the_root)
{
    char program[PATH_MAX], debug[PATH_MAX], file[2 * PATH_MAX], place[2 * PATH_MAX];
    make_dir();
    snprintf(program, sizeof(program), "%s", symbols_file("stripped_build_id"));
    snprintf(debug, sizeof(debug), "%s", symbols_file("debug"));
    snprintf(file, sizeof(file), "%s/.build-id/ab/cdef0123456789.debug", debug);
    make_dirs(in_dir("root"));
    int fd = open(in_dir("root"), O_PATH | O_CLOEXEC);
    ck_assert(has_types(program, -1, debug, "main_entry"));
    ck_assert(!has_types(program, fd, debug, "main_entry"));
    snprintf(place, sizeof(place), "%s%s/.build-id/ab", in_dir("root"), debug);
    make_dirs(place);
    snprintf(place, sizeof(place), "%s%s", in_dir("root"), file);
    copy(file, place);
    ck_assert(has_types(program, fd, debug, "main_entry"));
    close(fd);
    remove_dir();
}
END_TEST

START_TEST(dwo_of_another_build)
{
    make_dir();
    copy_renamed(symbols_file("types_gcc_split"), in_dir("program"), split_end, in_dir("d"));
    copy(symbols_file("types_gcc_split4-symbols_types.dwo"), in_dir("d"));
    ck_assert(!has_split_types(in_dir("program"), -1));
    remove_dir();
}
END_TEST

/* ---- dwz(1) ---- */

/* A debug file that shares parts with the file that has the build ID. */
static void make_sharing(const char *name, const char *link, const char *id)
{
    char command[4 * PATH_MAX];
    struct content section = {.bytes = NULL};
    section.size = strlen(link) + 1 + strlen(id);
    section.bytes = calloc(1, section.size + 1);
    strcpy(section.bytes, link);
    memcpy(section.bytes + strlen(link) + 1, id, strlen(id));
    store(in_dir("section"), section);
    free(section.bytes);
    snprintf(command, sizeof(command), "objcopy --add-section .gnu_debugaltlink=%s %s %s",
             in_dir("section"), symbols_file("types_gcc_O0"), in_dir(name));
    ck_assert_int_eq(system(command), 0);
}

static bool shares(const char *path, int root)
{
    struct dwarf_file file;
    struct debuginfod none = {0};
    const struct debug_search search = {root, path, "/none"};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dwarf_file_open(&file, fd, &search, &none), 0);
    /* libdw searches none by itself. */
    ck_assert_ptr_eq(dwarf_getalt(file.dwarf), file.shared);
    bool found = file.shared != NULL;
    dwarf_file_free(&file);
    close(fd);
    return found;
}

START_TEST(shared_debug_information)
{
    static const char id[] = "\xab\xcd\xef\x01\x23\x45\x67\x89";
    make_dir();
    make_dirs(in_dir("usr/bin"));
    make_sharing("usr/bin/program", "../../.dwz/shared", id);
    ck_assert(!shares(in_dir("usr/bin/program"), -1));
    make_dirs(in_dir(".dwz"));
    ck_assert_int_eq(mkfifo(in_dir(".dwz/shared"), 0666), 0);
    ck_assert(!shares(in_dir("usr/bin/program"), -1));
    ck_assert_int_eq(unlink(in_dir(".dwz/shared")), 0);
    copy(symbols_file("debug/.build-id/ab/cdef0123456789.debug"), in_dir(".dwz/shared"));
    ck_assert(shares(in_dir("usr/bin/program"), -1));

    /* Below another root neither ".." nor the absolute path leads there. */
    int root = open(in_dir("usr"), O_PATH | O_CLOEXEC);
    ck_assert(!shares(in_dir("usr/bin/program"), root));
    close(root);
    make_sharing("usr/bin/program", "../../.dwz/shared", "\xab\xcd\xef\x01\x23\x45\x67\x88");
    ck_assert(!shares(in_dir("usr/bin/program"), -1));
    remove_dir();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, nothing_but_regular_files_is_opened);
    tcase_add_test(tests, magic_links_are_not_followed);
    tcase_add_test(tests, fifo_as_dwo);
    tcase_add_test(tests, fifo_as_debug_file);
    tcase_add_loop_test(tests, debug_link_names_no_directory, 0, 2);
    tcase_add_test(tests, debug_link_of_other_content);
    tcase_add_loop_test(tests, names_lead_below_the_root, 0, 2);
    tcase_add_test(tests, build_ids_are_looked_for_below_the_root);
    tcase_add_test(tests, dwo_of_another_build);
    tcase_add_test(tests, shared_debug_information);
}

CHECK_MAIN("debug_files", 30, add_tests)
