/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands/list.h"
#include "cli/commands/record.h"
#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/secure_exec.h"
#include "util/descriptors.h"
#include "util/error.h"
#include "util/log.h"

/* The function of each command. It returns the exit status. */
static int (*const commands[COMMANDS])(const struct options *options) = {
    [COMMAND_RECORD] = record_run,
    [COMMAND_LIST] = list_run,
};

/*
 * Opens standard files that the caller has closed, so that no other file gets their numbers:
 * messages or the program's output would go into the trace. They can neither be read nor written,
 * and are closed in the program.
 */
static int occupy_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC) != fd)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    int status = EXIT_TRACER_FAILED;
    char **environment = secure_exec_environment(argc, argv);
    struct rlimit descriptors;
    if (occupy_standard_files() < 0)
        return EXIT_TRACER_FAILED;
    descriptors_raise(&descriptors);
    switch (options_parse(&options, argc, argv, &err)) {
    case OPTIONS_WRONG:
        log_error("%s", err.text);
        break;
    case OPTIONS_DONE:
        status = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_TRACER_FAILED;
        break;
    case OPTIONS_RUN:
        options.environment = environment;
        options.descriptors = descriptors;
        log_set_level(options.quiet ? LOG_ERROR : options.verbose ? LOG_DEBUG : LOG_INFO);
        status = commands[options.command](&options);
        break;
    }
    options_free(&options);
    free(environment);
    return status;
}
