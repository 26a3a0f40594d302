/* SPDX-License-Identifier: MIT */
#include "util/ctf_name.h"

#include <stddef.h>
#include <string.h>

bool ctf_name_is_keyword(const char *name)
{
    static const char *const keywords[] = {"Bool", "Complex", "Imaginary"};
    for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
        if (strcmp(name, keywords[i]) == 0)
            return true;
    return false;
}

bool ctf_names_clash(const char *earlier, const char *later)
{
    return strcmp(earlier, later) == 0 || (earlier[0] == '_' && strcmp(earlier + 1, later) == 0);
}
