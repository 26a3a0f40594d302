/* SPDX-License-Identifier: MIT */
/* What test_code_regions.c expects of the files that are made of regions.S. */
#ifndef CODE_REGIONS_H
#define CODE_REGIONS_H

#define CODE_REGIONS

#define ENTRY(name, length, n)                                                                     \
    {                                                                                              \
        name, CODE_ENTRY, false, 0, length, n, false, NULL                                         \
    }
#define RETURN(name, length, n)                                                                    \
    {                                                                                              \
        name, CODE_RETURN, false, 0, length, n, false, NULL                                        \
    }
#define NO_ENTRY(name, reason)                                                                     \
    {                                                                                              \
        name, CODE_ENTRY, false, 0, 0, 0, false, reason                                            \
    }
#define NO_RETURN(name, reason)                                                                    \
    {                                                                                              \
        name, CODE_RETURN, false, 0, 0, 0, false, reason                                           \
    }

static const char padding[] = "something other than padding follows a return or jump";
static const char leads[] = "a branch or pointer leads into it";
static const char indirect[] = "an indirect jump of the function may lead into it";
static const char unknown_part[] = "it may be a part of a function that is not known";
static const char raises[] = "an instruction that raises an exception";
static const char elsewhere[] = "an instruction that cannot run elsewhere";

static const uint8_t prologue_bytes[] = {0x53, 0x48, 0x89, 0xfb, 0x48, 0x83, 0xec, 0x10};

