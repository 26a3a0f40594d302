/* SPDX-License-Identifier: MIT */
/*
 * Executes every case of displaced_cases_aarch64.h that has a copy, and more branches: natively,
 * and as a copy in a slot, with a brk at the site. Registers, flags, vector registers, memory, PC
 * and signal at the end must be equal. Then leaves the copy after each of its instructions through
 * the step table and finishes natively: the end must still be the same. All of it in ordinary
 * pages, and in guarded ones where the processor has Branch Target Identification.
 */
#include "unit/displaced_cases_aarch64.h"
#include "unit/displaced_run_aarch64.h"

#include "ptrace/arch/displaced.h"

enum { LEAST_CASES = 60 };

struct trial {
    struct runner *runner;
    uint32_t word;
    struct displaced d;
    uint64_t slot;
    unsigned variant;
    char name[128];
};

/* b ., bl ., cbnz x30, . */
static bool branches_to_itself(uint32_t word)
{
    return word == 0x14000000 || word == 0x94000000 || word == 0xb500001e;
}

/* BR and BLR, from a slot, set another BTYPE: where they go to, it is a known difference. */
static void ignore_btype(const struct trial *trial, struct outcome *outcome)
{
    if ((trial->word & 0xfe000000) == 0xd6000000)
        outcome->regs.pstate &= ~RUN_BTYPE;
}

static void run_natively(struct trial *trial, struct outcome *outcome)
{
    runner_reset(trial->runner, trial->word, trial->variant);
    runner_load_code(trial->word);
    runner_set(trial->runner, RUN_SITE);
    runner_go(trial->runner, branches_to_itself(trial->word), outcome);
    ignore_btype(trial, outcome);
}

static bool is_in_slot(const struct trial *trial, uint64_t pc)
{
    return pc - trial->slot < trial->d.slot_length;
}

/* For a fault in the slot, the engine gives handlers the site's address. */
static void translate_fault(const struct trial *trial, struct outcome *outcome)
{
    if (outcome->signal == SIGTRAP || !is_in_slot(trial, outcome->pc))
        return;
    int offset = displaced_site_offset(trial->d.steps, trial->d.n_steps, outcome->pc - trial->slot);
    ck_assert_msg(offset >= 0, "%s: a fault in the middle of the slot, at +%lu", trial->name,
                  outcome->pc - trial->slot);
    outcome->pc = RUN_SITE + (uint64_t)offset;
}

static void load_slot(struct trial *trial)
{
    runner_reset(trial->runner, trial->word, trial->variant);
    runner_load_code(run_brk); /* the original must not run */
    runner_clear(trial->slot & ~(RUN_AREA - 1));
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
    ignore_btype(trial, outcome);
}

/* Steps `steps` times in the slot, goes to the site if that is possible then, and finishes there.
   false: it had finished already. */
static bool finish_at_site(struct trial *trial, unsigned steps, struct outcome *outcome)
{
    struct user_regs_struct regs;
    load_slot(trial);
    for (unsigned i = 0; i < steps; i++) {
        runner_go(trial->runner, true, outcome);
        if (outcome->signal != SIGTRAP || !is_in_slot(trial, outcome->pc))
            return false;
    }
    runner_set_of(trial->runner, PTRACE_GETREGSET, NT_PRSTATUS, &regs, sizeof(regs));
    int offset = displaced_site_offset(trial->d.steps, trial->d.n_steps, regs.pc - trial->slot);
    if (offset >= 0) {
        runner_load_code(trial->word);
        regs.pc = RUN_SITE + (uint64_t)offset;
        runner_set_of(trial->runner, PTRACE_SETREGSET, NT_PRSTATUS, &regs, sizeof(regs));
    }
    runner_go(trial->runner, false, outcome);
    translate_fault(trial, outcome);
    ignore_btype(trial, outcome);
    return true;
}

