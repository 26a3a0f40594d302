/* SPDX-License-Identifier: MIT */
/* The second unit of symbols_sources.cc. */
#include "symbols_sources.h"

namespace
{
struct Local {
    int defined_here(int a);
};
} // namespace

KEPT int Local::defined_here(int a)
{
    return templated(static_cast<char>(a)) + in_header(a);
}

KEPT int second(int a)
{
    return Local().defined_here(a);
}
