/* SPDX-License-Identifier: MIT */
// Functions with all the names that C++ knows. Each is called a few times, and how often is counted
// by the compiler's own means (-finstrument-functions). At the end each function's address in the
// file and its number of calls are printed, one a line.
#include <compare>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <unistd.h>

extern "C" const char __ehdr_start;

/* ---- the counting, which counts nothing of itself ---- */

#define UNCOUNTED extern "C" __attribute__((no_instrument_function, used))

struct count {
    void *function;
    unsigned long calls;
};
static count counts[4096];
static bool count_stopped;

UNCOUNTED void __cyg_profile_func_enter(void *function, void *)
{
    size_t at = reinterpret_cast<uintptr_t>(function) / 4 % 4096;
    if (count_stopped)
        return;
    while (counts[at].function && counts[at].function != function)
        at = (at + 1) % 4096;
    counts[at].function = function;
    counts[at].calls++;
}

UNCOUNTED void __cyg_profile_func_exit(void *, void *)
{
}

UNCOUNTED void count_report()
{
    count_stopped = true;
    for (const count &c : counts)
        if (c.function)
            printf("%016lx %lu\n",
                   static_cast<unsigned long>(static_cast<const char *>(c.function) -
                                              &__ehdr_start),
                   c.calls);
}

/* ---- overloads, pointers, qualifiers ---- */

static int sink;

static void over(int)
{
    sink++;
}
static void over(long)
{
    sink++;
}
static void over(char *)
{
    sink++;
}
static void over(const char *)
{
    sink++;
}
static void over(char *, int)
{
    sink++;
}
static void over(char **, int)
{
    sink++;
}
static void over(char *, int, char *)
{
    sink++;
}
static void over(int (*)(char *, int))
{
    sink++;
}
static void over(const int (&)[3])
{
    sink++;
}
static void over(char, char *, ...)
{
    sink++;
}
static void over(...)
{
    sink++;
}

static int callback(char *, int)
{
    return 1;
}

struct Ref {
    void method() &
    {
        sink++;
    }
    void method() &&
    {
        sink++;
    }
    void method() const &
    {
        sink++;
    }
    void method() volatile &
    {
        sink++;
    }
    int Ref::*member = nullptr;
    void take(int Ref::*)
    {
        sink++;
    }
    void take(void (Ref::*)() &)
    {
        sink++;
    }
    static void nothing() noexcept
    {
        sink++;
    }
};

/* ---- templates ---- */

template <class T> struct Box {
    T value;
    template <class U> U as(U other) const
    {
        return other;
    }
    Box &self()
    {
        return *this;
    }
};
template <class T, class U = Box<T>, int N = -3> struct Defaulted {
    static int size()
    {
        return N;
    }
};
template <size_t N> struct Text {
    char text[N];
    constexpr __attribute__((no_instrument_function)) Text(const char (&from)[N])
    {
        for (size_t i = 0; i < N; i++)
            text[i] = from[i];
    }
};
template <Text T> static int text_of()
{
    return T.text[0];
}
template <auto V> static int value_of()
{
    return sink;
}
template <bool B, char C, long long N> static void scalars()
{
    sink++;
}
static int global;
template <int *P> static int *pointer_to()
{
    return P;
}
template <void (*F)(int)> static void calls()
{
    F(1);
}
template <class... T> static int how_many(T...)
{
    return sizeof...(T);
}
template <template <class> class C, class T> static void nested(C<C<T>>)
{
    sink++;
}
template <class T> static auto decayed(T t) -> decltype(t + 1)
{
    return t + 1;
}
template <class T> static void (*picked(T))(int)
{
    return over;
}
template <class T>
requires(sizeof(T) > 1) static void constrained(T)
{
    sink++;
}
template <int N> static void compared(Box<char[(N > 3 ? 1 : 2)]> *)
{
    sink++;
}
template <class R, class... A> static R invoked(R (*f)(A...), A... a)
{
    return f(a...);
}
enum class Color { red, green };

/* ---- operators ---- */

