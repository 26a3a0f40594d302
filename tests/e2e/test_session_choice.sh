#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The choice of the recording session, and what is changed in it (tp_driver.c, without a traced
# program).
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/driver.sh"

# rules SESSION: prints the patterns of its enabled rules, one on a line. Not from `lttng list`,
# which crashes the session daemons of LTTng 2.13 before 2.13.10 when a rule has exclusions.
rules()
{
    lttng_do save "$1" --force --output-path="$dir/saved"
    sed -n '/<event>/,/<exclusions>\|<\/event>/p' "$dir/saved/$1.lttng" | tr -d '\n\t' |
        sed 's/<\/*event>/\n/g' | sed -n 's/^<name>\(.*\)<\/name><enabled>true.*/\1/p' | sort
}

# state SESSION active|inactive
state()
{
    lttng list "$1" | grep -q "^Recording session $1: \[$2\]" || fail "$1 is not $2"
}

case_own_in_the_working_directory()
{
    with_lttng
    driver_start
    expect "own ptrace_tracer-driver-* $dir/ptrace_tracer-driver-*" choose
    expect opened open
    expect added add
    expect 0 wanted static
    expect begun begin
    expect 3 wanted static
    # Events registered later are enabled, too.
    expect added late
    expect extended extend
    expect 3 wanted comer
    expect emitted emit comer entry 1
    expect ended end
    driver_stop
    no_sessions
    [[ ! -s $err ]] || lines 0 '^ptrace_tracer:' "$err"
    trace_events "$(echo ptrace_tracer-driver-*)"
    lines 1 '^late:comer_entry' events
    lines 1 . events
    [[ ! -e $HOME/.lttngrc ]] || fail "there is a current session now"
}

# A session of the tracer's own records only the tracer's events.
case_own_keeps_to_itself()
{
    with_lttng
    local other
    driver_begins "output=$dir/trace"
    # Another process with the same provider, in its own session.
    mkfifo other.in
    "$driver" <other.in >other.out 2>/dev/null &
    other=$!
    exec {fd}>other.in
    printf '%s\n' "choose output=$dir/other" open add begin 'emit static entry 7' end >&"$fd"
    exec {fd}>&-
    wait "$other" || fail "the other one failed"
    expect emitted emit static exit 2
    expect ended end
    driver_stop
    no_sessions
    trace_events trace
    lines 2 'kinds:static_exit' events
    lines 2 . events
    trace_events other
    lines 7 'kinds:static_entry' events
    lines 7 . events
}

# Not ended: no trace of it is left.
case_own_given_up()
{
    with_lttng
    driver_start
    ask choose "output=$dir/trace"
    driver_stop
    no_sessions
    [[ ! -e trace ]] || fail "an empty directory is left"
}

case_idle()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    driver_start
    expect "idle mine $dir/mine" choose
    expect opened open
    expect added add
    expect begun begin
    state mine active
    rules mine | diff -u - <(printf 'kinds:%s_entry\nkinds:%s_exit\n' integers integers nothing \
        nothing others others static static) || fail "the rules are not those of the events"
    lttng list mine | grep -q '^- channel0: \[enabled\]' || fail "no channel0"
    expect emitted emit static entry 3
    expect added late
    expect 0 wanted comer
    expect extended extend
    expect 3 wanted comer
    expect ended end
    driver_stop
    state mine inactive
    lttng_do destroy mine
    trace_events mine
    lines 3 . events
}

case_idle_in_its_only_channel()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u -s mine first
    driver_start
    ask choose
    expect opened open
    expect added late
    expect begun begin
    lines 1 '^. first: ' <(lttng list mine)
    lines 0 '^. channel0: ' <(lttng list mine)
    expect ended end
    driver_stop
}

case_idle_with_several_channels()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u -s mine first
    lttng_do enable-channel -u -s mine second
    lttng_do enable-event -u -s mine -c second 'others:*'
    driver_start
    ask choose session=mine
    expect opened open
    expect added late
    expect begun begin
    lines 1 '^. channel0: ' <(lttng list mine)
    [[ $(rules mine) == $'late:comer_entry\nlate:comer_exit\nothers:*' ]] || fail "$(rules mine)"
    expect ended end
    driver_stop
}

# One matching rule is enough.
case_idle_with_a_rule()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'kinds:*c_entry' --filter='n == 1'
    driver_begins
    [[ $(rules mine) == 'kinds:*c_entry' ]] || fail "$(rules mine)"
    expect emitted emit static entry 3
    expect "written 1 lost 0" counts
    expect ended end
    driver_stop
    state mine inactive
}

# Rules that match only by their pattern: with another log level, an exclusion, a disabled channel,
# a disabled rule.
case_idle_with_rules_that_miss()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-channel -u one
    lttng_do enable-event -u -c one 'late:*' --loglevel=INFO
    lttng_do enable-event -u -c one 'late:c*' --exclude='late:comer*'
    lttng_do enable-event -u -c one 'late:com*'
    lttng_do disable-event -u -c one 'late:com*'
    lttng_do enable-channel -u two
    lttng_do enable-event -u -c two 'late:*'
    lttng_do disable-channel -u two
    driver_start
    ask choose
    expect opened open
    expect added late
    expect begun begin
    lines 2 '^late:comer_(entry|exit)$' <(rules mine)
    expect 3 wanted comer
    expect ended end
    driver_stop
}

