/* SPDX-License-Identifier: MIT */
// Classes with virtual bases, by value: for tests/unit/test_virtual_bases.c.
#include <utility>

struct Base {
    int b;
    Base() : b(0) {}
    Base(int first, double second) : b(first + (int)second) {}
};
struct Derived : virtual Base {
    int d;
};
struct Further : Derived {
    int f;
    double g;
};
struct Holder {
    Derived held;
    int h;
};
struct Movable : virtual Base {
    short m;
    Movable() : m(4) {}
    Movable(Movable &&) = default;
    Movable(const Movable &) = delete;
};
struct Inheriting : virtual Base {
    using Base::Base;
    int i = 4;
};
struct Last : Inheriting {
    int l = 5;
    explicit Last(int first) : Base(first, 1.5), Inheriting(88, 9.5) {}
};

#define NOINLINE __attribute__((noinline))

namespace vb
{
NOINLINE Derived made(int first, int second)
{
    Derived made;
    made.b = 1;
    made.d = first + second;
    return made;
}
NOINLINE int taken(Derived a, int n, double x)
{
    return a.b + a.d + n + (int)x;
}
NOINLINE Further further(int n, Further a, double x)
{
    a.f += n + (int)x;
    return a;
}
NOINLINE int held(Holder a, int n)
{
    return a.held.d + a.h + n;
}
NOINLINE int moved(Movable a, short n)
{
    return a.m + n;
}
NOINLINE int referred(Derived *a, const Further &b, int n)
{
    return a->d + b.f + n;
}
} // namespace vb

int main()
{
    Derived derived = vb::made(23, 100);
    Further made;
    made.d = 7;
    made.f = 8;
    made.g = 0.5;
    made = vb::further(3, made, 2.5);
    Holder holder;
    holder.held = derived;
    holder.h = 6;
    Movable movable;
    int sum = vb::taken(derived, 7, 2.5) + vb::held(holder, 9);
    sum += vb::moved(std::move(movable), 10) + vb::referred(&derived, made, 11);
    Inheriting inheriting(77, 2.5);
    Last last(66);
    return sum + inheriting.b + last.b == 0;
}
