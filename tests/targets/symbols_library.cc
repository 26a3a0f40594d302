/* SPDX-License-Identifier: MIT */
// Classes of the C++ library that tests/unit/test_signature.c expects to be shown as what they
// stand for.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ns
{
static volatile long sink;

struct Plain {
    int a;
    float b;
};

long library(std::string a, const std::string &b, std::string_view c, std::vector<Plain> d,
             const std::vector<short> &e, std::unique_ptr<int> f, std::shared_ptr<int> g)
{
    return sink = (long)(a.size() + b.size() + c.size() + d.size() + e.size()) + *f + *g;
}

std::string text()
{
    return std::string();
}

/* Only their names are the library's. */
template <class T> struct vector {
    T *first;
    ~vector()
    {
        sink = 0;
    }
};
int others(vector<int> a)
{
    return a.first != nullptr;
}
} // namespace ns

/* clang describes classes completely where they are constructed. */
int main()
{
    std::vector<ns::Plain> plains;
    std::vector<short> shorts;
    std::unique_ptr<int> unique(new int(1));
    std::shared_ptr<int> shared(new int(2));
    ns::vector<int> other = {};
    ns::library(ns::text(), ns::text(), "view", plains, shorts, std::move(unique), shared);
    return ns::others(other);
}
