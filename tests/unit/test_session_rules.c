/* SPDX-License-Identifier: MIT */
/* The event rules of a session: read from its saved form, and matched with names. */
#include "tp/session/session_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* A saved session with these channels in its user-space domain. */
#define SESSION(channels)                                                                          \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sessions>\n\t<session>\n\t\t<name>s</name>\n"    \
    "\t\t<domains>\n\t\t\t<domain>\n\t\t\t\t<type>UST</type>\n"                                    \
    "\t\t\t\t<buffer_type>PER_UID</buffer_type>\n\t\t\t\t<channels>\n" channels                    \
    "\t\t\t\t</channels>\n\t\t\t</domain>\n"                                                       \
    "\t\t\t<domain>\n\t\t\t\t<type>JUL</type>\n\t\t\t\t<channels>" CHANNEL(                        \
        "j", "true",                                                                               \
        EVENT("jul", "true", "")) "</channels"                                                     \
                                  ">\n\t\t\t</domain>\n\t\t</domains>\n\t\t<started>false</"       \
                                  "started>\n\t</session>\n</sessions>\n"
#define CHANNEL(name, enabled, events)                                                             \
    "<channel>\n<name>" name "</name>\n<enabled>" enabled "</enabled>\n"                           \
    "<blocking_timeout>0</blocking_timeout>\n<events>\n" events                                    \
    "</events>\n<contexts>\n<context>\n<type>VTID</type>\n</context>\n"                            \
    "<context><app><provider_name>event</provider_name><ctx_name>x</ctx_name></app></context>\n"   \
    "</contexts>\n</channel>\n"
#define EVENT(name, enabled, more)                                                                 \
    "<event>\n<name>" name "</name>\n<enabled>" enabled                                            \
    "</enabled>\n<type>TRACEPOINT</type>\n" more "</event>\n"

static void parse(const char *text)
{
    ck_assert_int_eq(rules_parse_saved(&rules, "s", text), 0);
}

START_TEST(enabled_rules_of_enabled_user_space_channels)
{
    parse(SESSION(CHANNEL("one", "true", EVENT("a:*", "true", "") EVENT("off:*", "false", ""))
                      CHANNEL("two", "false", EVENT("b:*", "true", "")) CHANNEL("three", "true", "")
                          CHANNEL("four", "true", EVENT("c:d", "true", "<loglevel>1</loglevel>"))));
    ck_assert_uint_eq(rules.list.count, 2);
    ck_assert_str_eq(rules.list.items[0].pattern, "a:*");
    ck_assert_str_eq(rules.list.items[0].session, "s");
    ck_assert_str_eq(rules.list.items[1].pattern, "c:d");
    ck_assert_uint_eq(rules.channels.count, 4);
    ck_assert_str_eq(rules.channels.items[0], "one");
    ck_assert_str_eq(rules.channels.items[3], "four");
    ck_assert(!rules.blocks_forever);
}
END_TEST

START_TEST(no_domains_at_all)
{
    parse("<sessions><session><name>s</name><domains/></session></sessions>");
    parse("");
    parse("no XML");
    ck_assert_uint_eq(rules.list.count, 0);
    ck_assert_uint_eq(rules.channels.count, 0);
}
END_TEST

START_TEST(references_are_undone)
{
    parse(
        SESSION(CHANNEL("&lt;c&gt;", "true", EVENT("a:&quot;&amp;lt;&apos;&none;&", "true", ""))));
    ck_assert_uint_eq(rules.list.count, 1);
    ck_assert_str_eq(rules.list.items[0].pattern, "a:\"&lt;'&none;&");
    ck_assert_str_eq(rules.channels.items[0], "<c>");
}
END_TEST

