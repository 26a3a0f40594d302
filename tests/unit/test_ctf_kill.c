/* SPDX-License-Identifier: MIT */
/*
 * Our own CTF traces after SIGKILL at every moment between two changes of the files. A change is a
 * system call, or the part of it that is in one page: write(2) copies a page in one piece. A reader
 * at that moment sees the same.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "unit/ctf_numbers.h"

enum { PAGE = 4096 };

static unsigned n_changes, kill_at; /* in the child that writes: 0: never */

/* Called before each change. */
static void next_change(void)
{
    if (kill_at && ++n_changes == kill_at)
        kill(getpid(), SIGKILL);
}

/* These take the place of the C library's. */
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    size_t done = 0;
    while (done < n) {
        size_t room = PAGE - ((size_t)offset + done) % PAGE;
        size_t part = n - done < room ? n - done : room;
        next_change();
        ssize_t written =
            syscall(SYS_pwrite64, fd, (const char *)bytes + done, part, offset + (off_t)done);
        if (written <= 0)
            return written;
        done += (size_t)written;
    }
    return (ssize_t)done;
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
    ssize_t done = 0;
    for (int i = 0; i < n; i++) {
        ssize_t written = pwrite(fd, parts[i].iov_base, parts[i].iov_len, offset + done);
        if (written < 0)
            return done ? done : written;
        done += written;
    }
    return done;
}

int ftruncate(int fd, off_t size)
{
    next_change();
    return (int)syscall(SYS_ftruncate, fd, size);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    next_change();
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

struct written {
    _Atomic uint64_t numbers, texts; /* that are in the files */
};

/* Everything that changes files: packets that grow, whole ones, large ones, losses, descriptions
   that are appended and that need a new file. */
static void write_some(struct written *written)
{
    enum { TEXT = 9000, LABELS = 300, EVENTS = 24 };
    static char text[TEXT + 1];
    memset(text, 'x', TEXT);
    static struct enum_label labels[LABELS];
    static char label_names[LABELS][48];
    for (int i = 0; i < LABELS; i++) {
        snprintf(label_names[i], sizeof(label_names[i]), "a_label_with_the_number_%d", i);
        labels[i] = (struct enum_label){label_names[i], (uint64_t)i};
    }
    static const struct enum_type type = {"t", LABELS, labels};
    static const struct field labelled = {
        .name = "s", .kind = VALUE_ENUM, .size = 4, .enumeration = &type};
    static const unsigned counts[] = {1, 2, 300, 1, 500, 3};
    uint64_t time = 1, number = 0, texts = 0, offset = 0;
    begin_numbers();
    uint32_t labelled_event = add_event("m:s", &labelled, 1);
    uint32_t others[EVENTS]; /* their descriptions extend over more than a page */
    for (int i = 0; i < EVENTS; i++)
        others[i] = add_event("m:s", &number_field, 1);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (unsigned n = 0; n < counts[i]; n++)
            write_number(0, time++, number++);
        for (int n = 0; i == 1 && n < EVENTS; n++, texts++) {
            struct hit hit = {.cpu = 0, .time_ns = time++};
            ctf_channel_write(channel, others[n], &hit);
        }
        if (i >= 2) {
            struct hit hit = {
                .cpu = 0, .time_ns = time++, .n_values = 1, .values = &offset, .text = text};
            ctf_channel_write(channel, i % 2 ? text_event : labelled_event, &hit);
            texts++;
        }
        EXPECT_OK(ctf_trace_flush(trace, &error));
        written->numbers = number;
        written->texts = texts;
    }
    EXPECT_OK(ctf_trace_set_clock_offset(trace, 1000, &error));
    write_number(0, time, number++);
    end();
    written->numbers = number;
}

START_TEST(at_every_change)
{
    struct written *written =
        mmap(NULL, sizeof(*written), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(written, MAP_FAILED);
    bool killed = true;
    unsigned moment = 0;
    while (killed) {
        written->numbers = written->texts = 0;
        snprintf(path, sizeof(path), "%s/in-process-%u", directory, ++moment);
        pid_t pid = fork();
        if (pid == 0) {
            kill_at = moment;
            write_some(written);
            _exit(0);
        }
        int status;
        if (waitpid(pid, &status, 0) != pid)
            ck_abort_msg("waitpid: %s", strerror(errno));
        killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        if (!killed && status != 0)
            ck_abort_msg("status %x", status);
        char name[160];
        snprintf(name, sizeof(name), "%s/metadata", path);
        struct seen seen = {0};
        if (access(name, F_OK) == 0)
            seen = look();
        if (seen.numbers[0] < written->numbers || seen.texts < written->texts || seen.discarded)
            ck_abort_msg("%u: %llu numbers, %llu texts", moment,
                         (unsigned long long)seen.numbers[0], (unsigned long long)seen.texts);
        free(seen.text);
    }
    ck_assert_uint_gt(moment, 50);
    ck_assert_uint_eq(written->numbers, 808);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, at_every_change);
}

CHECK_MAIN("ctf_kill", 120, add_tests)
