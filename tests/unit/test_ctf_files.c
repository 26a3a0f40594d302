/* SPDX-License-Identifier: MIT */
/* Our own CTF traces: what is in the files while they are written, after SIGKILL, and when they
   cannot be written. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>

#include "unit/ctf_numbers.h"

static void sleep_us(long us)
{
    struct timespec time = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&time, NULL);
}

/* What a child that writes has told its parent, in shared memory. */
struct progress {
    _Atomic bool started, stop;
    _Atomic uint64_t flushed[CPUS]; /* so many numbers are in the files */
};

static struct progress *new_progress(void)
{
    void *memory = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    return memory;
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Writes numbers until it is told to stop: in bursts of all sizes, some with long texts between. */
static void write_bursts(struct progress *progress, unsigned seed, bool long_texts)
{
    static char text[20000];
    memset(text, 'x', sizeof(text) - 1);
    uint64_t next[CPUS] = {0};
    begin_numbers();
    progress->started = true;
    while (!progress->stop) {
        int cpu = rand_r(&seed) % CPUS;
        unsigned burst = 1u << rand_r(&seed) % 9;
        for (unsigned i = 0; i < burst; i++)
            if (write_number(cpu, now_ns(), next[cpu]) == 1)
                next[cpu]++;
        if (long_texts && rand_r(&seed) % 4 == 0) {
            uint64_t offset = (uint64_t)rand_r(&seed) % sizeof(text);
            struct hit hit = {
                .cpu = cpu, .time_ns = now_ns(), .n_values = 1, .values = &offset, .text = text};
            ctf_channel_write(channel, text_event, &hit);
        }
        if (rand_r(&seed) % 8 == 0) {
            EXPECT_OK(ctf_trace_flush(trace, &error));
            for (int i = 0; i < CPUS; i++)
                progress->flushed[i] = next[i];
        }
        sleep_us(rand_r(&seed) % 3000);
    }
    end();
    for (int i = 0; i < CPUS; i++)
        progress->flushed[i] = next[i];
}

static pid_t start_child(struct progress *progress, unsigned seed, bool long_texts)
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        write_bursts(progress, seed, long_texts);
        _exit(0);
    }
    while (!progress->started)
        sleep_us(1000);
    return pid;
}

/* While it is written, and at its end. */
START_TEST(read_meanwhile)
{
    struct progress *progress = new_progress();
    pid_t pid = start_child(progress, 1, false);
    for (int i = 0; i < 25; i++) {
        uint64_t flushed[CPUS] = {progress->flushed[0], progress->flushed[1]};
        struct seen seen = look();
        for (int cpu = 0; cpu < CPUS; cpu++)
            ck_assert_uint_ge(seen.numbers[cpu], flushed[cpu]);
        ck_assert_uint_eq(seen.discarded, 0);
        free(seen.text);
    }
    progress->stop = true;
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    struct seen seen = look();
    for (int cpu = 0; cpu < CPUS; cpu++)
        ck_assert_uint_eq(seen.numbers[cpu], progress->flushed[cpu]);
    free(seen.text);
}
END_TEST

START_TEST(killed)
{
    unsigned seed = 7;
    for (unsigned round = 0; round < 25; round++) {
        struct progress *progress = new_progress();
        snprintf(path, sizeof(path), "%s/in-process-%u", directory, round);
        pid_t pid = start_child(progress, round, true);
        sleep_us(rand_r(&seed) % 60000);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        struct seen seen = look();
        for (int cpu = 0; cpu < CPUS; cpu++)
            ck_assert_uint_ge(seen.numbers[cpu], progress->flushed[cpu]);
        ck_assert_uint_eq(seen.discarded, 0);
        free(seen.text);
        munmap(progress, sizeof(*progress));
    }
}
END_TEST

/* Sends stderr to a file in the test's directory. */
static void catch_messages(void)
{
    char name[128];
    snprintf(name, sizeof(name), "%s/messages", directory);
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(dup2(fd, 2), 0);
    close(fd);
}

static void expect_message(const char *reason)
{
    char *text = output_of("sed 's/channel0_[01]/FILE/' '%s/messages'", directory), *expected;
    ck_assert_int_ge(
        asprintf(&expected,
                 "ptrace_tracer: cannot write to %s/FILE: %s: events that find no room "
                 "in memory are lost until it can be written again\n",
                 path, reason),
        0);
    ck_assert_str_eq(text, expected);
    free(text);
    free(expected);
}

/* Fills both streams until nothing is accepted any more. Returns how many numbers were. */
static uint64_t fill_until_lost(uint64_t *lost)
{
    uint64_t n = 0, time = 1;
    for (*lost = 0; *lost < 1000; time++) {
        if (write_number(0, time, n) == 1)
            n++;
        else
            ++*lost;
        if (time % 1000 == 0)
            sleep_us(1000);
    }
    return n;
}

/* Lost and accepted records add up, in the files and in the counts, whatever could be written. */
static void expect_sum(uint64_t accepted, uint64_t lost)
{
    struct seen seen = look();
    ck_assert_uint_eq(seen.numbers[0] + seen.discarded, accepted + lost);
    free(seen.text);
}

