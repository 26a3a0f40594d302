/* SPDX-License-Identifier: MIT */
/*
 * dlopen [ROUNDS=5] [CALLS=100]: loads libdlopen_lib.so from its own directory, calls its
 * lib_work() CALLS times and unloads it, ROUNDS times. Prints "lib_work ROUNDS*CALLS ROUNDS*CALLS".
 */
#include <dlfcn.h>

#include "target.h"

static const char library[] = "libdlopen_lib.so"; /* found by the run path, $ORIGIN */

int main(int argc, char **argv)
{
    long rounds = argument(argc, argv, 1, 5), calls = argument(argc, argv, 2, 100);
    unsigned long count = 0;
    for (long round = 0; round < rounds; round++) {
        void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        check(handle != NULL, "dlopen");
        unsigned long **counter_of_lib = dlsym(handle, "lib_counter");
        int (*lib_work)(int);
        *(void **)&lib_work = dlsym(handle, "lib_work");
        check(counter_of_lib && lib_work, "dlsym");
        *counter_of_lib = &count;
        for (int i = 0; i < calls; i++)
            check(lib_work(i) == i + 5, "result of lib_work");
        dlclose(handle);
        check(!dlopen(library, RTLD_NOW | RTLD_NOLOAD), "the library was unloaded");
    }
    report("lib_work", count, count);
    return 0;
}
