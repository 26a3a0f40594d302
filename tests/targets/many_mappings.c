/* SPDX-License-Identifier: MIT */
/*
 * many_mappings COPIES [full]: maps libmapped_lib.so so many times once more, two mappings each,
 * the second one executable; with `full` also as much as the kernel allows of anonymous memory, so
 * that no further mapping is possible. Then it says "ready" and obeys lines on stdin: for each it
 * calls mapped_one() of the first copy and of the last one, and mapped_two() of the one in the
 * middle, and answers "called". Ends at end of file. Ends by itself (SIGALRM) after two minutes.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

enum { PAGE = 4096 };

typedef long function(long);

static void say(const char *text)
{
    check(write(STDOUT_FILENO, text, strlen(text)) == (ssize_t)strlen(text), "write");
}

static void fill(void)
{
    /* Neighbours of one kind would become one mapping. */
    for (int i = 0;; i++)
        if (mmap(NULL, PAGE, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
            MAP_FAILED)
            return;
}

int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, 3);
    void *library = dlopen("libmapped_lib.so", RTLD_NOW);
    check(library != NULL, "dlopen");
    char *one = dlsym(library, "mapped_one"), *two = dlsym(library, "mapped_two");
    Dl_info info;
    check(dladdr(one, &info) != 0, "dladdr");
    char *base = info.dli_fbase;
    int fd = open(info.dli_fname, O_RDONLY);
    check(fd >= 0, "open");
    /* As linkers lay it out the code is where it is in the file. */
    size_t text = (size_t)(one - base) / PAGE * PAGE, stride = text + 2 * PAGE;
    char *copies = mmap(NULL, stride * (size_t)n, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    check(copies != MAP_FAILED, "mmap");
    for (long i = 0; i < n; i++) {
        char *at = copies + stride * (size_t)i;
        check(mmap(at, text, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED, "mmap");
        check(mmap(at + text, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd,
                   (off_t)text) != MAP_FAILED,
              "mmap");
    }
    function *first = (function *)(copies + (one - base));
    function *last = (function *)(copies + stride * (size_t)(n - 1) + (one - base));
    function *middle = (function *)(copies + stride * (size_t)(n / 2) + (two - base));
    if (argc > 2)
        fill();
    alarm(120);
    say("ready\n");
    char c;
    while (read(STDIN_FILENO, &c, 1) == 1) {
        if (c != '\n')
            continue;
        check(first(1) == 4 && last(2) == 7 && middle(3) == 17, "results");
        say("called\n");
    }
    return 0;
}