struct Vec {
    int x;
    Vec operator+(Vec) const
    {
        return *this;
    }
    Vec operator-(Vec) const
    {
        return *this;
    }
    Vec operator-() const
    {
        return *this;
    }
    Vec operator*(Vec) const
    {
        return *this;
    }
    Vec operator*(int) const
    {
        return *this;
    }
    int operator*() const
    {
        return x;
    }
    Vec operator/(Vec) const
    {
        return *this;
    }
    Vec operator%(Vec) const
    {
        return *this;
    }
    Vec operator^(Vec) const
    {
        return *this;
    }
    Vec operator&(Vec) const
    {
        return *this;
    }
    Vec operator|(Vec) const
    {
        return *this;
    }
    Vec operator~() const
    {
        return *this;
    }
    bool operator!() const
    {
        return false;
    }
    Vec &operator=(int)
    {
        return *this;
    }
    Vec &operator+=(Vec)
    {
        return *this;
    }
    Vec &operator-=(Vec)
    {
        return *this;
    }
    Vec &operator*=(Vec)
    {
        return *this;
    }
    Vec &operator/=(Vec)
    {
        return *this;
    }
    Vec &operator%=(Vec)
    {
        return *this;
    }
    Vec &operator^=(Vec)
    {
        return *this;
    }
    Vec &operator&=(Vec)
    {
        return *this;
    }
    Vec &operator|=(Vec)
    {
        return *this;
    }
    Vec operator<<(int) const
    {
        return *this;
    }
    Vec operator>>(int) const
    {
        return *this;
    }
    Vec &operator<<=(int)
    {
        return *this;
    }
    Vec &operator>>=(int)
    {
        return *this;
    }
    bool operator==(const Vec &) const
    {
        return true;
    }
    bool operator<(int) const
    {
        return true;
    }
    bool operator>(int) const
    {
        return true;
    }
    bool operator<=(int) const
    {
        return true;
    }
    bool operator>=(int) const
    {
        return true;
    }
    bool operator!=(int) const
    {
        return true;
    }
    std::strong_ordering operator<=>(const Vec &) const
    {
        return std::strong_ordering::equal;
    }
    bool operator&&(Vec) const
    {
        return true;
    }
    bool operator||(Vec) const
    {
        return true;
    }
    Vec &operator++()
    {
        return *this;
    }
    Vec operator++(int)
    {
        return *this;
    }
    Vec &operator--()
    {
        return *this;
    }
    Vec operator--(int)
    {
        return *this;
    }
    Vec operator,(Vec) const
    {
        return *this;
    }
    Vec *operator->()
    {
        return this;
    }
    int operator->*(int) const
    {
        return x;
    }
    int operator()() const
    {
        return x;
    }
    int operator()(int, char *) const
    {
        return x;
    }
    int operator[](int) const
    {
        return x;
    }
    Vec *operator&()
    {
        return this;
    }
    operator int() const
    {
        return x;
    }
    operator const char *() const
    {
        return "";
    }
    operator Box<Box<int>>() const
    {
        return {{x}};
    }
    template <class T> explicit operator Box<T>() const
    {
        return {};
    }
    template <class T> bool operator<(Box<T>) const
    {
        return true;
    }
    template <class T> Vec operator<<(Box<T>) const
    {
        return *this;
    }
    template <class T> bool operator()(T) const
    {
        return true;
    }
    template <class T> int operator->*(Box<T>) const
    {
        return 1;
    }
    static void *operator new(size_t n)
    {
        return malloc(n);
    }
    static void operator delete(void *p)
    {
        free(p);
    }
    static void *operator new[](size_t n)
    {
        return malloc(n);
    }
    static void operator delete[](void *p)
    {
        free(p);
    }
};
static long double operator""_km(long double d)
{
    return d;
}
static int operator""_n(const char *, size_t n)
{
    return static_cast<int>(n);
}
template <char... C> static int operator""_digits()
{
    return sizeof...(C);
}

void *operator new(size_t n)
{
    return malloc(n);
}
void operator delete(void *p) noexcept
{
    free(p);
}
void operator delete(void *p, size_t) noexcept
{
    free(p);
}

/* ---- constructors and destructors of all kinds ---- */

