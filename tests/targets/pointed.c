/* SPDX-License-Identifier: MIT */
/*
 * pointed HOW [ROUNDS=100 [FIRST=0]]: calls functions with addresses:
 *   edges      of memory of each alignment that ends with its page; NULL; what is no address
 *   bad        of memory that cannot be read, in part or at all
 *   segv ..., bus ...
 *              likewise, in a thread that blocks, ignores or handles the signal, or for which one
 *              is pending: its mask and its actions, as the kernel has them, must stay, and no
 *              handler may run. `late`: it asks for all that after its first calls
 *   gone       of a page that another thread unmaps and maps all the time
 *   kinds      from one place, functions with a number and with a string as the result
 * Before that, a function is called with the string "first" until its code is changed, but at most
 * FIRST times. Addresses are always the same. The functions do not look at the memory.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target.h"

struct object {
    long number;
    char letter;
    const char *name;
    int last;
};

/* What is found by chance to be an address of code is hardly ever one of these. */
#define POINTED TRACED __attribute__((aligned(256)))

POINTED void text(const char *s);
POINTED void sized(const struct object *object);
POINTED void small(const short *number);
POINTED const char *given(const char *s);
POINTED void bad_text(const char *s);
POINTED void bad_sized(const struct object *object);
POINTED const char *bad_given(long n, const char *s);
POINTED void segv_text(const char *s);
POINTED void bus_text(const char *s);
POINTED void gone_text(const char *s);
POINTED long number(const char *s);
POINTED const char *title(const char *s);
void through(void (*function)(const char *), const char *s) __attribute__((noinline));

static unsigned long calls[12];

/* The parameter stays what it is. */
static inline void count(unsigned n, const void *pointed)
{
    __asm__ volatile("" ::"r"(pointed) : "memory");
    ++calls[n];
}

void text(const char *s)
{
    count(0, s);
}

void sized(const struct object *object)
{
    count(1, object);
}

void small(const short *number)
{
    count(2, number);
}

const char *given(const char *s)
{
    count(3, s);
    return s;
}

void bad_text(const char *s)
{
    count(4, s);
}

void bad_sized(const struct object *object)
{
    count(5, object);
}

const char *bad_given(long n, const char *s)
{
    (void)n;
    count(6, s);
    return s;
}

void segv_text(const char *s)
{
    count(7, s);
}

void bus_text(const char *s)
{
    count(8, s);
}

void gone_text(const char *s)
{
    count(9, s);
}

long number(const char *s)
{
    count(10, s);
    return 10;
}

const char *title(const char *s)
{
    count(11, s);
    return s;
}

/* Of results, none is used. */
void through(void (*function)(const char *), const char *s)
{
    function(s);
    OPAQUE();
}

static const char *const NAMES[] = {"text",     "sized",     "small",     "given",
                                    "bad_text", "bad_sized", "bad_given", "segv_text",
                                    "bus_text", "gone_text", "number",    "title"};

enum { PAGE = 4096, LONGEST = 300 };

/* Two pages, of which the second cannot be read, and memory of no file. */
static char *const AREA = (char *)(uintptr_t)0x500000000000;
static char *page, *end, *hidden;
static long rounds, first;

/* Calls it until its code is another. */
static void call_first(void (*function)(const char *))
{
    enum { CODE = 16 };
    unsigned char code[CODE];
    memcpy(code, (const void *)(uintptr_t)function, CODE);
    for (long i = 0; i < first; i++) {
        volatile const unsigned char *now = (const void *)(uintptr_t)function;
        unsigned changed = 0;
        function("first");
        for (unsigned j = 0; j < CODE; j++)
            changed += now[j] != code[j];
        if (changed > 1) /* more than by a breakpoint */
            return;
    }
}

static void map_areas(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    page = mmap(AREA, 2 * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    check(page == AREA && munmap(page + PAGE, PAGE) == 0, "mmap");
    end = page + PAGE;
    hidden = mmap(AREA + 16 * PAGE, PAGE, PROT_NONE, flags, -1, 0);
    check(hidden == AREA + 16 * PAGE, "mmap");
}

/* A string of that length that ends `before` bytes before the end of the page. */
static char *put_text(size_t length, size_t before)
{
    char *s = end - before - length - 1;
    memset(page, '#', PAGE);
    for (size_t i = 0; i < length; i++)
        s[i] = (char)('a' + i % 26);
    s[length] = '\0';
    return s;
}

static void edges(void)
{
    static const size_t LENGTHS[] = {0, 1, 2, 6, 7, 8, 9, 15, 16, 17, 255, 256, 257, LONGEST};
    for (size_t n = 0; n < sizeof(LENGTHS) / sizeof(LENGTHS[0]); n++)
        for (size_t before = 0; before < 9; before++) {
            char *s = put_text(LENGTHS[n], before);
            text(s);
            given(s);
        }
    for (size_t before = 0; before < 9; before++) {
        char *s = put_text(LONGEST, 100);
        struct object object = {(long)before, 'x', before % 2 ? s : NULL, 7};
        memcpy(end - sizeof(object) - before, &object, sizeof(object));
        sized((void *)(end - sizeof(object) - before));
        small((void *)(end - 2 - before));
    }
    text(NULL);
    sized(NULL);
    small(NULL);
    given(NULL);
    for (unsigned i = 0; i < 3; i++) {
        static const uintptr_t NONE[] = {1, (uintptr_t)-1, (uintptr_t)1 << 62};
        text((void *)NONE[i]);
        sized((void *)NONE[i]);
        small((void *)NONE[i]);
        given((void *)NONE[i]);
    }
}

static void bad(void)
{
    char *s = put_text(20, 0);
    bad_text(s);
    bad_sized((void *)page);
    bad_given(1, s);
    if (calls[4] % 8 != 0)
        return;
    memset(page, '#', PAGE);
    bad_text(end - 20);
    bad_text(hidden);
    bad_text(end);
    bad_sized((void *)(end - 3));
    bad_sized((void *)hidden);
    bad_given(2, end - 20);
    bad_given(3, hidden);
    struct object object = {1, 'x', hidden, 7};
    memcpy(page, &object, sizeof(object));
    bad_sized((void *)page);
}

/* ---- signals */

static volatile sig_atomic_t handled;
static volatile int handled_code;

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    handled_code = info->si_code;
    handled = handled + 1;
}

