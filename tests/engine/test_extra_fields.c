/* SPDX-License-Identifier: MIT */
/* Extra fields of calls: depth, duration, caller and others. The C library's own unwinder in the
   target gives the expected call chain. */
#include "engine/harness.h"
#include "symbols/extra_fields.h"
#include "util/arena.h"

enum { HITS_MAX = 1024, CHAIN_TEXT_MAX = 4096, FRAMES_MOST = 63 };

struct seen {
    enum hit_kind kind;
    pid_t tid;
    uint64_t depth, duration, told_tid, told_pid;
    char caller[64], stack[CHAIN_TEXT_MAX];
};

struct record {
    size_t n;
    struct seen hits[HITS_MAX];
};

static const char *text_of(const struct hit *hit, size_t i)
{
    return hit->text + hit->values[i];
}

static void note(struct harness *h, const struct hit *hit)
{
    struct record *record = h->data;
    ck_assert_uint_lt(record->n, HITS_MAX);
    struct seen *seen = &record->hits[record->n++];
    bool entry = hit->kind == HIT_ENTRY;
    size_t i = 0;
    ck_assert_uint_eq(hit->n_values, entry ? 5 : 7);
    seen->kind = hit->kind;
    seen->tid = hit->tid;
    seen->depth = hit->values[i++];
    ck_assert_uint_eq(seen->depth, hit->depth);
    if (!entry)
        seen->duration = hit->values[i++];
    ck_assert_uint_eq(seen->duration, hit->duration_ns);
    if (!entry)
        ck_assert_uint_eq(hit->values[i++], hit->cpu_ns);
    ck_assert_int_eq(hit->cpu_ns > 0, !entry);
    snprintf(seen->caller, sizeof(seen->caller), "%s", text_of(hit, i++));
    ck_assert_int_eq((pid_t)hit->values[i++], hit->tid);
    ck_assert_int_eq((pid_t)hit->values[i++], hit->pid);
    snprintf(seen->stack, sizeof(seen->stack), "%s", text_of(hit, i++));
}

static struct arena arena;

/* Runs `call_chain HOW` with leaf() traced, and the functions in `more`. HOW may begin with
   "_protected", which belongs to the program's name. */
static struct record *run_marking(bool marks_returns, const char *how, const char *more,
                                  size_t frames, struct harness **result)
{
    char names[128], command[128];
    const struct engine_options options = {.stack_frames = frames};
    struct record *record = calloc(1, sizeof(*record));
    snprintf(names, sizeof(names), "leaf %s", more);
    snprintf(command, sizeof(command), "call_chain%s%s", *how == '_' ? "" : " ", how);
    struct harness *h = harness_new(names, &options);
    h->on_hit = note;
    h->marks_returns = marks_returns;
    h->data = record;
    for (size_t i = 0; i < h->n; i++)
        ck_assert_int_eq(
            extra_fields_add(&h->counters[i].probe, (1 << PROBE_EXTRAS_MAX) - 1, &arena), 0);
    harness_run(h, command);
    ck_assert_msg(h->ended && WIFEXITED(h->status) && WEXITSTATUS(h->status) == 0,
                  "%s ended with wait status 0x%x", how, h->status);
    *result = h;
    return record;
}

static struct record *run(const char *how, const char *more, size_t frames, struct harness **result)
{
    return run_marking(false, how, more, frames, result);
}

static void done(struct harness *h, struct record *record)
{
    harness_free(h);
    free(record);
    arena_free(&arena);
}

/* The first `most` addresses of the target's line that starts with `line`, separated by ';'. */
static const char *chain_said(const char *line, size_t most)
{
    static char chain[CHAIN_TEXT_MAX];
    size_t n = 0, used = 0;
    ck_assert_int_eq(strncmp(line, "chain ", 6), 0);
    for (const char *at = line + 5; *at == ' ' && n < most; n++) {
        size_t length = strcspn(++at, " \n");
        used += (size_t)snprintf(chain + used, sizeof(chain) - used, "%s%.*s", n ? ";" : "",
                                 (int)length, at);
        at += length;
    }
    ck_assert_uint_gt(n, 0);
    return chain;
}

static size_t count_frames(const char *stack)
{
    size_t n = 1;
    while ((stack = strchr(stack, ';'))) {
        stack++;
        n++;
    }
    return n;
}