struct Base {
    int x;
    Base() : x(1)
    {
    }
    Base(int a) : x(a)
    {
    }
    virtual ~Base()
    {
        sink++;
    }
    virtual void shown()
    {
        sink++;
    }
};
struct Left : virtual Base {
    Left() : Base(2)
    {
    }
    ~Left() override
    {
        sink++;
    }
    void shown() override
    {
        sink++;
    }
};
struct Right : virtual Base {
    void shown() override
    {
        sink++;
    }
};
struct Both : Left, Right {
    template <class T> Both(T)
    {
    }
    void shown() override
    {
        sink++;
    }
};

/* ---- scopes ---- */

namespace
{
namespace hidden
{
static void inner()
{
    sink++;
}
} // namespace hidden
struct Anonymous {
    void method()
    {
        sink++;
    }
};
} // namespace
namespace outer
{
inline namespace v1
{
static void versioned()
{
    sink++;
}
struct [[gnu::abi_tag("tag1", "tag2")]] Tagged {
};
static Tagged tagged()
{
    sink++;
    return {};
}
} // namespace v1
} // namespace outer

static int with_local(int n)
{
    struct Local {
        int twice(int a)
        {
            return 2 * a;
        }
    };
    auto plain = [](int a) { return a; };
    auto capturing = [&](auto a, auto... rest) { return n + a + static_cast<int>(sizeof...(rest)); };
    auto outer_one = [](int a) { return [a](int b) { return a + b; }(a); };
    int (*decayed_lambda)(int) = plain;
    return Local().twice(n) + plain(1) + capturing(1) + capturing(1, 2L) + capturing('a', "b") +
           outer_one(3) + decayed_lambda(4);
}
template <class T> static T with_local_template(T t)
{
    struct Local {
        T one(T a)
        {
            return a;
        }
    };
    return [](T a) { return a; }(t) + Local().one(t);
}
static int made_at_start = [] { return 1; }();
struct Initialized {
    int x = [] { return 2; }();
    static inline int y = [] { return 3; }();
};
static int with_default(int n = [] { return 5; }())
{
    return n;
}

/* ---- names out of the ordinary ---- */

static int größe(int n)
{
    return n;
}
static int α(int n)
{
    return n;
}
static int β(int n)
{
    return n;
}
namespace 空間
{
static void 関数()
{
    sink++;
}
} // namespace 空間
static void dollar$in$it()
{
    sink++;
}

#define LONG(name) LONG_AGAIN(name, _a123456789_b123456789_c123456789_d123456789_e123456789_f123456789)
#define LONG_AGAIN(name, x) LONG_JOINED(x, x, x, x, name)
#define LONG_JOINED(a, b, c, d, name) a##b##c##d##name
static void LONG(_first)(int)
{
    sink++;
}
static void LONG(_second)(int)
{
    sink++;
}
template <class T> struct Deep {
    static void at_the_bottom()
    {
        sink++;
    }
    static void at_the_bottom(int, T *)
    {
        sink++;
    }
    static void at_the_bottom(long, T *)
    {
        sink++;
    }
};
using Deep1 = Deep<Defaulted<Box<Box<Box<long>>>, Defaulted<Box<Box<Box<char>>>>>>;
using Deep2 = Deep<Defaulted<Deep1, Deep1, 2>>;

/* ---- coroutines ---- */

struct Awaited {
    bool await_ready()
    {
        return false;
    }
    void await_suspend(std::coroutine_handle<>)
    {
        sink++;
    }
    void await_resume()
    {
        sink++;
    }
};
struct Wish {
    Awaited operator co_await()
    {
        return {};
    }
};
struct Task {
    struct promise_type {
        Task get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() noexcept
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
        }
    };
    std::coroutine_handle<promise_type> handle;
};
static Task coroutine(int n)
{
    sink += n;
    co_await Wish();
    sink++;
}
static Task coroutine(long n)
{
    sink += static_cast<int>(n);
    co_await Wish();
    sink++;
}

/* ---- all of it ---- */

static void call_overloads()
{
    char c = 0, *p = &c, **pp = &p;
    const int three[3] = {};
    Ref ref;
    const Ref const_ref;
    volatile Ref volatile_ref;
    over(1);
    over(1L);
    over(p);
    over("");
    over(p, 1);
    over(pp, 1);
    over(p, 1, p);
    over(callback);
    over(three);
    over(*p, p, 2.0, 3);
    over();
    ref.method();
    Ref().method();
    const_ref.method();
    volatile_ref.method();
    ref.take(static_cast<int Ref::*>(nullptr));
    ref.take(static_cast<void (Ref::*)() &>(&Ref::method));
    Ref::nothing();
}