/* Whether it was run. */
static bool run_word(struct runner *runner, const char *assembly, uint32_t word, uint64_t slot,
                     unsigned variant)
{
    struct trial trial = {.runner = runner, .word = word, .slot = slot + 0x340, .variant = variant};
    struct outcome native, displaced;
    int r = displaced_build(&trial.d, target_addr_of(RUN_SITE), (const uint8_t *)&word,
                            sizeof(word), target_addr_of(trial.slot));
    if (trial.d.kind != DISPLACED_SLOT)
        return false;
    ck_assert_int_eq(r, 0);
    snprintf(trial.name, sizeof(trial.name), "%s (0x%08x from 0x%lx, variant %u)", assembly, word,
             slot, variant);
    run_natively(&trial, &native);
    run_in_slot(&trial, &displaced);
    outcome_compare(trial.name, &native, &displaced);
    if (branches_to_itself(word))
        return true;
    for (unsigned steps = 0; finish_at_site(&trial, steps, &displaced); steps++) {
        ck_assert_msg(steps < DISPLACED_STEPS_MAX, "%s: it does not leave the slot", trial.name);
        outcome_compare(trial.name, &native, &displaced);
    }
    return true;
}

static unsigned run_cases(bool guarded, uint64_t slot)
{
    struct runner runner;
    unsigned run = 0;
    runner_start(&runner, guarded);
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++) {
        const struct displaced_case *what = &displaced_cases[i];
        for (unsigned variant = 0; variant < 2; variant++)
            run += run_word(&runner, what->assembly, what->word, slot, variant * 15);
    }
    runner_stop(&runner);
    return run / 2;
}

/* Both ways of each conditional branch: on x10 and on the flags, which vary. */
static unsigned run_branches(bool guarded, uint64_t slot)
{
    static const struct {
        const char *assembly;
        uint32_t word;
    } branches[] = {
        {"cbz x10, .+0x100", 0xb400080a},
        {"cbz w10, .-0x100", 0x34fff80a},
        {"cbnz x10, .+12", 0xb500006a},
        {"cbnz w10, .+0x100", 0x3500080a},
        {"tbz x10, #63, .+0x100", 0xb6f8080a},
        {"tbnz w10, #31, .+0x100", 0x37f8080a},
        {"tbz w10, #0, .-0x100", 0x3607f80a},
        {"tbnz x10, #32, .+20", 0xb70000aa},
        {"bl .+0x100", 0x94000040},
        {"bl .+12", 0x94000003},
        {"adr x30, .+5", 0x3000003e},
        {"adr xzr, .+5", 0x3000003f},
        {"ldr w10, .+0x100", 0x1800080a},
        {"ldrsw x10, .-0x100", 0x98fff80a},
        {"ldr x30, .+0x100", 0x5800081e},
        {"ldr xzr, .+0x100", 0x5800081f},
        {"ldr s10, .+0x100", 0x1c00080a},
        {"ldr q10, .-0x100", 0x9cfff80a},
    };
    struct runner runner;
    unsigned run = 0;
    runner_start(&runner, guarded);
    for (unsigned variant = 0; variant < RUN_VARIANTS; variant++) {
        for (unsigned i = 0; i < sizeof(branches) / sizeof(branches[0]); i++)
            run += run_word(&runner, branches[i].assembly, branches[i].word, slot, variant);
        for (uint32_t condition = 0; condition < 16; condition++)
            run += run_word(&runner, "b.cond .+0x100", 0x54000800 | condition, slot, variant);
    }
    runner_stop(&runner);
    return run / RUN_VARIANTS;
}

static bool can_be_guarded(void)
{
    if (getauxval(AT_HWCAP2) & HWCAP2_BTI)
        return true;
    puts("SKIP: this processor has no Branch Target Identification");
    return false;
}

START_TEST(copies_do_what_the_original_does)
{
    ck_assert_uint_ge(run_cases(false, RUN_FAR_SLOT), LEAST_CASES);
    ck_assert_uint_ge(run_cases(false, RUN_NEAR_SLOT), LEAST_CASES + 4);
}
END_TEST

START_TEST(copies_do_so_in_guarded_pages)
{
    if (!can_be_guarded())
        return;
    ck_assert_uint_ge(run_cases(true, RUN_FAR_SLOT), LEAST_CASES);
    ck_assert_uint_ge(run_cases(true, RUN_NEAR_SLOT), LEAST_CASES + 4);
}
END_TEST