static void check_hit(const struct seen *seen, const char *chain)
{
    ck_assert_str_eq(seen->stack, chain);
    ck_assert_int_eq(strncmp(chain, seen->caller, strlen(seen->caller)), 0);
    ck_assert_uint_eq(strcspn(chain, ";"), strlen(seen->caller));
}

static const struct {
    const char *how;
    size_t least; /* frames */
} chains[] = {
    {"plain", 5},  /* middle, outer, main, the C library twice and _start */
    {"signal", 6}, /* on_signal, the trampoline, raise, interrupted, main, ... */
    {"last", 6},   /* middle, end, last, main, ... */
    {"deep", 63},
    {"fault", 3},            /* on_fault, the trampoline, code without tables */
    {"made", 1},             /* code without tables */
    {"_protected plain", 5}, /* signed return addresses */
    {"_protected signal", 6},
    {"_protected deep", 63},
};

/* All that the C library finds, and no more. */
static void chain_is_true(size_t which, size_t frames, const char *more)
{
    struct harness *h;
    struct record *record = run(chains[which].how, more, frames, &h);
    const char *chain = chain_said(h->output, frames);
    ck_assert_uint_ge(count_frames(chain),
                      chains[which].least < frames ? chains[which].least : frames);
    const struct seen *entry = NULL, *exit = NULL;
    for (size_t i = 0; i < record->n; i++) {
        const struct seen *seen = &record->hits[i];
        if (strcmp(seen->stack, chain) != 0)
            continue;
        if (seen->kind == HIT_ENTRY)
            entry = seen;
        else
            exit = seen;
    }
    if (!*more)
        ck_assert_str_eq(record->hits[0].stack, chain);
    ck_assert_ptr_nonnull(entry);
    check_hit(entry, chain);
    if (strcmp(chains[which].how, "made") == 0) { /* no breakpoint is set in such code */
        ck_assert_ptr_null(exit);
    } else {
        ck_assert_ptr_nonnull(exit);
        check_hit(exit, chain);
        ck_assert_uint_gt(exit->duration, 0);
        ck_assert_uint_eq(exit->depth, entry->depth);
    }
    done(h, record);
}

START_TEST(chains_are_those_of_the_c_library)
{
    chain_is_true((size_t)_i, FRAMES_MOST, "");
}
END_TEST

START_TEST(chains_are_as_long_as_was_asked_for)
{
    chain_is_true((size_t)_i, 3, "");
    chain_is_true((size_t)_i, 1, "");
}
END_TEST

/* Breakpoints at all the return addresses. */
START_TEST(breakpoints_are_no_part_of_it)
{
    chain_is_true((size_t)_i, FRAMES_MOST, "middle outer main deep interrupted last fault");
}
END_TEST

START_TEST(default_length)
{
    struct harness *h;
    struct record *record = run("deep", "", 0, &h);
    ck_assert_uint_eq(count_frames(record->hits[0].stack), 16);
    done(h, record);
}
END_TEST

START_TEST(return_addresses_are_not_believed)
{
    struct harness *h;
    struct record *record = run("smashed", "", 16, &h);
    ck_assert_uint_eq(record->n, 2);
    for (size_t i = 0; i < record->n; i++) {
        const char *behind = record->hits[i].stack + strlen(record->hits[i].caller);
        ck_assert_str_eq(behind, ";0x1234");
    }
    done(h, record);
}
END_TEST

/* An interrupted address is told apart from return addresses. */
START_TEST(one_address_was_interrupted)
{
    static const struct {
        const char *how, *marks;
    } told[] = {{"plain", "rrr"}, {"signal", "rrir"}, {"fault", "rri"}};
    struct harness *h;
    struct record *record = run_marking(true, told[_i].how, "", FRAMES_MOST, &h);
    const char *stack = record->hits[0].stack;
    ck_assert_uint_gt(record->n, 0);
    for (const char *mark = told[_i].marks; *mark; mark++) {
        ck_assert_ptr_nonnull(stack);
        ck_assert_msg(*stack == *mark, "%s: %s", told[_i].how, record->hits[0].stack);
        stack = strchr(stack, ';');
        stack = stack ? stack + 1 : NULL;
    }
    for (; stack; stack = strchr(stack, ';'), stack = stack ? stack + 1 : NULL)
        ck_assert_msg(*stack == 'r', "%s: %s", told[_i].how, record->hits[0].stack);
    done(h, record);
}
END_TEST

