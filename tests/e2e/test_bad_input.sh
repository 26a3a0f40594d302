#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bad input: one clear line, the right exit status, nothing left behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# The error is printed, and no lines are written as nothing ran.
refused() # STATUS ERE ARGUMENT...
{
    local status=$1 line=$2
    shift 2
    traced "$status" "$@"
    one_line "$line"
    [[ ! -s $out ]] || fail "something on stdout: $(head -n 3 $out)"
}

case_no_such_program()
{
    refused 127 'nosuch.*(not found|no such)' --print=lines ./nosuch
    refused 127 'nosuch_program.*(not found|no such)' --print=lines nosuch_program
}

case_not_executable()
{
    echo x >file
    refused 126 'file.*(not executable|permission)' --print=lines ./file
    mkdir directory
    refused 126 'directory' --print=lines ./directory
    # The tracer does not run what the kernel refuses in a shell.
    chmod +x file
    refused 126 'file.*(format|not.* executable)' --print=lines ./file
    : >empty
    chmod +x empty
    refused 126 'empty.*(format|not.* executable)' --print=lines ./empty
    printf '#!/nosuch/interpreter\n' >script
    chmod +x script
    traced 127 --print=lines ./script
    one_line 'script'
}

machine=$(uname -m)

# bytes NUMBER SIZE: the number as printf(1) writes it, the lowest byte first.
bytes()
{
    local number=$1 size=$2
    while ((size-- > 0)); do
        printf '\\%o' $((number & 255))
        ((number >>= 8))
    done
}

# A 32-bit program that waits for a signal, for the architecture whose kernel also runs this one's
# programs: i386, or arm.
elf32()
{
    local number code flags=0
    if [[ $machine == x86_64 ]]; then
        number=3
        code='\270\35\0\0\0\315\200\353\367' # mov $29,%eax; int $0x80; jmp
    else
        number=40 flags=$((0x05000000))
        code='\35\160\240\343\0\0\0\357\374\377\377\352' # mov r7, #29; svc 0; b
    fi
    # shellcheck disable=SC2059
    printf "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0$(bytes $number 2)$(bytes 1 4)$(bytes $((0x10054)) 4)$(
        bytes 52 4)$(bytes 0 4)$(bytes $flags 4)$(bytes 52 2)$(bytes 32 2)$(bytes 1 2)$(bytes 0 6)$(
        bytes 1 4)$(bytes 0 4)$(bytes $((0x10000)) 4)$(bytes $((0x10000)) 4)$(bytes 96 4)$(bytes 96 4)$(
        bytes 5 4)$(bytes $((0x1000)) 4)$code"
}

case_32_bit_program()
{
    local name=arm
    [[ $machine != x86_64 ]] || name=i386
    elf32 >program32
    chmod +x program32
    "$tracer" --print=lines ./program32 >$out 2>$err
    local status=$?
    [[ $status == 125 || $status == 126 ]] || fail "exit status $status, neither 125 nor 126"
    one_line "program32 is an ELF file for $name \\(32-bit\\), and this is the tracer for $machine\$"
    refused 125 "/program32 is an ELF file for $name \\(32-bit\\), and this is the tracer for $machine\$" --list ./program32
}

case_attach_to_32_bit_program()
{
    local name=arm
    [[ $machine != x86_64 ]] || name=i386
    elf32 >program32
    chmod +x program32
    (exec ./program32) &
    local pid=$!
    executes_or_ended()
    {
        local exe # a zombie has none
        exe=$(readlink "/proc/$pid/exe") || return 0
        [[ $exe == */program32 ]]
    }
    wait_for 10 executes_or_ended || fail "it has not started"
    [[ $(readlink "/proc/$pid/exe") == */program32 ]] || skip "the kernel runs no 32-bit programs"
    refused 125 "cannot attach to process $pid: .*program32 is an ELF file for $name \\(32-bit\\), and this is the tracer for $machine\$" --print=lines $pid
    grep -q 'TracerPid:.0$' /proc/$pid/status || fail "it is still traced"
    kill "$pid"
    wait "$pid"
    [[ $? == 143 ]] || fail "it did not run on"
}

# A program that the kernel does not run.
case_other_architecture()
{
    local number=183 name=aarch64
    [[ $machine == x86_64 ]] || number=62 name=x86_64
    # shellcheck disable=SC2059
    printf "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0$(bytes $number 2)$(bytes 1 4)$(bytes $((0x10078)) 8)$(
        bytes 64 8)$(bytes 0 8)$(bytes 0 4)$(bytes 64 2)$(bytes 56 2)$(bytes 1 2)$(bytes 0 6)$(
        bytes 1 4)$(bytes 5 4)$(bytes 0 8)$(bytes $((0x10000)) 8)$(bytes $((0x10000)) 8)$(
        bytes 120 8)$(bytes 120 8)$(bytes $((0x1000)) 8)" >other
    chmod +x other
    (exec ./other) 2>/dev/null
    [[ $? == 126 ]] || skip "programs for $name are run here"
    local line="other is an ELF file for $name, and this is the tracer for $machine\$"
    refused 126 "$line" --print=lines ./other
    refused 125 "$line" --list ./other
}

