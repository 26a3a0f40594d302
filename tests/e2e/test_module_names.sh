#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A module has one name, that of its file, however it was reached and whenever it was seen. Patterns
# select it by the names of links, too. A library beside a program of its name.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

cc=${TEST_CC:-gcc}

# library FILE SONAME FUNCTION [LINK...]
library()
{
    local file=$1 soname=$2 function=$3 link
    shift 3
    echo "int $function(int n) { return n + 1; }" >"$function.c"
    "$cc" -g -shared -fPIC -Wl,-soname="$soname" -o "$file" "$function.c" || fail "$file is not built"
    for link in "$@"; do ln -s "$file" "$link" || fail "no link"; done
}

# program FILE FUNCTION CALL [LINKER-ARGUMENT...]: calls its FUNCTION, which calls CALL of a library,
# and the function in its second argument, of the library in its first: once, or for ever if there is
# a file `forever`. Then it executes what follows.
program()
{
    local file=$1 function=$2 call=$3
    shift 3
    cat >"$function.c" <<END
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
int $call(int n);
int __attribute__((noinline)) $function(int n) { return $call(n); }
int main(int argc, char **argv)
{
    int (*late)(int) = NULL;
    do {
        $function(1);
        if (argc > 2 && !late)
            *(void **)&late = dlsym(dlopen(argv[1], RTLD_NOW), argv[2]);
        if (late)
            late(2);
        puts("called");
        fflush(stdout);
        usleep(2000);
    } while (access("forever", F_OK) == 0);
    if (argc > 3)
        execv(argv[3], argv + 3);
    return 0;
}
END
    # shellcheck disable=SC2016 # the $ is the dynamic linker's
    "$cc" -g -o "$file" "$function.c" "$@" -Wl,-rpath,'$ORIGIN' -ldl || fail "$file is not built"
}

# The functions that were listed or entered, as MODULE:FUNCTION, each once, in one line.
listed() { sed -n 's/^\([^ ]*\)  .*/\1/p' "$1" | LC_ALL=C sort -u | paste -sd' '; }
entered() { sed -n 's/^[0-9]* *\([^ ]*:[^ (]*\)(.*/\1/p' "$1" | LC_ALL=C sort -u | paste -sd' '; }

is() # WANTED GOT OF
{
    [[ $1 == "$2" ]] || fail "$3: '$2', not '$1'"
}

has_entered() # WANTED
{
    [[ $(entered lines) == "$1" ]]
}

# attached WANTED ARGUMENT... -- COMMAND...: the names of what a running program calls.
attached()
{
    local wanted=$1 arguments=()
    shift
    while [[ $1 != -- ]]; do arguments+=("$1") && shift; done
    shift
    : >lines
    touch forever
    "$@" >target.out 2>target.err &
    target_pid=$!
    wait_for 10 at_least 1 called target.out || fail "$* did not start"
    tracer_start "${arguments[@]}" --print=lines -p "$target_pid"
    wait_for 10 has_entered "$wanted" ||
        fail "attached to $*, ${arguments[*]}: '$(entered lines)', not '$wanted'"
    "$tracer" --list "${arguments[@]}" -p "$target_pid" >list || fail "no list of a process"
    is "$wanted" "$(listed list)" "--list of process $*, ${arguments[*]}"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    rm forever
    target_ends 0
}

# everywhere WANTED ARGUMENT... -- COMMAND...: what is listed, entered when started and attached to.
everywhere()
{
    local wanted=$1 arguments=() command=("${@:2}")
    while [[ ${command[0]} != -- ]]; do
        arguments+=("${command[0]}")
        command=("${command[@]:1}")
    done
    command=("${command[@]:1}")
    traced 0 --list "${arguments[@]}" -- "${command[@]}"
    is "$wanted" "$(listed $out)" "--list ${command[*]}, ${arguments[*]}"
    traced 0 "${arguments[@]}" --print=lines -- "${command[@]}"
    is "$wanted" "$(entered lines)" "started ${command[*]}, ${arguments[*]}"
    attached "$wanted" "${arguments[@]}" -- "${command[@]}"
}

