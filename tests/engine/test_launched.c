/* SPDX-License-Identifier: MIT */
/* Targets traced from the start: the recorded calls are exactly theirs, and their behaviour and
   output are those without a tracer. */
#include "engine/harness.h"
#include "ptrace/arch/arch.h"

/* Runs a target untraced and traced; `lines` is the number of lines of counts that must be
   compared. */
static struct harness *compare(const char *names, size_t lines, bool same_output,
                               const struct engine_options *options, const char *command)
{
    char *bare = malloc(OUTPUT_MAX);
    int status = run_bare(command, bare, OUTPUT_MAX);
    struct harness *h = harness_new(names, options);
    harness_run(h, command);
    ck_assert(h->ended);
    ck_assert_msg(h->status == status, "traced its wait status is 0x%x, bare 0x%x", h->status,
                  status);
    if (same_output)
        ck_assert_str_eq(h->output, bare);
    ck_assert_uint_eq(harness_check_counts(h), lines);
    free(bare);
    return h;
}

#define COMPARE(names, lines, command) harness_free(compare(names, lines, true, NULL, command))

START_TEST(one_thread)
{
    struct harness *h = compare("work", 1, true, NULL, "one_thread 1000");
    struct engine_stats stats;
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_eq(h->counters[0].entries, 1000);
    ck_assert_uint_eq(h->counters[0].exits, 1000);
    ck_assert_uint_eq(stats.single_steps, 0);
    ck_assert_uint_eq(h->counters[0].max_depth, 0);
    harness_free(h);
}
END_TEST

static struct engine_stats stats_of(const char *command, bool float_args)
{
    struct harness *h = harness_new("work", NULL);
    struct engine_stats stats;
    h->counters[0].probe.float_args = float_args;
    harness_run(h, command);
    ck_assert_uint_eq(harness_check_counts(h), 1);
    engine_get_stats(h->engine, &stats);
    harness_free(h);
    return stats;
}

/*
 * The cost of 1000 more calls: two stops for each; for each stop one get of the registers, one set
 * of the program counter and one resume, and the floating-point registers if an argument is in one.
 * Where a trap leaves the PC at its instruction, its siginfo is read, too.
 */
START_TEST(the_cost_of_a_call)
{
    unsigned for_each_stop = arch_trap_pc_offset ? 3 : 4;
    if (harness_setting("JUMP_AFTER"))
        return; /* a call makes no stop then */
    for (unsigned float_args = 0; float_args < 2; float_args++) {
        struct engine_stats few = stats_of("one_thread 1000", float_args);
        struct engine_stats many = stats_of("one_thread 2000", float_args);
        ck_assert_uint_eq(many.calls - few.calls, 1000);
        ck_assert_uint_eq(many.stops - few.stops, 2000);
        ck_assert_uint_eq(many.ptrace_calls - few.ptrace_calls,
                          2000 * for_each_stop + 1000 * float_args);
        ck_assert_uint_eq(many.text_writes, few.text_writes);
        ck_assert_uint_eq(many.single_steps, 0);
    }
}
END_TEST

START_TEST(linked_in_every_way)
{
    COMPARE("work", 1, "one_thread_static");
    COMPARE("work", 1, "one_thread_static_pie");
    COMPARE("work", 1, "one_thread_no_pie");
}
END_TEST

START_TEST(eight_threads_on_one_function)
{
    COMPARE("work", 1, "threads8 500");
    COMPARE("work", 1, "threads8_static 100");
}
END_TEST

START_TEST(threads_born_and_dying)
{
    COMPARE("work live", 2, "many_threads_churn");
}
END_TEST

START_TEST(recursion)
{
    struct harness *h = compare("descend fib", 2, true, NULL, "recursion 5000");
    ck_assert_uint_eq(harness_counter(h, "descend")->max_depth, 4999);
    harness_free(h);
}
END_TEST

/* Where a call instruction does not change the stack pointer, calls in each other have the same. */
START_TEST(calls_with_one_stack_pointer)
{
    struct harness *h =
        compare("outer middle tail leaf leaves jumps_back recurses", 7, true, NULL, "same_stack");
    ck_assert_uint_eq(harness_counter(h, "outer")->max_depth, 0);
    ck_assert_uint_eq(harness_counter(h, "middle")->max_depth, 1);
    ck_assert_uint_eq(harness_counter(h, "tail")->max_depth, 2);
    ck_assert_uint_eq(harness_counter(h, "leaf")->max_depth, 3);
    ck_assert_uint_eq(harness_counter(h, "leaves")->max_depth, 0);
    ck_assert_uint_eq(harness_counter(h, "jumps_back")->max_depth, 1);
    harness_free(h);
}
END_TEST

