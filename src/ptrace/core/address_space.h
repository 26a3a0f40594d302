/* SPDX-License-Identifier: MIT */
/*
 * An address space with what the engine has put into it. A process has one; processes made by
 * vfork(2) or clone(2) with CLONE_VM share one until they execute another program.
 */
#ifndef PTRACE_CORE_ADDRESS_SPACE_H
#define PTRACE_CORE_ADDRESS_SPACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/addr.h"
#include "util/error.h"
#include "util/maps.h"
#include "util/table.h"

struct code_slots;
struct engine;
struct process;
struct unwinder;

enum { NO_CODE_PAGES = 64 };

/* A page that held no code when the mappings were last read for it. */
struct no_code {
    uint64_t page;
    uint64_t seen_ns; /* when that was; 0: never */
};

/* The watch of syscall(): see sigtrap_on_syscall(). */
struct syscall_watch {
    unsigned calls;    /* since then */
    uint64_t since_ns; /* 0: none yet */
    bool needed;       /* some call was about SIGTRAP */
    bool given_up;
};

/* A number of changes that no space ever has. */
#define CHANGES_UNKNOWN UINT64_MAX

struct address_space {
    struct engine *engine;
    unsigned users;            /* processes in it, and whoever else keeps it */
    struct process *processes; /* those in it */
    unsigned n_reported;       /* of these, whose calls are reported */
    unsigned announced; /* of these, that `started` has told of: watches live while there are */
    int memory; /* /proc/PID/mem; -1: no descriptor was left for it: see address_space_memory() */
    pid_t forked_child; /* while it is a copy in the making: the child, which has not run yet */
    bool unclean;       /* its breakpoints could not be taken out when it was to be let go */
    struct table sites; /* address -> struct site, owned */
    struct code_slots *slots; /* NULL: none was taken yet */
    /* Frees what the layers above keep here; NULL: nothing is there. */
    void (*free_sites)(struct address_space *space);
    void (*free_unwinder)(struct address_space *space);
    uint64_t changes;         /* of breakpoints and slots in the memory, so far */
    target_addr parking;      /* arch_spin_insn in a slot: see tracee_migration.h; 0: none yet */
    target_addr syscall_insn; /* 0: not looked for yet */
    struct maps maps;         /* as last read by address_space_read_maps() */
    uint64_t maps_read_ns;
    struct no_code no_code[NO_CODE_PAGES]; /* by page number */
    struct unwinder *unwinder;             /* NULL until a call chain is asked for: see unwind.h */
    struct syscall_watch syscalls;
    pid_t helper; /* a thread that is stopped where it can do a remote system call; 0: none now */
};

/* The space whose memory is open at fd (or a negative errno: -EMFILE and -ENFILE make one without),
   which it becomes the owner of. */
MUST_CHECK int address_space_make(struct engine *engine, int fd, struct address_space **space);
/* The space of the thread as it is now, with one user. */
MUST_CHECK int address_space_new(struct engine *engine, pid_t tid, struct address_space **space);
/* One user less; the last frees it. Memory is not touched. */
void address_space_put(struct address_space *space);
/* Reads the mappings again, by way of a thread of the space. When that fails (the thread has ended,
   or they may not be read any more) what was known stays. */
void address_space_read_maps(struct address_space *space, pid_t tid, uint64_t now_ns);
/* Something was unmapped: nothing that is known of mappings holds any more. */
void address_space_forget_maps(struct address_space *space);
/* Whether the address lies in the code of a program or library, that is in an executable mapping of
   a file, or where the engine's sink knows one to have its code. Code that a program makes for
   itself lies in neither, and it moves, copies and overwrites that as it likes, breakpoints
   included. Asked while one of the process's threads is served. Of a page that is no such code the
   answer may be 100 ms old. */
bool address_space_is_code(struct process *process, target_addr at, uint64_t now_ns);

/*
 * The space's memory, to be read and written: its own descriptor, or, when it got none, one that
 * such spaces take turns to have, which is good until another space is asked for its own. Negative
 * errno: it cannot be opened now, perhaps since no thread is stopped.
 */
int address_space_memory(const struct address_space *space);

/* Reads n bytes as the program has them, breakpoints hidden: the layers above know those. All or
   -EIO. */
typedef int program_read(const struct address_space *space, target_addr at, void *buffer, size_t n);

#endif
