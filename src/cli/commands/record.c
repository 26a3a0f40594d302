/* SPDX-License-Identifier: MIT */
#include "cli/commands/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/attaching.h"
#include "cli/command_hint.h"
#include "cli/debug_servers.h"
#include "cli/exit_status.h"
#include "cli/function_counts.h"
#include "cli/hints.h"
#include "cli/hits.h"
#include "cli/jump_regions.h"
#include "cli/lttng_sink.h"
#include "cli/options.h"
#include "cli/pattern_hints.h"
#include "cli/print_sink.h"
#include "cli/progress.h"
#include "cli/setuid_warning.h"
#include "cli/stats.h"
#include "cli/stop_share.h"
#include "cli/sudo_user.h"
#include "cli/summary_sink.h"
#include "cli/target.h"
#include "cli/target_name.h"
#include "cli/timed_call.h"
#include "cli/trace_end.h"
#include "cli/tracer.h"
#include "cli/tracing_costs.h"
#include "cli/type_files.h"
#include "cli/watcher.h"
#include "model/hit_sink.h"
#include "ptrace/engine.h"
#include "ptrace/os/program_path.h"
#include "symbols/catalog.h"
#include "symbols/elf/elf_file.h"
#include "tp/daemon_commands.h"
#include "util/capabilities.h"
#include "util/error.h"
#include "util/log.h"

enum {
    LET_GO_MS = 300,       /* the tracer ends within a second after a signal */
    COMMAND_WAIT_MS = 200, /* several come one after the other */
    JUMP_AFTER = 64,       /* stops */
    JUMP_EVERY_MS = 50,    /* at most 20 changes of jumps a second */
};

static void on_started(void *data, struct process *process, enum process_origin origin,
                       struct process *other)
{
    struct tracer *tracer = data;
    struct error err;
    struct target *from = other ? process_data(other) : NULL;
    progress_add(tracer->screen.progress, process_pid(process));
    if (origin == PROCESS_SHARING) {
        if (from && target_share(from, process) < 0)
            log_warning("out of memory: libraries that process %d loads are not traced",
                        process_pid(process));
        return;
    }
    struct target *target = target_new(tracer, process, from, &err);
    if (target) {
        hints_start(tracer, target);
        return;
    }
    if (origin == PROCESS_LAUNCHED) /* it must not run untraced */
        kill(process_pid(process), SIGKILL);
    if (origin == PROCESS_FORKED)
        log_warning("%s", err.text);
    else
        tracer_fail(tracer, &err);
}

static void on_executed(void *data, struct process *process)
{
    struct error err;
    if (!process_data(process))
        return;
    if (target_executed(process, &err) < 0)
        log_warning("%s", err.text);
    else
        hints_start(data, process_data(process));
}

static void on_ended(void *data, struct process *process, int status)
{
    struct tracer *tracer = data;
    progress_remove(tracer->screen.progress, process_pid(process));
    if (process_pid(process) == tracer->run.launched && status != -1) {
        tracer->run.launched_status = status;
        tracer->run.launched_ended = true;
    }
    if (process_data(process))
        target_leave(process_data(process), process);
}

/* The target of the process. NULL: there is none, or this walk has visited it already. */
static struct target *to_visit(const struct tracer *tracer, struct process *process)
{
    struct target *target = process_data(process);
    if (!target || target->visit == tracer->visit)
        return NULL;
    target->visit = tracer->visit;
    return target;
}

static void refresh_target(void *data, struct process *process)
{
    struct target *target = to_visit(data, process);
    if (target)
        target_refresh(target);
}

static void apply_target(void *data, struct process *process)
{
    struct target *target = to_visit(data, process);
    if (target)
        target_apply(target);
}

static void visit_targets(struct tracer *tracer, void (*visit)(void *data, struct process *process))
{
    tracer->visit++;
    engine_each_process(tracer->engine, visit, tracer);
}

static void on_woken(void *data)
{
    struct tracer *tracer = data;
    if (atomic_load(&tracer->run.stop_asked)) {
        engine_detach(tracer->engine);
        return;
    }
    if (atomic_exchange(&tracer->module_named, false))
        visit_targets(tracer, refresh_target);
    visit_targets(tracer, apply_target);
}

