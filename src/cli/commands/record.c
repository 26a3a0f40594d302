/* SPDX-License-Identifier: MIT */
#include "cli/commands/record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/attaching.h"
#include "cli/debug_servers.h"
#include "cli/exit_status.h"
#include "cli/function_counts.h"
#include "cli/hits.h"
#include "cli/options.h"
#include "cli/program_name.h"
#include "cli/progress.h"
#include "cli/session_poller.h"
#include "cli/session_teardown.h"
#include "cli/setuid_warning.h"
#include "cli/stats.h"
#include "cli/sudo_user.h"
#include "cli/summary.h"
#include "cli/target.h"
#include "cli/target_name.h"
#include "cli/timed_call.h"
#include "cli/tracer.h"
#include "cli/watcher.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "tp/lttng/backend.h"
#include "tp/print.h"
#include "tp/session/session.h"
#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/error.h"
#include "util/log.h"
#include "util/table.h"
#include "util/vec.h"

enum { TELL_AFTER_MS = 3000 }; /* of the user, who then is told what is waited for */
enum { LET_GO_MS = 300 };      /* who asks for an end is to see it within a second */

static void on_started(void *data, struct process *process, enum process_origin origin,
                       struct process *other)
{
    struct tracer *tracer = data;
    struct error err;
    struct target *from = other ? process_data(other) : NULL;
    progress_add(tracer->progress, process_pid(process));
    if (origin == PROCESS_SHARING) {
        if (from && target_share(from, process) < 0)
            log_warning("out of memory: libraries that process %d loads are not traced",
                        process_pid(process));
        return;
    }
    if (target_new(tracer, process, from, &err))
        return;
    if (origin == PROCESS_LAUNCHED) /* it has not run an instruction and is not to run untraced */
        kill(process_pid(process), SIGKILL);
    if (origin == PROCESS_FORKED)
        log_warning("%s", err.text);
    else
        tracer_fail(tracer, &err);
}

static void on_executed(void *data, struct process *process)
{
    struct error err;
    (void)data;
    if (process_data(process) && target_executed(process, &err) < 0)
        log_warning("%s", err.text);
}

static void on_ended(void *data, struct process *process, int status)
{
    struct tracer *tracer = data;
    progress_remove(tracer->progress, process_pid(process));
    if (process_pid(process) == tracer->launched && status != -1) {
        tracer->launched_status = status;
        tracer->launched_ended = true;
    }
    if (process_data(process))
        target_leave(process_data(process), process);
}

/* The process's target, unless there is none or the present visit has been to it. */
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

static void on_rung(void *data)
{
    struct tracer *tracer = data;
    if (atomic_load(&tracer->stop_asked)) {
        engine_detach(tracer->engine);
        return;
    }
    if (atomic_exchange(&tracer->module_named, false))
        visit_targets(tracer, refresh_target);
    visit_targets(tracer, apply_target);
}

/* While it is set up: what is waited for is said, and a signal ends it. */
static bool is_setup_interrupted(struct tracer *tracer, int64_t waited_ms, struct error *err)
{
    const char *file = tracer->options->print_file;
    if (watcher_take_signal(tracer)) {
        error_set(err, -EINPROGRESS, "interrupted before anything was traced");
        return true;
    }
    if (waited_ms < TELL_AFTER_MS || tracer->wait_told)
        return false;
    tracer->wait_told = true;
    if (file)
        log_warning("waiting for somebody to read %s; ^C or SIGTERM ends this", file);
    else
        log_warning("LTTng's session daemon does not answer; waiting: ^C or SIGTERM ends this");
    return false;
}

/* What may take for ever. */
static int set_up_in_time(struct tracer *tracer, struct timed_call *errand, struct error *err)
{
    errand->hopeless = is_setup_interrupted;
    int r = timed_call_run(tracer, errand, err);
    tracer->abandoned = r == -EINPROGRESS;
    return r;
}

static int open_print_file(void *data, struct error *err)
{
    struct tracer *tracer = data;
    const char *path = tracer->options->print_file;
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd >= 0)
        tracer->print_stream = fdopen(fd, "w");
    if (!tracer->print_stream) {
        int code = fd < 0 ? fd : -errno;
        return error_set(err, code, "cannot write to %s: %s", path, strerror(-code));
    }
    take_fd(&fd);
    return 0;
}