/* Unwind tables that lead nowhere, or never end, end the chain. */
START_TEST(tables_are_not_believed)
{
    static const char *const how[] = {"lost", "loop", "divide", "jump", "other", "column"};
    struct harness *h;
    struct record *record = run(how[_i], "", 16, &h);
    ck_assert_uint_eq(record->n, 2);
    for (size_t i = 0; i < record->n; i++) {
        ck_assert_str_eq(record->hits[i].stack, record->hits[i].caller);
        ck_assert_int_eq(strncmp(record->hits[i].caller, "0x", 2), 0);
    }
    done(h, record);
}
END_TEST

START_TEST(threads_have_their_own)
{
    enum { CALLS = 4 * 50 };
    struct harness *h;
    struct record *record = run("threads", "", 16, &h);
    ck_assert_uint_eq(record->n, 2 * CALLS);
    const char *chain = chain_said(h->output, 16);
    for (size_t i = 0; i < record->n; i++)
        check_hit(&record->hits[i], chain);
    done(h, record);
}
END_TEST

/* ---- cost */

enum { PLACES = 256, PLACES_ROUNDS = 50 };

struct reads {
    unsigned long hits, first, last; /* system calls so far, when a round of hits was over */
};

static unsigned long count_reads(void)
{
    char line[64];
    unsigned long n = 0;
    FILE *file = fopen("/proc/self/io", "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "syscr: %lu", &n) == 1)
            break;
    if (file)
        fclose(file);
    return n;
}

static void count(struct harness *h, const struct hit *hit)
{
    struct reads *reads = h->data;
    (void)hit;
    if (++reads->hits % PLACES != 0)
        return;
    reads->last = count_reads();
    if (reads->hits == 2 * PLACES)
        reads->first = reads->last;
}

/* Unwind rules for an address are looked up once, even if there are many. */
START_TEST(rules_are_kept)
{
    const struct engine_options options = {.stack_frames = 16};
    struct reads reads = {0};
    count_reads(); /* a read itself */
    if (count_reads() == 0) {
        printf("SKIP: the kernel does not count reads\n");
        return;
    }
    struct harness *h = harness_new("leaf", &options);
    h->on_hit = count;
    h->data = &reads;
    h->kinds = HIT_ENTRY;
    ck_assert_int_eq(extra_fields_add(&h->counters[0].probe, (1 << PROBE_EXTRAS_MAX) - 1, &arena),
                     0);
    harness_run(h, "call_chain many");
    ck_assert_uint_eq(reads.hits, PLACES * PLACES_ROUNDS);
    /* The stack, and little else: a lookup of one rule needs more. */
    ck_assert_uint_lt((reads.last - reads.first) / (reads.hits - 2 * PLACES), 4);
    harness_free(h);
    arena_free(&arena);
}
END_TEST

START_TEST(depth_counts_open_calls)
{
    struct harness *h;
    struct record *record = run("plain", "middle outer main", 1, &h);
    static const uint64_t depths[] = {0, 1, 2, 3, 3, 2, 1, 0};
    ck_assert_uint_eq(record->n, 8);
    for (size_t i = 0; i < record->n; i++)
        ck_assert_uint_eq(record->hits[i].depth, depths[i]);
    /* An outer call takes longer than the calls in it. */
    for (size_t i = 5; i < record->n; i++)
        ck_assert_uint_gt(record->hits[i].duration, record->hits[i - 1].duration);
    done(h, record);
}
END_TEST

static void add_tests(TCase *tests)
{
    int n = (int)(sizeof(chains) / sizeof(chains[0]));
    tcase_add_loop_test(tests, chains_are_those_of_the_c_library, 0, n);
    tcase_add_loop_test(tests, chains_are_as_long_as_was_asked_for, 0, n);
    tcase_add_loop_test(tests, breakpoints_are_no_part_of_it, 0, n);
    tcase_add_test(tests, default_length);
    tcase_add_test(tests, return_addresses_are_not_believed);
    tcase_add_loop_test(tests, one_address_was_interrupted, 0, 3);
    tcase_add_loop_test(tests, tables_are_not_believed, 0, 6);
    tcase_add_test(tests, threads_have_their_own);
    tcase_add_test(tests, rules_are_kept);
    tcase_add_test(tests, depth_counts_open_calls);
}

CHECK_MAIN("facts", 30, add_tests)