static void set_jumps(struct engine_options *options)
{
    const char *tested = getenv("PTRACE_TRACER_JUMP_AFTER");
    const char *obstacle = engine_jumps_obstacle();
    if (obstacle)
        log_warning("no jumps in the program: %s; all calls are recorded by stops", obstacle);
    options->jump_after = JUMP_AFTER;
    options->jump_every_ms = JUMP_EVERY_MS;
    if (!tested || atoi(tested) <= 0)
        return;
    /* For tests: as soon as possible, and without loss. */
    options->jump_after = (unsigned)atoi(tested);
    options->jump_every_ms = 0;
    options->jumps_never_drop = true;
}

static int set_up(struct tracer *tracer, struct error *err)
{
    const struct options *options = tracer->options;
    struct engine_options engine_options = {
        .follow_forks = options->follow_forks,
        .no_pin = options->no_pin,

        .stop_with_program = true,
        .string_limit = options->string_limit,
        .stack_frames = options->stack_frames,
        .descriptors = options->descriptors,
        .let_go_ms = LET_GO_MS,
    };
    if (options->in_process)
        set_jumps(&engine_options);
    struct engine_sink sink = {
        .data = tracer,
        .hit = hits_take,
        .unwound = hits_unwound,
        .dropped = hits_dropped,
        .started = on_started,
        .executed = on_executed,
        .ended = on_ended,
        .woken = on_woken,
        .name_code = target_on_name_code,
        .name_return = target_on_name_return,
        .is_code = target_on_is_code,
        .jump_region = target_on_jump_region,
        .stop_measured = hits_measured,
    };
    int r = engine_new(&engine_options, &sink, &tracer->engine);
    if (r == 0 && options->in_process && !(tracer->regions = jump_regions_new()))
        r = -ENOMEM;
    if (r == 0)
        r = catalog_new(&tracer->catalog);
    if (r < 0)
        return error_set(err, r, "cannot start the engine: %s", strerror(-r));
    catalog_stop_when(tracer->catalog, &tracer->run.stop_asked);
    catalog_set_extra_fields(tracer->catalog, options->with);
    catalog_set_value_options(tracer->catalog, options->value_options);
    if (options->program) {
        char **ours = environ;
        environ = options->environment ? options->environment : ours;
        r = engine_launch_prepare(tracer->engine, options->program, &tracer->run.launched, err);
        environ = ours;
        if (r < 0)
            return r;
        setuid_warning_print(options->program[0]);
    }
    /* The child has the caller's credentials, signals and environment. From here on the tracer
       changes its own. */
    r = sudo_user_become(err);
    if (r == 0)
        r = options_read_files(options, err);
    if (r == 0)
        r = type_files_add(tracer->catalog, options, err);
    if (r < 0)
        return r;
    watcher_block_signals(tracer);
    /* Before the back ends are loaded: they copy the settings of the log. */
    tracer->screen.progress = progress_new(options);
    if (options->verbose)
        tracer->screen.counts = function_counts_new();
    if (!options->quiet)
        tracer->screen.share = stop_share_new();
    /* Calls that jumps serve cost less. */
    if (options->summary && !options->in_process)
        tracer->costs = tracing_costs_new(false);
    r = 0;
    if (options_record(options))
        r = options->print ? print_sink_open(tracer, err) : lttng_sink_open(tracer, err);
    /* After it: that measures the cost of a stop, too, if this has failed. */
    if (r == 0 && options->summary)
        r = summary_sink_open(tracer, err);
    if (tracer->costs)
        engine_measure_stops(tracer->engine);
    if (r == 0)
        r = debug_servers_ask(tracer, err);
    if (r == 0 && watcher_take_signal(tracer))
        r = error_set(err, -EINTR, "interrupted before anything was traced");
    if (r == 0 && watcher_start(tracer, &tracer->run.watcher) < 0)
        r = error_set(err, -EAGAIN, "cannot start a thread");
    if (r == 0 && tracer->sink.start)
        r = tracer->sink.start(tracer->sink.data, err);
    if (r == 0 && tracer->summary && summary_start(tracer->summary) < 0)
        r = error_set(err, -EAGAIN, "cannot start a thread");
    return r;
}

/* Frees the tracer, unless a pending call still uses it. */
static void tear_down(struct tracer *tracer)
{
    const struct hit_sink *sink = &tracer->sink;
    if (tracer->run.abandoned || (sink->free && sink->free(sink->data) < 0))
        return; /* a pending call uses it */
    engine_free(tracer->engine);
    jump_regions_free(tracer->regions);
    progress_free(tracer->screen.progress);
    function_counts_free(tracer->screen.counts);
    stop_share_free(tracer->screen.share);
    summary_free(tracer->summary);
    tracing_costs_free(tracer->costs);
    hints_free(&tracer->hints);
    catalog_free(tracer->catalog);
    timed_calls_destroy(&tracer->calls);
    free(tracer);
}

