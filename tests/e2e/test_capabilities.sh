#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tracer with file capabilities (setcap), run by an ordinary user; and the capabilities it keeps
# under sudo. Needs root to make such a file, also through sudo.
if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || { echo 'SKIP: only root gives capabilities'; exit 77; }
    exec sudo -n env "PATH=$PATH" "BUILD=${BUILD:-}" "PLAIN_BUILD=${PLAIN_BUILD:-}" \
        "TEST_CALLER=$(id -un)" bash "$0" "$@"
fi
unset SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND
export TARGETS=${TARGETS:-${BUILD:-build}/targets}
# LeakSanitizer needs rights that a process with changed users does not have.
BUILD=${PLAIN_BUILD:-${BUILD:-}}
export BUILD

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/user.sh"
PATH=$PATH:/usr/sbin:/sbin

f=(-f my_traced_function)

# capable CAPABILITIES: $tracer is a copy of the tracer with them.
capable()
{
    command -v setcap >/dev/null || skip "no setcap"
    make_user
    mkdir -p cap/bin cap/lib
    cp "$tracer" cap/bin/ && cp "$build"/lib/libptrace_tracer_*.so cap/lib/ || fail "no copy"
    setcap "$1" cap/bin/ptrace_tracer 2>/dev/null || skip "files cannot have capabilities here"
    tracer=$dir/cap/bin/ptrace_tracer
    [[ $(as_user "$tracer" --print -q "$(readlink -f /bin/sh)" -c "sed -n 's/^CapEff:[[:space:]]*//p' /proc/\$PPID/status") != 0000000000000000 ]] ||
        skip "capabilities of files have no effect here"
}

# A started program gets none of them, and an unchanged environment.
case_launch()
{
    capable cap_sys_ptrace+ep
    user_lttng create mine --output="$dir/user/mine"
    as_user "$tracer" "${f[@]}" "$sample" 100 >$out 2>$err || fail "exit status $?"
    said '200 events written, 0 lost'
    user_lttng destroy mine
    read_trace user/mine
    lines 200 'mylib:my_traced_function_' text
    [[ -z $(find user/mine ! -user "$test_uid") ]] || fail "not the user's: $(find user/mine ! -user "$test_uid")"

    local each=(env -i A=1 LD_LIBRARY_PATH=/some/where TMPDIR=/var/tmp LOCPATH=/none 'B=two words' C=)
    as_user "${each[@]}" /usr/bin/env >expected
    as_user "${each[@]}" "$tracer" -q --print=/dev/null "${f[@]}" /usr/bin/env >seen || fail "exit status $?"
    diff expected seen || fail "the program's environment is another"
    as_user "$tracer" -q --print=/dev/null "${f[@]}" /bin/grep Cap /proc/self/status >seen
    lines 4 '^Cap(Inh|Prm|Eff|Amb):[[:space:]]0000000000000000$' seen
}

case_own_session()
{
    capable cap_sys_ptrace+ep
    as_user "$tracer" "${f[@]}" -o "$dir/user/trace" "$sample" 100 >$out 2>$err || fail "exit status $?"
    read_trace user/trace
    lines 200 . text
    as_user rm -r "$dir/user/trace" || fail "the trace is not the user's"
}

# Where Yama permits only descendants, the capability permits attaching.
case_yama()
{
    [[ -e /proc/sys/kernel/yama/ptrace_scope ]] || skip "the kernel has no Yama"
    [[ $(cat /proc/sys/kernel/yama/ptrace_scope) == 1 ]] || skip "ptrace_scope is not 1"
    capable cap_sys_ptrace+ep
    attach_to_sample "$test_uid"
}

attach_to_sample() # UID
{
    setpriv --reuid="$1" --regid="$1" --clear-groups "$sample" 20000 1000 >target.out &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$(readlink -f "$sample")" || fail "the sample does not start"
    as_user "$tracer" --print "${f[@]}" "$target_pid" >$out 2>$err &
    wait_for 10 at_least 20 ' = void <' $err || fail "no calls seen: $(cat $err)"
    kill -TERM "$(tracer_of "$target_pid")"
    wait_for 10 is_not_traced "$target_pid" || fail "still traced"
    text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function ||
        fail "the function's code is not what it was"
    kill -KILL "$target_pid"
    wait
}

