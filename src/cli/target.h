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
    unsigned armed;     /* mask of enum hit_kind; for a resolver: HIT_EXIT while armed */
    bool is_resolver;   /* `at` is the entry of the resolver: see cli/indirect.h */
    bool is_looked_for; /* for a resolver: its earlier implementations were searched */
    bool is_shared;     /* other candidates have the same address */
    bool refused;       /* no breakpoint is possible; reported once */
};

struct target_module {
    struct module module;
    VEC(struct candidate) candidates;
    bool taken;         /* its functions were searched for candidates */
    bool unnamed_taken; /* the same of its functions without a symbol, if not both together */
    bool seen;          /* in the last scan of the mappings */
};

struct target {
    struct tracer *tracer;
    struct process *process; /* one of the users, for requests */
    VEC(struct process *) users;
    unsigned visit; /* the last walk that visited it: see struct tracer */
    VEC(struct target_module *) modules;
    struct code_map *code;   /* of all modules */
    target_addr entry_watch; /* 0: the program has passed it, or has none */
    bool
        at_linker; /* in a watch of the dynamic linker, which has not relocated new libraries yet */
    size_t n_armed;
};

/* Makes the target of a process that has just started, been attached to, or (with `parent`) forked.
   It is the process's data, and goes with its last user by target_leave(). NULL with err filled. */
struct target *target_new(struct tracer *tracer, struct process *process,
                          const struct target *parent, struct error *err);
/* Adds a process that shares the memory, and sets the target as its data. -ENOMEM. */
MUST_CHECK int target_share(struct target *target, struct process *process);
/* The process has ended or was detached: removes it. Frees the target with the last process. */
void target_leave(struct target *target, struct process *process);

/* The process has executed another program: starts anew. */
MUST_CHECK int target_executed(struct process *process, struct error *err);

/* Scans the mappings again. Adds and arms the candidates of new modules. */
void target_refresh(struct target *target);
/* Arms the candidates that are wanted now, and disarms the others. */
void target_apply(struct target *target);

#endif