/* The kernel refuses a program of another architecture, and one that is damaged, with the same
   error: says so of the former. */
static void name_other_machine(const struct tracer *tracer, struct error *err)
{
    char path[PATH_MAX];
    struct error why;
    struct elf_file file;
    if (program_path(tracer->options->program[0], path, &why) < 0)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int r = fd < 0 ? -errno : elf_file_open(&file, fd, path, &why);
    if (r == -ENOTSUP)
        *err = why;
    else if (r == 0)
        elf_file_close(&file);
}

struct commanded {
    struct tracer *tracer;
    bool was_busy; /* at the last command */
};

/* What was recorded in the program is for the sessions as they are now. */
static void before_command(void *data)
{
    struct commanded *commanded = data;
    unsigned limit_ms = commanded->was_busy ? 0 : COMMAND_WAIT_MS;
    struct tracer *tracer = commanded->tracer;
    commanded->was_busy = !engine_report_recorded(tracer->engine, limit_ms);
    if (tracer->sink.before_change)
        tracer->sink.before_change(tracer->sink.data);
}

static int trace(struct tracer *tracer, struct error *err)
{
    const struct options *options = tracer->options;
    struct commanded commanded = {.tracer = tracer};
    /* All files that the user named are open. */
    capabilities_raise_tracing();
    watcher_ignore_stops(tracer, true);
    int r = options->program ? engine_launch_run(tracer->engine, err) : attaching_run(tracer, err);
    if (r == -ENOEXEC && options->program && engine_launch_refused(tracer->engine))
        name_other_machine(tracer, err);
    if (r < 0)
        return r;
    if (!options->program)
        pattern_hints_attached(tracer);
    if (options->in_process && !options->print && options_record(options))
        daemon_commands_watch(before_command, &commanded);
    r = engine_run(tracer->engine, err);
    daemon_commands_watch(NULL, NULL);
    return r;
}

static int exit_status(const struct tracer *tracer)
{
    int status = tracer->run.launched_status;
    if (tracer->run.failed)
        return EXIT_TRACER_FAILED;
    if (!tracer->run.launched_ended)
        return 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int failure_status(int code, bool executing)
{
    if (!executing)
        return EXIT_TRACER_FAILED;
    return code == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* Prints the summary. Returns the exit status. */
static int sum_up(struct tracer *tracer)
{
    struct error err = {0};
    int status = exit_status(tracer);
    if (tracer->run.failed || trace_end_report(tracer, &err) == 0)
        return status;
    if (err.text[0])
        log_error("%s", err.text);
    return EXIT_TRACER_FAILED;
}

/* Continues a program that stopped after the detach. When its parent ends, the kernel sends SIGHUP
   to a stopped process whose process group becomes orphaned (_exit(2)). */
static void leave_program(pid_t program)
{
    siginfo_t info = {0};
    if (program > 0 && waitid(P_PID, (id_t)program, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid != 0)
        kill(program, SIGCONT);
}

int record_run(const struct options *options)
{
    struct error err = {0};
    struct tracer *tracer = calloc(1, sizeof(*tracer));
    int status;
    if (!tracer) {
        log_error("out of memory");
        return EXIT_TRACER_FAILED;
    }
    tracer->options = options;
    timed_calls_init(&tracer->calls);
    int r = set_up(tracer, &err);
    if (r == 0)
        r = trace(tracer, &err);
    bool executing = r < 0 && tracer->engine && engine_launch_refused(tracer->engine);
    /* First of all: after a failure, traced processes are stopped. */
    if (tracer->engine)
        engine_let_go(tracer->engine);
    watcher_ignore_stops(tracer, false);
    watcher_stop(tracer->run.watcher);
    if (tracer->sink.stop)
        tracer->sink.stop(tracer->sink.data);
    if (tracer->summary)
        summary_stop(tracer->summary);
    pattern_hints_finish(tracer);
    if (r < 0) {
        status = failure_status(r, executing);
        if (status == EXIT_NOT_FOUND)
            command_hint_not_found(options, &err);
        if (!tracer->run.failed)
            log_error("%s", err.text);
    } else {
        status = sum_up(tracer);
    }
    if (options->stats && tracer->engine)
        stats_report(tracer->engine);
    pid_t program = tracer->run.launched_ended ? 0 : tracer->run.launched;
    tear_down(tracer);
    leave_program(program);
    return status;
}