case_truncated_program()
{
    local n
    for n in 1 16 63 64 100 500; do
        head -c $n "$sample" >./cut
        chmod +x cut
        "$tracer" --print=lines ./cut >$out 2>$err
        [[ $? == 126 ]] || fail "not 126 for the first $n bytes"
        one_line 'cut'
    done
}

# A copy of the sample with a changed library.
copy_sample()
{
    mkdir -p copy/bin copy/lib
    cp "$sample" copy/bin/
    cp "$build/lib/libmylib.so" copy/lib/
}

section() # FILE NAME: prints offset and size.
{
    readelf -SW "$1" | sed -n "s/^ *\[ *[0-9]*\] $2 *[A-Z]* *[0-9a-f]* \([0-9a-f]*\) \([0-9a-f]*\) .*/0x\1 0x\2/p"
}

# Calls are seen with any debug information, typed or as hex words.
case_corrupted_debug_information()
{
    local name offset size seed
    for name in .debug_info .debug_abbrev .debug_str .debug_line; do
        for seed in 0 255 7; do
            copy_sample
            read -r offset size <<<"$(section copy/lib/libmylib.so $name)"
            [[ -n $offset ]] || fail "no section $name"
            if ((seed == 7)); then
                head -c $((size)) /dev/urandom
            else
                head -c $((size)) /dev/zero | tr '\0' "\\$(printf %o $seed)"
            fi | dd of=copy/lib/libmylib.so bs=1 seek=$((offset)) conv=notrunc 2>/dev/null
            traced 0 --print=lines -f 'my_traced_function@mylib' copy/bin/sample_app 10
            lines 10 ' mylib:my_traced_function\(' lines
            lines 20 . lines
        done
    done
}

# The dynamic linker needs only segments; any part of the section table may be missing or wrong.
case_damaged_section_table()
{
    local cut
    copy_sample
    for cut in 1 64 1000; do
        head -c "-$cut" "$build/lib/libmylib.so" >copy/lib/libmylib.so
        traced 0 --print=lines -f 'my_traced_function' copy/bin/sample_app 10
        [[ $(cat $out) == 'sample_app: 10 calls' ]] || fail "the program: $(cat $out)"
    done
    # e_shoff, e_shnum and e_shstrndx: elf(5).
    cp "$build/lib/libmylib.so" copy/lib/libmylib.so
    printf '\377\377\377\377\377\377\377\177' | dd of=copy/lib/libmylib.so bs=1 seek=40 conv=notrunc 2>/dev/null
    traced 0 --print=lines -f 'my_traced_function' copy/bin/sample_app 10
    cp "$build/lib/libmylib.so" copy/lib/libmylib.so
    printf '\377\377\377\377' | dd of=copy/lib/libmylib.so bs=1 seek=60 conv=notrunc 2>/dev/null
    traced 0 --print=lines -f 'my_traced_function' copy/bin/sample_app 10
}

case_no_such_process()
{
    /bin/true &
    local pid=$!
    wait $pid
    refused 125 "$pid.*no such process|no process.*$pid" --print=lines -p $pid
    refused 125 "$pid.*no such process|no process.*$pid" --print=lines $pid
    refused 125 '99999999999' --print=lines -p 99999999999
    refused 125 'abc' --print=lines -p abc
    refused 125 '' --print=lines -p 0
}

case_zombie()
{
    # The child ends when its parent is no longer the shell, so it does not wait for it.
    mkfifo gate
    bash -c 'bash -c "read <gate" & echo $! >zombie; exec sleep 1000' &
    local parent=$!
    wait_for 5 runs_program $parent sleep || fail "no parent"
    echo >gate
    wait_for 5 is_gone "$(cat zombie)" || fail "no zombie"
    refused 125 'zombie|already (dead|ended)|has ended' --print=lines -p "$(cat zombie)"
    kill $parent
    wait $parent 2>/dev/null
    true
}

runs_program() # PID NAME
{
    [[ $(cat "/proc/$1/comm") == "$2" ]]
}

