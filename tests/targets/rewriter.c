/* SPDX-License-Identifier: MIT */
/* rewriter FILE: rewrites FILE in place, forever: it is empty, then has its first half, then is
   complete again, each for up to some milliseconds. Exits at SIGTERM, with the file complete. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

static volatile sig_atomic_t enough;

static void on_signal(int signal)
{
    (void)signal;
    enough = 1;
}

static void rest(long microseconds)
{
    const struct timespec time = {.tv_nsec = microseconds * 1000};
    nanosleep(&time, NULL);
}

int main(int argc, char **argv)
{
    struct stat status;
    struct sigaction action = {.sa_handler = on_signal};
    int fd = open(argc > 1 ? argv[1] : "", O_RDWR);
    check(fd >= 0 && fstat(fd, &status) == 0, "open");
    size_t size = (size_t)status.st_size, half = size / 2;
    char *bytes = malloc(size);
    check(bytes && pread(fd, bytes, size, 0) == (ssize_t)size, "read");
    sigaction(SIGTERM, &action, NULL);
    for (unsigned n = 0; !enough; n++) {
        check(ftruncate(fd, 0) == 0, "ftruncate");
        rest(50 + n % 3 * 100);
        check(pwrite(fd, bytes, half, 0) == (ssize_t)half, "write");
        rest(100 + n % 7 * 50);
        check(pwrite(fd, bytes + half, size - half, (off_t)half) == (ssize_t)(size - half),
              "write");
        rest(200 + n % 5 * 1000);
    }
    return 0;
}
