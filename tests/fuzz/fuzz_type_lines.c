/* SPDX-License-Identifier: MIT */
/* Any bytes as the section of a type object: what is found is in the text, and names of parameters
   are identifiers. */
#include "fuzz/fuzz.h"

#include <errno.h>

#include "symbols/type_lines.h"

enum { NAME_SIZE = 32, PARAMETERS_TRIED = 8 };

static void check_line(const struct type_lines *lines, const struct type_line *line)
{
    char name[NAME_SIZE];
    FUZZ_CHECK(*line->function && !strpbrk(line->function, "\t\n"));
    FUZZ_CHECK(!strpbrk(line->soname, "\t\n") && !strpbrk(line->version, "\t\n"));
    size_t n = type_line_parameters(line);
    FUZZ_CHECK((n == 0) == !*line->parameters);
    for (size_t i = 0; i < PARAMETERS_TRIED; i++)
        if (type_line_parameter(line, i, name, sizeof(name))) {
            FUZZ_CHECK(i < n && *name && strlen(name) < sizeof(name));
            FUZZ_CHECK(!strpbrk(name, " ,\t\n\x1b-") && strstr(line->parameters, name));
        }
    const struct type_line *found =
        type_lines_find(lines, line->function, line->soname, line->version);
    FUZZ_CHECK(found && strcmp(found->function, line->function) == 0);
    FUZZ_CHECK(!*found->soname || strcmp(found->soname, line->soname) == 0);
    FUZZ_CHECK(!*found->version || strcmp(found->version, line->version) == 0);
    /* Where nothing is known, only what holds for all applies. */
    found = type_lines_find(lines, line->function, NULL, NULL);
    FUZZ_CHECK(!found || (!*found->soname && !*found->version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct type_lines lines = {0};
    int r = type_lines_read(&lines, (const char *)data, size);
    FUZZ_CHECK(r == 0 || r == -EINVAL);
    for (size_t i = 0; i < lines.list.count && r == 0; i++) {
        FUZZ_CHECK(i == 0 ||
                   strcmp(lines.list.items[i - 1].function, lines.list.items[i].function) <= 0);
        check_line(&lines, &lines.list.items[i]);
    }
    FUZZ_CHECK(!type_lines_find(&lines, "", NULL, NULL));
    type_lines_free(&lines);
    return 0;
}
