/* SPDX-License-Identifier: MIT */
#include "cli/secure_exec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/exit_status.h"
#include "util/capabilities.h"

static bool is_secure(void)
{
    return getauxval(AT_SECURE) != 0;
}

char **secure_exec_environment(int argc, char **argv)
{
    /* The strings of argv, the environment and the program's file name follow each other in memory
       (fs/exec.c, bprm_execve()). The dynamic linker changes only the array. */
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

/*
 * Variables that the tracer's libraries read and ld.so(8) does not remove: "X", or "X*" for all
 * that begin with X. HOME, LTTNG_HOME and the like only select the user's own files, which are
 * opened with the user's rights.
 */
static const char *const DANGEROUS[] = {
    "LTTNG_UST_CLOCK_PLUGIN",  /* liblttng-ust loads this library, except in set-user-ID programs */
    "LTTNG_UST_GETCPU_PLUGIN", /* likewise */
    "DEBUGINFOD_*",            /* libdebuginfod: its servers and its cache */
    "CURL_*",                  /* libcurl, for libdebuginfod */
    "SSLKEYLOGFILE",           /* libcurl writes keys to this file */
    "NETRC",
    "LIBBABELTRACE2_*", /* libbabeltrace2: where its provider of Python plugins is */
    "BABELTRACE_*",     /* libbabeltrace2: plugins */
    "XML_*",            /* libxml2, for liblttng-ctl: files to read */
};

static bool is_dangerous(const char *variable)
{
    size_t name = strcspn(variable, "=");
    for (size_t i = 0; i < sizeof(DANGEROUS) / sizeof(DANGEROUS[0]); i++) {
        const char *known = DANGEROUS[i];
        size_t length = strcspn(known, "*");
        if (strncmp(variable, known, length) == 0 && (known[length] == '*' || name == length))
            return true;
    }
    return false;
}

/* A set-user-ID tracer keeps only the capabilities for tracing, not the user ID. */
static int become_caller(void)
{
    uid_t user = getuid();
    gid_t group = getgid();
    if (user == geteuid() && group == getegid())
        return 0;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresgid(group, group, group) < 0 ||
        setresuid(user, user, user) < 0 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
        return -errno;
    return user == 0 ? 0 : capabilities_keep();
}

/* Runs before the initialization functions of all libraries, which read the environment, too (libdw
   loads libdebuginfod): gABI, chapter 5 "Initialization and Termination Functions". */
static void begin_secure(int argc, char **argv, char **environment)
{
    (void)argc, (void)argv;
    if (!is_secure())
        return;
    if (become_caller() < 0 || capabilities_lower() < 0)
        _exit(EXIT_TRACER_FAILED);
    char **kept = environment;
    for (char **at = environment; *at; at++)
        if (!is_dangerous(*at))
            *kept++ = *at;
    *kept = NULL;
}

__attribute__((section(".preinit_array"), used)) static void (*const BEGIN)(int, char **,
                                                                            char **) = begin_secure;
