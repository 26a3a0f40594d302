/* SPDX-License-Identifier: MIT */
/* A process that is not dumpable (prctl(2), PR_SET_DUMPABLE): other processes of its user cannot
   read it. */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
    /* A test cannot find it among its processes, either. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NAME, "undumpable now");
    for (;;)
        pause();
}
