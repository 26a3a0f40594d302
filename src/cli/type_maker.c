/* SPDX-License-Identifier: MIT */
#include "cli/type_maker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/load.h"
#include "util/text.h"

/* From the directory of the executable on. */
static const char SCRIPT[] = "../share/ptrace_tracer/make_types.sh";
/* How the script's own lines begin; others are the compiler's. */
static const char OWN_LINE[] = "ptrace_tracer: ";

enum { LINE_SHOWN_MAX = 4096 };

/* bash SCRIPT -v [-l LIBRARY]... -- HEADER... The caller frees the array, not the strings. */
static char **make_arguments(const struct type_sources *sources, char *script)
{
    char **arguments = calloc(5 + 2 * sources->n_libraries + sources->n_headers, sizeof(char *));
    size_t n = 0;
    if (!arguments)
        return NULL;
    arguments[n++] = (char *)"bash";
    arguments[n++] = script;
    arguments[n++] = (char *)"-v";
    for (size_t i = 0; i < sources->n_libraries; i++) {
        arguments[n++] = (char *)"-l";
        arguments[n++] = sources->libraries[i];
    }
    arguments[n++] = (char *)"--";
    for (size_t i = 0; i < sources->n_headers; i++)
        arguments[n++] = sources->headers[i];
    return arguments;
}

static _Noreturn void run_script(char **arguments, int input, int out, int complaints, pid_t parent)
{
    /* It removes its temporary files then. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && dup2(input, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(complaints, STDERR_FILENO) >= 0)
        execvp(arguments[0], arguments);
    dprintf(complaints, "%scannot run %s: %s\n", OWN_LINE, arguments[0], strerror(errno));
    _exit(127);
}

/* The compiler's lines go to stderr, safe for a terminal; the last of the script's own to `said`.
 */
static void show_complaints(FILE *stream, char *said)
{
    cleanup(cleanup_free) char *line = NULL;
    size_t size = 0;
    ssize_t length;
    char shown[LINE_SHOWN_MAX];
    while ((length = getline(&line, &size, stream)) > 0) {
        if (line[length - 1] == '\n')
            length--;
        for (char *tab = line; (tab = memchr(tab, '\t', (size_t)(line + length - tab)));)
            *tab = ' ';
        size_t own = strlen(OWN_LINE);
        if ((size_t)length >= own && memcmp(line, OWN_LINE, own) == 0) {
            text_escape(said, ERROR_TEXT_MAX, line + own, (size_t)length - own);
        } else {
            text_escape(shown, sizeof(shown), line, (size_t)length);
            fprintf(stderr, "%s\n", shown);
        }
    }
}

int type_maker_run(const struct type_sources *sources, int out, char *said, struct error *err)
{
    int ends[2], status = 0;
    cleanup(cleanup_free) char *script = load_beside(SCRIPT, err);
    if (!script)
        return err->code;
    if (access(script, R_OK) < 0)
        return error_set(err, -ENOENT, "cannot read %s: %s: is the installation complete?", script,
                         strerror(errno));
    cleanup(cleanup_free) char **arguments = make_arguments(sources, script);
    if (!arguments)
        return error_set(err, -ENOMEM, "out of memory");
    cleanup(cleanup_fd) int input = descriptors_open("/dev/null", O_RDONLY);
    if (input < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return error_set(err, -EMFILE, "cannot run %s: %s", script, strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        run_script(arguments, input, out, ends[1], parent);
    int code = child < 0 ? -errno : 0;
    close(ends[1]);
    FILE *stream = fdopen(ends[0], "r");
    *said = '\0';
    if (stream) {
        show_complaints(stream, said);
        fclose(stream);
    } else {
        close(ends[0]);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (code < 0)
        return error_set(err, code, "cannot run %s: %s", script, strerror(-code));
    if (status == 0)
        return 0;
    return error_set(err, -EINVAL, "%s", *said ? said : "the making of types was ended");
}
