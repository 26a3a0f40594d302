/* SPDX-License-Identifier: MIT */
#include "cli/target_watch.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "util/log.h"

/* The dynamic linker calls this empty function when its list of libraries has changed, before their
   constructors run. It is a hook for debuggers; glibc and musl export it with this name. */
static const char LINKER_HOOK[] = "_dl_debug_state";

/* Functions that leave calls without returning from them. */
static const struct {
    const char *name;
    enum process_jump jump;
} JUMPS[] = {
    {"longjmp", JUMP_LONGJMP},
    {"_longjmp", JUMP_LONGJMP},
    {"siglongjmp", JUMP_LONGJMP},
    {"__longjmp_chk", JUMP_LONGJMP},
    {"__libc_longjmp", JUMP_LONGJMP},
    {"__libc_siglongjmp", JUMP_LONGJMP},
    {"setcontext", JUMP_CONTEXT},
    {"_Unwind_RaiseException", JUMP_THROW},
    {"_Unwind_Resume", JUMP_THROW},
    {"_Unwind_Resume_or_Rethrow", JUMP_THROW},
    {"_Unwind_ForcedUnwind", JUMP_THREAD_END},
    {"__cxa_begin_catch", JUMP_CATCH},
};

/* The address of the function; 0: it is not in the module. */
static target_addr entry_of(const struct module *module, const char *name)
{
    file_vaddr vaddr;
    return image_symbol(module->image, name, &vaddr) ? module_target(module, vaddr)
                                                     : target_addr_of(0);
}

/* Functions that the engine must know of: see process_watch_signals(). */
static void watch_signals(struct target *target, const struct module *module)
{
    static const struct {
        const char *name;
        int (*watch)(struct process *process, target_addr at, struct error *err);
    } watched[] = {
        {"sched_getaffinity", process_watch_affinity},
        {"sched_setaffinity", process_watch_affinity},
        {"pthread_getaffinity_np", process_watch_affinity},
        {"pthread_setaffinity_np", process_watch_affinity},
        {"makecontext", process_watch_stacks},
        {"swapcontext", process_watch_stacks},
        {"setcontext", process_watch_stacks},
        {"mprotect", process_watch_protection},
        {"pkey_mprotect", process_watch_protection},
    };
    const struct signal_functions signals = {.sigmask = entry_of(module, "pthread_sigmask"),
                                             .sigaction = entry_of(module, "sigaction"),
                                             .syscall = entry_of(module, "syscall")};
    struct error err;
    file_vaddr vaddr;
    if (process_watch_signals(target->process, &signals, &err) < 0)
        log_debug("not all of %s is watched for what it makes of SIGTRAP: %s",
                  image_path(module->image), err.text);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        if (image_symbol(module->image, watched[i].name, &vaddr) &&
            watched[i].watch(target->process, module_target(module, vaddr), &err) < 0)
            log_debug("%s in %s is not watched: %s", watched[i].name, image_path(module->image),
                      err.text);
}

/* Whether the process was started with leak checks disabled (ASAN_OPTIONS, LSAN_OPTIONS). */
static bool checks_no_leaks(pid_t pid)
{
    char path[32], *variable = NULL;
    size_t room = 0;
    bool off = false;
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    FILE *environment = fopen(path, "re");
    while (environment && !off && getdelim(&variable, &room, '\0', environment) > 0)
        off = (strncmp(variable, "ASAN_OPTIONS=", 13) == 0 ||
               strncmp(variable, "LSAN_OPTIONS=", 13) == 0) &&
              strstr(variable, "detect_leaks=0");
    free(variable);
    if (environment)
        fclose(environment);
    return off;
}

bool target_checks_leaks(const struct target *target, const struct module *module)
{
    return image_has_leak_check(module->image) && !checks_no_leaks(process_pid(target->process));
}

/* At exit, LeakSanitizer attaches to its own process with ptrace, and fails if there is a tracer:
   the program ends with status 1 and does not write its buffered output. */
static void warn_of_leak_check(struct target *target, const struct module *module)
{
    if (!target_checks_leaks(target, module) || !image_first_report(module->image))
        return;
    log_warning("process %d checks for leaks when it ends (LeakSanitizer), which fails in a traced "
                "process: set ASAN_OPTIONS=detect_leaks=0 for it",
                (int)process_pid(target->process));
}

void target_watch(struct target *target, const struct module *module, watch_reached *on_libraries)
{
    struct error err;
    file_vaddr vaddr;
    watch_signals(target, module);
    warn_of_leak_check(target, module);
    if (image_symbol(module->image, LINKER_HOOK, &vaddr) &&
        process_watch(target->process, module_target(module, vaddr), on_libraries, target, &err) <
            0)
        log_warning("libraries loaded later are not traced: %s", err.text);
    if (target->tracer->options->entry_only)
        return;
    for (size_t i = 0; i < sizeof(JUMPS) / sizeof(JUMPS[0]); i++)
        if (image_symbol(module->image, JUMPS[i].name, &vaddr) &&
            process_watch_jump(target->process, module_target(module, vaddr), JUMPS[i].jump, &err) <
                0)
            log_debug("%s in %s is not watched: %s", JUMPS[i].name, image_path(module->image),
                      err.text);
}
