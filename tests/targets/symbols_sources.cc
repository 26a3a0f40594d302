/* SPDX-License-Identifier: MIT */
/* Functions of a header, whose number in the list of files is smaller than that of this file, and
   of two units that have it. */
#include "symbols_sources.h"

KEPT int Thing::declared(int a)
{
    return in_class(in_header(a));
}

int main(int argc, char **)
{
    Thing thing = {argc};
    return (thing.declared(1) + templated(argc) + second(argc)) == 12345;
}
