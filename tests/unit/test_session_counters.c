/* SPDX-License-Identifier: MIT */
/* Perf counters in channels. This file replaces the system call, and so decides which can be
   opened. */
#include "tp/session/session_internal.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit/check_main.h"

static struct rule_list rules;
static struct name_set names;
static struct counters counters;
static unsigned tries;

/* A counter's `config` is the error to return, 0 for none. */
long syscall(long number, ...)
{
    va_list args;
    va_start(args, number);
    const struct perf_event_attr *attributes = va_arg(args, const struct perf_event_attr *);
    struct perf_event_attr wanted = {.type = attributes->type, .config = attributes->config};
    wanted.exclude_kernel = 1;
    ck_assert_int_eq(number, SYS_perf_event_open);
    /* Exactly the attributes of liblttng-ust. */
    ck_assert_mem_eq(attributes, &wanted, sizeof(wanted));
    ck_assert_int_eq(va_arg(args, int), 0);
    ck_assert_int_eq(va_arg(args, int), -1);
    ck_assert_int_eq(va_arg(args, int), -1);
    ck_assert_uint_eq(va_arg(args, unsigned long), 0);
    va_end(args);
    tries++;
    errno = (int)attributes->config;
    return errno == 0 ? dup(STDERR_FILENO) : -1;
}

static void setup(void)
{
    const char *name = "app:work_entry";
    rules = (struct rule_list){0};
    counters = (struct counters){0};
    tries = 0;
    name_set_init(&names);
    ck_assert_int_eq(name_set_learn(&names, &name, 1), 0);
}

static void teardown(void)
{
    rule_list_clear(&rules);
    counters_free(&counters);
    name_set_free(&names);
}

/* A channel with one rule. */
static void add_channel(const char *session, const char *channel, const char *pattern)
{
    char **name = vec_push(&rules.channels);
    struct rule *rule = vec_push(&rules.list);
    ck_assert(name && rule && (*name = strdup(channel)));
    rule->reaches_us = true;
    snprintf(rule->pattern, sizeof(rule->pattern), "%s", pattern);
    snprintf(rule->session, sizeof(rule->session), "%s", session);
}

/* Adds to the last channel, in the session of the last rule. */
static void add_counter(const char *name, int error)
{
    struct counter *counter = vec_push(&rules.counters);
    ck_assert_ptr_nonnull(counter);
    counter->channel = rules.channels.count - 1;
    counter->type = PERF_TYPE_RAW;
    counter->config = (uint64_t)error;
    snprintf(counter->name, sizeof(counter->name), "%s", name);
    snprintf(counter->session, sizeof(counter->session), "%s",
             rules.list.items[rules.list.count - 1].session);
}

/* Checks the rules; returns the number of warnings; `text` receives the first. */
static int check_rules(char *text, int size)
{
    char more[2048];
    int lines = 0, saved = dup(STDERR_FILENO);
    FILE *said = tmpfile();
    ck_assert(said && saved >= 0);
    dup2(fileno(said), STDERR_FILENO);
    counters_warn(&counters, &rules, &names);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(said);
    text[0] = '\0';
    if (fgets(text, size, said))
        for (lines = 1; fgets(more, sizeof(more), said);)
            lines++;
    fclose(said);
    return lines;
}

START_TEST(what_can_be_counted_is_no_trouble)
{
    char text[2048];
    add_channel("s", "c", "app:*");
    add_counter("one", 0);
    add_counter("two", 0); /* the same counter for the kernel */
    ck_assert_int_eq(check_rules(text, sizeof(text)), 0);
    ck_assert_int_eq(check_rules(text, sizeof(text)), 0);
    ck_assert_uint_eq(tries, 1);
    ck_assert_str_eq(counters.impediment, "");
}
END_TEST

START_TEST(told_once_for_each_channel)
{
    static const char text_of_first[] =
        "channel c of session s has the context two, which cannot be counted here (this machine "
        "has no such counter)";
    char text[2048], wanted[2048];
    add_channel("s", "c", "app:work_entry");
    add_counter("one", 0);
    add_counter("two", ENOENT);
    add_counter("three", ENOENT);
    ck_assert_int_eq(check_rules(text, sizeof(text)), 1);
    snprintf(wanted, sizeof(wanted),
             "ptrace_tracer: %s: LTTng may ignore its event rules and other channels of the "
             "session\n",
             text_of_first);
    ck_assert_str_eq(text, wanted);
    ck_assert_str_eq(counters.impediment, text_of_first);
    ck_assert_int_eq(check_rules(text, sizeof(text)), 0);
    add_channel("s", "d", "*:work_e*");
    add_counter("four", EACCES);
    ck_assert_int_eq(check_rules(text, sizeof(text)), 1);
    ck_assert_ptr_nonnull(strstr(text, "channel d of session s has the context four, "));
    ck_assert_ptr_nonnull(strstr(text, "see /proc/sys/kernel/perf_event_paranoid)"));
    ck_assert_uint_eq(tries, 3);
}
END_TEST

/* Sessions of other programs get no warning, until a rule matches ours. */
START_TEST(sessions_of_others)
{
    char text[2048];
    add_channel("one", "c", "another:work_entry");
    add_counter("one", EPERM);
    add_channel("two", "d", "another:*");
    add_counter("two", EPERM);
    add_channel("three", "e", "app:nothing");
    add_counter("three", EPERM);
    add_channel("four", "f", "app:work_entry"); /* has no counter */
    ck_assert_int_eq(check_rules(text, sizeof(text)), 0);
    ck_assert_str_eq(counters.impediment, "");
    add_channel("two", "g", "app:*"); /* another channel of it */
    ck_assert_int_eq(check_rules(text, sizeof(text)), 1);
    ck_assert_ptr_nonnull(strstr(text, "channel d of session two has the context two, "));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_can_be_counted_is_no_trouble);
    tcase_add_test(tests, told_once_for_each_channel);
    tcase_add_test(tests, sessions_of_others);
}

CHECK_MAIN("session counters", 20, add_tests)