START_TEST(no_space)
{
    catch_messages();
    begin_numbers();
    struct rlimit limit = {150000, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    uint64_t lost, accepted = fill_until_lost(&lost);
    ck_assert_int_eq(ctf_trace_flush(trace, &error), -EFBIG);
    struct ctf_counts counts;
    ctf_trace_count(trace, &counts);
    ck_assert_uint_eq(counts.written, accepted);
    ck_assert_uint_eq(counts.lost, lost);
    ck_assert_uint_gt(counts.unwritten, 0);
    struct seen seen = look();
    ck_assert_uint_eq(seen.numbers[0], accepted - counts.unwritten);
    ck_assert_uint_eq(seen.discarded, lost);
    free(seen.text);
    /* The same at the end. */
    end();
    expect_sum(accepted, lost);
    expect_message("File too large");
}
END_TEST

START_TEST(space_again)
{
    catch_messages();
    begin_numbers();
    struct rlimit limit = {150000, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    uint64_t lost, accepted = fill_until_lost(&lost);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    for (uint64_t i = 0; i < 5000; i++)
        ck_assert_int_eq(write_number(0, 10000000 + i, accepted++), 1);
    end();
    struct seen seen = look();
    ck_assert_uint_eq(seen.numbers[0], accepted);
    ck_assert_uint_eq(seen.discarded, lost);
    free(seen.text);
    expect_message("File too large");
}
END_TEST

START_TEST(full_disk)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", directory, "tmpfs", 0, "size=160k") < 0) {
        puts("SKIP: full_disk: no file system may be mounted");
        return;
    }
    begin_numbers();
    catch_messages();
    uint64_t lost, accepted = fill_until_lost(&lost);
    ck_assert_int_eq(ctf_trace_flush(trace, &error), -ENOSPC);
    /* A trace on another file system has all the memory that it needs. */
    struct ctf_trace *full = trace;
    char elsewhere[] = "/tmp/ctf-elsewhere.XXXXXX", own_path[sizeof(path)];
    ck_assert_ptr_nonnull(mkdtemp(elsewhere));
    memcpy(own_path, path, sizeof(path));
    snprintf(path, sizeof(path), "%s/in-process-1", elsewhere);
    struct ctf_trace_request request = {.directory = path};
    EXPECT_OK(ctf_trace_new(writer, &request, &trace, &error));
    EXPECT_OK(ctf_trace_add_channel(trace, NULL, 0, &channel, &error));
    for (uint64_t i = 0; i < 10000; i++)
        if (write_number(1, i, i) != 1)
            ck_abort_msg("%llu is lost", (unsigned long long)i);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    struct seen seen = look();
    ck_assert_uint_eq(seen.numbers[1], 10000);
    free(seen.text);
    ck_assert_int_eq(ctf_trace_close(full, &error), -ENOSPC);
    struct ctf_counts counts;
    ctf_trace_count(full, &counts);
    ck_assert_uint_eq(counts.written + counts.lost, accepted + lost);
    end();
    nftw(elsewhere, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    memcpy(path, own_path, sizeof(path));
    expect_sum(accepted, lost);
    umount(directory);
}
END_TEST

/* The number of times that the writer's thread has waited. */
static long sleeps_of_writer(void)
{
    char *text = output_of("cd /proc/$PPID/task && for t in */; do read -r name <$t/comm; "
                           "[ \"$name\" != ctf-writer ] || sed -n 's/^voluntary.*:.//p' $t/status; "
                           "done %s",
                           "");
    long n = strtol(text, NULL, 10);
    free(text);
    return n;
}

/* A record gets to the file without a flush, and then the thread sleeps without a timer. */
START_TEST(idle)
{
    begin_numbers();
    ck_assert_int_eq(write_number(0, 1, 0), 1);
    struct ctf_counts counts;
    for (;;) {
        ctf_trace_count(trace, &counts);
        if (counts.unwritten == 0)
            break;
        sleep_us(1000);
    }
    struct seen seen = look();
    ck_assert_uint_eq(seen.numbers[0], 1);
    free(seen.text);
    long before = sleeps_of_writer(), after;
    /* It may still have to look once more. */
    while ((after = (sleep_us(100000), sleeps_of_writer())) != before)
        before = after;
    ck_assert_int_gt(after, 0);
    sleep_us(200000);
    ck_assert_int_eq(sleeps_of_writer(), after);
    ck_assert_int_eq(write_number(0, 2, 1), 1);
    do
        ctf_trace_count(trace, &counts);
    while (counts.unwritten);
}
END_TEST

static void add_tests(TCase *tests)
{
    need_cpus(2);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, read_meanwhile);
    tcase_add_test(tests, killed);
    tcase_add_test(tests, no_space);
    tcase_add_test(tests, space_again);
    tcase_add_test(tests, full_disk);
    tcase_add_test(tests, idle);
}

CHECK_MAIN("ctf_files", 60, add_tests)
