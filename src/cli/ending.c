#include "cli/ending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/attendant.h"
#include "util/log.h"

enum { LOOK_EVERY_MS = 100 };

/* What is done on the thread; its own when it is given up, else the caller's. */
struct ending {
    struct tracer *tracer;
    int (*work)(struct tracer *tracer, struct error *err);
    struct error err;
    int result;
    pthread_t thread;
};

static void *run(void *data)
{
    struct ending *ending = data;
    ending->result = ending->work(ending->tracer, &ending->err);
    return NULL;
}

static bool is_over(const struct ending *ending)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    return pthread_clockjoin_np(ending->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

static int give_up(struct tracer *tracer, struct error *err)
{
    const char *name = tracer->session_ops->name(tracer->session);
    tracer->abandoned = true;
    error_set(err, -ETIMEDOUT,
              "LTTng's session daemon does not answer: session %s is left as it is, and its trace "
              "may lack its end; the daemon may have to be ended",
              name);
    log_error("%s", err->text);
    return err->code;
}

static int in_time(struct tracer *tracer, int (*work)(struct tracer *, struct error *),
                   struct error *err)
{
    if (tracer->abandoned)
        return -ETIMEDOUT;
    if (!tracer->session)
        return 0;
    struct ending *ending = calloc(1, sizeof(*ending));
    if (!ending)
        return error_set(err, -ENOMEM, "out of memory");
    ending->tracer = tracer;
    ending->work = work;
    int r = pthread_create(&ending->thread, NULL, run, ending);
    if (r != 0) {
        free(ending);
        return error_set(err, -r, "cannot start a thread: %s", strerror(r));
    }
    while (!is_over(ending)) {
        if (!tracer->session_ops->unanswered(tracer->session))
            continue;
        pthread_detach(ending->thread);
        return give_up(tracer, err);
    }
    *err = ending->err;
    r = ending->result;
    free(ending);
    return r;
}

static int stop_attendant(struct tracer *tracer, struct error *err)
{
    (void)err;
    attendant_stop(tracer->attendant);
    tracer->attendant = NULL;
    return 0;
}

static int end_session(struct tracer *tracer, struct error *err)
{
    return tracer->session_ops->end(tracer->session, err);
}

static int discard_session(struct tracer *tracer, struct error *err)
{
    (void)err;
    tracer->session_ops->discard(tracer->session);
    return 0;
}

int ending_stop_attendant(struct tracer *tracer, struct error *err)
{
    return tracer->attendant ? in_time(tracer, stop_attendant, err) : 0;
}

int ending_end_session(struct tracer *tracer, struct error *err)
{
    return in_time(tracer, end_session, err);
}

int ending_discard_session(struct tracer *tracer, struct error *err)
{
    return in_time(tracer, discard_session, err);
}
