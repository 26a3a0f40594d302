/* SPDX-License-Identifier: MIT */
/* Rules that match one of our names, or none. This file replaces liblttng-ctl's functions, and so
   decides which tracepoints other programs have. */
#include "tp/session/session_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/check_main.h"

static struct session *session;
static unsigned listings;     /* number of requests to the daemon */
static const char *theirs[8]; /* its answer, up to NULL */

struct lttng_handle *lttng_create_handle(const char *name, struct lttng_domain *domain)
{
    static struct lttng_handle handle;
    (void)name;
    (void)domain;
    return &handle;
}

void lttng_destroy_handle(struct lttng_handle *handle)
{
    (void)handle;
}

int lttng_list_tracepoints(struct lttng_handle *handle, struct lttng_event **events)
{
    int n = 0;
    (void)handle;
    listings++;
    /* There is one connection: during a request the session is locked and marked as waiting. */
    ck_assert_int_ne(pthread_mutex_trylock(&session->lock), 0);
    ck_assert(session->waiting_since_ms != 0);
    /* The engine's thread adds names while a process is stopped: it must not have to wait. */
    ck_assert_int_eq(pthread_mutex_trylock(&session->names.lock), 0);
    pthread_mutex_unlock(&session->names.lock);
    *events = calloc(8, sizeof(**events));
    ck_assert_ptr_nonnull(*events);
    for (; theirs[n]; n++)
        snprintf((*events)[n].name, sizeof((*events)[n].name), "%s", theirs[n]);
    return n;
}

static void setup(void)
{
    session = session_new(SESSION_USER_STARTED);
    ck_assert_ptr_nonnull(session);
    snprintf(session->name, sizeof(session->name), "mine");
    listings = 0;
    memset(theirs, 0, sizeof(theirs));
}

static void teardown(void)
{
    rule_list_clear(&session->rules);
    unmatched_free(&session->unmatched);
    name_set_free(&session->names);
    free(session);
}

static void learn(const char *name)
{
    ck_assert_int_eq(name_set_learn(&session->names, &name, 1), 0);
}

static struct rule *add_rule(const char *owner, const char *pattern)
{
    struct rule *rule = vec_push(&session->rules.list);
    ck_assert_ptr_nonnull(rule);
    rule->reaches_us = true;
    snprintf(rule->session, sizeof(rule->session), "%s", owner);
    snprintf(rule->pattern, sizeof(rule->pattern), "%s", pattern);
    return rule;
}

static void exclude(struct rule *rule, const char *pattern)
{
    char **exclusion = vec_push(&rule->exclusions);
    ck_assert(exclusion && (*exclusion = strdup(pattern)));
}

static bool asked_for(bool triggers_only)
{
    return name_set_asked_for(&session->names, &session->rules, triggers_only);
}

START_TEST(names_are_learnt_once)
{
    char name[] = "a:x";
    size_t n;
    learn(name);
    learn("a:x");
    learn("b:x:y");
    name[2] = 'z'; /* the set has a copy */
    ck_assert_uint_eq(name_set_count(&session->names), 2);
    const char **list = name_set_list(&session->names, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(list[0], "a:x");
    ck_assert_str_eq(list[1], "b:x:y");
    free(list);
    ck_assert(name_set_has(&session->names, "a:x"));
    ck_assert(!name_set_has(&session->names, "a:z"));
    ck_assert(!name_set_has(&session->names, "a:*"));
    ck_assert_int_eq(name_set_provider(&session->names, "b:nothing*"), PROVIDER_OURS);
    ck_assert_int_eq(name_set_provider(&session->names, "c:x"), PROVIDER_OTHER);
    ck_assert_int_eq(name_set_provider(&session->names, "b*:x"), PROVIDER_ANY);
    ck_assert_int_eq(name_set_provider(&session->names, "b"), PROVIDER_ANY);
}
END_TEST

START_TEST(rules_that_ask_for_ours)
{
    static const struct {
        const char *pattern;
        const char *exclusion;
        bool asks;
    } cases[] = {
        {"a:x", NULL, true},      {"a:y", NULL, false},     {"a:x", "a:*", false},
        {"a:x", "a:y", true},     {"a:*", NULL, true},      {"a:*", "*x", true},
        {"a:*", "a:*", false},    {"c:*", NULL, false},     {"*:op*", NULL, true},
        {"*", NULL, true},        {"x*", NULL, false},      {"b:op*", NULL, true},
        {"b:op\\*", NULL, false}, {"b:op\\**", NULL, true}, {"b:operator*", NULL, false},
    };
    learn("a:x");
    learn("a:z");
    learn("b:op*");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rule *rule = add_rule("mine", cases[i].pattern);
        if (cases[i].exclusion)
            exclude(rule, cases[i].exclusion);
        ck_assert_msg(asked_for(false) == cases[i].asks, "'%s'", cases[i].pattern);
        ck_assert(!asked_for(true));
        rule->session[0] = '\0';
        ck_assert_msg(asked_for(true) == cases[i].asks, "'%s'", cases[i].pattern);
        rule->reaches_us = false;
        ck_assert(!asked_for(false));
        rule_list_clear(&session->rules);
    }
}
END_TEST

