/* SPDX-License-Identifier: MIT */
/* Classes whose addresses are passed on the stack. Unoptimised code of clang loads such an address
   into a register, and describes the class as behind that register for the whole function. */
struct Copied {
    long value;
    Copied(long v) : value(v)
    {
    }
    Copied(const Copied &other) : value(other.value)
    {
    }
};

__attribute__((noinline)) long summed(int a, int b, int c, int d, int e, int f, Copied x, Copied y,
                                      Copied z)
{
    return x.value + y.value + z.value;
}

struct Owner {
    long number;
    __attribute__((noinline)) long owned(int a, long b, int c, long d, int e, Copied x, int g,
                                         Copied y)
    {
        return number + x.value + y.value + g;
    }
};

int main()
{
    Owner owner{1};
    long sum = summed(1, 2, 3, 4, 5, 6, Copied(77), Copied(88), Copied(99));
    return sum + owner.owned(1, 2, 3, 4, 5, Copied(6), 7, Copied(8)) == 264 + 22 ? 0 : 1;
}
