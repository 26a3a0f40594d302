#include "cli/secure.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static bool is_secure(void)
{
    return getauxval(AT_SECURE) != 0;
}

char **secure_environment(int argc, char **argv)
{
    /* The kernel lays out argv's strings, the environment's and the program's file name one behind
       the other (fs/exec.c, bprm_execve()); the dynamic linker changes the array only. */
    const char *end = (const char *)getauxval(AT_EXECFN);
    if (!is_secure() || argc < 1 || !end)
        return NULL;
    char *start = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
    size_t n = 0;
    for (const char *at = start; at < end; at += strlen(at) + 1)
        n++;
    char **environment = calloc(n + 1, sizeof(*environment));
    if (!environment)
        return NULL;
    n = 0;
    for (char *at = start; at < end; at += strlen(at) + 1)
        environment[n++] = at;
    return environment;
}

void secure_forget_plugins(void)
{
    if (!is_secure())
        return;
    unsetenv("LTTNG_UST_CLOCK_PLUGIN");
    unsetenv("LTTNG_UST_GETCPU_PLUGIN");
}