# So many events are enabled by provider.
case_idle_with_many_events()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    driver_start
    ask choose
    expect opened open
    expect added many 300
    expect added late
    expect begun begin
    [[ $(rules mine) == $'late:*\nmany:*' ]] || fail "$(rules mine)"
    expect 3 wanted function_299
    expect ended end
    driver_stop
}

# Names that look like patterns to lttng are enabled literally.
case_idle_with_odd_names()
{
    with_lttng
    lttng_do create mine --output="$dir/mine"
    driver_start
    ask choose
    expect opened open
    expect added odd
    expect begun begin
    expect 3 wanted 'operator*'
    expect emitted emit 'operator*' entry 1
    expect ended end
    driver_stop
}

case_started()
{
    with_lttng
    session_with mine 'others:*'
    driver_start
    expect "started mine $dir/mine" choose
    expect opened open
    expect added add
    expect added late
    expect begun begin
    [[ $(rules mine) == 'others:*' ]] || fail "it was changed: $(rules mine)"
    said "no rule of session mine .*lttng enable-event -u -s mine -c channel0 'kinds:\*,late:\*'\$"
    lines 1 '^ptrace_tracer:' "$err"
    expect 0 wanted comer
    # The printed command works.
    eval "$(sed -n 's/.*\(lttng enable-event\)/\1/p' "$err")" >lttng.log || fail "$(cat lttng.log)"
    expect seen wait comer 3
    expect seen wait static 3
    expect emitted emit comer entry 1
    expect ended end
    driver_stop
    state mine active
    lttng_do destroy mine
    trace_events mine
    lines 1 . events
}

case_started_with_a_rule()
{
    with_lttng
    session_with mine 'late:*'
    driver_start
    ask choose
    expect opened open
    expect added late
    expect begun begin
    expect ended end
    driver_stop
    lines 0 '^ptrace_tracer:' "$err"
    state mine active
}

# A current session that no daemon has counts as none.
case_current_is_gone()
{
    with_lttng
    echo 'session=gone' >"$HOME/.lttngrc"
    driver_start
    expect "own *" choose
    driver_stop
    no_sessions
}

# LTTNG_HOME, else the given home.
case_whose_current_session()
{
    with_lttng
    lttng_do create one --output="$dir/one"
    lttng_do create two --output="$dir/two"
    mkdir elsewhere
    echo 'session=one' >elsewhere/.lttngrc
    driver_start
    expect "idle two *" choose "home=$dir/elsewhere"
    driver_stop
    [[ $(id -u) == 0 ]] || return 0
    # Root's daemon is used without LTTNG_HOME.
    unset LTTNG_HOME
    driver_start
    expect "idle one *" choose "home=$dir/elsewhere"
    driver_stop
}

case_does_not_exist()
{
    with_lttng
    driver_start
    expect "error: there is no session nosuch: *lttng list*" choose session=nosuch
    driver_stop
    private_lttng_kill
    driver_start
    expect "error: there is no session nosuch: no LTTng session daemon runs*" choose session=nosuch
    driver_stop
}

case_both_session_and_output()
{
    driver_start
    expect "error: --session and --output *" choose session=a output=b
    driver_stop
    [[ ! -e b ]] || fail "b was made"
}

case_bad_output()
{
    with_lttng
    mkdir full
    touch full/file
    driver_start
    expect "error: output directory full is not empty; --force removes only *" choose output=full
    expect "error: cannot make output directory no/such: *No such file*" choose output=no/such
    expect "error: cannot use output directory full/file: Not a directory" choose output=full/file
    if [[ $(id -u) != 0 ]]; then
        mkdir -m 555 sealed
        expect "error: cannot write to output directory sealed: *" choose output=sealed
    fi
    driver_stop
    no_sessions
}

case_names_provider()
{
    with_lttng
    lttng_do create one --output="$dir/one"
    lttng_do create two --output="$dir/two"
    lttng_do enable-event -u -s one '*'
    lttng_do enable-event -u -s one 'my*:f'
    lttng_do enable-event -u -s one 'c:malloc_*'
    lttng_do enable-event -u -s two 'mylib:*'
    lttng_do enable-event -u -s two 'off:*'
    lttng_do disable-event -u -s two 'off:*'
    driver_start
    ask choose session=one
    expect yes names c
    expect yes names mylib
    expect no names off
    expect no names my
    expect no names myfoo
    expect no names libc
    # A rule that is enabled later is read.
    lttng_do enable-event -u -s two 'off:*'
    wait_for 5 now_named off || fail "off is not named"
    driver_stop
}

now_named()
{
    ask names "$1"
    [[ $reply == yes ]]
}

run_cases "$@"
