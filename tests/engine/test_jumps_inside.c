/* SPDX-License-Identifier: MIT */
/* Breakpoints in the code that a jump has replaced: the jump is lifted, and no call is missed. */
#include "engine/trial.h"
#include "engine/trial_both.h"

/* The address of the return instruction of small() (x86-64: elsewhere there are no jumps). */
static target_addr inside_small(struct trial *trial)
{
    uint8_t code[SMALL_MAX];
    target_addr at = address_of(trial, "small");
    ck_assert_int_eq(process_read(trial->process, at, code, sizeof(code)), 0);
    const uint8_t *last = memchr(code, 0xc3, sizeof(code));
    ck_assert_ptr_nonnull(last);
    ck_assert_int_gt(last - code, 0);
    return target_addr_plus(at, last - code);
}

static void on_inside(void *data, struct process *process, pid_t tid)
{
    struct trial *trial = data;
    (void)process;
    (void)tid;
    trial->watched++;
}

static void watch_inside(struct trial *trial)
{
    struct error err;
    trial->watched = 0;
    if (process_watch(trial->process, inside_small(trial), on_inside, trial, &err) < 0)
        ck_abort_msg("%s", err.text);
}

static void unwatch_inside(struct trial *trial)
{
    process_unwatch(trial->process, inside_small(trial), on_inside, trial);
}

static void both_watched(struct trial *trial)
{
    both_recorded(trial);
    ck_assert_uint_eq(trial->watched, CALLS);
}

START_TEST(a_watch_inside)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = watch_inside, .check = both_watched},
        {.act = unwatch_inside, .check = both_watched},
    };
    RUN_TRIAL("work small", 0, phases, NULL);
}
END_TEST

static void arm_inside(struct trial *trial)
{
    arm_at(trial, inside_small(trial), "inside", HIT_ENTRY | HIT_EXIT);
}

static void disarm_inside(struct trial *trial)
{
    process_disarm(trial->process, inside_small(trial));
}

static void inside_recorded(struct trial *trial)
{
    both_recorded(trial);
    recorded(trial, "inside", CALLS, CALLS);
}

static void inside_not_recorded(struct trial *trial)
{
    both_recorded(trial);
    recorded(trial, "inside", 0, 0);
}

START_TEST(a_function_inside)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = arm_inside, .check = inside_recorded},
        {.check = inside_recorded},
        {.act = disarm_inside, .check = inside_not_recorded},
    };
    RUN_TRIAL("work small inside", 0, phases, NULL);
}
END_TEST

static void arm_small_again(struct trial *trial)
{
    disarm(trial, "small");
    arm(trial, "small", HIT_ENTRY | HIT_EXIT);
}

static bool small_is_refused(struct trial *trial)
{
    return hot_sites(trial, "a breakpoint is in the code that the jump would replace") == 1;
}

/* The jump that it had before is known, and must not be planted over the other one. */
START_TEST(armed_again_around)
{
    static const struct phase phases[] = {
        {.check = both_recorded},
        {.ready = four_planted, .check = both_jumped},
        {.act = arm_inside, .check = inside_recorded},
        {.act = arm_small_again, .check = inside_recorded},
        {.ready = small_is_refused, .check = inside_recorded},
        {.act = disarm_inside, .check = inside_not_recorded},
    };
    RUN_TRIAL("work small inside", 0, phases, NULL);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_watch_inside);
    tcase_add_test(tests, a_function_inside);
    tcase_add_test(tests, armed_again_around);
}

int main(void)
{
    return trial_main("jumps_inside", add_tests);
}
