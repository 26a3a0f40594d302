/* SPDX-License-Identifier: MIT */
/* Executes stubs: see the headers. */
#include "unit/stub_trial_x86_64.h"

enum { RANDOM_REGIONS = 1500 };

static void run_regions(uint64_t first_seed, unsigned n)
{
    struct stub_run run;
    struct stub_trials trials = {0};
    stub_run_start(&run);
    for (uint64_t seed = first_seed; seed < first_seed + n; seed++) {
        char name[64];
        struct stub_random random = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
        snprintf(name, sizeof(name), "seed %lu", seed);
        stub_trial(&run, &random, name, &trials);
    }
    runner_stop(&run.runner);
    printf("%u regions from seed %lu on: %u run, %u refused, %u loops, %u "
           "faults, %u returns, "
           "%u full rings, %u stops, %u signals, %u copies of memory, %u of unreadable memory, "
           "%u behind no address\n",
           n, first_seed, trials.run, trials.refused, trials.loops, trials.faults, trials.returns,
           trials.full, trials.stops, trials.signals, trials.copies, trials.unreadable,
           trials.no_addresses);
    ck_assert_uint_gt(trials.run, n / 2);
    ck_assert_uint_gt(trials.loops, n / 100);
    ck_assert_uint_gt(trials.faults, n / 100);
    ck_assert_uint_gt(trials.returns, n / 10);
    ck_assert_uint_gt(trials.full, n / 10);
    ck_assert_uint_gt(trials.stops, n / 10);
    ck_assert_uint_gt(trials.signals, n / 10);
    ck_assert_uint_gt(trials.copies, n / 10);
    ck_assert_uint_gt(trials.unreadable, n / 50);
    ck_assert_uint_gt(trials.no_addresses, n / 50);
}

/* STUB_SEED= and STUB_REGIONS= in the environment: from which seed on, and how
 * many. */
START_TEST(random_regions_do_what_the_original_does)
{
    const char *seed = getenv("STUB_SEED"), *regions = getenv("STUB_REGIONS");
    run_regions(seed ? strtoull(seed, NULL, 0) : 1,
                regions ? (unsigned)strtoul(regions, NULL, 0) : RANDOM_REGIONS);
}
END_TEST

/* add rdi, rsi; mov rax, rdi; ret */
static const uint8_t add_and_return[] = {0x48, 0x01, 0xf7, 0x48, 0x89, 0xf8, 0xc3};

static void start_with(struct stub_run *run, const char *name, const void *code, size_t n)
{
    stub_run_start(run);
    snprintf(run->name, sizeof(run->name), "%s", name);
    stub_run_code(run, code, n);
}

/* Every instruction of the stub of each kind, with the ring full and not, with
   all flags set and none: the way through the stub is not always the same. */
START_TEST(a_signal_at_each_instruction_finds_the_original_state)
{
    static const struct stub_layout layouts[] = {
        {.integer_args = 0x3f, .float_args = 0xff, .stack_words = 3},
        {.integer_args = 5, .stack_words = 9},
        {.is_return = true, .return_floats = true},
        {.is_return = true},
    };
    struct stub_run run;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    for (unsigned i = 0; i < 4 * sizeof(layouts) / sizeof(layouts[0]); i++) {
        bool full = i % 2;
        struct outcome native;
        unsigned steps = 0;
        run.state.variant = i / 2 % 2;
        run.state.thread_way = i % RING_THREAD_WAYS;
        run.state.return_way = RING_RETURN_WAYS - 1;
        run.request.layout = layouts[i / 4];
        run.request.checks_return = !run.request.layout.is_return;
        run.state.room = full ? 8 : RUN_AREA;
        stub_run_build(&run);
        stub_run_natively(&run, &native);
        while (stub_trial_signal(&run, &native, steps, full))
            steps++;
        ck_assert_uint_gt(steps, 40);
    }
    runner_stop(&run.runner);
}
END_TEST

/* Of a stub that copies memory, too: objects and strings, one address in an object. */
START_TEST(a_signal_in_each_copy_finds_the_original_state)
{
    struct stub_run run;
    unsigned found = 0, steps_in_all = 0;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    for (uint64_t seed = 1; found < 6; seed++) {
        struct stub_random random = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
        struct outcome native;
        unsigned steps = 0;
        run.request.layout = (struct stub_layout){.is_return = seed % 2};
        stub_memory_random(&run.state.memory, &run.request.layout, &random, true);
        stub_run_build(&run);
        stub_run_natively(&run, &native);
        if (run.state.memory.n < 2 + (unsigned)(seed % 2) ||
            stub_memory_expected(&run.state.memory) != STUB_MEMORY_READ)
            continue;
        while (stub_trial_signal(&run, &native, steps, false))
            steps++;
        steps_in_all += steps;
        found++;
    }
    ck_assert_uint_gt(steps_in_all, 600);
    runner_stop(&run.runner);
}
END_TEST

