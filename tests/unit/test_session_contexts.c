/* SPDX-License-Identifier: MIT */
/* The contexts of a session's channels, and whether it tracks this process: read from its saved
   form. */
#include "tp/session/session_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit/check_main.h"

static struct rule_list rules;

static void setup(void)
{
    rules = (struct rule_list){0};
}

static void teardown(void)
{
    rule_list_clear(&rules);
}

/* As lttng-save(1) writes them. */
#define DOMAIN(type, channels, trackers)                                                           \
    "<domain><type>" type "</type><channels>" channels                                             \
    "</channels><process_attr_trackers>" trackers "</process_attr_trackers></domain>"
#define CHANNEL(name, rule, contexts)                                                              \
    "<channel><name>" name "</name><enabled>true</enabled><events><event><name>" rule              \
    "</name><enabled>true</enabled><type>TRACEPOINT</type></event></events><contexts>" contexts    \
    "</contexts></channel>"
#define CONTEXT(type) "<context><type>" type "</type></context>"

static void parse(const char *text)
{
    rule_list_clear(&rules);
    ck_assert_int_eq(rules_parse_saved(&rules, "s", text), 0);
}

START_TEST(contexts_in_their_order)
{
    parse(DOMAIN("UST",
                 CHANNEL("one", "a:b", CONTEXT("PROCNAME") CONTEXT("IP") CONTEXT("VPID"))
                     CHANNEL("two", "c:d", "") CHANNEL("three", "e:f", CONTEXT("VTID")),
                 ""));
    ck_assert_uint_eq(rules.contexts.count, 3);
    const struct context_list *list = rules.contexts.items;
    ck_assert_uint_eq(list[0].count, 3);
    ck_assert_int_eq(list[0].items[0], SESSION_CONTEXT_PROCNAME);
    ck_assert_int_eq(list[0].items[1], SESSION_CONTEXT_IP);
    ck_assert_int_eq(list[0].items[2], SESSION_CONTEXT_VPID);
    ck_assert(!list[0].is_foreign);
    ck_assert_uint_eq(list[1].count, 0);
    ck_assert_int_eq(list[2].items[0], SESSION_CONTEXT_VTID);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(rules.list.items[i].channel, i);
}
END_TEST

START_TEST(contexts_that_a_hit_does_not_have)
{
    static const char *const foreign[] = {
        CONTEXT("PTHREAD_ID"),
        "<context><perf><type>0</type><config>0</config><name>cycles</name></perf></context>",
        "<context><app><provider_name>p</provider_name><ctx_name>x</ctx_name></app></context>",
    };
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text),
                 DOMAIN("UST", CHANNEL("c", "a:b", CONTEXT("VTID") "%s" CONTEXT("VPID")), ""),
                 foreign[i]);
        parse(text);
        ck_assert(rules.contexts.items[0].is_foreign);
        ck_assert_uint_eq(rules.contexts.items[0].count, 2);
    }
}
END_TEST

START_TEST(contexts_of_other_domains)
{
    parse(DOMAIN("UST", CHANNEL("c", "a:b", CONTEXT("VTID")), "")
              DOMAIN("KERNEL", CHANNEL("k", "sched_*", CONTEXT("PID")), ""));
    ck_assert_uint_eq(rules.contexts.count, 1);
    ck_assert(!rules.contexts.items[0].is_foreign);
}
END_TEST

START_TEST(limits_of_files)
{
    parse(DOMAIN("UST",
                 "<channel><name>one</name><tracefile_size>0</tracefile_size><tracefile_count>0"
                 "</tracefile_count></channel><channel><name>two</name><tracefile_size>4096"
                 "</tracefile_size></channel>",
                 "") "<attributes><rotation_schedules/></attributes>");
    ck_assert(!rules.contexts.items[0].limited_files);
    ck_assert(rules.contexts.items[1].limited_files);
    ck_assert(!rules.is_rotated);
    parse("<attributes><rotation_schedules><periodic><time_us>1000000</time_us></periodic>"
          "</rotation_schedules></attributes>");
    ck_assert(rules.is_rotated);
}
END_TEST

#define TRACKER(kind, values)                                                                      \
    "<" kind "_process_attr_tracker><process_attr_values>" values "</process_attr_values></" kind  \
    "_process_attr_tracker>"

static bool is_untracked(const char *domain, const char *kind, const char *form, long id)
{
    char values[128], text[1024];
    snprintf(values, sizeof(values), form, id);
    snprintf(text, sizeof(text),
             DOMAIN("%s", "",
                    "<%s_process_attr_tracker><process_attr_values><v><id>3</id></v>%s"
                    "</process_attr_values></%s_process_attr_tracker>"),
             domain, kind, values, kind);
    parse(text);
    return rules.is_untracked;
}

START_TEST(trackers)
{
    static const char by_id[] = "<v><id>%ld</id></v>";
    ck_assert(!is_untracked("UST", "vpid", by_id, getpid()));
    ck_assert(is_untracked("UST", "vpid", by_id, getpid() + 1));
    ck_assert(!is_untracked("UST", "vuid", by_id, getuid()));
    ck_assert(is_untracked("UST", "vuid", by_id, getuid() + 1));
    ck_assert(!is_untracked("UST", "vgid", by_id, getgid()));
    ck_assert(is_untracked("UST", "vgid", "<v><name>no such group</name></v>", 0));
    ck_assert(!is_untracked("KERNEL", "vpid", by_id, getpid() + 1));
    if (getuid() == 0)
        ck_assert(!is_untracked("UST", "vuid", "<v><name>root</name></v>", 0));
    parse(DOMAIN("UST", "", ""));
    ck_assert(!rules.is_untracked);
    parse(DOMAIN("UST", "", TRACKER("vpid", "")));
    ck_assert(rules.is_untracked);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, contexts_in_their_order);
    tcase_add_test(tests, contexts_that_a_hit_does_not_have);
    tcase_add_test(tests, contexts_of_other_domains);
    tcase_add_test(tests, limits_of_files);
    tcase_add_test(tests, trackers);
}

CHECK_MAIN("session contexts", 20, add_tests)