# A non-dumpable process: its memory file belongs to root.
case_undumpable()
{
    [[ -x $TARGETS/undumpable ]] || skip "there is no $TARGETS/undumpable"
    capable cap_sys_ptrace+ep
    cp "$TARGETS/undumpable" cap/bin/
    as_user "$dir/cap/bin/undumpable" &
    wait_for 10 undumpable_runs || fail "the target does not start"
    local status=0
    as_user "$tracer" --print "$target_pid" >$out 2>$err || status=$?
    [[ $status == 125 ]] || fail "exit status $status"
    one_line "cannot attach to process $target_pid .*: no permission to open its memory; .*cap_dac_override"
    is_not_traced "$target_pid" || fail "still traced"

    setcap cap_sys_ptrace,cap_dac_override+ep "$tracer"
    as_user "$tracer" -v --print -f main "$target_pid" >$out 2>$err &
    wait_for 10 is_traced "$target_pid" || fail "not attached: $(cat $err)"
    kill -TERM "$(tracer_of "$target_pid")"
    wait_for 10 is_not_traced "$target_pid" || fail "still traced"
    kill -KILL "$target_pid"
    wait
}

undumpable_runs()
{
    target_pid=$(pgrep -u "$test_uid" -x 'undumpable now')
}

# With both capabilities, any user's process.
case_other_users_process()
{
    capable cap_sys_ptrace,cap_dac_override,cap_sys_nice+ep
    attach_to_sample 0
    attach_to_sample 54322
}

# A set-user-ID program keeps its rights, since this tracer may trace it. It is traced if its memory
# can be opened; otherwise it is not run, or detached.
case_set_user_id()
{
    capable cap_sys_ptrace+ep
    cp "$(readlink -f "$(command -v id)")" cap/bin/id
    chmod u+s cap/bin/id
    [[ $(as_user cap/bin/id -u 2>/dev/null; as_user "$dir/cap/bin/id" -u) == 0 ]] || skip "set-user-ID has no effect here"
    as_user "$tracer" --print -f 'geteuid@c' "$dir/cap/bin/id" -u >$out 2>$err && fail "it ran"
    one_line 'cannot trace .*/cap/bin/id: Permission denied'
    [[ ! -s $out ]] || fail "it ran: $(cat $out)"
    as_user "$tracer" -F --print -f 'geteuid@c' "$(readlink -f /bin/sh)" -c "$dir/cap/bin/id -u; exit 3" >$out 2>$err
    [[ $? == 3 && $(cat $out) == 0 ]] || fail "not detached: $(cat $out $err)"
    said 'cannot trace the new program of process [0-9]+: Permission denied'

    setcap cap_sys_ptrace,cap_dac_override+ep "$tracer"
    as_user "$tracer" --print -f 'geteuid@c' "$dir/cap/bin/id" -u >$out 2>$err || fail "exit status $?"
    [[ $(cat $out) == 0 ]] || fail "it lost its rights: $(cat $out)"
    at_least 1 'c:geteuid\(' $err || fail "not traced: $(cat $err)"
}