/* The way to the breakpoint, too: the thread hits it after it has been at the
 * site again. */
START_TEST(a_signal_on_the_way_to_the_stop_finds_the_original_state)
{
    struct stub_run run;
    struct outcome native, stubbed;
    bool there = false;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    run.request.checks_return = true;
    run.state.return_way = RING_RETURN_WAYS;
    run.state.variant = 1;
    stub_run_build(&run);
    stub_run_natively(&run, &native);
    for (unsigned steps = 1; !there; steps++) {
        stub_run_plant(&run);
        for (unsigned i = 0; i < steps; i++)
            runner_go(&run.runner, true, &stubbed);
        there = stubbed.pc == STUB_AT + run.stub.map.stop;
        ck_assert_int_eq(stub_run_unwind(&run), STUB_BEFORE);
        runner_go(&run.runner, false, &stubbed);
        ck_assert_uint_eq(stubbed.pc, STUB_AT + run.stub.map.stop);
        stub_run_compare_regs(&run, "at the stop", &run.runner.regs, &stubbed.regs);
        ck_assert_int_eq(stub_run_unwind(&run), STUB_BEFORE);
        ck_assert_uint_eq(stub_block()->head, run.state.head);
    }
    runner_stop(&run.runner);
}
END_TEST

START_TEST(a_thread_pointer_that_cannot_be_read_faults_at_the_look_up)
{
    struct stub_run run;
    struct outcome outcome;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    run.state.fs_base = 0x1000;
    stub_run_build(&run);
    stub_run_plant(&run);
    runner_go(&run.runner, false, &outcome);
    ck_assert_int_eq(outcome.signal, SIGSEGV);
    ck_assert_uint_eq(outcome.pc, STUB_AT + run.stub.map.lookup);
    ck_assert_int_eq(stub_run_unwind(&run), STUB_BEFORE);
    runner_stop(&run.runner);
}
END_TEST

/* An empty entry has the key 0, and so may a thread have. */
START_TEST(the_key_0_is_no_thread)
{
    struct stub_run run;
    struct outcome outcome;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    stub_run_build(&run);
    stub_run_plant(&run);
    *(uint64_t *)run_area(STUB_FS) = 0;
    memset(run_area(STUB_THREADS), 0, 256);
    runner_go(&run.runner, false, &outcome);
    ck_assert_int_eq(outcome.signal, SIGTRAP);
    ck_assert_uint_eq(outcome.pc, STUB_AT + run.stub.map.stop);
    runner_stop(&run.runner);
}
END_TEST

/* The stub needs stack that the function does not: it faults before anything is
   recorded, and the site can be served by a stop. */
START_TEST(a_fault_at_the_end_of_the_stack_finds_the_original_state)
{
    struct stub_run run;
    unsigned faults = 0;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    stub_run_build(&run);
    for (uint64_t room = 0; room < 200; room += 8) {
        struct outcome outcome;
        stub_run_plant(&run);
        run.runner.regs.rsp = RUN_STACK + room;
        runner_set(&run.runner, run.site);
        runner_go(&run.runner, false, &outcome);
        ck_assert_int_eq(outcome.signal, room < STUB_BELOW ? SIGSEGV : SIGTRAP);
        if (outcome.signal == SIGTRAP)
            continue;
        struct user_regs_struct regs = outcome.regs;
        enum stub_position position;
        regs.rip = outcome.pc;
        ck_assert_int_eq(stub_unwind(&run.stub.map, target_addr_of(STUB_AT),
                                     target_addr_of(run.site), &regs, stub_read_stack, NULL,
                                     &position),
                         0);
        ck_assert_int_eq(position, STUB_BEFORE);
        stub_run_compare_regs(&run, "no stack", &run.runner.regs, &regs);
        ck_assert_uint_eq(stub_block()->head, run.state.head);
        faults++;
    }
    ck_assert_uint_eq(faults, STUB_BELOW / 8);
    runner_stop(&run.runner);
}
END_TEST