case_not_ours()
{
    local as=()
    if [[ $(id -u) == 0 ]]; then
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        "${as[@]}" "$tracer" --version >/dev/null 2>&1 ||
            skip "the build is not for another user to read"
        # Leak checks fail under a tracer, so they must be off.
        as+=(env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0")
        chmod 777 .
    elif [[ -z $(tracer_of 1) ]]; then
        skip "process 1 is not visible"
    fi
    local status=0
    "${as[@]}" "$tracer" --print=lines -p 1 >$out 2>$err || status=$?
    [[ $status == 125 ]] || fail "exit status $status, not 125"
    one_line 'sudo|ptrace_scope|root'
}

case_already_traced()
{
    target_start "$sample" 1000000 1000
    tracer_start -q --print=lines -f my_traced_function -p "$target_pid"
    wait_for 10 at_least 10 ' = void <' lines || fail "not attached"
    local status=0
    "$tracer" --print=other -p "$target_pid" >second.out 2>second.err || status=$?
    [[ $status == 125 ]] || fail "exit status $status, not 125"
    [[ $(wc -l <second.err) == 1 ]] || fail "not one line: $(cat second.err)"
    grep -q "ptrace_tracer: .*traced.*$tracer_pid" second.err ||
        fail "the tracer is not named: $(cat second.err)"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    kill -KILL "$target_pid"
    wait "$target_pid" 2>/dev/null
    true
}

case_pattern_that_is_no_expression()
{
    refused 125 '\(' --print=lines -f '(' "$sample"
    refused 125 '\[' --print=lines -x '[' "$sample"
    printf 'fine\n*(\n' >patterns
    refused 125 'patterns' --print=lines --patterns=patterns "$sample"
    refused 125 'nosuch' --print=lines --patterns=nosuch "$sample"
}

# A warning, and the program runs: a library loaded later may have the function.
case_pattern_that_matches_nothing()
{
    traced 0 --print=lines -f nosuch_function -f my_traced_function "$sample" 5
    lines 1 "ptrace_tracer: .*nosuch_function" $err
    lines 10 . lines
    traced 5 --print=lines -f nosuch_function /bin/sh -c 'exit 5'
    lines 1 "ptrace_tracer: .*nosuch_function" $err
}

case_options()
{
    refused 125 'nosuch' --nosuch
    refused 125 "option '--summary' takes no argument" --summary=5 "$sample"
    refused 125 "option '--stats' takes no argument" --stats=5 "$sample"
    refused 125 "unknown option '-Z'" --print=lines -cZ "$sample"
    refused 125 'PROGRAM|PID' --print=lines
    refused 125 '' --print=lines -f
    refused 125 '' --print=lines --string-limit=x "$sample"
    refused 125 '' --print=/nosuch/lines "$sample"
    refused 125 '' --print=lines -p $$ "$sample"
}

case_output_directory()
{
    with_lttng
    echo x >file
    refused 125 'file/trace' -o file/trace "$sample"
    refused 125 'file' -o file "$sample"
    mkdir full
    echo x >full/x
    refused 125 'full.*(empty|exists)' -o full "$sample"
    [[ $(cat full/x) == x ]] || fail "what was there is gone"
    refused 125 '/proc/nosuch' -o /proc/nosuch "$sample"
    no_sessions
}

case_no_such_session()
{
    with_lttng
    refused 125 'nosuch' --session=nosuch "$sample"
    no_sessions
}

case_no_session_daemon()
{
    # No daemon runs, and none can be started.
    export LTTNG_SESSIOND_PATH=/nosuch/lttng-sessiond LTTNG_HOME=$HOME
    ! lttng --no-sessiond list >/dev/null 2>&1 || skip "another session daemon runs"
    refused 125 'session daemon|lttng-sessiond' -o trace "$sample"
    [[ ! -e trace ]] || fail "the output directory is left"
    refused 125 'session daemon|lttng-sessiond' "$sample"
    [[ -z $(find . -name 'ptrace_tracer-*') ]] || fail "an output directory is left"
}

# A program of one instruction, which kills it.
one_instruction() # NAME X86-INSTRUCTION ARM64-INSTRUCTION
{
    local instruction=$2
    [[ $machine != aarch64 ]] || instruction=$3
    printf '.globl _start\n_start: %s\n' "$instruction" >"$1.s"
    gcc -nostdlib -static -o "$1" "$1.s" || fail "cannot build $1"
}

case_death_at_the_first_instruction()
{
    ulimit -c 0
    one_instruction undefined ud2 'udf #0'
    traced 132 -q --print=lines ./undefined
    one_instruction breakpoint int3 'brk #0'
    traced 133 -q --print=lines ./breakpoint
    one_instruction refused hlt 'ldr x0, [x0]'
    traced 139 -q --print=lines ./refused
}

run_cases "$@"
