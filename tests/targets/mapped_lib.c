/* SPDX-License-Identifier: MIT */
/* Two functions without data, so that they can be called in every mapping of the file. */
__attribute__((noinline)) long mapped_one(long i);
long mapped_one(long i)
{
    return 3 * i + 1;
}

__attribute__((noinline)) long mapped_two(long i);
long mapped_two(long i)
{
    return 5 * i + 2;
}
