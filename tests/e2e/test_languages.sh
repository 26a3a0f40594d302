#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Arguments and results of other languages than C and C++, and results that compilers drop: an
# unknown result is not shown as none.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# The lines of --print without thread and time.
printed() # ARGUMENT...
{
    traced 0 --quiet --print=lines "$@"
    sed -E 's/^[0-9]+ //; s/ <[0-9.]+>$//' lines >seen
}

expect()
{
    diff -u - seen >difference || fail "shown otherwise than expected: $(cat difference)"
}

need()
{
    local tool
    for tool; do
        command -v "$tool" >/dev/null || skip "no $tool"
    done
}

# GCC drops the result of a function if no caller uses it.
case_result_given_up()
{
    need gcc
    cat >program.c <<'END'
static volatile int sink;
__attribute__((noinline)) static int ignored(int x, int y)
{
    sink = x + y;
    return sink * 2;
}
__attribute__((noinline)) void nothing(int x)
{
    sink = x;
}
int main(void)
{
    ignored(sink, 2);
    ignored(3, sink);
    nothing(4);
    return 0;
}
END
    gcc -O2 -g -fno-ipa-cp -o program program.c || fail "cannot compile"
    printed -f 'ignored.*|nothing' ./program
    grep -q 'ignored\.' lines || fail "GCC has not given up the result: $(cat lines)"
    sed -E -i 's/ignored\.[a-z.0-9]+\([^)]*\)/ignored/' seen
    expect <<'END'
program:ignored
= ?
program:ignored
= ?
program:nothing(x = 4)
= void
END
}

# A class that C++ passes by invisible reference, in a unit with Fortran as its language: a Fortran
# compiler describes arguments, which are all references, in the same way.
fortran_program()
{
    need g++ gcc
    cat >taken.cc <<'END'
struct Optional {
    int value;
    double ratio;
    const char *text;
    Optional(const Optional &);
};
extern "C" int taken(int n, Optional x, double d)
{
    return n + (int)d + (int)sizeof(x);
}
END
    cat >call.c <<'END'
struct plain { int value; double ratio; const char *text; };
int taken(int n, struct plain *x, double d);
int main(void)
{
    struct plain there = {7, 1.5, "text"};
    return taken(1, 0, 0.5) + taken(2, &there, 2.5) + taken(3, (struct plain *)8, 0) == 0;
}
END
    g++ -g -O2 -dA -S -o taken.s taken.cc || fail "cannot compile"
    # DW_LANG_Fortran95; arm64's comments begin with //
    sed -E -i 's/\.byte\t0x[0-9a-f]+(\t(#|\/\/) DW_AT_language)/.byte\t0xe\1/' taken.s
    grep -q 'byte.0xe.*DW_AT_language' taken.s || fail "no language in what g++ writes"
    gcc -O0 -w -o program call.c taken.s || fail "cannot build"
}

case_absent_arguments()
{
    fortran_program
    printed -f taken ./program
    expect <<'END'
program:taken(n = 1, x_value = (null), x_ratio = (null), x_text = (null), d = 0.5)
= ?
program:taken(n = 2, x_value = 7, x_ratio = 1.5, x_text = "text", d = 2.5)
= ?
program:taken(n = 3, x_value = (bad address), x_ratio = (bad address), x_text = (bad address), d = 0)
= ?
END
}

case_absent_arguments_in_events()
{
    fortran_program
    with_lttng
    traced 0 --output=trace -f taken ./program
    read_trace trace
    events 3 'program:taken_entry'
    lines 1 'n = 1, x_value = 0, x_ratio = 0, x_text = "\(null\)", x_ptr = \( "null" : container = 1 \), d = 0.5 \}' text
    lines 1 'n = 2, x_value = 7, x_ratio = 1.5, x_text = "text", x_ptr = \( "ok" : container = 0 \), d = 2.5 \}' text
    lines 1 'n = 3, x_value = 0, x_ratio = 0, x_text = "\(bad address\)", x_ptr = \( "bad_address" : container = 2 \), d = 0 \}' text
    lines 3 'program:taken_exit: .*\{ +\}$' text
}

case_fortran()
{
    need gfortran
    cat >program.f90 <<'END'
module m
contains
  integer function addup(n, x) result(r)
    integer, intent(in) :: n
    real(8), intent(in), optional :: x
    r = n
    if (present(x)) r = r + int(x)
  end function
  subroutine twice(n)
    integer, intent(inout) :: n
    n = 2 * n
  end subroutine
end module
program main
  use m
  integer :: k
  k = addup(1) + addup(2, 3.5d0)
  call twice(k)
  if (k == 0) stop 1
end program
END
    gfortran -g -O2 -fno-inline -fno-ipa-cp -o program program.f90 || fail "cannot compile"
    printed -f '__m_MOD_.*' ./program
    expect <<'END'
program:__m_MOD_addup(n = 1, x = (null))
= ?
program:__m_MOD_addup(n = 2, x = 3.5)
= ?
program:__m_MOD_twice(n = 6)
= void
END
}

case_rust()
{
    need rustc
    cat >program.rs <<'END'
#[no_mangle] #[inline(never)] pub fn twice(x: i32) -> i32 { std::hint::black_box(x) * 2 }
#[no_mangle] #[inline(never)] pub fn nothing(x: i32) { std::hint::black_box(x); }
fn main() { nothing(twice(std::hint::black_box(21))); }
END
    # rustup searches its tools in the user's own home.
    HOME=$(getent passwd "$(id -u)" | cut -d: -f6) rustc -g -o program program.rs 2>rustc.log || skip "rustc cannot build here: $(tail -n 1 rustc.log)"
    printed -f 'twice|nothing' ./program
    sed -E -i 's/\(.*\)//' seen
    expect <<'END'
program:twice
= ?
program:nothing
= void
END
}

case_ada()
{
    need gnatmake
    cat >program.adb <<'END'
procedure Program is
   Total : Integer := 0;
   pragma Volatile (Total);
   function Twice (X : Integer) return Integer is begin return 2 * X; end Twice;
   procedure Keep (X : Integer) is begin Total := X; end Keep;
begin
   Keep (Twice (21));
end Program;
END
    gnatmake -g program.adb >gnat.log 2>&1 || skip "gnatmake cannot build here: $(tail -n 1 gnat.log)"
    printed -f 'program__(twice|keep).*' ./program
    sed -E -i 's/\..*//; s/\(.*//' seen
    expect <<'END'
program:program__twice
= ?
program:program__keep
= void
END
}

run_cases "$@"
