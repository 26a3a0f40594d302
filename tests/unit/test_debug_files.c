/* SPDX-License-Identifier: MIT */
/* Separate debug files: what their names lead to, what is read of them, and files that are written
   to meanwhile. */
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

#include "symbols/dwarf/dwarf_file.h"
#include "symbols/elf/debug_file.h"
#include "symbols/elf/file_open.h"
#include "unit/symbols_files.h"
#include "util/log.h"

static char dir[64];

static void make_dir(void)
{
    strcpy(dir, "/tmp/debug_files.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

/* DIR/NAME; the last few results stay valid. */
static const char *in_dir(const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];
    ck_assert_int_lt(snprintf(path, PATH_MAX, "%s/%s", dir, name), PATH_MAX);
    return path;
}

static void make_dirs(const char *path)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof(command), "mkdir -p '%s'", path);
    ck_assert_int_eq(system(command), 0);
}

struct content {
    char *bytes;
    size_t size;
};

static struct content load(const char *path)
{
    struct content content;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(fstat(fd, &status), 0);
    content.size = (size_t)status.st_size;
    content.bytes = malloc(content.size);
    ck_assert_ptr_nonnull(content.bytes);
    ck_assert_int_eq(read(fd, content.bytes, content.size), (ssize_t)content.size);
    close(fd);
    return content;
}

static void store(const char *path, struct content content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(write(fd, content.bytes, content.size), (ssize_t)content.size);
    close(fd);
}

static void copy(const char *from, const char *to)
{
    struct content content = load(from);
    store(to, content);
    free(content.bytes);
}

static bool is_section_start(struct content content, const char *at)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)content.bytes;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr section;
        memcpy(&section, content.bytes + header->e_shoff + i * sizeof(section), sizeof(section));
        if (content.bytes + section.sh_offset == at)
            return true;
    }
    return false;
}

/*
 * The string in the file that ends in `end` and starts after a NUL, or at the start of a section.
 */
static char *find_string(struct content content, const char *end)
{
    char *found = memmem(content.bytes, content.size, end, strlen(end) + 1);
    ck_assert_ptr_nonnull(found);
    while (found > content.bytes && found[-1] && !is_section_start(content, found))
        found--;
    return found;
}

/* Copies a built file and replaces the string that ends in `end` by `name`, padded with slashes
   after its last slash. */
static void copy_renamed(const char *from, const char *to, const char *end, const char *name)
{
    struct content content = load(from);
    char *string = find_string(content, end);
    const char *last = strrchr(name, '/');
    size_t length = strlen(string);
    ck_assert_uint_le(strlen(name), length);
    memset(string, '/', length);
    memcpy(string, name, (size_t)(last - name));
    memcpy(string + length - strlen(last + 1), last + 1, strlen(last + 1));
    store(to, content);
    free(content.bytes);
}

static char split_file[PATH_MAX];
static const char split_end[] = "types_gcc_split-symbols_types.dwo";

static const char *split_dwo(void)
{
    snprintf(split_file, sizeof(split_file), "%s-symbols_types.dwo",
             symbols_file("types_gcc_split"));
    return split_file;
}

/* Whether the parameters of a function that has some are known. */
static bool has_types(const char *path, int root, const char *debug_path, const char *event)
{
    struct opened opened;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&opened.catalog), 0);
    ck_assert_int_eq(function_filter_new(&opened.select), 0);
    ck_assert_int_eq(catalog_set_debug_path(opened.catalog, debug_path), 0);
    ck_assert_msg(catalog_open(opened.catalog, path, &opened.image, &err) == 0, "%s", err.text);
    if (root >= 0)
        image_set_root(opened.image, root);
    ck_assert_int_eq(
        image_probes(opened.image, opened.select, true, false, &opened.probes, &opened.n, &err), 0);
    const struct probe *probe = probe_named(&opened, event);
    bool has = probe && probe->source != SIGNATURE_NONE;
    close_file(&opened);
    return has;
}

static bool has_split_types(const char *path, int root)
{
    return has_types(path, root, NULL, "integers_entry");
}

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

/* ---- files that are written to ---- */

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
        ck_assert(r == 0 || r == -ENOENT);
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
    tcase_add_test(tests, rewritten_while_it_is_read);
    tcase_add_test(tests, written_to_while_it_is_read);
    tcase_add_test(tests, holes_cost_nothing);
}

CHECK_MAIN("debug_files", 30, add_tests)
