#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Completion in bash.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# complete_line LINE: writes the completions to the file `replies`, sorted.
complete_line()
{
    PATH=$build/bin:$PATH bash "$top/tests/e2e/complete.sh" "$top/scripts/completion.bash" "$1" >replies.new 2>replies.err
    [[ ! -s replies.err ]] || fail "'$1': $(cat replies.err)"
    LC_ALL=C sort replies.new >replies
}

# completes LINE REPLY...: exactly these.
completes()
{
    local line=$1
    shift
    complete_line "$line"
    { (($# == 0)) || printf '%s\n' "$@"; } | LC_ALL=C sort | diff - replies || fail "not what '$line' is completed with"
}

case_options()
{
    completes 'ptrace_tracer --no' --no-pin
    completes 'ptrace_tracer --string-' --string-limit=
    completes 'ptrace_tracer --strings=' all const
    completes 'ptrace_tracer -q --li' --list
    completes 'ptrace_tracer --su' --summary
    local option
    complete_line 'ptrace_tracer --'
    # All options of --help=all, and no others.
    "$tracer" --help=all | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' | sort -u >shown
    sed 's/=.*//' replies | sort -u | diff shown - || fail "not the options that there are"
}

case_values()
{
    mkdir first second
    : >file
    completes 'ptrace_tracer -o ' first home second
    completes 'ptrace_tracer --output=fi' first
    completes 'ptrace_tracer --patterns=fi' file first
    completes 'ptrace_tracer --print=fi' file first
    completes 'ptrace_tracer --with=d' depth duration
    completes 'ptrace_tracer --with=depth,ca' depth,caller
    completes 'ptrace_tracer --with depth,caller,t' depth,caller,tid
    # Each word once.
    completes 'ptrace_tracer --with=depth,d' depth,duration
    completes 'ptrace_tracer --with=depth,duration,cpu,caller,' depth,duration,cpu,caller,{tid,pid,stack}
    completes 'ptrace_tracer --string-limit='
    complete_line 'ptrace_tracer -p '
    grep -qx "$$" replies || fail "process $$ is not there"
    complete_line 'ptrace_tracer -p 1,'
    grep -qx "1,$$" replies || fail "process $$ is not there"
}

# After the `@` of a pattern: of the program, or the process, on the command line.
case_modules()
{
    completes "ptrace_tracer -f 'my@^ $sample" my@c my@mylib my@sample_app
    completes "ptrace_tracer -f 'mall@lib^' $sample" mall@libc.so.6 mall@libmylib.so
    completes "ptrace_tracer --function='mall@my^' $sample" mall@mylib
    completes "ptrace_tracer -x 'm@n@c^' $sample" m@n@c
    completes "ptrace_tracer -f mall@my^ $sample" mylib
    completes 'ptrace_tracer -f my@'
    completes 'ptrace_tracer -f my@^ ./none'
    complete_line "ptrace_tracer -p $$ -f 'my@"
    grep -qx my@bash replies || fail "not those of the process: $(cat replies)"
}

# The first word can be a command.
case_commands()
{
    mkdir first second
    : >file
    complete_line 'ptrace_tracer rep'
    grep -qx replay replies || fail "the command is not there: $(cat replies)"
    completes 'ptrace_tracer replay ' first home second
    completes 'ptrace_tracer replay -o fi' file first
    completes 'ptrace_tracer replay --output=fi' file first
    completes 'ptrace_tracer replay -f '
    completes 'ptrace_tracer record --no' --no-pin
    complete_line 'ptrace_tracer -q rep'
    ! grep -qx replay replies || fail "a command behind an option"
    completes 'ptrace_tracer report --sort=m' max mean
    completes 'ptrace_tracer report --format js' json
    completes 'ptrace_tracer report --by=th' thread
    completes 'ptrace_tracer graph --fo' --fold
    completes 'ptrace_tracer export --to=j' json
    local command
    for command in replay report graph export types; do
        complete_line "ptrace_tracer $command --"
        "$tracer" "$command" --help | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' | sort -u >shown
        sed 's/=.*//' replies | sort -u | diff shown - || fail "not the options of $command"
    done
}

case_programs_words()
{
    : >letter
    completes "ptrace_tracer -q $sample let" letter
    completes "ptrace_tracer -f main $sample --no"
    complete_line 'ptrace_tracer -q sample_a'
    grep -qx sample_app replies || fail "the program is not there: $(cat replies)"
}

case_sessions()
{
    with_lttng
    lttng_do create one --output="$dir/one"
    lttng_do create other --snapshot --output="$dir/other"
    lttng_do enable-event -u --session=one 'x:*'
    lttng_do start one
    completes 'ptrace_tracer --session=' one other
    completes 'ptrace_tracer --session ot' other
    lttng_do destroy one
    lttng_do destroy other
}

case_functions()
{
    local option
    for option in '-f ' '--function=' '--function ' '-x ' '--exclude='; do
        completes "ptrace_tracer ${option}my_^ $sample" my_traced_function
        completes "ptrace_tracer ${option}^ $sample" main my_traced_function number
    done
    completes "ptrace_tracer -q -f num^ -x main -o trace -- $sample 3" number
    # Also a program in PATH, and the system's libraries once something is typed.
    completes 'ptrace_tracer -f malloc_us^ sample_app' malloc_usable_size
    # No program yet, or one that does not exist.
    completes 'ptrace_tracer -f my_'
    completes 'ptrace_tracer -f my_^ -o trace'
    completes 'ptrace_tracer -f my_^ ./nothing'
    completes "ptrace_tracer -f 'nothing_^ $sample"
    # The last alternative is completed; a pattern that is more than a name is left alone.
    completes "ptrace_tracer -f 'main|num^ $sample" 'main|number'
    completes "ptrace_tracer -f 'ma.n|num^ $sample" 'ma.n|number'
    completes "ptrace_tracer -f 'my_.*^ $sample"
}

# By all names, also those that are not shown.
case_functions_of_several_names()
{
    local program=$build/targets/aliases
    completes "ptrace_tracer -f weak_^ $program" weak_one
    completes "ptrace_tracer -f exporte^ $program" exported
    completes "ptrace_tracer -f real_f^ $program" real_fn
    completes "ptrace_tracer -f ^ $program" main marker other real_fn zz_longer_alias weak_one of_this_file exported
}

case_functions_of_a_process()
{
    target_start "$sample" 20000 1000
    completes "ptrace_tracer -p $target_pid -f my_t" my_traced_function
    completes "ptrace_tracer --pid=$target_pid -f my_t" my_traced_function
    completes "ptrace_tracer -f my_t^ $target_pid" my_traced_function
    kill -KILL "$target_pid"
}

# Names become patterns: special characters are escaped, parameters are left out.
case_functions_cxx()
{
    local name
    cat >shapes.cc <<-'EOT'
		namespace ns {
		struct Shape {
		    int n;
		    Shape operator+(const Shape &other) const;
		    int operator()(int by);
		    int area(int by);
		    int area(double by) const;
		};
		__attribute__((noinline)) Shape Shape::operator+(const Shape &other) const { return {n + other.n}; }
		__attribute__((noinline)) int Shape::operator()(int by) { return n * by; }
		__attribute__((noinline)) int Shape::area(int by) { return n * by; }
		__attribute__((noinline)) int Shape::area(double by) const { return n * (int)by; }
		}
		int main()
		{
		    ns::Shape shape = {3};
		    return (shape + shape)(2) + shape.area(2) - static_cast<const ns::Shape &>(shape).area(2.0) - 12;
		}
	EOT
    g++ -g -O0 -o shapes shapes.cc || fail "no compiler"
    completes "ptrace_tracer -f 'ns::^ ./shapes" 'ns::Shape::area' 'ns::Shape::operator\(\)' 'ns::Shape::operator\+'
    completes "ptrace_tracer -f 'ns::Shape::operator\\+^ ./shapes" 'ns::Shape::operator\+'
    completes "ptrace_tracer -f 'ns::Shape::operator\\(^ ./shapes" 'ns::Shape::operator\(\)'
    # Outside of quotes, bash keeps the text before the last colon.
    completes 'ptrace_tracer -f ns::Shape::a^ ./shapes' area
    completes 'ptrace_tracer --function=ns::Shape::a^ ./shapes' area
    # The completed pattern selects the function.
    complete_line "ptrace_tracer -f '^ ./shapes"
    cp replies all
    grep -qx 'ns::Shape::operator\\+' all || fail "not there: $(cat all)"
    while read -r name; do
        "$tracer" --list -f "$name" ./shapes >list 2>$err || fail "'$name': $(cat $err)"
        [[ -s list && ! -s $err ]] || fail "'$name' selects nothing: $(cat $err)"
    done <all
}

# As typed by a user.
case_interactive()
{
    command -v script >/dev/null || skip "no script(1)"
    cat >rc <<-EOT
		PATH=$build/bin:\$PATH
		PS1='ready '
		bind 'set enable-bracketed-paste off'
		. $top/scripts/completion.bash
	EOT
    # Ctrl-A, then two words forward, to complete in the middle of the line.
    {
        wait_for 20 grep -qs ready typescript
        printf 'ptrace_tracer --print=lines -f  %s 2\001\033f\033f\033f\033f\006\006\006\006my_tr\t\n' "$sample"
        wait_for 20 grep -q 'sample_app: 2 calls' typescript
        # No space behind a word of a list.
        printf 'ptrace_tracer --print=more --with=dep\t,call\t %s 3\n' "$sample"
        wait_for 20 grep -q 'sample_app: 3 calls' typescript
        printf 'exit\n'
        wait_for 20 test -e ended
    } | script -qfec "bash --rcfile $dir/rc -i; : >$dir/ended" typescript >/dev/null
    lines 2 'mylib:my_traced_function\(' lines
    lines 0 'sample_app:main\(' lines
    lines 3 'mylib:my_traced_function\(.*depth = [0-9]*, caller = ' more
}

run_cases "$@"