# A program and a library, both reached through links.
linked()
{
    library libreal.so.5.0 libpart.so.1 part_call libpart.so.1
    program tool-1.2 tool_call part_call ./libpart.so.1
    ln -s tool-1.2 tool
}

case_links()
{
    local glob
    linked
    for glob in tool tool-1.2; do everywhere tool-1.2:tool_call -f "tool_call@$glob" -- ./tool; done
    everywhere real:part_call -f part_call@libpart.so.1 -- ./tool
    for glob in part real libreal.so.5 libreal.so.5.0; do
        traced 0 -f "part_call@$glob" --print=lines -- ./tool
        is real:part_call "$(entered lines)" "@$glob"
    done
    everywhere 'real:part_call tool-1.2:tool_call' -f '(tool|part)_call' -x '.*@other' -- "$dir/tool"
    everywhere real:part_call -f '(tool|part)_call' -x '.*@tool' -- ./tool
    # What the process says of its name counts only if it leads to the file.
    traced 0 -f 'tool_call@other' --print=lines -- bash -c 'exec -a ./other ./tool'
    is '' "$(entered lines)" "another first argument"
    ln -s tool-1.2 other
    traced 0 -f 'tool_call@other' --print=lines -- bash -c 'exec -a ./other ./tool'
    is tool-1.2:tool_call "$(entered lines)" "another link as first argument"
}

# The interpreter of a script is known by the link in its first line.
case_scripts()
{
    linked
    printf '#!%s/tool\n' "$dir" >script
    chmod +x script
    traced 0 -f 'tool_call@tool' --print=lines -- ./script
    is tool-1.2:tool_call "$(entered lines)" "a script"
}

# A program and a library of one name.
clashing()
{
    library libown.so.3.1 libown.so.3 own_call libown.so.3 libown.so
    library own.so own.so late_call
    program own own_main own_call ./libown.so.3
}

both='libown.so.3.1:own_call own:own_main'
case_program_and_library()
{
    clashing
    everywhere "$both" -f 'own_.*' -- ./own
    everywhere own:own_main -f 'own_.*@own' -- ./own
    everywhere libown.so.3.1:own_call -f 'own_.*@libown.so.3' -- ./own
    # The kernel puts libraries below the program then.
    attached "$both" -f 'own_.*' -- setarch -L ./own
}

# The order in which they are loaded makes no difference.
case_loaded_later()
{
    clashing
    local command=(./own "$dir/own.so" late_call) linker
    local all='libown.so.3.1:own_call own.so:late_call own:own_main'
    traced 0 -f '(own|late)_.*' --print=lines -- "${command[@]}"
    is "$all" "$(entered lines)" "loaded later"
    attached "$all" -f '(own|late)_.*' -- "${command[@]}"
    # The program is not what the process executes.
    linker=$(readelf -p .interp ./own | sed -n 's/.*  \(\/.*\)/\1/p')
    attached "$all" -f '(own|late)_.*' -- "$linker" "${command[@]}"
    # Libraries share their name.
    program tool tool_call own_call ./libown.so.3
    command[0]=./tool
    traced 0 -f '(tool|own|late)_call' --print=lines -- "${command[@]}"
    is "own:late_call own:own_call tool:tool_call" "$(entered lines)" "two libraries"
    attached "own:late_call own:own_call tool:tool_call" -f '(tool|own|late)_call' -- "${command[@]}"
    attached own:late_call -f '.*_call@own.so' -- "${command[@]}"
}

# Each process's own program counts, whichever was seen first.
case_several_processes()
{
    clashing
    program tool tool_call own_call ./libown.so.3
    traced 0 -F -f '(tool|own)_call|own_main' --print=lines -- ./tool - - ./own
    is "libown.so.3.1:own_call own:own_call own:own_main tool:tool_call" "$(entered lines)" "a program executes another"
    traced 0 -F -f '(tool|own)_call|own_main' --print=lines -- ./own - - ./tool
    is "libown.so.3.1:own_call own:own_call own:own_main tool:tool_call" "$(entered lines)" "the other way round"
}

