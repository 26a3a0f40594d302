#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Indirect functions (STT_GNU_IFUNC), for which each process selects an implementation: they are
# traced with their own names, however the program is linked and whenever it is traced.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

sources=$top/tests/targets
compiler=${TEST_CC:-gcc}

compile() # FILE FLAG...
{
    $compiler -D_GNU_SOURCE -O1 -g -fno-builtin -o "$1" "${@:2}" "$sources/indirect.c" || fail "cannot build $1"
}

library()
{
    $compiler -O1 -g -fPIC -shared -o liblate.so "$sources/indirect_library.c" || fail "cannot build it"
}

# Ways to link, one on a line: NAME FLAG...
ways='now -Wl,-z,now
lazy -Wl,-z,lazy
no_pie -no-pie -fno-pie
static -static -DNO_LIBRARIES
static_pie -static-pie -DNO_LIBRARIES'

# The first argument of a function that gets the text at $text: of the C library's, by the types of
# its headers, else by registers.
gets_text() # PROVIDER PARAMETER
{
    case $1 in c) echo "\\($2 = \"seven\.\.\"" ;; *) echo "\\(arg1 = $text," ;; esac
}

# The provider of strlen() in the program.
provider()
{
    case $1 in static*) echo "$1" ;; *) echo c ;; esac
}

# begins PROGRAM ARGUMENT...: starts it for ask(); $pid, and $text, the address of its text.
begins()
{
    local program=$1
    mkfifo in
    "$@" <>in >answers &
    program_pid=$!
    begun "$program"
}

begun()
{
    wait_for 20 grep -qs '^text ' answers || fail "$1 does not start"
    pid=$(sed -n 's/^pid //p' answers)
    text=$(sed -n 's/^text //p' answers)
    asked=0
}

ask() # LINE
{
    echo "$1" >in
    wait_for 20 answered $((++asked)) || fail "no answer to $1"
}

answered()
{
    [[ $(grep -c '^done$' answers) == "$1" ]]
}

# Attaches with --print=lines; returns when the process runs again.
attach() # ARGUMENT...
{
    tracer_start --print=lines "$@" -p "$pid"
    wait_for 20 is_traced "$pid" || fail "it is not traced"
    ask nothing
}

ends()
{
    local status=0
    kill -TERM "$program_pid"
    wait "$program_pid" || status=$?
    [[ $status == 143 ]] || fail "the program ends with $status"
    rm in answers
}

leave()
{
    kill -TERM "$tracer_pid"
    tracer_ends 0
    lines 0 'no function matches' $err
    lines 0 'no exit event' $err
}

# entered N ERE: exactly N calls.
entered()
{
    lines "$1" "^[0-9]+ +$2" lines
}

# The calls of one round of all requests.
seen_all() # PROGRAM
{
    local provider
    provider=$(provider "$1")
    entered 10 "$1:own\\("
    entered 10 "$provider:strlen$(gets_text "$provider" s)"
    entered 10 "$provider:strcspn$(gets_text "$provider" s)"
    [[ $provider != c ]] || entered 10 "c:strspn$(gets_text c s)"
    lines 0 'no function matches' $err
    lines 0 'no exit event' $err
}

requests='own strlen lazy dlsym'
pattern='own|strlen|strcspn|strspn'

case_launched()
{
    local name flags
    while read -r name flags; do
        # shellcheck disable=SC2086 # flags are words
        compile "$name" $flags
        tr ' ' '\n' <<<"$requests" >commands
        traced 0 --print=lines -f "$pattern" "./$name" <commands
        text=$(sed -n 's/^text //p' $out)
        seen_all "$name"
    done <<<"$ways"
}

# Implementations selected before the attach, and later ones.
case_attached()
{
    local name flags request again
    while read -r name flags; do
        # shellcheck disable=SC2086 # flags are words
        compile "$name" $flags
        for again in no yes; do
            begins "./$name"
            if [[ $again == yes ]]; then
                for request in $requests; do
                    ask "$request"
                done
            fi
            attach -f "$pattern"
            for request in $requests; do
                ask "$request"
            done
            leave
            seen_all "$name"
            for request in $requests; do
                ask "$request"
            done
            ends
        done
    done <<<"$ways"
}

# IFUNCs of a library that is loaded later.
case_loaded_later()
{
    library
    compile now
    begins ./now ./liblate.so
    attach -f 'library_own|own'
    ask library
    ask own
    ask library
    leave
    entered 20 'late:library_own\('
    entered 10 'now:own\('
    lines 60 . lines
    ends
    printf '%s\n' library library >commands
    traced 0 --print=lines -f library_own ./now ./liblate.so <commands
    entered 20 'late:library_own\('
}

# Loaded at the attach, unloaded, and loaded again, at the same or another address.
case_loaded_and_unloaded()
{
    local i
    library
    compile now
    begins ./now ./liblate.so
    ask keep
    attach -f 'library_own|own'
    for i in 1 2 3; do
        ask unload
        ask own
        ask keep
    done
    leave
    entered 30 'late:library_own\('
    entered 30 'now:own\('
    lines 120 . lines
    ask unload
    ask keep
    ends
}

# compile_linked: ./linked calls library_own() of ./liblate.so through a GOT entry that is relocated
# at the first call.
compile_linked()
{
    library
    compile linked -DLINKED -Wl,--no-as-needed,-z,lazy,-rpath,"$PWD" "$PWD/liblate.so"
}

