/* SPDX-License-Identifier: MIT */
/* Functions with several names, called by all of them. */
__attribute__((noinline)) int marker(int val)
{
    return val * 2;
}

int other(int val) __attribute__((alias("marker")));

__attribute__((noinline)) int real_fn(int val)
{
    return val * 3;
}

int zz_longer_alias(int val) __attribute__((alias("real_fn")));
int weak_one(int val) __attribute__((weak, alias("real_fn")));

__attribute__((noinline)) static int of_this_file(int val)
{
    return val * 4;
}

int exported(int val) __attribute__((alias("of_this_file")));

int main(void)
{
    return marker(1) + other(2) + real_fn(3) + zz_longer_alias(4) + weak_one(5) + exported(6) - 66;
}
