#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the recipes of docs/lttng.md, docs/export.md, docs/types.md and docs/rights.md, and one of README.md, as
# printed: the blocks ```sh of a section,
# in order, by one bash in its own directory and home. Comments `<!-- test: COMMAND -->` between them wait for what a
# reader would see, and check the results.
needs_root='processes_of_others|rights'
if [[ ${1:-} =~ ^($needs_root)$ && $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || { echo 'SKIP: sudo asks for a password, or is not there'; exit 77; }
    exec sudo -n env "PATH=$PATH" "BUILD=${BUILD:-}" "PLAIN_BUILD=${PLAIN_BUILD:-}" \
        "TEST_CALLER=$(id -un)" bash "$0" "$@"
fi
unset SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND
# Under sudo, LeakSanitizer lacks rights.
[[ ! ${1:-} =~ ^($needs_root)$ ]] || export BUILD=${PLAIN_BUILD:-${BUILD:-}}

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/user.sh"

page=$top/docs/lttng.md

# The commands of the section, and its tests.
section() # TITLE
{
    awk -v title="## $1" '
        /^## / { inside = $0 == title }
        !inside { next }
        /^```sh$/ { block = 1; next }
        /^```$/ && block { block = 0; print ""; next }
        block { print }
        /^<!-- test: .* -->$/ { sub(/^<!-- test: /, ""); sub(/ -->$/, ""); print }' "$page"
}

# Functions for the tests in the page.
prelude()
{
    cat <<'EOT'
set -eu
trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR
unset LTTNG_UST_ALLOW_BLOCKING
# events N NAME TRACE: a complete trace with exactly N such events.
events()
{
    local n
    babeltrace2 "$3" >text 2>text.err
    [[ ! -s text.err ]] || { cat text.err >&2; return 1; }
    n=$(grep -c " $2: {" text || true)
    [[ $n == "$1" ]] || { echo "$n $2, not $1, in $3" >&2; return 1; }
}
# has TRACE ERE: a line of it matches.
has()
{
    babeltrace2 "$1" 2>/dev/null | grep -cE -- "$2" >/dev/null
}
listens()
{
    grep -q " 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}
EOT
}

# The reader's environment: without the settings of cases.sh for sanitizers.
recipe() # TITLE [RUNNER...]
{
    local title=$1 status=0
    shift
    { prelude; section "$title"; } >commands
    (($(section "$title" | wc -l) > 1)) || fail "there is no section '$title'"
    PATH=$build/bin:$PATH "$@" bash "$dir/commands" >$out 2>$err </dev/null || status=$?
    [[ $status == 0 ]] || { cat $out; fail "exit status $status of '$title': $(tail -n 3 $err)"; }
    ! grep -qE '^ptrace_tracer: .*(cannot|[1-9][0-9]* lost|no rule)' $err || fail "$(cat $err)"
}

private_recipe() # TITLE
{
    with_lttng
    recipe "$1"
    no_sessions
}

case_one_line()
{
    private_recipe 'One line'
}

case_choose()
{
    private_recipe 'Choose functions'
}

case_choose_while_it_runs()
{
    private_recipe 'Choose while it runs'
}

case_several_sessions()
{
    private_recipe 'Several sessions at once'
}

case_several_tracers()
{
    private_recipe 'Several tracers in one session'
}

case_contexts()
{
    private_recipe 'Contexts'
}

case_flight_recorder()
{
    private_recipe 'Flight recorder'
}

case_snapshot_at_a_condition()
{
    private_recipe 'A snapshot at a condition'
}

case_session_that_a_call_starts()
{
    private_recipe 'A session that a call starts'
}

case_rotation()
{
    private_recipe 'Rotation'
}

case_buffers_per_process()
{
    private_recipe 'Buffers per process'
}

case_no_losses()
{
    private_recipe 'No losses, or no delay'
}

case_only_one_program()
{
    private_recipe 'Only one program'
}

case_beside_tracepoints()
{
    private_recipe "Beside the program's own tracepoints"
}

case_read()
{
    private_recipe 'Read the trace'
}


case_watch_live()
{
    command -v lttng-relayd >/dev/null || skip "no lttng-relayd"
    eval "$(prelude | sed -n '/^listens/,/^}/p')"
    ! listens 7342 && ! listens 7343 && ! listens 7344 || skip "the recipe's ports are in use"
    private_recipe 'Watch live'
}

# What `sudo make install` does, in a /usr/local of this test alone.
install_here()
{
    [[ ${PRIVATE_LTTNG_SPACE:-} == entered ]] ||
        skip "no mount namespace may be made, and nothing is installed for the system"
    mkdir upper work
    mount -t overlay -o "lowerdir=/usr/local,upperdir=$dir/upper,workdir=$dir/work" none /usr/local 2>/dev/null ||
        mount -t tmpfs -o mode=755 none /usr/local || fail "cannot mount"
    make -s -C "$top" BUILD="$build" CC="${TEST_CC:-cc}" install >$out 2>$err || fail "make install"
    [[ -x /usr/local/bin/ptrace_tracer ]] || fail "not installed"
}

case_processes_of_others()
{
    command -v sudo >/dev/null || skip "no sudo"
    make_user
    install_here
    recipe 'Processes of others' as_user env "PATH=$build/bin:$PATH"
    user_lttng list
    grep -q 'no .*session' lttng.log || fail "a session is left: $(cat lttng.log)"
}

# As a user who is in that group.
as_member()
{
    (cd "$dir/user" && setpriv --reuid="$test_uid" --regid="$test_gid" --init-groups \
        env HOME="$user_home" USER="$test_user" LOGNAME="$test_user" "PATH=/usr/local/bin:$build/bin:$PATH" "$@")
}

case_rights()
{
    command -v sudo >/dev/null || skip "no sudo"
    page=$top/docs/rights.md
    make_user
    install_here
    recipe 'sudo' as_member
    cp "$tracer" capable && PATH=$PATH:/usr/sbin:/sbin setcap cap_sys_ptrace+p capable 2>/dev/null ||
        skip "files cannot have capabilities here"
    getent group tracers >/dev/null && fail "there is a group tracers"
    echo "tracers:*:54322:$test_user" >>/etc/group # it is this test's
    rm user/lines
    recipe 'Capabilities of the executable' as_member
}

case_readme()
{
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    page=$top/README.md
    private_recipe 'What took the time'
}

case_export()
{
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    page=$top/docs/export.md
    with_lttng
    for title in 'A page' 'speedscope' 'Perfetto' 'SQLite' 'OpenTelemetry'; do
        recipe "$title"
    done
    no_sessions
}

case_types()
{
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    command -v openssl >/dev/null || skip "no openssl"
    page=$top/docs/types.md
    recipe 'Make types from headers'
}

# Every section with commands has a case here.
case_all_sections()
{
    local title page
    for page in "$top"/docs/{lttng,export,types,rights}.md; do
        all_sections
    done
}

all_sections()
{
    while read -r title; do
        (($(section "$title" | wc -l) == 0)) || grep -qF -e "'$title'" -e "\"$title\"" "$top/tests/e2e/test_docs.sh" ||
            fail "nobody runs '$title'"
    done < <(sed -n 's/^## //p' "$page")
}

run_cases "$@"