static const struct expected in_both[] = {
    /* instructions */
    ENTRY("plain", 8, 3),
    {"plain", CODE_ENTRY, true, 0, 0, 0, false,
     "the program's stacks may hold addresses inside it"},
    {"marked", CODE_ENTRY, false, 4, 8, 3, false, NULL},
    {"marked_one_instruction", CODE_ENTRY, false, 4, 7, 1, false, NULL},
    {"marked_one_instruction", CODE_ENTRY, true, 0, 0, 0, false,
     "the program's stacks may hold addresses inside it"},
    {"one_instruction", CODE_ENTRY, true, 0, 5, 1, false, NULL},
    ENTRY("of_address", 7, 1),
    ENTRY("short_conditional", 5, 2),
    {"last_call", CODE_ENTRY, false, 0, 6, 2, true, NULL},
    NO_ENTRY("early_call", "a call comes too early"),
    NO_ENTRY("has_syscall", "a system call"),
    NO_ENTRY("has_sysenter", "a system call"),
    NO_ENTRY("has_int", raises),
    NO_ENTRY("has_int3", raises),
    NO_ENTRY("has_ud2", raises),
    NO_ENTRY("has_hlt", raises),
    NO_ENTRY("has_far_call", "a far branch"),
    NO_ENTRY("has_endbr64", "a target of indirect branches"),
    NO_ENTRY("has_eip", "an EIP-relative operand"),
    NO_ENTRY("has_call_of_stack", "a call through the stack"),
    NO_ENTRY("has_16_bit_branch", "a branch with an operand size prefix"),
    NO_ENTRY("has_unknown", "the bytes are no known instruction"),
    NO_ENTRY("has_xbegin", elsewhere),
    /* returns and padding */
    ENTRY("padded_by_nops", 12, 1),
    ENTRY("padded_by_zeros", 5, 1),
    NO_ENTRY("followed_by_data", padding),
    NO_ENTRY("zeros_before_data", padding),
    NO_ENTRY("directly_followed", leads),
    NO_ENTRY("followed_by_unnamed", leads),
    ENTRY("padding_inside", 8, 1),
    {"padding_inside", CODE_ENTRY, true, 0, 0, 0, false,
     "the program's stacks may hold addresses inside it"},
    NO_ENTRY("data_inside", padding),
    NO_ENTRY("data_like_nops_inside", padding),
    NO_ENTRY("code_inside", padding),
    NO_ENTRY("zeros_inside", padding),
    /* what leads inside */
    NO_ENTRY("short_branch", leads),
    ENTRY("branch_to_start", 5, 2),
    NO_ENTRY("marked_branch_to_start",
             "a branch or pointer leads to its start, behind the function's entry"),
    NO_ENTRY("by_jump", leads),
    NO_ENTRY("by_call", leads),
    NO_ENTRY("by_conditional", leads),
    NO_ENTRY("by_xbegin", leads),
    NO_ENTRY("by_bytes", leads),
    NO_ENTRY("by_lea", leads),
    NO_ENTRY("by_short_from_data", leads),
    NO_ENTRY("by_path", leads),
    NO_ENTRY("by_path_back", leads),
    NO_ENTRY("by_symbol", leads),
    NO_ENTRY("by_object", leads),
    NO_ENTRY("by_relocation", leads),
    NO_ENTRY("by_relocated_symbol", leads),
    ENTRY("by_nothing", 5, 2),
    /* exceptions */
    ENTRY("caught", 8, 3),
    NO_RETURN("caught_inside", leads),
    NO_RETURN("caught_at", "exceptions are caught there"),
    NO_ENTRY("signal_return", "it is the return of a signal handler"),
    /* restartable sequences */
    NO_ENTRY("sequence", "it is in a restartable sequence"),
    NO_RETURN("in_sequence", "it is in a restartable sequence"),
    RETURN("behind_sequence", 6, 2),
    NO_RETURN("in_other_sequence", "it is in a restartable sequence"),
    /* indirect jumps */
    NO_ENTRY("unknown_jump", indirect),
    RETURN("unknown_single", 5, 1),
    NO_ENTRY("pushed_jump", indirect),
    NO_ENTRY("stored_jump", indirect),
    NO_ENTRY("thunk_jump", indirect),
    ENTRY("tail_call", 8, 3),
    ENTRY("tail_call_through_memory", 5, 2),
    NO_ENTRY("not_a_tail_call", indirect),
    NO_ENTRY("computed_tail_call", indirect),
    ENTRY("distances", 8, 3),
    NO_RETURN("distances_site", leads),
    ENTRY("distances_unbounded", 8, 3),
    NO_RETURN("distances_unbounded_site", leads),
    NO_ENTRY("distances_shared", indirect),
    NO_ENTRY("distances_cut", indirect),
    NO_ENTRY("distances_of_two", indirect),
    ENTRY("distances_hoisted", 8, 3),
    NO_RETURN("distances_hoisted_site", leads),
    ENTRY("no_return", 8, 3),
    NO_RETURN("no_return_site", leads),
    NO_ENTRY("returning", indirect),
    ENTRY("two_loops", 8, 3),
    NO_RETURN("two_loops_site", leads),
    NO_ENTRY("two_bases", indirect),
    ENTRY("addresses", 8, 3),
    NO_RETURN("addresses_site", leads),
    /* parts of functions */
    NO_ENTRY("split", indirect),
    NO_RETURN("split_cold_site", indirect),
    ENTRY("table_part", 8, 3),
    NO_RETURN("table_part_site", leads),
    ENTRY("first_of_shared", 8, 3),
    NO_ENTRY("second_of_shared", indirect),
    NO_ENTRY("thunk_and_part", indirect),
    NO_ENTRY("jumps_away", indirect),
    NO_RETURN("away_site", indirect),
    NO_RETURN("fragment_site", unknown_part),
    RETURN("computed_site", 5, 2),
    NO_RETURN("framed_site", unknown_part),
    NO_RETURN("unaligned_site", unknown_part),
    NO_RETURN("behind_start_site", unknown_part),
    RETURN("static_site", 5, 2),
    NO_ENTRY("without_bounds",
             "the function's bounds are not known, and the first instruction is shorter"),
    {"single_without_bounds", CODE_ENTRY, false, 0, 5, 1, false, NULL},
    {0},
};

static const struct expected in_library[] = {
    ENTRY("by_word", 5, 2),
    RETURN("stored_site", 5, 2),
    {0},
};

static const struct expected in_no_pie[] = {
    NO_ENTRY("by_immediate", leads),
    NO_ENTRY("by_stored_immediate", leads),
    NO_ENTRY("by_pushed_immediate", leads),
    NO_ENTRY("by_absolute_lea", leads),
    NO_ENTRY("by_word", leads),
    NO_RETURN("stored_site", unknown_part), /* without a relocation */
    {0},
};

/* Without symbols of all functions. */
static const struct expected in_stripped[] = {
    ENTRY("plain", 8, 3),
    NO_RETURN("away_site", indirect),
    RETURN("static_site", 5, 2),
    {0},
};

#endif
