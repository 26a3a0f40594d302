/* SPDX-License-Identifier: MIT */
// C++ functions for tests/unit/test_signature.c: names, overloads, `this`, references, classes.
namespace ns
{
struct Plain {
    int a;
    float b;
    Plain(int);
};
struct Copied {
    Copied(const Copied &);
    int a;
};
struct Destroyed {
    ~Destroyed();
    double a;
};
struct Derived : Plain {
    long c;
};
struct Empty {
};
enum class Mode : unsigned char { off, on = 200 };

static volatile int sink;

struct Class {
    int value;
    explicit Class(int first);
    virtual ~Class();
    int method(int a, const char *text) const;
    int overloaded(int a);
    int overloaded(double a, Class &other);
    static int fixed(Class *c, Mode mode);
};

Class::Class(int first) : value(first)
{
}
Class::~Class()
{
    sink = 0;
}
int Class::method(int a, const char *text) const
{
    return sink = a + text[0] + value;
}
int Class::overloaded(int a)
{
    return sink = a;
}
int Class::overloaded(double a, Class &other)
{
    return sink = (int)a + other.value;
}
int Class::fixed(Class *c, Mode mode)
{
    return sink = c->value + (int)mode;
}

int by_value(Plain a, Copied b, Empty c, Destroyed d, int e)
{
    return sink = a.a + b.a + (int)d.a + e + (int)sizeof(c);
}
Copied::Copied(const Copied &other) : a(other.a)
{
}
Destroyed::~Destroyed()
{
    sink = 3;
}
Copied returned(const Copied &a)
{
    return a;
}
long derived(Derived a, int &&b)
{
    return a.a + b;
}
template <class T> T larger(T a, T b)
{
    sink = 1;
    return a < b ? b : a;
}
template int larger<int>(int, int);
template double larger<double>(double, double);

Plain operator+(const Plain &a, const Plain &b)
{
    return Plain(a.a + b.a);
}
Plain::Plain(int first) : a(first), b(0)
{
}
} // namespace ns

int main()
{
    return ns::sink;
}