/* Signals that come while a displaced system call blocks. Where the kernel restarts it after the
   stop, from the site, each restart is another call. */
START_TEST(system_calls_that_are_interrupted)
{
    COMPARE("it", 1, "interrupted_call");
    if (arch_restarts_before_stop)
        COMPARE("it", 1, "interrupted_call 50 restart");
}
END_TEST

START_TEST(tail_calls)
{
    COMPARE("first second is_even is_odd", 4, "tailcall");
}
END_TEST

/* All calls without an exit are known to be left by a jump; or, if threads end in them, none. */
static void compare_unwound(const char *names, size_t lines, bool threads_end, const char *command)
{
    struct harness *h = compare(names, lines, true, NULL, command);
    struct engine_stats stats;
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_gt(stats.entries, stats.exits);
    ck_assert_uint_eq(stats.unwound, threads_end ? 0 : stats.entries - stats.exits);
    harness_free(h);
}

START_TEST(calls_that_are_jumped_over)
{
    compare_unwound("outer middle thrower after retry", 5, false, "longjmp");
    compare_unwound("top middle leaf", 3, false, "frames_left context");
}
END_TEST

START_TEST(exceptions)
{
    compare_unwound("thrower catcher rethrower outer plain destroy odd", 7, false, "exceptions");
}
END_TEST

/* Landing pads, and return addresses that are signed while a function runs. */
START_TEST(protected_programs)
{
    COMPARE("work", 1, "one_thread_protected");
    COMPARE("work", 1, "threads8_protected 100");
    COMPARE("descend fib", 2, "recursion_protected 200");
    COMPARE("first second is_even is_odd", 4, "tailcall_protected");
    COMPARE("outer middle thrower after retry", 5, "longjmp_protected");
    COMPARE("thrower catcher rethrower outer plain destroy odd", 7, "exceptions_protected");
    COMPARE("body step pause_here", 3, "coroutines_protected");
    COMPARE("wanted", 1, "dispatch_protected nested 2000");
    COMPARE("wanted jumped", 2, "dispatch_protected tail 2000");
    COMPARE("wanted", 1, "dispatch_protected left 2000");
    harness_free(compare("work in_handler", 2, false, NULL, "signal_storm_protected"));
}
END_TEST

START_TEST(coroutines)
{
    COMPARE("body step pause_here", 3, "coroutines");
}
END_TEST

START_TEST(code_that_the_program_makes)
{
    COMPARE("work idle", 2, "made_code");
}
END_TEST

START_TEST(threads_that_end_inside_functions)
{
    compare_unwound("leaves waits cleans last_one", 4, true, "thread_ends");
    compare_unwound("top middle leaf", 3, true, "frames_left exit");
    compare_unwound("top middle leaf", 3, true, "frames_left cancel");
}
END_TEST

START_TEST(signal_storm)
{
    /* The number of calls of work() until the last signal varies. */
    harness_free(compare("work in_handler", 2, false, NULL, "signal_storm"));
}
END_TEST

/* A thread that stops twice at a breakpoint, so that the stop is measured, has called once;
   whatever signals come meanwhile, and wherever it jumps to then. */
START_TEST(stops_that_are_measured)
{
    const struct engine_options options = {.measure_every = 1};
    struct harness *h = compare("work", 1, true, &options, "one_thread 1000");
    struct engine_stats stats;
    engine_get_stats(h->engine, &stats);
    if (harness_setting("JUMP_AFTER")) {
        ck_assert_uint_eq(h->n_measured, 0);
    } else {
        ck_assert_uint_eq(h->n_measured, 1000);
        ck_assert_uint_eq(h->n_measured_at_return, 500);
        ck_assert_uint_ge(stats.stops, 3000);
    }
    harness_free(h);
    harness_free(compare("work in_handler", 2, false, &options, "signal_storm"));
    harness_free(compare("outer middle thrower after retry", 5, true, &options, "longjmp"));
    harness_free(compare("descend fib", 2, true, &options, "recursion 500"));
    harness_free(compare("first second is_even is_odd", 4, true, &options, "tailcall"));
    harness_free(compare("work", 1, true, &options, "threads8 100"));
}
END_TEST

