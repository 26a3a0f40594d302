#include <stdio.h>
#include <stdlib.h>

#include "cli/list.h"
#include "cli/options.h"
#include "cli/tracer.h"
#include "util/log.h"

enum { EXIT_TRACER_FAILED = 125 };

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    int status = EXIT_TRACER_FAILED;
    switch (options_parse(&options, argc, argv, &err)) {
    case OPTIONS_WRONG:
        log_error("%s", err.text);
        break;
    case OPTIONS_DONE:
        status = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_TRACER_FAILED;
        break;
    case OPTIONS_RUN:
        log_set_level(options.quiet ? LOG_ERROR : options.verbose ? LOG_DEBUG : LOG_INFO);
        status = options.list ? list_run(&options) : tracer_run(&options);
        break;
    }
    options_free(&options);
    return status;
}
