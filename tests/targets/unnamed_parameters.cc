/* SPDX-License-Identifier: MIT */
/* Functions that the compiler generates, whose parameters have no names: an inherited constructor,
   and the function of a lambda's pointer. */
#include <cstdio>

struct Virtual {
    int v = 1;
    virtual ~Virtual()
    {
    }
};

struct Base {
    long q;
    Base(int a, double b, const char *s, long z) : q(a)
    {
        std::printf("%d %g %s %ld\n", a, b, s, z);
    }
    virtual ~Base()
    {
    }
};

struct Derived : virtual Virtual, Base {
    using Base::Base;
};

struct Most : Derived {
    Most() : Derived(1, 2.5, "inherited", 4)
    {
    }
};

[[gnu::noinline]] static int apply(int (*function)(int, double))
{
    return function(9, 8.5);
}

int main()
{
    Most most;
    return apply([](int a, double b) {
               std::printf("%d %g\n", a, b);
               return a * 2;
           }) == 0;
}
