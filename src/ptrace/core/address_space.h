/* SPDX-License-Identifier: MIT */
/*
 * An address space and what the engine has put into it. Processes made by vfork(2) or clone(2) with
 * CLONE_VM share one until they execute another program.
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
struct jumps;
struct process;
struct site;
struct unwinder;

enum { NO_CODE_PAGES = 64 };

/* A page that contained no code when the mappings were last read for it. */
struct no_code {
    uint64_t page;
    uint64_t seen_ns; /* time of that read; 0: never */
};

/* The watch on syscall(): see sigtrap_on_syscall(). */
struct syscall_watch {
    unsigned calls;    /* calls since `since_ns` */
    uint64_t since_ns; /* 0: none yet */
    bool needed;       /* some call concerned SIGTRAP */
    bool given_up;
};

/* The watch on mprotect(): see ptrace/jumps/writable_code.h. */
struct protect_watch {
    unsigned calls;    /* since `since_ns` */
    uint64_t since_ns; /* 0: none yet */
    bool needed;       /* some call made code writable */
};

/* A value that address_space.changes never has. */
#define CHANGES_UNKNOWN UINT64_MAX

struct address_space {
    struct engine *engine;
    unsigned users;            /* reference count: the processes in it, and other users */
    struct process *processes; /* list of the processes in it */
    unsigned n_reported;       /* processes in it whose calls are reported */
    unsigned announced; /* processes in it for which `started` was called: watches exist while there
                           are any */
    int memory; /* /proc/PID/mem; -1: no descriptor is kept for it, see address_space_memory() */
    pid_t forked_child; /* while fork_copy() makes this copy: the child, which has not run yet */
    bool unclean;       /* its breakpoints could not be removed for a detach */
    struct table sites; /* address -> struct site, owned */
    struct code_slots *slots; /* NULL: none was needed yet */
    /* Destructors that the layers above set; NULL: nothing to free. */
    void (*free_sites)(struct address_space *space);
    void (*free_unwinder)(struct address_space *space);
    void (*free_jumps)(struct address_space *space);
    struct jumps *jumps;      /* NULL: its sites are served by stops: see ptrace/jumps/jumps.h */
    bool suspends;            /* stacks may be suspended anywhere: see ptrace/jumps/suspended.h */
    uint64_t changes;         /* number of writes of breakpoints and slots so far */
    target_addr spin_slot;    /* a slot with arch_spin_insn: see tracee_migration.h; 0: none yet */
    target_addr syscall_insn; /* 0: not searched for yet */
    uint64_t code_bits;       /* arch_code_bits(); 0: not read yet */
    target_addr random;       /* address of the random bytes of AT_RANDOM; 0: not known */
    bool random_read;
    struct maps maps; /* as last read by address_space_read_maps() */
    uint64_t maps_read_ns;
    struct no_code no_code[NO_CODE_PAGES]; /* by page number */
    struct unwinder *unwinder;             /* NULL until the first call chain: see unwind.h */
    struct syscall_watch syscalls;
    struct protect_watch protections;
    pid_t helper; /* a thread in a stop in which it can run a remote system call; 0: none */
};

/* Makes an address space whose memory is open at fd, and takes over fd. fd may be a negative errno:
   with -EMFILE or -ENFILE the space has no descriptor of its own, others are returned. One user. */
MUST_CHECK int address_space_make(struct engine *engine, int fd, struct address_space **space);
/* The address space that the thread has now, with one user. */
MUST_CHECK int address_space_new(struct engine *engine, pid_t tid, struct address_space **space);
/* Removes a user; the last one frees the address space. The program's memory is not changed. */
void address_space_put(struct address_space *space);
/* Reads the mappings again, through a thread of the address space. On failure (the thread has
   ended, or the file is not readable any more) the old mappings stay. */
void address_space_read_maps(struct address_space *space, pid_t tid, uint64_t now_ns);
/* After an unmap: forgets all known mappings. */
void address_space_forget_maps(struct address_space *space);
/* Whether the address is in the code of a program or library: in an executable mapping of a file,
   or where the engine's sink knows code. Code that a program generates is in neither: the program
   may move, copy and overwrite it, with the breakpoints in it. To be called while a stop of one of
   the process's threads is handled. For a page without such code the answer may be 100 ms old. */
bool address_space_is_code(struct process *process, target_addr at, uint64_t now_ns);

/*
 * A descriptor for the address space's memory, to read and write: its own, or one that all address
 * spaces without their own share. The shared one is valid until this is called for another address
 * space. A negative errno: it cannot be opened now, perhaps because no thread is stopped.
 */
int address_space_memory(const struct address_space *space);

/* arch_code_bits(), read once through the stopped thread. */
uint64_t address_space_code_bits(struct address_space *space, pid_t tid);
/* The address of the process's random bytes (getauxval(3): AT_RANDOM), read once; 0: not known. */
target_addr address_space_random(struct address_space *space, pid_t tid);

/* Reads n bytes as the program sees them, with breakpoints hidden, which only the layers above can
   do. All or -EIO. */
typedef int program_read(const struct address_space *space, target_addr at, void *buffer, size_t n);

#endif