static void call_templates()
{
    Box<int> box{1};
    Box<Box<char *>> boxes{{nullptr}};
    box.as('a');
    box.as<const char *>("a");
    box.self();
    boxes.self().as<Box<int> *>(&box);
    Defaulted<int>::size();
    Defaulted<int, long, 7>::size();
    text_of<"hello, \"world\"\\*">();
    text_of<"another">();
    value_of<-1>();
    value_of<-1LL>();
    value_of<'*'>();
    value_of<nullptr>();
    value_of<Color::green>();
    value_of<static_cast<Color>(9)>();
    value_of<&Ref::nothing>();
    value_of<&global>();
    scalars<true, ',', -5>();
    scalars<false, '"', 1LL << 40>();
    pointer_to<&global>();
    calls<over>();
    how_many();
    how_many(1);
    how_many(1, 'a', "b", nullptr);
    how_many(box, boxes, how_many<int, int>);
    nested<Box, int>({});
    decayed(1);
    decayed('a');
    picked(1);
    picked(2.0);
    constrained(5);
    compared<1>(nullptr);
    compared<9>(nullptr);
    invoked<int, char *, int>(callback, nullptr, 1);
}

static void call_operators()
{
    Vec a{1}, b{2};
    (void)(a + b), (void)(a - b), (void)-a, (void)(a * b), (void)a.operator*(1), (void)*a;
    (void)(a / b), (void)(a % b), (void)(a ^ b), (void)(a & b), (void)(a | b), (void)~a, (void)!a;
    a = 1, a += b, a -= b, a *= b, a /= b, a %= b, a ^= b, a &= b, a |= b;
    (void)a.operator<<(1), (void)a.operator>>(1), a <<= 1, a >>= 1;
    (void)(a == b), (void)a.operator<(1), (void)a.operator>(1), (void)a.operator<=(1);
    (void)a.operator>=(1), (void)a.operator!=(1), (void)(a <=> b);
    (void)(a && b), (void)(a || b), ++a, a++, --a, a--, (void)(a, b);
    (void)a->x, (void)a.operator->*(1), a(), a(1, nullptr), (void)a.operator[](1), &a;
    (void)a.operator int(), (void)a.operator const char *(), (void)a.operator Box<Box<int>>();
    (void)static_cast<Box<char>>(a), (void)a.operator Box<Vec *>();
    (void)a.operator< <int>(Box<int>()), (void)a.operator<<(Box<Vec *>()), (void)a(1.5);
    (void)a.operator->*(Box<char>());
    delete new Vec{1};
    delete[] new Vec[2];
    delete new int;
    (void)1.0_km, (void)"abc"_n, (void)123_digits;
}

static void call_classes()
{
    Base on_stack;
    Base *all[] = {new Base(1), new Left, new Right, new Both(1), new Both("a")};
    for (Base *each : all) {
        each->shown();
        delete each;
    }
}

static void call_scopes()
{
    hidden::inner();
    Anonymous().method();
    outer::versioned();
    outer::tagged();
    with_local(made_at_start);
    with_local_template(1);
    with_local_template('a');
    Initialized initialized;
    with_default(initialized.x);
    with_default();
}

static void call_odd_names()
{
    größe(1), α(1), α(2), β(1);
    空間::関数();
    dollar$in$it();
    LONG(_first)(1);
    LONG(_second)(1);
    LONG(_second)(2);
    Deep1::at_the_bottom();
    Deep1::at_the_bottom(1, nullptr);
    Deep1::at_the_bottom(1L, nullptr);
    Deep2::at_the_bottom();
    Deep2::at_the_bottom(1, nullptr);
    Deep2::at_the_bottom(1L, nullptr);
}

static void call_coroutines()
{
    Task one = coroutine(1), two = coroutine(2L);
    one.handle.resume();
    one.handle.destroy();
    two.handle.resume();
    two.handle.destroy();
}

int main()
{
    call_overloads();
    call_templates();
    call_operators();
    call_classes();
    call_scopes();
    call_odd_names();
    call_coroutines();
    count_report();
    return 0;
}