/* The program has overwritten its ring. */
START_TEST(a_fault_at_a_junk_ring_finds_the_original_state)
{
    static const uint64_t junk[] = {0, 8, 0x7fffffffffff, UINT64_C(0x8000000000000000), UINT64_MAX};
    struct stub_run run;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    run.request.layout = (struct stub_layout){.integer_args = 7, .float_args = 1};
    run.state.variant = 1;
    stub_run_build(&run);
    for (unsigned i = 0; i < 3 * sizeof(junk) / sizeof(junk[0]); i++) {
        struct outcome outcome;
        uint64_t value = junk[i / 3];
        stub_run_plant(&run);
        if (i % 3 == 0)
            stub_block()->data = value;
        else if (i % 3 == 1)
            stub_block()->cpu_id = value;
        else
            ((struct ring_table_entry *)run_area(
                STUB_THREADS))[RING_THREAD_WAYS * ring_bucket(&run.request.threads, STUB_FS)]
                .block = value ? value : 16;
        runner_go(&run.runner, false, &outcome);
        ck_assert_msg(outcome.signal == SIGSEGV || outcome.signal == SIGBUS, "%u: signal %d", i,
                      outcome.signal);
        ck_assert_int_eq(stub_run_unwind(&run), STUB_BEFORE);
        ck_assert_uint_eq(stub_block()->head, run.state.head);
    }
    runner_stop(&run.runner);
}
END_TEST

/* Hits that are dropped one after another are one gap; the next record shows
 * it. */
START_TEST(a_gap_is_counted_once_and_each_drop)
{
    struct stub_run run;
    struct outcome outcome;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    run.state.head = 0; /* the first value that gap_at has is not that of a gap at 0 */
    stub_run_build(&run);
    stub_run_plant(&run);
    struct ring_block *block = stub_block();
    const size_t size = stub_record_size(&run.request.layout);
    for (unsigned i = 0; i < 12; i++) {
        /* Room for one record after each third drop. */
        block->limit = block->head + (i % 4 == 3 ? size : size - 1);
        runner_set(&run.runner, run.site);
        runner_go(&run.runner, false, &outcome);
        ck_assert_uint_eq(*stub_drops(), i + 1 - (i + 1) / 4);
        ck_assert_uint_eq(block->gaps, STUB_GAPS + 1 + i / 4);
        ck_assert_uint_eq(block->head, size * ((i + 1) / 4));
        /* The code has returned. */
        *(uint64_t *)run_area(run.runner.regs.rsp) = STUB_RETURN;
    }
    for (unsigned i = 0; i < 3; i++) {
        const struct ring_record *record = run_area(STUB_DATA + i * size);
        ck_assert_uint_eq(record->gap, (uint16_t)(STUB_GAPS + 1 + i));
    }
    runner_stop(&run.runner);
}
END_TEST

/* A record that begins in the last word of the data ends behind its second
 * mapping's start. */
START_TEST(a_record_is_contiguous_where_the_ring_ends)
{
    struct stub_run run;
    struct outcome outcome;
    start_with(&run, "add", add_and_return, sizeof(add_and_return));
    run.request.layout = (struct stub_layout){.integer_args = 0x3f, .stack_words = 20};
    run.state.head = STUB_HEAD + RUN_AREA - 8;
    stub_run_build(&run);
    stub_run_plant(&run);
    stub_run_finish(&run, &outcome);
    ck_assert_uint_eq(stub_block()->head, run.state.head + 32 + 26 * 8);
    ck_assert_uint_eq(*(uint64_t *)run_area(STUB_DATA + 16 - 8), run.runner.regs.rsp);
    ck_assert_uint_eq(*(uint64_t *)run_area(STUB_DATA + 24), run.runner.regs.rdi);
    stub_check_record(&run, outcome.stack, 0);
    runner_stop(&run.runner);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, random_regions_do_what_the_original_does);
    tcase_add_test(tests, a_signal_at_each_instruction_finds_the_original_state);
    tcase_add_test(tests, a_signal_in_each_copy_finds_the_original_state);
    tcase_add_test(tests, a_signal_on_the_way_to_the_stop_finds_the_original_state);
    tcase_add_test(tests, a_thread_pointer_that_cannot_be_read_faults_at_the_look_up);
    tcase_add_test(tests, the_key_0_is_no_thread);
    tcase_add_test(tests, a_fault_at_the_end_of_the_stack_finds_the_original_state);
    tcase_add_test(tests, a_fault_at_a_junk_ring_finds_the_original_state);
    tcase_add_test(tests, a_gap_is_counted_once_and_each_drop);
    tcase_add_test(tests, a_record_is_contiguous_where_the_ring_ends);
}

CHECK_MAIN("stub_run", 120, add_tests)