# The capabilities are not used for libraries that the caller chooses.
case_nothing_is_lent()
{
    capable cap_sys_ptrace+ep
    local what
    printf '%s\n' '#include <stdio.h>' \
        '__attribute__((constructor)) static void loaded(void) { fputs("LOADED\n", stderr); }' >plugin.c
    ${TEST_CC:-gcc} -shared -fPIC -o user/plugin.so plugin.c || fail "no plugin"
    # liblttng-ust would load such a plugin.
    as_user env LTTNG_UST_CLOCK_PLUGIN="$dir/user/plugin.so" "$build/bin/ptrace_tracer" -q -o "$dir/user/one" "${f[@]}" "$sample" 1 >$out 2>$err
    grep -q LOADED $err || fail "nothing is tested: $(cat $err)"
    for what in LTTNG_UST_CLOCK_PLUGIN LTTNG_UST_GETCPU_PLUGIN LD_PRELOAD LD_AUDIT; do
        as_user env "$what=$dir/user/plugin.so" "$tracer" -q -o "$dir/user/$what" "${f[@]}" /bin/true >$out 2>$err ||
            fail "$what: exit status $?"
        # The program gets the variable; the tracer does not.
        lines "$([[ $what == LD_* ]] && echo 1 || echo 0)" LOADED $err
    done

    # Libraries that another user can have put beside the executable.
    chmod 777 cap/lib
    as_user "$tracer" -o "$dir/user/two" "${f[@]}" "$sample" 1 >$out 2>$err && fail "loaded what anybody may write"
    one_line 'is not loaded with the capabilities of the tracer'
    chmod 755 cap/lib
    chown "$test_uid" cap/lib/libptrace_tracer_lttng.so
    as_user "$tracer" -o "$dir/user/three" "${f[@]}" "$sample" 1 >$out 2>$err && fail "loaded what the user may write"
    one_line 'is not loaded with the capabilities of the tracer'
    chown "$test_uid" cap/lib/libptrace_tracer_reader.so
    as_user "$tracer" report "$dir/user/one" >$out 2>$err && fail "loaded what the user may write"
    one_line 'libptrace_tracer_reader.so is not loaded with the capabilities of the tracer'
}

# roots_directory: makes roots/, which only root can write, with a file that others can read and one
# that they cannot.
roots_directory()
{
    mkdir -m 755 roots roots/empty
    echo 'root wrote this' >roots/file
    echo 'session=roots_secret' >roots/secret
    chmod 644 roots/file
    chmod 600 roots/secret
}

roots_directory_is_untouched()
{
    [[ $(find roots | sort) == $'roots\nroots/empty\nroots/file\nroots/secret' ]] ||
        fail "made where only root may: $(find roots)"
    [[ $(cat roots/file) == 'root wrote this' ]] || fail "root's file was written: $(cat roots/file)"
}

# refused ERE ARGUMENT...: the tracer exits with 125 and one line that matches.
refused()
{
    local wanted=$1 status=0
    shift
    as_user "$tracer" "$@" >$out 2>$err || status=$?
    [[ $status == 125 ]] || fail "exit status $status: $(cat $err)"
    said "$wanted"
    ! grep -q roots_secret $out $err || fail "printed what only root may read: $(cat $out $err)"
    roots_directory_is_untouched
}

# Files that the user names are opened with the user's own rights, unlike the targets' files.
case_files_are_the_users()
{
    capable cap_sys_ptrace,cap_dac_override,cap_checkpoint_restore,cap_sys_nice+ep
    what_the_user_names
    # The capabilities need not be effective when the tracer starts.
    setcap cap_sys_ptrace,cap_dac_override,cap_checkpoint_restore,cap_sys_nice+p "$tracer"
    what_the_user_names
    attach_to_sample 54322
    # Nor does a set-user-ID root tracer become another user.
    setcap -r "$tracer"
    chmod u+s "$tracer"
    what_the_user_names
    attach_to_sample 54322
}

what_the_user_names()
{
    rm -rf roots user/*
    roots_directory
    as_user ln -s "$dir/roots/file" "$dir/roots/secret" .
    refused 'cannot write to .*/roots/file: Permission denied' --print="$dir/roots/file" "${f[@]}" "$sample" 1
    refused 'cannot write to file: Permission denied' --print=file "${f[@]}" "$sample" 1
    refused 'cannot write to .*/roots/new: Permission denied' --print="$dir/roots/new" "${f[@]}" "$sample" 1
    refused 'cannot make output directory .*/roots/trace: Permission denied' -o "$dir/roots/trace" "${f[@]}" "$sample" 1
    refused 'cannot write to output directory .*/roots/empty: Permission denied' -o "$dir/roots/empty" "${f[@]}" "$sample" 1
    for what in --list --print; do
        refused 'cannot read the pattern file secret: Permission denied' $what --patterns=secret "$sample"
    done

    # The current session: root's file has a name that does not exist.
    as_user ln -s "$dir/roots/secret" "$user_home/.lttngrc"
    as_user "$tracer" -v -o "$dir/user/trace" "${f[@]}" "$sample" 1 >$out 2>$err || fail "exit status $?: $(cat $err)"
    as_user "$tracer" -v "${f[@]}" "$sample" 1 >$out 2>$err || fail "exit status $?: $(cat $err)"
    ! grep -q roots_secret $out $err || fail "printed what only root may read: $(cat $err)"
    [[ -z $(find user ! -user "$test_uid") ]] || fail "not the user's: $(find user ! -user "$test_uid")"
    rm "$user_home/.lttngrc"
    rm -rf private && cp -r user/trace private && chmod 700 private
    refused 'cannot write to file: Permission denied' report -o file "$dir/user/trace"
    refused 'cannot read .*/private: Permission denied' report "$dir/private"
    roots_directory_is_untouched
}