START_TEST(log_levels)
{
#define LEVEL(type, level)                                                                         \
    "<loglevel_type>" type "</loglevel_type>\n<loglevel>" level "</loglevel>\n"
    parse(SESSION(CHANNEL(
        "c", "true",
        EVENT("a", "true", "<loglevel_type>ALL</loglevel_type>\n")
            EVENT("a", "true", LEVEL("RANGE", "6")) EVENT("a", "true", LEVEL("RANGE", "13")) EVENT(
                "a", "true", LEVEL("SINGLE", "13")) EVENT("a", "true", LEVEL("SINGLE", "14")))));
    static const bool matches[] = {true, false, true, true, false};
    ck_assert_uint_eq(rules.list.count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(rule_matches(&rules.list.items[i], "a"), matches[i]);
}
END_TEST

START_TEST(exclusions)
{
    parse(SESSION(CHANNEL("c", "true",
                          EVENT("a:*", "true",
                                "<filter>x &lt; 1</filter>\n<exclusions>\n<exclusion>a:b*"
                                "</exclusion>\n<exclusion>a:c</exclusion>\n</exclusions>\n")
                              EVENT("d:*", "true", ""))));
    ck_assert_uint_eq(rules.list.count, 2);
    ck_assert_uint_eq(rules.list.items[0].exclusions.count, 2);
    ck_assert_str_eq(rules.list.items[0].filter, "x < 1");
    ck_assert_ptr_null(rules.list.items[1].filter);
    ck_assert(rule_matches(&rules.list.items[0], "a:a"));
    ck_assert(!rule_matches(&rules.list.items[0], "a:bc"));
    ck_assert(!rule_matches(&rules.list.items[0], "a:c"));
    ck_assert(rule_matches(&rules.list.items[0], "a:cd"));
    ck_assert_uint_eq(rules.list.items[1].exclusions.count, 0);
}
END_TEST

START_TEST(endless_blocking)
{
    parse("<domain><type>UST</type><channels><channel><name>c</name><enabled>true</enabled>"
          "<blocking_timeout>-1</blocking_timeout><events/></channel></channels></domain>");
    ck_assert(rules.blocks_forever);
    ck_assert_str_eq(rules.blocking_channel, "c");
    rule_list_clear(&rules);
    ck_assert(!rules.blocks_forever);
}
END_TEST

/* As lttng-save(1) writes them, in enabled channels of user space. */
START_TEST(counters)
{
#define COUNTERS(channel, enabled, contexts)                                                       \
    "<channel><name>" channel "</name><enabled>" enabled "</enabled><events>" EVENT(               \
        "a:*", "true", "") "</events><contexts><context><type>VTID</type></context>" contexts      \
                           "</contexts></channel>"
#define COUNTER(type, config, name)                                                                \
    "<context><perf><type>" type "</type><config>" config "</config><name>" name                   \
    "</name></perf></context>"
    parse(SESSION(
        COUNTERS("one", "true", COUNTER("0", "1", "perf_thread_instructions"))
            COUNTERS("two", "false", COUNTER("0", "0", "perf_thread_cycles")) COUNTERS(
                "three", "true",
                COUNTER("4", "18446744073709551615", "raw") COUNTER("3", "257", "&lt;stores&gt;"))
                CHANNEL(
                    "four", "true",
                    "")) "<domain><type>KERNEL</type><channels>" COUNTERS("k", "true",
                                                                          COUNTER(
                                                                              "0", "0",
                                                                              "k")) "</channels></"
                                                                                    "domain>");
    ck_assert_uint_eq(rules.counters.count, 3);
    ck_assert_str_eq(rules.counters.items[0].name, "perf_thread_instructions");
    ck_assert_str_eq(rules.counters.items[0].session, "s");
    ck_assert_uint_eq(rules.counters.items[0].channel, 0);
    ck_assert_uint_eq(rules.counters.items[0].type, 0);
    ck_assert_uint_eq(rules.counters.items[0].config, 1);
    ck_assert_uint_eq(rules.counters.items[1].channel, 2);
    ck_assert_uint_eq(rules.counters.items[1].type, 4);
    ck_assert_uint_eq(rules.counters.items[1].config, UINT64_MAX);
    ck_assert_str_eq(rules.counters.items[2].name, "<stores>");
    ck_assert_uint_eq(rules.counters.items[2].config, 257);
    rule_list_clear(&rules);
    ck_assert_uint_eq(rules.counters.count, 0);
}
END_TEST

START_TEST(a_temporary_directory_that_is_too_long)
{
    struct error err = {0};
    char long_one[8192] = "/";
    memset(long_one + 1, 'x', sizeof(long_one) - 2);
    setenv("TMPDIR", long_one, 1);
    errno = 0;
    ck_assert_int_eq(rules_read_saved(&rules, "s", &err), -ENAMETOOLONG);
    ck_assert_int_eq(err.code, -ENAMETOOLONG);
}
END_TEST

/* With any truncation and any changed byte, only the rules may be wrong. */
START_TEST(damaged)
{
    static const char whole[] = SESSION(CHANNEL(
        "c", "true", EVENT("a:*", "true", "<exclusions><exclusion>a:b</exclusion></exclusions>"))
                                            COUNTERS("d", "true", COUNTER("1", "2", "three")));
    static const char bytes[] = "<>/&\xff\n";
    char *text = malloc(sizeof(whole));
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < sizeof(whole) - 1; i++) {
        /* Exactly this size, so that ASan finds a read behind its end. */
        char *cut = strndup(whole, i);
        ck_assert_ptr_nonnull(cut);
        ck_assert_int_eq(rules_parse_saved(&rules, "s", cut), 0);
        free(cut);
        for (size_t j = 0; j < sizeof(bytes) - 1; j++) {
            memcpy(text, whole, sizeof(whole));
            text[i] = bytes[j];
            ck_assert_int_eq(rules_parse_saved(&rules, "s", text), 0);
        }
        rule_list_clear(&rules);
    }
    free(text);
}
END_TEST

