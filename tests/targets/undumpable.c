/* SPDX-License-Identifier: MIT */
/* A process that other processes of its user may not look into (prctl(2), PR_SET_DUMPABLE). */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
    /* Nor can a test find it among those that it has started. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NAME, "undumpable now");
    for (;;)
        pause();
}
