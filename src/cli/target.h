/* SPDX-License-Identifier: MIT */
/*
 * A target: the memory of a traced process as the tracer sees it, with its modules and their
 * candidates. Processes that live in one memory have one target.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli/tracer.h"
#include "ptrace/engine.h"
#include "symbols/code_map.h"
#include "symbols/module.h"
#include "util/vec.h"

struct candidate {
    const struct probe *probe;
    target_addr at;
    unsigned armed;     /* mask of enum hit_kind; of a resolver: whether its result is waited for */
    bool is_resolver;   /* `at` is where the probe's resolver begins: see cli/indirect.h */
    bool is_looked_for; /* likewise, whether what was chosen before has been looked for */
    bool is_shared;     /* there are others of the same address */
    bool refused;       /* no breakpoint can stand there; said once */
};

struct target_module {
    struct module module;
    VEC(struct candidate) candidates;
    bool
        taken; /* its functions were looked for: a -f pattern may select some, or a rule names it */
    bool seen; /* in the last look at the process */
};

struct target {
    struct tracer *tracer;
    struct process *process; /* of the users, the one to ask for things */
    VEC(struct process *) users;
    unsigned visit; /* the last one of the tracer's that it had: see struct tracer */
    VEC(struct target_module *) modules;
    struct code_map *code;   /* of all modules */
    target_addr entry_watch; /* 0: passed */
    bool at_linker; /* called by the dynamic linker, which has not relocated what it just mapped */
    size_t n_armed;
};

/* Makes the target of a process that has just started, been attached to, or (with `parent`) forked.
   It is the process's data, and goes with its last user by target_leave(). NULL with err filled. */
struct target *target_new(struct tracer *tracer, struct process *process,
                          const struct target *parent, struct error *err);
/* The process lives in the memory of the target, and has it as its data now. -ENOMEM. */
MUST_CHECK int target_share(struct target *target, struct process *process);
/* The process has ended or was let go: it has no target any more. */
void target_leave(struct target *target, struct process *process);

/* The process, which has a target, has executed another program: everything anew. */
MUST_CHECK int target_executed(struct process *process, struct error *err);

/* Looks at the process's modules again, registers and arms what is new. */
void target_refresh(struct target *target);
/* Arms and disarms by what is wanted now. */
void target_apply(struct target *target);

#endif
