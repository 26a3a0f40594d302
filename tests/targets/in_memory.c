/* SPDX-License-Identifier: MIT */
/* in_memory PROGRAM [ARG...]: copies the program to a memfd (memfd_create(2)) with its name, and
   executes that. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int main(int argc, char **argv)
{
    struct stat status;
    check(argc > 1, "arguments");
    const char *slash = strrchr(argv[1], '/');
    int from = open(argv[1], O_RDONLY | O_CLOEXEC);
    int to = memfd_create(slash ? slash + 1 : argv[1], MFD_CLOEXEC);
    check(from >= 0 && to >= 0 && fstat(from, &status) == 0, "open");
    for (off_t left = status.st_size; left > 0;) {
        ssize_t n = sendfile(to, from, NULL, (size_t)left);
        check(n > 0, "sendfile");
        left -= n;
    }
    fexecve(to, argv + 1, environ);
    check(0, "fexecve");
    return 1;
}
