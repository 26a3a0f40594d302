#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tracer and program in other namespaces, with other roots, in a minimal environment.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/namespaces.sh"

# A directory for use as root, with the sample, its library and what they need. Nothing of it is at
# the same path in the tracer's root, and the library's debug information can only be found below
# this root.
make_root()
{
    local file id
    mkdir -p root/app/bin root/app/lib root/proc root/usr/lib/debug
    cp "$sample" root/app/bin/inner_app
    cp "$build/lib/libmylib.so" root/app/lib/
    ldd "$sample" | sed -n 's/^.*=> \(\/.*\) (0x.*/\1/p; s/^[[:space:]]*\(\/.*\) (0x.*/\1/p' >needed
    while read -r file; do
        [[ $file == *libmylib.so* ]] || install -D "$file" "root/$file"
    done <needed
    id=$(readelf -n root/app/lib/libmylib.so | sed -n 's/^ *Build ID: *//p')
    [[ -n $id ]] || fail "the library has no build ID"
    mkdir -p "root/usr/lib/debug/.build-id/${id:0:2}"
    objcopy --only-keep-debug root/app/lib/libmylib.so \
        "root/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
    strip root/app/lib/libmylib.so
    chmod -R a+rX root
    # Without /proc, the dynamic linker cannot find the program's directory.
    export LD_LIBRARY_PATH=/app/lib
}

# The target's PID here: the process that runs the inner program.
is_inner()
{
    local pid
    for pid in $(case_processes); do
        if [[ $(cat "/proc/$pid/comm" 2>/dev/null) == inner_app ]]; then
            target_pid=$pid
            return 0
        fi
    done
    return 1
}

# The inner program works: it sleeps between its calls.
inner_works()
{
    is_inner && [[ $(process_state "$target_pid") == S ]]
}

inner_start() # COMMAND...
{
    "$@" >target.out 2>target.err &
    outer_pid=$!
    wait_for 10 inner_works || fail "the target does not start: $(cat target.err)"
}

# Attaches, sees typed calls, detaches, and the program is unchanged.
visit_inner()
{
    rm -f lines
    tracer_start --print=lines -f my_traced_function -p "$target_pid"
    wait_for 10 at_least 20 "mylib:my_traced_function\(arg1 = 42, arg2 = 3735928559, arg3 = 3.14159, arg4 = 0x12345678\)" lines ||
        fail "not attached, or without types: $(head -n 3 lines)"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    is_not_traced "$target_pid" || fail "still traced"
    # Thread IDs in this namespace.
    lines "$(wc -l <lines)" "^$target_pid " lines
    lines "$(grep -c '= [^ ]* <' lines)" '= void <' lines
    local entries exits
    entries=$(grep -c 'my_traced_function(' lines) exits=$(grep -c ' = void <' lines)
    ((entries - exits == 0 || entries - exits == 1)) || fail "$entries entries, $exits exits"
    inner_text_is_original || fail "its text is not the file's"
}

inner_text_is_original()
{
    local vaddr base
    vaddr=$(function_vaddr root/app/lib/libmylib.so my_traced_function)
    base=$(sed -n 's:^\([0-9a-f]*\)-.* 00000000 .*/lib/libmylib.so$:0x\1:p' "/proc/$target_pid/maps" |
        head -n 1)
    [[ -n $vaddr && -n $base ]] || fail "no library is mapped"
    [[ $(bytes_at "/proc/$target_pid/mem" $((base + vaddr)) 16) == \
        "$(bytes_at root/app/lib/libmylib.so $((vaddr)) 16)" ]]
}

inner_ends()
{
    kill -KILL "$target_pid"
    wait "$outer_pid" 2>/dev/null
    true
}

