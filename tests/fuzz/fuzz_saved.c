/* SPDX-License-Identifier: MIT */
/* Any text as a saved session. */
#include "fuzz/fuzz.h"

#include "tp/session/session_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct rule_list rules = {0};
    char *text = fuzz_rest(&input);
    if (rules_parse_saved(&rules, "session", text) == 0)
        for (size_t i = 0; i < rules.list.count; i++) {
            const struct rule *rule = &rules.list.items[i];
            FUZZ_CHECK(strcmp(rule->session, "session") == 0);
            FUZZ_CHECK(memchr(rule->pattern, '\0', sizeof(rule->pattern)));
            rule_matches(rule, "provider:event");
        }
    rule_list_clear(&rules);
    free(text);
    return 0;
}