# The libraries that search debug information get no environment variables.
case_environment_of_libraries()
{
    local variables
    capable cap_sys_ptrace,cap_dac_override+ep
    roots_directory
    variables=(DEBUGINFOD_URLS=http://127.0.0.1:1/ DEBUGINFOD_CACHE_PATH="$dir/roots/cache" DEBUGINFOD_VERBOSE=1
        DEBUGINFOD_HEADERS_FILE="$dir/roots/secret" SSLKEYLOGFILE="$dir/roots/keys" XML_CATALOG_FILES=/none)
    cp "$sample" cap/bin/stripped && cp "$build/lib/libmylib.so" cap/lib/ || fail "no copy"
    strip cap/bin/stripped cap/lib/libmylib.so || fail "nothing is stripped"
    # Asked without the removal: with the user's rights only.
    as_user env "${variables[@]}" "$build/bin/ptrace_tracer" --print "$dir/cap/bin/stripped" 1 >$out 2>$err
    grep -q 'debuginfod_find_debuginfo' $err || skip "the debuginfod client is not there: nothing is tested"
    as_user env "${variables[@]}" "$tracer" --print "$dir/cap/bin/stripped" 1 >$out 2>$err || fail "exit status $?"
    ! grep -q debuginfod $err || fail "debuginfod is asked: $(cat $err)"
    roots_directory_is_untouched
    # The program has them.
    as_user env -i "${variables[@]}" /usr/bin/env >expected
    as_user env -i "${variables[@]}" "$tracer" -q --print=/dev/null "${f[@]}" /usr/bin/env >seen || fail "exit status $?"
    diff expected seen || fail "the program's environment is another"
}

# Another user's program and library, in a directory that only that user can search.
case_private_files()
{
    capable cap_sys_ptrace,cap_dac_override,cap_checkpoint_restore,cap_sys_nice+ep
    mkdir -m 700 app
    cp "$sample" "$build/lib/libmylib.so" app/
    chown -R 54322:54322 app
    chmod 700 app/*
    # shellcheck disable=SC2016 # the $ are the inner shell's
    setpriv --reuid=54322 --regid=54322 --clear-groups env LD_LIBRARY_PATH="$dir/app" app/sample_app 20000 1000 >target.out &
    target_pid=$!
    wait_for 10 sleeps_in "$target_pid" "$dir/app/sample_app" || fail "the sample does not start"
    traces_target
    as_user "$tracer" --list -f my_traced_function "$target_pid" >listed 2>$err || fail "exit status $?: $(cat $err)"
    lines 1 '^mylib:my_traced_function  .*\[DWARF of .*/app/libmylib.so\]$' listed
    # Before Linux 5.9, or without that capability: by its name.
    setcap cap_sys_ptrace,cap_dac_override,cap_sys_nice+ep "$tracer"
    traces_target
    kill -KILL "$target_pid"
    wait
}

traces_target()
{
    as_user "$tracer" --print -f my_traced_function "$target_pid" >$out 2>$err &
    wait_for 10 at_least 20 ' = void <' $err || fail "no calls seen: $(cat $err)"
    kill -TERM "$(tracer_of "$target_pid")"
    wait_for 10 is_not_traced "$target_pid" || fail "still traced"
}

run_cases "$@"