case_into_a_pid_namespace()
{
    make_root
    make_namespaces --pid --fork --mount
    inner_start unshare "${namespaces[@]}" sh -c \
        'mount -t proc proc root/proc && exec chroot root /app/bin/inner_app 1000000 1000'
    [[ $(sed -n 's/^NSpid:[[:space:]]*//p' "/proc/$target_pid/status" | wc -w) -gt 1 ]] ||
        fail "it is in no PID namespace"
    visit_inner
    visit_inner
    inner_ends
}

# The command that runs chroot(1).
may_chroot()
{
    entering=()
    [[ $(id -u) == 0 ]] && return
    make_namespaces
    entering=(unshare "${namespaces[@]}")
}

case_into_a_chroot()
{
    make_root
    may_chroot
    inner_start "${entering[@]}" chroot root /app/bin/inner_app 1000000 1000
    visit_inner
    # The system's libraries are recognized in any root.
    rm lines
    tracer_start --print=lines -p "$target_pid"
    wait_for 10 at_least 20 ' mylib:my_traced_function\(' lines || fail "not attached"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    lines 0 ' c:' lines
    inner_ends
}

case_into_other_namespaces()
{
    make_root
    make_namespaces --net --ipc --uts --cgroup
    cp "$build/lib/libmylib.so" root/app/lib/
    inner_start unshare "${namespaces[@]}" root/app/bin/inner_app 1000000 1000
    visit_inner
    inner_ends
}

# The same program with its own root, started by the tracer.
case_launch_with_another_root()
{
    make_root
    may_chroot
    traced 0 -q -F --print=lines -f my_traced_function@mylib "${entering[@]}" chroot root \
        /app/bin/inner_app 100
    lines 100 'mylib:my_traced_function\(arg1 = 42, arg2 = 3735928559, arg3 = 3.14159,' lines
    lines 200 . lines
    make_namespaces --pid --fork --mount
    traced 0 -q -F --print=lines -f my_traced_function@mylib unshare "${namespaces[@]}" sh -c \
        'mount -t proc proc root/proc && exec chroot root /app/bin/inner_app 100'
    lines 100 'mylib:my_traced_function\(arg1 = 42, arg2 = 3735928559, arg3 = 3.14159,' lines
    lines 200 . lines
}

# The tracer's own PID may be any number: also one that liblttng-ust's data contains, or half of an
# address.
case_any_process_id()
{
    local library sizes id
    may_unshare --user --map-root-user --pid --fork --mount-proc --mount
    library=$(ldconfig -p | sed -n 's/.*liblttng-ust\.so\.1 .* => //p' | head -n 1)
    sizes=$(readelf -dW "$library" | sed -n 's/.*(\(RELASZ\|STRSZ\|PLTRELSZ\)) *\([0-9]*\) .*/\2/p')
    (($(wc -w <<<"$sizes") == 3)) || fail "no sizes in the dynamic section of $library"
    cat >script <<END
mount -t tmpfs tmpfs /run && { [[ -L /var/run ]] || mount --bind /run /var/run; } || exit
mount -t tmpfs tmpfs /dev/shm || exit
lttng-sessiond --no-kernel --group=root --daemonize || exit
for id in \$((0x7fff)) \$((0x7ffe)) \$((0x5555)) $(echo $sizes); do
    lttng -q create of\$id --output="$dir/of\$id" && lttng -q enable-event -u 'mylib:*' &&
        lttng -q add-context -u -t vpid && lttng -q start || exit
    echo \$((id - 1)) >/proc/sys/kernel/ns_last_pid || exit
    setarch -R "$tracer" -q --with=pid -f my_traced_function@mylib "$sample" 50 &
    [[ \$! == \$id ]] || { echo "the ID is \$!, not \$id"; exit 1; }
    wait \$! || exit
    lttng -q destroy of\$id
done
kill \$(cat /run/lttng/lttng-sessiond.pid)
END
    env -u LTTNG_HOME unshare --user --map-root-user --pid --fork --mount-proc --mount bash script >$out 2>$err ||
        fail "exit status $?"
    for id in $((0x7fff)) $((0x7ffe)) $((0x5555)) $sizes; do
        babeltrace2 "of$id" >text || fail "no trace of $id"
        lines 100 . text
        lines 100 'vpid = ([0-9]+) .* pid = \1( |,)' text
    done
}