/* Any number of rules for the program's own tracepoints: one request to the daemon for each check,
   and no lock on the names meanwhile. */
START_TEST(the_daemon_is_asked_once)
{
    char pattern[32];
    learn("app:work_entry");
    theirs[0] = "app:own";
    theirs[1] = "app:more";
    for (int i = 0; i < 200; i++)
        add_rule(i % 2 ? "one" : "two", i % 4 < 2 ? "app:own" : "app:mor*");
    for (int i = 0; i < 200; i++) {
        snprintf(pattern, sizeof(pattern), "%d", i);
        add_rule(pattern, "app:own"); /* not the same rule twice */
    }
    unmatched_warn(&session->unmatched, session);
    ck_assert_uint_eq(listings, 1);
    ck_assert_uint_eq(session->unmatched.n_warnings, 0);
    /* With the same number of names they are not checked again. */
    unmatched_warn(&session->unmatched, session);
    ck_assert_uint_eq(listings, 1);
    learn("app:work_exit");
    unmatched_warn(&session->unmatched, session);
    ck_assert_uint_eq(listings, 2);
    ck_assert_uint_eq(session->unmatched.n_warnings, 0);
}
END_TEST

START_TEST(the_daemon_is_not_asked_of_what_is_clear)
{
    learn("app:work_entry");
    add_rule("mine", "app:work_entry");
    add_rule("mine", "app:*_entry");
    add_rule("mine", "another:thing_entry");
    add_rule("mine", "*");
    unmatched_warn(&session->unmatched, session);
    ck_assert_uint_eq(listings, 0);
    ck_assert_uint_eq(session->unmatched.n_warnings, 0);
}
END_TEST

/* Another name of a module, which is in no event. */
START_TEST(rules_with_another_name)
{
    static const struct {
        const char *pattern, *says;
    } cases[] = {
        {"link:*", ": 'link' is another name of the module file-1.2, as in 'file-1.2:*'"},
        {"link:work_entry", "as in 'file-1.2:work_entry'"},
        {"li\xff:x*", "as in 'file-1.2:x*'"},
        {"link:own", NULL}, /* a tracepoint of the program's */
        {"file:*", NULL},   /* ours, and another name, too */
        {"l*:*", NULL},     /* no name */
        {"other:nothing*", NULL},
    };
    learn("file-1.2:work_entry");
    learn("file:call_entry");
    const char *const others[] = {"link", "file", "li\xff", "link"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_int_eq(name_set_learn_other(&session->names, others[i], "file-1.2"), 0);
    ck_assert_uint_eq(name_set_version(&session->names), 5);
    ck_assert_ptr_null(name_set_meant(&session->names, "link"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[1024] = "";
        int saved = dup(STDERR_FILENO);
        FILE *said = tmpfile();
        ck_assert(said && saved >= 0);
        theirs[0] = strcmp(cases[i].pattern, "link:own") == 0 ? "link:own" : NULL;
        add_rule("mine", cases[i].pattern);
        dup2(fileno(said), STDERR_FILENO);
        unmatched_warn(&session->unmatched, session);
        dup2(saved, STDERR_FILENO);
        close(saved);
        rewind(said);
        bool has_said = fgets(text, sizeof(text), said) != NULL;
        fclose(said);
        ck_assert_msg(has_said == (cases[i].says != NULL), "%s: %s", cases[i].pattern, text);
        ck_assert_msg(!has_said || strstr(text, cases[i].says), "%s: %s", cases[i].pattern, text);
        rule_list_clear(&session->rules);
    }
}
END_TEST

/* Five warnings; the sixth says that there are more, and the rest is not checked. */
START_TEST(warnings_are_few)
{
    char pattern[32], text[4096] = "";
    int lines = 0, saved = dup(STDERR_FILENO);
    FILE *said = tmpfile();
    ck_assert(said && saved >= 0);
    learn("app:work_entry");
    for (int i = 0; i < 50; i++) {
        snprintf(pattern, sizeof(pattern), "app:wrok_entry%d", i);
        add_rule("mine", pattern);
    }
    dup2(fileno(said), STDERR_FILENO);
    unmatched_warn(&session->unmatched, session);
    unmatched_warn(&session->unmatched, session);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(said);
    for (; fgets(text, sizeof(text), said); lines++)
        ck_assert_msg(strstr(text, lines < 5 ? "'app:wrok_entry" : ": no further ones are checked"),
                      "%s", text);
    fclose(said);
    ck_assert_int_eq(lines, 6);
    ck_assert_uint_eq(listings, 1);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, names_are_learnt_once);
    tcase_add_test(tests, rules_that_ask_for_ours);
    tcase_add_test(tests, the_daemon_is_asked_once);
    tcase_add_test(tests, the_daemon_is_not_asked_of_what_is_clear);
    tcase_add_test(tests, rules_with_another_name);
    tcase_add_test(tests, warnings_are_few);
}

CHECK_MAIN("session unmatched", 20, add_tests)
