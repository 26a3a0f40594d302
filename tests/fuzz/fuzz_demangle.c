/* SPDX-License-Identifier: MIT */
/* Any text as a symbol's name: the result is a valid event name, and can be typed. */
#include "fuzz/fuzz.h"

#include "symbols/demangle.h"
#include "symbols/event_names.h"
#include "util/short_names.h"
#include "util/text.h"

static void check_event(const char *event)
{
    for (const char *at = event; *at;) {
        size_t n = text_visible_length(at, strlen(at));
        FUZZ_CHECK(n > 0 && !strchr("\"\\,", *at));
        at += n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct arena arena = {0};
    char *symbol = fuzz_rest(&input);
    struct function_name name;
    if (*symbol && function_name_parse(&name, symbol, &arena)) {
        FUZZ_CHECK(strcmp(name.symbol, symbol) == 0);
        if (!name.is_part) {
            const char *function = event_names_function(name.name, name.parameters, &arena);
            const char *entry = event_names_event("provider", function, "_entry", &arena);
            const char *exit = event_names_event("provider", function, "_exit", &arena);
            FUZZ_CHECK(*name.name && *name.base);
            check_event(entry);
            check_event(exit);
            FUZZ_CHECK(strlen("provider:") + strlen(entry) <= NAMES_EVENT_MAX);
            FUZZ_CHECK(strncmp(entry, exit, strlen(exit) - strlen("_exit")) == 0);
        }
    }
    /* Text of debug information, which nobody has checked. */
    char *shortened = malloc(strlen(symbol) + 1);
    if (shortened && short_names_write(symbol, size % 2, shortened))
        FUZZ_CHECK(strlen(shortened) <= strlen(symbol));
    free(shortened);
    const char *provider = event_names_provider(symbol, &arena);
    FUZZ_CHECK(*provider && strlen(provider) <= NAMES_PROVIDER_MAX);
    check_event(provider);
    arena_free(&arena);
    free(symbol);
    return 0;
}
