/* SPDX-License-Identifier: MIT */
/* Invalid references, as an erroneous program makes them: to NULL, and to an unmapped page. */
#include <string>
#include <vector>

struct Holder {
    std::vector<int> &held;
    int number;
};

__attribute__((noinline)) void referred(std::vector<int> &v, const std::string &s, int last)
{
    __asm__ volatile("" : : "r"(&v), "r"(&s), "r"(last) : "memory");
}

__attribute__((noinline)) void holding(Holder holder)
{
    __asm__ volatile("" : : "r"(&holder) : "memory");
}

__attribute__((noinline)) std::vector<int> &chosen(std::vector<int> *from)
{
    __asm__ volatile("" : "+r"(from));
    return *from;
}

int main()
{
    std::vector<int> three{1, 2, 3};
    std::string text("text");
    std::vector<int> *volatile vectors[] = {&three, nullptr,
                                            reinterpret_cast<std::vector<int> *>(8)};
    std::string *volatile texts[] = {&text, nullptr, reinterpret_cast<std::string *>(8)};
    for (int i = 0; i < 3; i++) {
        referred(*vectors[i], *texts[i], i);
        holding(Holder{*vectors[i], i});
        chosen(vectors[i]);
    }
    return 0;
}