# Tracer and program together in new namespaces.
case_within_namespaces()
{
    may_unshare --user --map-root-user --pid --fork --mount-proc --mount
    unshare --user --map-root-user --pid --fork --mount-proc --mount \
        "$tracer" -q --print=lines -f my_traced_function "$sample" 100 >$out 2>$err ||
        fail "exit status $?"
    lines 200 . lines
    [[ ! -s $err ]] || fail "unexpected output"
    # With LTTng; no daemon runs yet.
    cat >script <<END
mount -t tmpfs tmpfs /run && { [[ -L /var/run ]] || mount --bind /run /var/run; } || exit
mount -t tmpfs tmpfs /dev/shm || exit
# The group of the daemon's files does not exist here.
lttng-sessiond --no-kernel --group=root --daemonize || exit
"$tracer" -o trace -f my_traced_function "$sample" 100
END
    env -u LTTNG_HOME unshare --user --map-root-user --pid --fork --mount-proc --mount \
        bash script >$out 2>$err || fail "exit status $?"
    said '100 calls, 200 events written, 0 lost'
    read_trace trace
    lines 200 . text
}

# Process 1 of a PID namespace, from inside.
case_init_of_a_pid_namespace()
{
    may_unshare --user --map-root-user --pid --fork --mount-proc --mount
    cat >script <<END
"$tracer" --print=lines -f my_traced_function -p 1 2>err &
for ((i = 0; i < 1000; i++)); do
    [[ -s lines && \$(wc -l <lines) -gt 20 ]] && break
    sleep 0.02
done
kill -TERM \$!
wait \$!
echo \$? >status
END
    unshare --user --map-root-user --pid --fork --mount-proc --mount \
        bash -c 'bash script & exec "$0" 1000000 1000' "$sample" >target.out 2>&1 &
    outer_pid=$!
    wait_for 20 test -s status || fail "the tracer does not end"
    [[ $(cat status) == 0 ]] || fail "exit status $(cat status)"
    at_least 10 '^1 mylib:my_traced_function\(arg1 = 42' lines || fail "no calls"
    is_gone "$outer_pid" && fail "process 1 has ended"
    kill -KILL "$(pgrep -P "$outer_pid")"
    wait "$outer_pid" 2>/dev/null
    true
}

case_self()
{
    local status=0
    # shellcheck disable=SC2016
    sh -c 'exec "$0" --print=lines -p $$' "$tracer" >$out 2>$err || status=$?
    [[ $status == 125 ]] || fail "exit status $status, not 125"
    one_line 'this tracer itself'
}

case_kernel_thread()
{
    [[ $(cat /proc/2/comm 2>/dev/null) == kthreadd ]] || skip "no kernel thread is visible"
    refused_pid 'process 2 \(kthreadd\): it is a kernel thread' 2
}

case_another_users_process()
{
    local target
    if [[ $(id -u) == 0 ]]; then
        be_nobody
        target_start "$sample" 1000000 1000
        target=$target_pid
    else
        target=1
        [[ $(stat -c %u /proc/1) != "$(id -u)" ]] || skip "process 1 is not another user's"
    fi
    refused_pid 'it belongs to another user; try sudo' "$target" "${as_nobody[@]}" "$tracer"
    [[ $target == 1 ]] || kill -KILL "$target"
    wait
}