static int open_print(struct tracer *tracer, struct error *err)
{
    struct timed_call errand = {.work = open_print_file, .data = tracer};
    tracer->print_stream = tracer->options->print_file ? NULL : stderr;
    int r = tracer->options->print_file ? set_up_in_time(tracer, &errand, err) : 0;
    if (r < 0)
        return r;
    tracer->print = print_new(tracer->print_stream, tracer->options->timestamp);
    return tracer->print ? 0 : error_set(err, -ENOMEM, "out of memory");
}

/* What liblttng-ust reads when it is loaded. Set only now: the program has been forked already. */
static void set_lttng_environment(void)
{
    /* Blocking is for a finite time only, as each channel says. */
    setenv("LTTNG_UST_ALLOW_BLOCKING", "1", 1);
    /* The base addresses it would record are those of the tracer's own libraries. */
    setenv("LTTNG_UST_WITHOUT_BADDR_STATEDUMP", "1", 1);
}

struct choice {
    struct tracer *tracer;
    struct session_request request;
    char program[256];
};

static int choose_session(void *data, struct error *err)
{
    struct choice *choice = data;
    struct tracer *tracer = choice->tracer;
    return tracer->session_ops->choose(&choice->request, &tracer->session, err);
}

static int open_lttng(struct tracer *tracer, struct error *err)
{
    const struct options *options = tracer->options;
    set_lttng_environment();
    tracer->session_ops = session_load(err);
    if (!tracer->session_ops)
        return err->code;
    struct choice *choice = calloc(1, sizeof(*choice));
    if (!choice)
        return error_set(err, -ENOMEM, "out of memory");
    program_name(options, choice->program, sizeof(choice->program));
    choice->tracer = tracer;
    choice->request = (struct session_request){
        .name = options->session,
        .output = options->output,
        .program = choice->program,
        .home = sudo_user_home(),
        .level = log_get_level(),
    };
    struct timed_call errand = {.work = choose_session, .data = choice, .release = free};
    int r = set_up_in_time(tracer, &errand, err);
    if (r < 0)
        return r;
    tracer->backend_ops = backend_load(err);
    if (!tracer->backend_ops)
        return err->code;
    return tracer->backend_ops->open(log_get_level(), options->entry_only, &tracer->backend, err);
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
    struct engine_sink sink = {
        .data = tracer,
        .hit = hits_take,
        .started = on_started,
        .executed = on_executed,
        .ended = on_ended,
        .rung = on_rung,
        .name_code = target_on_name_code,
        .name_return = target_on_name_return,
        .is_code = target_on_is_code,
    };
    int r = engine_new(&engine_options, &sink, &tracer->engine);
    if (r == 0)
        r = catalog_new(&tracer->catalog);
    if (r < 0)
        return error_set(err, r, "cannot start the engine: %s", strerror(-r));
    catalog_stop_when(tracer->catalog, &tracer->stop_asked);
    catalog_set_extra_fields(tracer->catalog, options->with);
    catalog_set_value_options(tracer->catalog, options->value_options);
    if (options->program) {
        char **ours = environ;
        environ = options->environment ? options->environment : ours;
        r = engine_launch_prepare(tracer->engine, options->program, &tracer->launched, err);
        environ = ours;
        if (r < 0)
            return r;
        setuid_warning_print(options->program[0]);
    }
    /* The child has the caller's credentials, signals and environment; from here on ours change. */
    r = sudo_user_become(err);
    if (r == 0)
        r = options_read_files(options, err);
    if (r < 0)
        return r;
    watcher_block_signals(tracer);
    /* What is loaded next learns from the log how lines are written. */
    tracer->progress = progress_new(options);
    if (options->verbose)
        tracer->counts = function_counts_new();
    r = options->print ? open_print(tracer, err) : open_lttng(tracer, err);
    if (r == 0)
        r = debug_servers_ask(tracer, err);
    if (r == 0 && watcher_take_signal(tracer))
        r = error_set(err, -EINTR, "interrupted before anything was traced");
    if (r == 0 && watcher_start(tracer, &tracer->watcher) < 0)
        r = error_set(err, -EAGAIN, "cannot start a thread");
    if (r == 0 && tracer->session && session_poller_start(tracer, &tracer->poller) < 0)
        r = error_set(err, -EAGAIN, "cannot start a thread");
    return r;
}

