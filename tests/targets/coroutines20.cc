/* SPDX-License-Identifier: MIT */
/*
 * coroutines20 [ROUNDS=50]: C++20 coroutines: generate() yields ROUNDS times to drain(), calling
 * produce() each time; every second generator is destroyed half-way. Functions with their own names
 * are produce(), drain() and the coroutine's body, which the compiler generates. Prints "produce N
 * N" and "drain 4 4".
 */
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "state.h"

#define TRACED extern "C" __attribute__((noinline, noclone, visibility("default"), used))

static unsigned long n_produce, n_drain;

TRACED int produce(int i)
{
    n_produce++;
    asm volatile("" ::: "memory");
    return i * 3;
}

namespace
{
struct generator {
    struct promise_type {
        int value = 0;
        generator get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        std::suspend_always yield_value(int v)
        {
            value = v;
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
            std::terminate();
        }
    };
    std::coroutine_handle<promise_type> handle;
};

generator generate(int rounds)
{
    for (int i = 0; i < rounds; i++)
        co_yield produce(i);
}
} // namespace

TRACED long drain(int rounds, int until)
{
    n_drain++;
    long sum = 0;
    generator from = generate(rounds);
    for (int i = 0; i < until; i++) {
        from.handle.resume();
        if (from.handle.done())
            break;
        sum += from.handle.promise().value;
    }
    from.handle.destroy();
    return sum;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 50;
    for (int i = 0; i < 4; i++) {
        long n = i % 2 ? rounds / 2 : rounds;
        if (drain(rounds, i % 2 ? rounds / 2 : rounds + 1) != 3 * n * (n - 1) / 2) {
            fputs("target: wrong: the sum\n", stderr);
            return 99;
        }
    }
    printf("produce %lu %lu\ndrain %lu %lu\n", n_produce, n_produce, n_drain, n_drain);
    fflush(stdout);
    return 0;
}
