/* SPDX-License-Identifier: MIT */
/* Two functions that need no data, so that they can be called wherever the file is mapped. */
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