START_TEST(libraries_that_come_and_go)
{
    COMPARE("lib_work", 1, "dlopen");
}
END_TEST

START_TEST(children_let_go)
{
    COMPARE("work forks", 4, "fork_child");
    COMPARE("work in_child", 2, "vfork_exec");
}
END_TEST

START_TEST(children_followed)
{
    struct engine_options follow = {.follow_forks = true};
    struct harness *h = compare("work in_child", 2, true, &follow, "vfork_exec");
    ck_assert_uint_eq(harness_counter(h, "in_child")->child_entries, 1);
    harness_free(h);
    h = compare("work", 2, true, &follow, "fork_child");
    ck_assert_uint_eq(harness_counter(h, "work")->child_entries, 50);
    harness_free(h);
}
END_TEST

/* A followed child cannot ask to be traced, nor be traced by its parent; both get an error. */
START_TEST(debuggers_followed)
{
    struct engine_options follow = {.follow_forks = true};
    struct harness *h = harness_new("work", &follow);
    harness_run(h, "debugger 10 refused");
    ck_assert_int_eq(h->status, 0);
    ck_assert_uint_eq(harness_check_counts(h), 1);
    harness_free(h);
}
END_TEST

/* Both programs have a work(), one after the other in the same process. */
static void check_exec(const char *command)
{
    struct harness *h = harness_new("work execs", NULL);
    harness_run(h, command);
    ck_assert_int_eq(h->status, 0);
    ck_assert_int_eq(h->n_executed, 1);
    ck_assert_uint_eq(harness_counter(h, "work")->entries, 300);
    ck_assert_uint_eq(harness_counter(h, "work")->exits, 300);
    ck_assert_uint_eq(harness_counter(h, "execs")->entries, 1);
    ck_assert_uint_eq(harness_counter(h, "execs")->exits, 0);
    harness_free(h);
}

START_TEST(another_program_executed)
{
    check_exec("exec_other 100");
    check_exec("exec_other 100 thread");
}
END_TEST

START_TEST(ends_inside_functions)
{
    COMPARE("outer leave at_end", 3, "exit_in_function");
    COMPARE("work die", 2, "die_by_signal");
    COMPARE("work die", 2, "die_by_signal 9");
    COMPARE("work die", 2, "die_by_signal 11");
}
END_TEST

START_TEST(faults_that_are_mended)
{
    COMPARE("reads skips jumps undefined callee", 5, "segv_fixup");
}
END_TEST

START_TEST(breakpoints_of_its_own)
{
    COMPARE("work traps raises", 3, "own_breakpoint");
}
END_TEST

START_TEST(blocks_or_ignores_the_signal_of_breakpoints)
{
    COMPARE("work", 1, "sigtrap_blocked");
    COMPARE("work", 1, "sigtrap_syscall");
    COMPARE("work", 1, "sigtrap_syscall 50 both");
}
END_TEST

/* If it never changes SIGTRAP, the watch on syscall() is removed. */
START_TEST(makes_system_calls_all_the_time)
{
    struct engine_stats stats = stats_of("sigtrap_syscall 1000 often", false);
    if (!harness_setting("JUMP_AFTER")) /* calls make no stops then */
        ck_assert_uint_ge(stats.stops, 2000 + 1000);
    ck_assert_uint_le(stats.stops, 2000 + 1000 + 100);
}
END_TEST

START_TEST(stops_itself)
{
    COMPARE("work on_continue", 2, "group_stop");
}
END_TEST

START_TEST(first_instructions_of_every_kind)
{
    char output[4096], names[1024] = "";
    ck_assert_int_eq(run_bare("first_instructions", output, sizeof(output)), 0);
    size_t lines = 0;
    for (const char *at = output; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
        char name[64];
        if (sscanf(at, "f_%63s", name) == 1) {
            strcat(strcat(strcat(names, lines ? " " : ""), "f_"), name);
            lines++;
        }
    }
    ck_assert_uint_ge(lines, 8);
    harness_free(compare(names, lines, true, NULL, "first_instructions"));
}
END_TEST

