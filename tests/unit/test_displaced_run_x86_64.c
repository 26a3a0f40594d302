/* SPDX-License-Identifier: MIT */
/*
 * Executes every case of displaced_cases_x86_64.h: natively, and as a copy in a near and in a far
 * slot, with an int3 at the site. Registers, flags, vector registers, memory, PC and signal at the
 * end must be equal. Then leaves the copy after each of its instructions through the step table and
 * finishes natively: the end must still be the same.
 */
#include "unit/displaced_cases_x86_64.h"
#include "unit/displaced_run_x86_64.h"

enum { STEPS_IN_BETWEEN_MAX = 4, REPEATS = 6 };

struct trial {
    struct runner *runner;
    const struct displaced_case *what;
    struct displaced d;
    uint64_t site, slot;
    unsigned variant;
    char name[128];
};

static const uint8_t *code_of(const struct trial *trial)
{
    return (const uint8_t *)trial->what->bytes;
}

static void run_natively(struct trial *trial, struct outcome *outcome)
{
    runner_reset(trial->runner, trial->variant);
    runner_load(trial->site, code_of(trial), trial->d.covered);
    runner_set(trial->runner, trial->site);
    /* A branch to itself must be stopped there. */
    runner_go(trial->runner, trial->what->flags & ITSELF, outcome);
}

static bool is_in_slot(const struct trial *trial, uint64_t pc)
{
    return pc >= trial->slot && pc < trial->slot + trial->d.slot_length;
}

/* For a fault in the slot, the engine gives handlers the site's address. */
static void translate_fault(const struct trial *trial, struct outcome *outcome)
{
    if (outcome->signal == SIGTRAP || !is_in_slot(trial, outcome->pc))
        return;
    int offset = displaced_site_offset(trial->d.steps, trial->d.n_steps, outcome->pc - trial->slot);
    ck_assert_msg(offset >= 0, "%s: a fault in the middle of the slot, at +%lu", trial->name,
                  outcome->pc - trial->slot);
    outcome->pc = trial->site + (uint64_t)offset;
}

static void load_slot(struct trial *trial)
{
    runner_reset(trial->runner, trial->variant);
    runner_load(trial->site, "\xcc", 1); /* the original must not run */
    runner_load(trial->slot, trial->d.bytes, trial->d.slot_length);
    runner_set(trial->runner, trial->slot);
}

static void run_in_slot(struct trial *trial, struct outcome *outcome)
{
    load_slot(trial);
    runner_go(trial->runner, false, outcome);
    ck_assert_msg(outcome->signal != SIGTRAP || !is_in_slot(trial, outcome->pc),
                  "%s: it ran into the slot's rest", trial->name);
    translate_fault(trial, outcome);
}

/* Steps `steps` times in the slot, goes to the site if that is possible then, and finishes there.
   false: it had finished already. *between: how many steps ago it was last possible. */
static bool finish_at_site(struct trial *trial, unsigned steps, unsigned *between,
                           struct outcome *outcome)
{
    struct user_regs_struct regs;
    load_slot(trial);
    for (unsigned i = 0; i < steps; i++) {
        runner_go(trial->runner, true, outcome);
        if (outcome->signal != SIGTRAP || !is_in_slot(trial, outcome->pc))
            return false;
    }
    runner_ptrace(trial->runner, PTRACE_GETREGS, NULL, &regs);
    int offset = displaced_site_offset(trial->d.steps, trial->d.n_steps, regs.rip - trial->slot);
    if (offset < 0) {
        ck_assert_msg(++*between < STEPS_IN_BETWEEN_MAX, "%s: too long without a step",
                      trial->name);
        return true;
    }
    *between = 0;
    runner_load(trial->site, code_of(trial), trial->d.covered);
    regs.rip = trial->site + (uint64_t)offset;
    runner_ptrace(trial->runner, PTRACE_SETREGS, NULL, &regs);
    runner_go(trial->runner, false, outcome);
    return true;
}

static void run_case(struct runner *runner, const struct displaced_case *what, uint64_t slot,
                     unsigned variant)
{
    struct trial trial = {.runner = runner, .what = what, .slot = slot + 0x340, .variant = variant};
    struct outcome native, displaced;
    struct displaced near;
    const uint8_t *code = code_of(&trial);
    /* Once for the first instruction's length, which gives the address of the site. */
    int r = displaced_build(&near, target_addr_of(RUN_CODE), code, what->n,
                            target_addr_of(RUN_NEAR_SLOT));
    ck_assert_int_eq(r, 0);
    trial.site = RUN_SITE_END - near.length;
    snprintf(trial.name, sizeof(trial.name), "%s (%s, variant %u)", what->assembly,
             slot == RUN_FAR_SLOT ? "far" : "near", variant);
    r = displaced_build(&trial.d, target_addr_of(trial.site), code, what->n,
                        target_addr_of(trial.slot));
    if (slot == RUN_FAR_SLOT && what->flags & NEAR_ONLY) {
        ck_assert_msg(r == -ERANGE, "%s: %d", trial.name, r);
        return;
    }
    ck_assert_msg(r == 0, "%s: %d", trial.name, r);
    ck_assert_int_eq(trial.d.kind, DISPLACED_SLOT);

    run_natively(&trial, &native);
    run_in_slot(&trial, &displaced);
    outcome_compare(trial.name, &native, &displaced);

    if (what->flags & (ITSELF | NOT_STEPPED))
        return;
    unsigned steps = 0, between = 0;
    while (finish_at_site(&trial, steps++, &between, &displaced)) {
        if (between)
            continue;
        outcome_compare(trial.name, &native, &displaced);
        if (displaced.signal != SIGTRAP || steps > REPEATS) /* rep movsb steps once a byte */
            break;
    }
}

static void run_cases(uint64_t slot)
{
    struct runner runner;
    unsigned run = 0;
    runner_start(&runner);
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++) {
        const struct displaced_case *what = &displaced_cases[i];
        if (what->kind != DISPLACED_SLOT || what->flags & NOT_RUN)
            continue;
        for (unsigned variant = 0; variant < RUN_VARIANTS; variant++)
            run_case(&runner, what, slot, variant);
        run++;
    }
    runner_stop(&runner);
    ck_assert_uint_gt(run, 200);
}

START_TEST(near_copies_do_what_the_original_does)
{
    run_cases(RUN_NEAR_SLOT);
}
END_TEST

START_TEST(far_copies_do_what_the_original_does)
{
    run_cases(RUN_FAR_SLOT);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, near_copies_do_what_the_original_does);
    tcase_add_test(tests, far_copies_do_what_the_original_does);
}

CHECK_MAIN("displaced_run", 60, add_tests)
