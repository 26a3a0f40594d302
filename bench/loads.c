/* SPDX-License-Identifier: MIT */
/* loads LIBRARY: loads a library and exits. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (!dlopen(argv[1], RTLD_LAZY)) {
        fprintf(stderr, "loads: %s\n", dlerror());
        return 1;
    }
    return 0;
}
