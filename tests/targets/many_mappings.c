/* SPDX-License-Identifier: MIT */
/*
 * many_mappings COPIES [full]: maps libmapped_lib.so COPIES times more, two mappings each, the
 * second one executable; with `full` also as much anonymous memory as possible, so that nothing
 * more can be mapped. Then prints "ready"; for each line on stdin calls mapped_one() of the first
 * and the last copy, and mapped_two() of the middle one, and answers "called". Exits at end of
 * file, or by SIGALRM after two minutes.
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
    /* Adjacent mappings of one kind would merge. */
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
    /* With this layout, code has the same address as in the file. */
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
