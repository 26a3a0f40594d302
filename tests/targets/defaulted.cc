/* SPDX-License-Identifier: MIT */
// Classes that declare how they are copied and destroyed, and may default it: for
// tests/unit/test_defaulted_members.c.
struct Trivial {
    int a;
    Trivial() = default;
    Trivial(const Trivial &) = default;
    ~Trivial() = default;
};
struct Owner {
    int a;
    Owner() : a(1) {}
    Owner(const Owner &other) : a(other.a) {}
    ~Owner() { a = 0; }
};
struct Virtual {
    int a;
    virtual ~Virtual() = default;
};
struct Large {
    long a, b, c;
    Large() = default;
    Large(const Large &) = default;
};
struct Plain {
    int a;
};

namespace df
{
__attribute__((noinline)) Trivial trivial(Trivial t, int n)
{
    t.a += n;
    return t;
}
__attribute__((noinline)) Owner owner(Owner o, int n)
{
    o.a += n;
    return o;
}
__attribute__((noinline)) int made_virtual(Virtual v, int n)
{
    return v.a + n;
}
__attribute__((noinline)) long large(Large l, int n)
{
    return l.a + l.c + n;
}
__attribute__((noinline)) Plain plain(Plain p, int n)
{
    p.a += n;
    return p;
}
__attribute__((noinline)) Trivial only_returned(int n)
{
    Trivial t;
    t.a = n;
    return t;
}
} // namespace df

int main()
{
    Trivial t;
    t.a = 1;
    Owner o;
    Virtual v;
    v.a = 2;
    Large l;
    l.a = l.b = l.c = 3;
    Plain p = {4};
    return (int)(df::trivial(t, 5).a + df::owner(o, 6).a + df::made_virtual(v, 7) + df::large(l, 8) +
                 df::plain(p, 9).a + df::only_returned(10).a) == 0;
}