# A function that is not resolved yet does not count as missing.
case_resolved_late()
{
    compile_linked
    printf '%s\n' nothing nothing >commands
    traced 0 --print=lines -f library_own ./linked <commands
    lines 0 'no function matches' $err
    lines 0 . lines
    printf '%s\n' nothing linked linked >commands
    traced 0 --print=lines -f library_own ./linked <commands
    entered 20 'late:library_own\('
    lines 40 . lines
    begins ./linked
    attach -f library_own
    ask nothing
    leave
    lines 0 . lines
    attach -f library_own
    ask nothing
    ask linked
    ask linked
    leave
    entered 20 'late:library_own\('
    lines 40 . lines
    # The relocated GOT entry shows it now.
    attach -f library_own
    ask linked
    leave
    entered 10 'late:library_own\('
    lines 20 . lines
    ends
}

# Another program has other implementations, whether the process executes it or a child.
case_executed()
{
    local text_before
    compile now
    compile other -no-pie -fno-pie -Wl,-z,lazy
    begins "$tracer" --print=lines -f "$pattern" ./now 2>"$err"
    text_before=$text
    ask own
    ask strlen
    echo 'exec ./other' >in
    wait_for 20 eval '[[ $(grep -c "^text " answers) == 2 ]]' || fail "it does not execute the other one"
    text=$(sed -n 's/^text //p' answers | tail -n 1)
    [[ $text != "$text_before" ]] || fail "it is the same program"
    ask own
    ask strlen
    ask lazy
    ask dlsym
    program_pid=$(sed -n 's/^pid //p' answers | tail -n 1)
    [[ $program_pid == "$pid" ]] || fail "it is another process"
    kill -TERM "$pid"
    tracer_pid=$! tracer_ends 143
    entered 10 'now:own\('
    # Of both programs.
    entered 20 "c:strlen$(gets_text c s)"
    sed -i '1,/other:own(/{ /c:strlen/d }' lines
    seen_all other
    rm in
    printf '%s\n' own 'run ./other' own >commands
    traced 0 -F --print=lines -f 'own|strlen' ./now <commands
    entered 20 'now:own\('
    entered 10 'other:own\('
    entered 10 "c:strlen$(gets_text c s)"
    traced 0 --print=lines -f 'own|strlen' ./now <commands
    entered 20 'now:own\('
    entered 0 'other:own\('
}

# A child inherits what its parent has resolved.
case_children()
{
    compile now
    printf '%s\n' own strlen fork own >commands
    traced 0 -F --print=lines -f 'own|strlen' ./now <commands
    entered 30 'now:own\('
    entered 20 "c:strlen$(gets_text c s)"
    lines 0 'no exit event' $err
    traced 0 --print=lines -f 'own|strlen' ./now <commands
    entered 20 'now:own\('
    entered 10 "c:strlen$(gets_text c s)"
}

# One implementation with several names: the first name is shown. An excluded one shows nothing.
case_names()
{
    compile now
    echo own >commands
    traced 0 --print=lines -f 'one_way|own' ./now <commands
    entered 10 'now:own\('
    lines 20 . lines
    traced 0 --print=lines -f 'one_way' ./now <commands
    entered 10 'now:one_way\('
    lines 20 . lines
    traced 0 --print=lines -f 'one_way|own' -x own ./now <commands
    entered 10 'now:one_way\('
    lines 20 . lines
    traced 0 --list -f 'own|strlen' ./now
    lines 1 '^now:own  .*the processor decides' $out
    lines 1 '^c:strlen  .*the processor decides' $out
    lines 0 'no function' $err
}

# With event rules.
case_rules()
{
    with_lttng
    compile now
    printf '%s\n' own strlen lazy dlsym >commands
    lttng_do create indirect --output="$PWD/trace"
    lttng_do enable-event -u 'now:own_*'
    lttng_do enable-event -u 'c:strc*n_entry' --filter='s != ""'
    lttng_do start
    traced 0 ./now <commands
    begins ./now
    tracer_start -p "$pid"
    wait_for 20 is_traced "$pid" || fail "it is not traced"
    ask nothing
    ask own
    ask lazy
    leave
    ends
    lttng_do destroy indirect
    read_trace trace
    events 20 now:own_entry
    events 20 now:own_exit
    events 20 c:strcspn_entry
    events 0 c:strcspn_exit
    events 0 c:strlen_entry
}

# A breakpoint is at the start of own()'s implementation in ./linked.
is_planted()
{
    local vaddr base
    vaddr=0x$(nm ./linked | sed -n 's/ t one_way$//p')
    base=0x$(sed -n "s:-.* 00000000 .* $PWD/linked\$::p" "/proc/$pid/maps" | head -n 1)
    is_breakpoint "$pid" $((base + vaddr))
}

is_lifted()
{
    ! is_planted
}

enable() # own|library_own
{
    [[ $1 == own ]] || lttng_do enable-event -u late:library_own_entry
    lttng_do enable-event -u linked:own_entry
    wait_for 10 is_planted || fail "own() is not armed"
}

disable()
{
    lttng_do disable-event -u linked:own_entry
    wait_for 10 is_lifted || fail "own() is not disarmed"
}

# With a rule that is enabled, disabled and enabled again; for one function also before it is
# resolved.
case_rules_again()
{
    local i
    with_lttng
    compile_linked
    begins ./linked
    lttng_do create indirect --output="$PWD/trace"
    lttng_do enable-event -u other:nothing
    lttng_do start
    tracer_start -f 'own|library_own' -p "$pid"
    wait_for 20 is_traced "$pid" || fail "it is not traced"
    for i in 1 2 3; do
        ask own
        enable own
        ask own
        disable
    done
    for i in 1 2 3; do
        # own() is enabled last: once it is armed, all is done.
        enable library_own
        disable
        ((i == 1)) || ask linked
        lttng_do disable-event -u late:library_own_entry
        enable own
        disable
        ask linked
    done
    leave
    ends
    lttng_do destroy indirect
    read_trace trace
    events 30 linked:own_entry
    events 20 late:library_own_entry
    lines 50 . text
}

run_cases "$@"
