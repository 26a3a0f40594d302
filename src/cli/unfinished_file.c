/* SPDX-License-Identifier: MIT */
#include "cli/unfinished_file.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { N_ENDING = sizeof(ending) / sizeof(ending[0]) };

/* For the signal handlers. */
static const char *volatile unfinished;

void unfinished_file_remove(void)
{
    const char *path = unfinished;
    if (path)
        unlink(path);
}

/* SA_RESETHAND: the signal, which is blocked meanwhile, ends the program afterwards. */
static void on_ending(int number)
{
    unfinished_file_remove();
    raise(number);
}

void unfinished_file_set(const char *path)
{
    unfinished = path;
    for (int i = 0; path && i < N_ENDING; i++) {
        struct sigaction before,
            action = {.sa_handler = on_ending, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
        sigaction(ending[i], NULL, &before);
        if (before.sa_handler == SIG_DFL)
            sigaction(ending[i], &action, NULL);
    }
}

int unfinished_file_create(struct new_file *file, const char *path, bool replace, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = new_file_create(file, path, replace, err);
    unfinished_file_set(file->temporary);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}
