/* SPDX-License-Identifier: MIT */
/* Functions that do not return: nothing is executed after a call of them, although code follows. */
#include <errno.h>
#include <string.h>

#include "symbols/code/file_code.h"
#include "util/sorted.h"

/* Of the C library, and of the C++ ABI: std::terminate(), std::__throw_bad_alloc() and the like. */
static bool is_no_return(const char *name)
{
    static const char *const names[] = {
        "__stack_chk_fail",
        "__chk_fail",
        "__fortify_fail",
        "abort",
        "exit",
        "_exit",
        "_Exit",
        "quick_exit",
        "__assert_fail",
        "__assert_perror_fail",
        "__assert",
        "longjmp",
        "_longjmp",
        "siglongjmp",
        "__longjmp_chk",
        "pthread_exit",
        "__cxa_throw",
        "__cxa_rethrow",
        "__cxa_bad_cast",
        "__cxa_bad_typeid",
        "_Unwind_Resume",
        "__cxa_throw_bad_array_new_length",
        "_ZSt9terminatev",
        "__cxa_call_unexpected",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "_ZSt", 4) == 0 && strstr(name, "__throw_");
}

int file_code_add_no_return(struct file_code *code, const char *name, uint64_t at)
{
    if (!is_no_return(name))
        return 0;
    struct no_return *added = vec_push(&code->no_returns);
    if (!added)
        return -ENOMEM;
    added->at = at;
    return 0;
}

bool file_code_is_no_return(const struct file_code *code, uint64_t at)
{
    size_t n = sorted_up_to(code->no_returns.items, code->no_returns.count, at, at);
    return n && code->no_returns.items[n - 1].at == at;
}