/* A line of the thread's status that begins with this. */
static void read_status(const char *name, char line[80])
{
    FILE *file = fopen("/proc/thread-self/status", "re");
    check(file != NULL, "status");
    do
        check(fgets(line, 80, file) != NULL, name);
    while (strncmp(line, name, strlen(name)) != 0);
    fclose(file);
}

struct status {
    char lines[4][80];
};

static void look(struct status *status)
{
    static const char *const LINES[] = {"SigBlk:", "SigIgn:", "SigCgt:", "SigPnd:"};
    for (unsigned i = 0; i < 4; i++)
        read_status(LINES[i], status->lines[i]);
}

static void fault(int signal, char *gone)
{
    struct status before, after;
    look(&before);
    for (long i = 0; i < rounds; i++)
        (signal == SIGSEGV ? segv_text : bus_text)(i % 16 == 15 ? gone : "readable");
    look(&after);
    for (unsigned i = 0; i < 4; i++)
        check(strcmp(before.lines[i], after.lines[i]) == 0, after.lines[i]);
    check(handled == 0, "a handler has run");
}

/* Behind the end of a file. */
static char *map_bus(void)
{
    int fd = memfd_create("bus", MFD_CLOEXEC);
    char *at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
    check(fd >= 0 && ftruncate(fd, PAGE) == 0 && at != MAP_FAILED, "mmap");
    return at + PAGE;
}

static void *signals_in_thread(void *data)
{
    const char *how = data;
    int number = strstr(how, "bus") ? SIGBUS : SIGSEGV;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO}, got;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigaddset(&action.sa_mask, SIGUSR2);
    if (strstr(how, "late"))
        call_first(number == SIGSEGV ? segv_text : bus_text);
    if (strstr(how, "ignored"))
        action = (struct sigaction){.sa_handler = SIG_IGN};
    if (!strstr(how, "default"))
        check(sigaction(number, &action, NULL) == 0, "sigaction");
    if (strstr(how, "blocked"))
        check(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0, "pthread_sigmask");
    if (strstr(how, "pending"))
        check(syscall(SYS_tgkill, getpid(), gettid(), number) == 0, "tgkill");
    if (!strstr(how, "late"))
        call_first(number == SIGSEGV ? segv_text : bus_text);
    fault(number, number == SIGBUS ? map_bus() : hidden);
    check(sigaction(number, NULL, &got) == 0, "sigaction");
    if (!strstr(how, "default"))
        check(got.sa_sigaction == action.sa_sigaction &&
                  (got.sa_flags & SA_SIGINFO) == action.sa_flags &&
                  (strstr(how, "ignored") || sigismember(&got.sa_mask, SIGUSR2)),
              "the action");
    if (strstr(how, "pending")) {
        check(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0, "pthread_sigmask");
        check(handled == 1 && handled_code == SI_TKILL, "the pending signal");
    }
    return NULL;
}

/* ---- a page that goes away */

static atomic_int ending;

static void *unmap_all_the_time(void *unused)
{
    (void)unused;
    char *at = AREA + 32 * PAGE;
    while (!ending) {
        char *got =
            mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        check(got == at, "mmap");
        memset(at, 'g', 24);
        check(munmap(at, PAGE) == 0, "munmap");
    }
    return NULL;
}

static void gone(void)
{
    pthread_t thread;
    check(pthread_create(&thread, NULL, unmap_all_the_time, NULL) == 0, "pthread_create");
    for (long i = 0; i < rounds; i++)
        gone_text(AREA + 32 * PAGE + i % 16);
    ending = 1;
    pthread_join(thread, NULL);
}

typedef void text_function(const char *);

static void kinds(void)
{
    /* Each has its jump, and the place has that for numbers. */
    call_first((text_function *)(void *)number);
    call_first((text_function *)(void *)title);
    call_first((text_function *)(void *)given);
    for (long i = 0; i < first / 50; i++)
        through((text_function *)(void *)number, "first");
    for (long i = 0; i < rounds; i++) {
        through((text_function *)(void *)number, "a number");
        through((text_function *)(void *)(i % 3 ? title : given), "a string");
    }
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    rounds = argument(argc, argv, 2, 100);
    first = argument(argc, argv, 3, 0);
    map_areas();
    if (strstr(how, "segv") || strstr(how, "bus")) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, signals_in_thread, argv[1]) == 0, "pthread_create");
        pthread_join(thread, NULL);
    } else if (strcmp(how, "gone") == 0) {
        gone();
    } else if (strcmp(how, "kinds") == 0) {
        kinds();
    } else {
        call_first(strcmp(how, "bad") == 0 ? bad_text : text);
        calls[4] = 0;
        for (long i = 0; i < rounds; i++)
            (strcmp(how, "bad") == 0 ? bad : edges)();
    }
    for (unsigned i = 0; i < 12; i++)
        report(NAMES[i], calls[i], calls[i]);
    return 0;
}
