/* SPDX-License-Identifier: MIT */
/* When the capabilities of a privileged tracer are effective. Needs root. */
#include "util/capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "unit/check_main.h"

enum { USER = 54321 };

static char path[64];

static int can_open(void)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static void *can_open_elsewhere(void *result)
{
    *(int *)result = can_open();
    return NULL;
}

/* What a new thread can open. */
static int can_another_thread(void)
{
    pthread_t thread;
    int result = 1;
    ck_assert_int_eq(pthread_create(&thread, NULL, can_open_elsewhere, &result), 0);
    pthread_join(thread, NULL);
    return result;
}

static uint64_t set_of_this_thread(const char *name)
{
    char line[256], format[32];
    unsigned long long set = 1;
    FILE *status = fopen("/proc/thread-self/status", "re");
    ck_assert_ptr_nonnull(status);
    snprintf(format, sizeof(format), "Cap%s: %%llx", name);
    while (fgets(line, sizeof(line), status) && sscanf(line, format, &set) != 1)
        continue;
    fclose(status);
    return set;
}

/* A file of root's; this process becomes the user's and keeps the capabilities for tracing. */
static void become_user(void)
{
    snprintf(path, sizeof(path), "/tmp/test_capabilities.%d", (int)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(setresgid(USER, USER, USER), 0);
    ck_assert_int_eq(setresuid(USER, USER, USER), 0);
    ck_assert_int_eq(capabilities_keep(), 0);
}

#define SET(number) (UINT64_C(1) << (number))

START_TEST(in_effect_within_the_scope_only)
{
    become_user();
    ck_assert_int_eq(can_open(), -EACCES);
    {
        cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
        ck_assert_int_eq(can_open(), 0);
        {
            cleanup(target_rights_end) struct target_rights inner = target_rights_begin();
            ck_assert_int_eq(can_open(), 0);
        }
        ck_assert_int_eq(can_open(), 0);
        errno = EBADMSG;
    }
    ck_assert_int_eq(errno, EBADMSG);
    ck_assert_int_eq(can_open(), -EACCES);
    ck_assert_uint_eq(set_of_this_thread("Eff"), 0);
}
END_TEST

/* The capabilities that are always effective open no other user's file, and remain effective after
   a scope. */
START_TEST(tracing_opens_no_files)
{
    const uint64_t tracing = SET(CAP_SYS_PTRACE) | SET(CAP_KILL) | SET(CAP_SYS_NICE);
    become_user();
    capabilities_raise_tracing();
    ck_assert_uint_eq(set_of_this_thread("Eff"), tracing);
    ck_assert_int_eq(can_open(), -EACCES);
    {
        cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
        ck_assert_int_eq(can_open(), 0);
    }
    ck_assert_uint_eq(set_of_this_thread("Eff"), tracing);
    ck_assert_uint_eq(set_of_this_thread("Prm"),
                      tracing | SET(CAP_DAC_OVERRIDE) | SET(CAP_CHECKPOINT_RESTORE));
    ck_assert_uint_eq(set_of_this_thread("Inh"), 0);
    ck_assert_int_eq(capabilities_lower(), 0);
    ck_assert_uint_eq(set_of_this_thread("Eff"), 0);
}
END_TEST

static void *hold_rights(void *data)
{
    pthread_barrier_t *barrier = data;
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

START_TEST(of_one_thread_only)
{
    pthread_barrier_t barrier;
    pthread_t holder;
    become_user();
    pthread_barrier_init(&barrier, NULL, 2);
    ck_assert_int_eq(pthread_create(&holder, NULL, hold_rights, &barrier), 0);
    pthread_barrier_wait(&barrier);
    ck_assert_int_eq(can_open(), -EACCES);
    ck_assert_int_eq(can_another_thread(), -EACCES);
    pthread_barrier_wait(&barrier);
    pthread_join(holder, NULL);
    pthread_barrier_destroy(&barrier);
}
END_TEST

/* A process that gave up nothing keeps everything. */
START_TEST(root_is_root)
{
    uint64_t all = set_of_this_thread("Eff");
    {
        cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
        ck_assert_uint_eq(set_of_this_thread("Eff"), all);
    }
    capabilities_raise_tracing();
    ck_assert_uint_eq(set_of_this_thread("Eff"), all);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, root_is_root);
    if (geteuid() != 0 || !capabilities_permit(CAP_CHECKPOINT_RESTORE) ||
        !capabilities_permit(CAP_DAC_OVERRIDE)) {
        puts("SKIP: test_capabilities: only root has capabilities");
        return;
    }
    tcase_add_test(tests, in_effect_within_the_scope_only);
    tcase_add_test(tests, tracing_opens_no_files);
    tcase_add_test(tests, of_one_thread_only);
}

CHECK_MAIN("capabilities", 10, add_tests)