/* Frees all that is not used any more, and the tracer itself if nobody else uses it. */
static void tear_down(struct tracer *tracer)
{
    struct error err;
    if (tracer->abandoned || session_teardown_discard(tracer, &err) < 0)
        return; /* it has been said */
    engine_free(tracer->engine);
    if (tracer->session)
        tracer->session_ops->free(tracer->session);
    if (tracer->backend)
        tracer->backend_ops->close(tracer->backend);
    print_free(tracer->print);
    if (tracer->print_stream && tracer->print_stream != stderr)
        fclose(tracer->print_stream);
    progress_free(tracer->progress);
    function_counts_free(tracer->counts);
    table_free(&tracer->selected);
    table_free(&tracer->only_named);
    vec_free(&tracer->left_out);
    catalog_free(tracer->catalog);
    pthread_cond_destroy(&tracer->no_pending_calls);
    pthread_mutex_destroy(&tracer->lock);
    free(tracer);
}

static int trace(struct tracer *tracer, struct error *err)
{
    const struct options *options = tracer->options;
    /* What the user has named is open. */
    capabilities_raise_tracing();
    watcher_ignore_stops(tracer, true);
    int r = options->program ? engine_launch_run(tracer->engine, err) : attaching_run(tracer, err);
    if (r < 0)
        return r;
    return engine_run(tracer->engine, err);
}

static int exit_status(const struct tracer *tracer)
{
    int status = tracer->launched_status;
    if (tracer->failed)
        return EXIT_TRACER_FAILED;
    if (!tracer->launched_ended)
        return 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int failure_status(int code, bool executing)
{
    if (!executing)
        return EXIT_TRACER_FAILED;
    return code == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* What went well is summed up; the exit status. */
static int sum_up(struct tracer *tracer)
{
    struct error err = {0};
    int status = exit_status(tracer);
    if (tracer->failed || summary_report(tracer, &err) == 0)
        return status;
    if (tracer->session_trouble.code == 0 && !tracer->abandoned)
        log_error("%s", err.text);
    return EXIT_TRACER_FAILED;
}

/* A stopped program whose parent ends, and whose process group then has nobody to continue it, is
   sent SIGHUP by the kernel (_exit(2)): one that has stopped since it was let go is continued. */
static void leave_program(pid_t program)
{
    siginfo_t info = {0};
    if (program > 0 && waitid(P_PID, (id_t)program, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid != 0)
        kill(program, SIGCONT);
}

int record_run(const struct options *options)
{
    struct error err = {0}, late;
    struct tracer *tracer = calloc(1, sizeof(*tracer));
    int status;
    if (!tracer) {
        log_error("out of memory");
        return EXIT_TRACER_FAILED;
    }
    tracer->options = options;
    pthread_mutex_init(&tracer->lock, NULL);
    pthread_cond_init(&tracer->no_pending_calls, NULL);
    int r = set_up(tracer, &err);
    if (r == 0)
        r = trace(tracer, &err);
    bool executing = r < 0 && tracer->engine && engine_launch_refused(tracer->engine);
    /* Before anything else that takes time: what is traced is stopped when something went wrong. */
    if (tracer->engine)
        engine_let_go(tracer->engine);
    watcher_ignore_stops(tracer, false);
    watcher_stop(tracer->watcher);
    if (session_teardown_stop_poller(tracer, &late) < 0)
        log_debug("the attendant is still at work");
    if (r < 0) {
        if (!tracer->failed)
            log_error("%s", err.text);
        status = failure_status(r, executing);
    } else {
        status = sum_up(tracer);
    }
    if (options->stats && tracer->engine)
        stats_report(tracer->engine);
    pid_t program = tracer->launched_ended ? 0 : tracer->launched;
    tear_down(tracer);
    leave_program(program);
    return status;
}