START_TEST(code_made_at_run_time)
{
    COMPARE("work", 1, "jit");
}
END_TEST

START_TEST(entries_only)
{
    struct harness *h = harness_new("work", NULL);
    struct engine_stats stats;
    h->kinds = HIT_ENTRY;
    harness_run(h, "one_thread 500");
    ck_assert_uint_eq(h->counters[0].entries, 500);
    ck_assert_uint_eq(h->counters[0].exits, 0);
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_lt(stats.stops, 600); /* no stop for the returns */
    harness_free(h);
}
END_TEST

/* A thread that mostly hits breakpoints is bound to a CPU; the program must not see that. */
START_TEST(affinity_is_the_programs_own)
{
    for (int no_pin = 0; no_pin < 2; no_pin++) {
        struct harness *h = harness_new("work", &(struct engine_options){.no_pin = no_pin});
        struct engine_stats stats;
        /* With jumps, a thread makes too few stops to be bound. */
        bool binds = !no_pin && !harness_setting("JUMP_AFTER");
        harness_run(h, binds ? "affinity" : "affinity 3000");
        engine_get_stats(h->engine, &stats);
        ck_assert_msg(WIFEXITED(h->status) && WEXITSTATUS(h->status) == 0, "wait status 0x%x",
                      h->status);
        ck_assert_uint_eq(harness_check_counts(h), 1);
        if (no_pin || sysconf(_SC_NPROCESSORS_ONLN) == 1) {
            ck_assert_uint_eq(stats.bindings, 0);
        } else if (binds) {
            ck_assert_uint_ge(stats.bindings, 3);
            ck_assert_ptr_nonnull(strstr(h->output, "bound 5\n"));
            ck_assert_ptr_nonnull(strstr(h->output, "executed\n"));
        }
        harness_free(h);
    }
}
END_TEST

START_TEST(programs_that_cannot_run)
{
    struct error err = {0};
    struct harness *h = harness_new("work", NULL);
    pid_t pid;
    char path[] = "/nonexistent/program", directory[] = "/tmp";
    char *none[] = {path, NULL}, *dir[] = {directory, NULL};
    ck_assert_int_eq(engine_launch_prepare(h->engine, none, &pid, &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/program"));
    ck_assert_int_eq(engine_launch_prepare(h->engine, dir, &pid, &err), -EACCES);
    ck_assert_ptr_nonnull(strstr(err.text, "directory"));
    harness_free(h);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, one_thread);
    tcase_add_test(tests, the_cost_of_a_call);
    tcase_add_test(tests, linked_in_every_way);
    tcase_add_test(tests, eight_threads_on_one_function);
    tcase_add_test(tests, threads_born_and_dying);
    tcase_add_test(tests, recursion);
    tcase_add_test(tests, calls_with_one_stack_pointer);
    tcase_add_test(tests, system_calls_that_are_interrupted);
    tcase_add_test(tests, tail_calls);
    tcase_add_test(tests, calls_that_are_jumped_over);
    tcase_add_test(tests, exceptions);
    tcase_add_test(tests, protected_programs);
    tcase_add_test(tests, coroutines);
    tcase_add_test(tests, code_that_the_program_makes);
    tcase_add_test(tests, threads_that_end_inside_functions);
    tcase_add_test(tests, signal_storm);
    tcase_add_test(tests, stops_that_are_measured);
    tcase_add_test(tests, libraries_that_come_and_go);
    tcase_add_test(tests, children_let_go);
    tcase_add_test(tests, children_followed);
    tcase_add_test(tests, debuggers_followed);
    tcase_add_test(tests, another_program_executed);
    tcase_add_test(tests, ends_inside_functions);
    tcase_add_test(tests, faults_that_are_mended);
    tcase_add_test(tests, breakpoints_of_its_own);
    tcase_add_test(tests, blocks_or_ignores_the_signal_of_breakpoints);
    tcase_add_test(tests, makes_system_calls_all_the_time);
    tcase_add_test(tests, stops_itself);
    tcase_add_test(tests, first_instructions_of_every_kind);
    tcase_add_test(tests, code_made_at_run_time);
    tcase_add_test(tests, entries_only);
    tcase_add_test(tests, affinity_is_the_programs_own);
    tcase_add_test(tests, programs_that_cannot_run);
}

CHECK_MAIN("launched", 60, add_tests)
