/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of patterns. */
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "symbols/function_filter.h"

enum { SIZE_MAX_BYTES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SIZE_MAX_BYTES || !fuzz_is_cheap_pattern(data, size))
        return 0;
    int fd = memfd_create("patterns", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct function_filter *select;
    struct error err = {0};
    if (function_filter_new(&select) < 0)
        abort();
    int r = function_filter_add_file(select, path, &err);
    FUZZ_CHECK((r == 0) == (err.code == 0));
    const struct printed_name names[] = {{.name = "main"}};
    const struct module_names module = {"provider", "/bin/program", NULL};
    function_filter_function(select, names, 1, &module, true, false);
    function_filter_free(select);
    close(fd);
    return 0;
}
