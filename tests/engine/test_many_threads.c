/* SPDX-License-Identifier: MIT */
/* A process of a thousand threads with a thousand armed functions: attach, trace every call,
   detach, with a fixed number of requests for each thread. */
#include <pthread.h>
#include <stdatomic.h>

#include "engine/harness.h"
#include "engine/running.h"
#include "engine/untouched.h"
#include "util/table.h"

enum { FUNCTIONS = 1000, THREADS = 1000, CALLS = 5 };

struct many {
    struct engine *engine;
    struct catalog *catalog;
    struct running target;
    struct probe probes[FUNCTIONS];
    char names[FUNCTIONS][8];
    unsigned entries[FUNCTIONS], exits[FUNCTIONS];
    struct table threads; /* that were seen in hits */
    size_t n_armed;
    atomic_bool played;
    bool let_go;
};

static void many_started(void *data, struct process *process, enum process_origin origin,
                         struct process *parent)
{
    struct many *many = data;
    struct modules modules = {0};
    struct error err;
    (void)origin;
    (void)parent;
    ck_assert_int_eq(modules_scan(&modules, process_task(process), many->catalog, &err), 0);
    for (size_t m = 0; m < modules.list.count; m++) {
        const struct module *module = &modules.list.items[m];
        file_vaddr at;
        for (size_t i = 0; module->is_program && i < FUNCTIONS; i++) {
            if (!image_symbol(module->image, many->names[i], &at))
                continue;
            if (process_arm(process, module_target(module, at), &many->probes[i],
                            HIT_ENTRY | HIT_EXIT, &err) < 0)
                ck_abort_msg("%s", err.text);
            many->n_armed++;
        }
    }
    modules_free(&modules);
}

static void many_hit(void *data, const struct hit *hit)
{
    struct many *many = data;
    size_t i = (size_t)(hit->probe - many->probes);
    ck_assert_uint_lt(i, FUNCTIONS);
    ++*(hit->kind == HIT_ENTRY ? &many->entries[i] : &many->exits[i]);
    ck_assert_int_eq(table_put(&many->threads, (uint64_t)hit->tid, many), 0);
}

static void many_ended(void *data, struct process *process, int status)
{
    struct many *many = data;
    (void)process;
    many->let_go = status == -1;
}

static void many_woken(void *data)
{
    struct many *many = data;
    if (many->played)
        engine_detach(many->engine);
}

static unsigned long call_all(struct running *target)
{
    char line[256];
    unsigned long total = 0;
    fprintf(target->in, "call\n");
    ck_assert_int_eq(sscanf(answer(target, line), "called %lu", &total), 1);
    return total;
}

static void *play(void *data)
{
    struct many *many = data;
    ck_assert_uint_eq(call_all(&many->target), THREADS * CALLS);
    many->played = true;
    engine_wake(many->engine);
    return NULL;
}

static struct many *many_new(void)
{
    struct many *many = calloc(1, sizeof(*many));
    ck_assert_ptr_nonnull(many);
    const struct engine_sink sink = {
        .data = many,
        .hit = many_hit,
        .started = many_started,
        .ended = many_ended,
        .woken = many_woken,
    };
    const struct engine_options options = {0};
    for (size_t i = 0; i < FUNCTIONS; i++) {
        snprintf(many->names[i], sizeof(many->names[i]), "f%03zu", i);
        many->probes[i].provider = "many";
        many->probes[i].function = many->names[i];
    }
    ck_assert_int_eq(catalog_new(&many->catalog), 0);
    ck_assert_int_eq(engine_new(&options, &sink, &many->engine), 0);
    many->target = start_program("many", "1000", NULL);
    return many;
}

static void many_free(struct many *many)
{
    engine_free(many->engine);
    catalog_free(many->catalog);
    table_free(&many->threads);
    free(many);
}

START_TEST(a_thousand_of_each)
{
    struct many *many = many_new();
    struct engine_stats stats;
    struct error err = {0};
    pthread_t player;
    if (engine_attach(many->engine, many->target.pid, &err) < 0)
        ck_abort_msg("%s", err.text);
    ck_assert_uint_eq(many->n_armed, FUNCTIONS);
    engine_get_stats(many->engine, &stats);
    /* The main thread and the others are seized once each; few are stopped. */
    ck_assert_uint_eq(stats.requests[REQUEST_SEIZE], THREADS + 1);
    ck_assert_uint_lt(stats.requests[REQUEST_INTERRUPT], 10);

    ck_assert_int_eq(pthread_create(&player, NULL, play, many), 0);
    ck_assert_int_eq(engine_run(many->engine, &err), 0);
    pthread_join(player, NULL);
    ck_assert(many->let_go);
    for (size_t i = 0; i < FUNCTIONS; i++)
        ck_assert_msg(many->entries[i] == CALLS && many->exits[i] == CALLS,
                      "%s: %u entries and %u exits", many->names[i], many->entries[i],
                      many->exits[i]);
    ck_assert_uint_eq(many->threads.count, THREADS);
    engine_get_stats(many->engine, &stats);
    ck_assert_uint_eq(stats.calls, THREADS * CALLS);

    /* It runs on, and its calls are not seen any more. */
    ck_assert_uint_eq(call_all(&many->target), 2 * THREADS * CALLS);
    ck_assert_int_ge(check_untouched(many->target.pid), 2);
    ck_assert_uint_eq(finish(&many->target), 2 * THREADS * CALLS);
    many_free(many);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_thousand_of_each);
}

CHECK_MAIN("many", 60, add_tests)