case_undumpable()
{
    be_nobody
    "${as_nobody[@]}" "$build/targets/undumpable" &
    target_pid=$!
    wait_for 10 is_undumpable || fail "the target does not start"
    refused_pid 'other privileges.*try sudo' "$target_pid" "${as_nobody[@]}" "$tracer"
    if [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]]; then
        # As with Yama in the kernel.
        mount -t tmpfs tmpfs /proc/sys/kernel
        mkdir /proc/sys/kernel/yama
        echo 1 >/proc/sys/kernel/yama/ptrace_scope
        refused_pid 'ptrace_scope is 1; try sudo, or .sysctl' "$target_pid" "${as_nobody[@]}" "$tracer"
        echo 3 >/proc/sys/kernel/yama/ptrace_scope
        refused_pid 'ptrace_scope is 3' "$target_pid" "${as_nobody[@]}" "$tracer"
    fi
    kill -KILL "$target_pid"
    wait
}

is_undumpable()
{
    [[ $(cat "/proc/$target_pid/comm") == 'undumpable now' ]]
}

# A 32-bit ELF file for the i386, which sleeps in pause(2) forever.
make_elf32()
{
    local word='\0\0\0'
    printf '\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\3\0\1'"$word"'\124\200\4\10\64'"$word"'\0'"$word"'\0'"$word"
    printf '\64\0\40\0\1\0\0\0\0\0\0\0'
    printf '\1'"$word"'\0'"$word"'\0\200\4\10\0\200\4\10\140'"$word"'\140'"$word"'\5'"$word"'\0\20\0\0'
    printf '\270\35'"$word"'\315\200\353\367\220'
}

case_32_bit_process()
{
    make_elf32 >pause32
    chmod +x pause32
    ./pause32 &
    target_pid=$!
    wait_for 5 sleeps_in "$target_pid" "$dir/pause32" || skip "the kernel runs no 32-bit programs"
    refused_pid 'pause32 is an ELF file for i386 \(32-bit\), and this is the tracer for' "$target_pid"
    is_not_traced "$target_pid" || fail "still traced"
    [[ $(process_state "$target_pid") == S ]] || fail "it does not live on"
    kill -KILL "$target_pid"
    wait
}

# A program whose file gives rights runs without them, with a warning.
case_set_user_id()
{
    local program
    if [[ $(id -u) == 0 ]]; then
        be_nobody
        cp "$(command -v id)" giver
        chmod 4755 giver
        "${as_nobody[@]}" ./giver -u >before
        [[ $(cat before) == 0 ]] || skip "this file system gives no rights"
        "${as_nobody[@]}" "$tracer" --print=lines ./giver -u >$out 2>$err || fail "exit status $?"
        [[ $(cat $out) == 65534 ]] || fail "it ran as $(cat $out)"
        lines 1 'giver is set-user-ID, which has no effect' $err
        # Root's tracer may trace it.
        traced 0 -q --print=lines setpriv --reuid=65534 --clear-groups ./giver -u
        [[ $(cat $out) == 0 ]] || fail "it ran as $(cat $out)"
        [[ ! -s $err ]] || fail "root gets a message"
        chmod 755 giver
        setcap cap_net_raw+ep giver 2>/dev/null || return 0
        "${as_nobody[@]}" "$tracer" --print=lines ./giver -u >$out 2>$err || fail "exit status $?"
        said 'giver is given capabilities, which has no effect'
    else
        program=$(find /bin/mount /bin/su /usr/bin/passwd -perm -4000 2>/dev/null | head -n 1)
        [[ -n $program ]] || skip "no set-user-ID program is installed"
        traced 0 --print=lines "$program" --help
        said "$program is set-user-ID, which has no effect"
    fi
}

# A program that may be executed but not read cannot be traced; it does not run at all.
case_unreadable_program()
{
    be_nobody
    cp "$sample" mute
    chmod 711 mute
    if [[ $(id -u) != 0 ]]; then
        # One's own file, without read permission for its owner.
        chmod 111 mute
    fi
    local status=0
    LD_LIBRARY_PATH=$build/lib "${as_nobody[@]}" "$tracer" --print=lines ./mute 10 >$out 2>$err ||
        status=$?
    [[ $status == 125 || $status == 126 ]] || fail "exit status $status"
    one_line 'mute.*(read|permi)'
    [[ ! -s $out ]] || fail "it has run"
}

run_cases "$@"