START_TEST(patterns)
{
    static const struct {
        const char *pattern;
        const char *name;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a:b", "a:b", true},
        {"a:b", "a:bc", false},
        {"a:bc", "a:b", false},
        {"*", "a:b", true},
        {"*", "", true},
        {"a:*", "a:", true},
        {"a:*", "a:anything", true},
        {"a:*", "b:a", false},
        {"*:b", "a:b", true},
        {"a*b*c", "a1b2b3c", true},
        {"a*b*c", "a1b2b3", false},
        {"**", "x", true},
        {"*aab", "aaab", true},
        {"a\\*b*", "a*b", true},
        {"a\\*b*", "axb", false},
        {"a\\*b", "a*b", false},
        {"a\\*b", "a\\*b", true},
        {"a\\", "a\\", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rule rule = {.reaches_us = true};
        snprintf(rule.pattern, sizeof(rule.pattern), "%s", cases[i].pattern);
        ck_assert_msg(rule_matches(&rule, cases[i].name) == cases[i].matches, "'%s' and '%s'",
                      cases[i].pattern, cases[i].name);
    }
}
END_TEST

START_TEST(provider_patterns)
{
    static const char *const names[] = {"a:x", "a:y", "b:x:y", "a:z", "c:x", "d:x"};
    static const struct {
        size_t n;
        const char *text;
    } cases[] = {{0, ""}, {2, "a:*"}, {4, "a:*,b:*"}, {5, "a:*,b:*,c:*"}, {6, "a:*,b:*,c:*"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = rules_provider_patterns(names, cases[i].n);
        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, cases[i].text);
        free(text);
    }
}
END_TEST

START_TEST(output_names)
{
    static const struct {
        const char *program;
        const char *start;
    } cases[] = {
        {"app", "ptrace_tracer-app-"},
        {"/usr/bin/app", "ptrace_tracer-app-"},
        {"a b;c", "ptrace_tracer-a_b_c-"},
        {"", "ptrace_tracer-process-"},
        {NULL, "ptrace_tracer-process-"},
        {"dir/", "ptrace_tracer-process-"},
        {"libfoo.so.1", "ptrace_tracer-libfoo.so.1-"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *name = output_name(cases[i].program);
        size_t length = strlen(cases[i].start);
        ck_assert_ptr_nonnull(name);
        ck_assert_msg(strncmp(name, cases[i].start, length) == 0, "%s", name);
        ck_assert_uint_eq(strspn(name + length, "0123456789-"), strlen("20260102-030405"));
        free(name);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, enabled_rules_of_enabled_user_space_channels);
    tcase_add_test(tests, no_domains_at_all);
    tcase_add_test(tests, references_are_undone);
    tcase_add_test(tests, log_levels);
    tcase_add_test(tests, exclusions);
    tcase_add_test(tests, endless_blocking);
    tcase_add_test(tests, counters);
    tcase_add_test(tests, a_temporary_directory_that_is_too_long);
    tcase_add_test(tests, damaged);
    tcase_add_test(tests, patterns);
    tcase_add_test(tests, provider_patterns);
    tcase_add_test(tests, output_names);
}

CHECK_MAIN("session rules", 20, add_tests)