START_TEST(branches_go_both_ways)
{
    ck_assert_uint_eq(run_branches(false, RUN_FAR_SLOT), 18 - 3 + 16);
    ck_assert_uint_eq(run_branches(false, RUN_NEAR_SLOT), 18 + 16);
}
END_TEST

START_TEST(branches_go_both_ways_in_guarded_pages)
{
    if (!can_be_guarded())
        return;
    ck_assert_uint_eq(run_branches(true, RUN_FAR_SLOT), 18 - 3 + 16);
    ck_assert_uint_eq(run_branches(true, RUN_NEAR_SLOT), 18 + 16);
}
END_TEST

/* The known differences: BR and BLR from a slot arrive with another BTYPE, which what is a landing
   pad accepts, and of which BRK takes no notice. */
static void check_indirect(struct runner *runner, uint32_t word, uint64_t target, bool is_branch)
{
    struct trial trial = {.runner = runner, .word = word, .slot = RUN_FAR_SLOT};
    struct outcome native, displaced;
    int r = displaced_build(&trial.d, target_addr_of(RUN_SITE), (const uint8_t *)&word,
                            sizeof(word), target_addr_of(trial.slot));
    ck_assert_int_eq(r, 0);
    runner_reset(runner, word, 0);
    runner_load_code(word);
    runner->regs.regs[8] = target;
    runner_set(runner, RUN_SITE);
    runner_go(runner, false, &native);
    load_slot(&trial);
    runner->regs.regs[8] = target;
    runner_set(runner, trial.slot);
    runner_go(runner, false, &displaced);
    /* br x8 in a guarded page may not go to bti c: natively it faults there. */
    ck_assert_int_eq(native.signal, is_branch ? SIGILL : SIGTRAP);
    ck_assert_int_eq(displaced.signal, SIGTRAP);
    ck_assert_uint_eq(displaced.regs.regs[9] - native.regs.regs[9], is_branch ? 1 : 0);
    ck_assert_uint_eq(displaced.regs.regs[30], native.regs.regs[30]);
}

START_TEST(landing_pads_accept_copies)
{
    struct runner runner;
    if (!can_be_guarded())
        return;
    runner_start(&runner, true);
    check_indirect(&runner, 0xd63f0100, RUN_LANDING, false); /* blr x8 */
    check_indirect(&runner, 0xd61f0100, RUN_LANDING, true);  /* br x8 */
    runner_stop(&runner);
}
END_TEST

/* A literal that cannot be read: the fault is the original's, with the PC at the site. */
START_TEST(a_literal_that_faults)
{
    const uint32_t words[] = {0x5820000a, 0x1820000a}; /* ldr x10, w10 at +256 KiB: not mapped */
    struct runner runner;
    runner_start(&runner, false);
    for (unsigned i = 0; i < 2; i++) {
        struct trial trial = {.runner = &runner, .word = words[i], .slot = RUN_FAR_SLOT};
        struct outcome native, displaced;
        int r = displaced_build(&trial.d, target_addr_of(RUN_SITE), (const uint8_t *)&words[i], 4,
                                target_addr_of(trial.slot));
        ck_assert_int_eq(r, 0);
        run_natively(&trial, &native);
        ck_assert_int_eq(native.signal, SIGSEGV);
        run_in_slot(&trial, &displaced);
        /* The known difference. Something has run, so BTYPE is 0. */
        ck_assert_uint_eq(displaced.regs.regs[10], RUN_SITE + 0x40000);
        displaced.regs.regs[10] = native.regs.regs[10];
        native.regs.pstate &= ~RUN_BTYPE;
        outcome_compare("ldr (literal)", &native, &displaced);
    }
    runner_stop(&runner);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, copies_do_what_the_original_does);
    tcase_add_test(tests, copies_do_so_in_guarded_pages);
    tcase_add_test(tests, branches_go_both_ways);
    tcase_add_test(tests, branches_go_both_ways_in_guarded_pages);
    tcase_add_test(tests, landing_pads_accept_copies);
    tcase_add_test(tests, a_literal_that_faults);
}

CHECK_MAIN("displaced_run_aarch64", 60, add_tests)
