/* SPDX-License-Identifier: MIT */
/* Any bytes as a type object, and the signatures of the functions f, g and h in it. The last byte
   is the depth of --deref. */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/demangle.h"
#include "symbols/passing.h"
#include "symbols/type_object.h"
#include "util/arena.h"
#include "util/log.h"

static void check_function(struct type_object *object, const char *symbol, struct arena *arena)
{
    const struct type_line *line;
    struct function_name name = {0};
    struct signature signature;
    Dwarf_Die die;
    if (!type_object_find(object, symbol, "V1", "libfuzz.so.1", &die, &line))
        return;
    if (!function_name_parse(&name, symbol, arena))
        abort();
    struct signature_reader *reader = type_object_reader(object);
    int r = signature_read_declared(reader, &die, &name, line, &signature);
    FUZZ_CHECK(r >= 0);
    if (r == 0)
        return;
    FUZZ_CHECK(signature.text && signature.is_declared && signature.result);
    struct abi_location result_at, *at = calloc(signature.n + 1, sizeof(*at));
    if (!at || passing_place(&signature, &result_at, at) < 0)
        abort();
    /* Not from a location, which is that of other code. */
    for (size_t i = 0; i < signature.n; i++)
        FUZZ_CHECK(signature.parameters[i].claim.at.where == ABI_NOWHERE);
    free(at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const symbols[] = {"f", "g", "h", "_Z1fi"};
    if (size == 0)
        return 0;
    struct arena arena = {0};
    const struct signature_reader reader = {
        .types = {.arena = &arena, .value_options = {.deref = data[size - 1] % 4}}};
    struct type_object *object;
    struct error err = {0};
    log_set_level(LOG_ERROR);
    int fd = memfd_create("object", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    int r = type_object_open(&object, fd, "object", &reader, &err);
    FUZZ_CHECK((r < 0) == (err.code != 0));
    for (size_t i = 0; r == 0 && i < sizeof(symbols) / sizeof(*symbols); i++)
        check_function(object, symbols[i], &arena);
    if (r == 0)
        type_object_free(object);
    arena_free(&arena);
    close(fd);
    return 0;
}