# A rule with the name of a link matches no event; the hint names the module.
case_rules()
{
    linked
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'tool:tool_*'
    lttng_do enable-event -u 'part:part_call_entry'
    lttng_do start mine
    traced 0 ./tool
    lines 1 "the rule 'tool:tool_\*' of session mine matches no traced function: 'tool' is another name of the module tool-1.2, as in 'tool-1.2:tool_\*'" $err
    lines 1 "'part:part_call_entry' .*: 'part' is another name of the module real, as in 'real:part_call_entry'" $err
    # At once, for a program that runs.
    touch forever
    ./tool >target.out 2>target.err &
    target_pid=$!
    wait_for 10 at_least 1 called target.out || fail "the program did not start"
    tracer_start -p "$target_pid"
    wait_for 10 at_least 1 "'tool' is another name of the module tool-1.2" "$err" || fail "no hint"
    rm forever
    target_ends 0
    tracer_ends 0
    lttng_do destroy mine
}

# The dynamic linker knows by which path it found a library, whatever its soname is.
case_links_to_libraries()
{
    local command=(./tool "$dir/libalias.so" late_call)
    library libreal-5.so libreal.so part_call
    # Without a soname, the program needs it by the name that it is linked by.
    "$cc" -g -shared -fPIC -o libreal-5.so part_call.c || fail "not built"
    ln -s libreal-5.so libpart.so
    library liblate.so.2.0 liblate.so.2 late_call libalias.so
    program tool tool_call part_call ./libpart.so
    everywhere real-5:part_call -f part_call@libpart.so -- ./tool
    everywhere real-5:part_call -f part_call@part -- ./tool
    traced 0 -f '.*@alias' --print=lines -- "${command[@]}"
    is late:late_call "$(entered lines)" "a link to a library that is loaded later"
    attached late:late_call -f '.*@alias' -- "${command[@]}"
    attached late:late_call -f '.*@liblate.so.2' -- "${command[@]}"
    # A process can change that list. A path to another file does not count, nor one to none.
    cat >liar.c <<END
#include <link.h>
#include <string.h>
__attribute__((constructor)) static void lie(void)
{
    for (struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        if (strstr(map->l_name, "libpart"))
            map->l_name = "$dir/libalias.so";
        else if (strstr(map->l_name, "libc.so"))
            map->l_name = (char *)-1;
}
END
    "$cc" -shared -fPIC -o libliar.so liar.c || fail "not built"
    attached real-5:part_call -f 'part_call' -x '.*@alias' -- env LD_PRELOAD=./libliar.so ./tool
}

# What is recorded and read has the same names.
case_recorded()
{
    clashing
    with_lttng
    traced 0 -o trace -f 'own_.*' -- ./own
    "$tracer" report trace --format=csv >report || fail "no report"
    lines 1 'own:own_main' report
    lines 1 'libown.so.3.1:own_call' report
    "$tracer" replay trace >replay || fail "no replay"
    is "$both" "$(entered replay)" replay
    "$tracer" report trace -f '.*@libown.so.3' --format=csv >report || fail "no report"
    lines 0 'own:own_main' report
    lines 1 'libown.so.3.1:own_call' report
    # Patterns for a trace take the same names as those for a program.
    linked
    traced 0 -o links -f '(tool|part)_call' -- ./tool
    "$tracer" replay links -f '.*@tool' >replay || fail "no replay"
    is tool-1.2:tool_call "$(entered replay)" "@tool in a trace"
    "$tracer" replay links -f '.*@libpart.so.1' >replay || fail "no replay"
    is real:part_call "$(entered replay)" "@libpart.so.1 in a trace"
    read_trace trace
    events 1 own:own_main_entry
    events 1 libown.so.3.1:own_call_entry
}

run_cases "$@"
