# SPDX-License-Identifier: MIT
# For scripts (bash) that run many tests: starts them with a time limit, counts and reports them.
#
#   $logs            where the output of each test goes; $logs/results has a line "STATUS NAME" of each
#   $slowness        what time limits are multiplied with (1)
#   $at_once         how many of those that may run in parallel do
#   $suffix          what the names of end-to-end tests end with ("")
#   passed, failed, skipped    the counts
# shellcheck shell=bash
: "${logs:?}"

at_once=$(nproc)
passed=0 failed=0 skipped=0

# The running tests, by the PID of their timeout(1): "SECONDS-AT-START NAME".
declare -A running=()
stop() {
    trap - INT TERM
    for pid in "${!running[@]}"; do
        kill -TERM "$pid" 2>/dev/null
    done
    wait
    exit 130
}
trap stop INT TERM

# The test's message in one line: why it was skipped.
reason() {
    sed -n 's/^SKIP: //p' "$1" | tail -n 1
}

report() { # STATUS SECONDS NAME LOG
    echo "$1 $3" >>"$logs/results"
    case $1 in
        0) printf 'ok    %4ss  %s\n' "$2" "$3" ;;
        77) printf 'skip  %4ss  %s: %s\n' "$2" "$3" "$(reason "$4")" ;;
        *)
            local why="exit status $1"
            [[ $1 == 124 || $1 == 137 ]] && why="timed out"
            printf 'FAIL  %4ss  %s (%s)\n' "$2" "$3" "$why"
            tail -n 40 "$4" | sed 's/^/      | /'
            ;;
    esac
}

log_of() { # NAME
    echo "$logs/${1//[^A-Za-z0-9_.-]/_}.log"
}

# Starts a command with a limit of LIMIT seconds, output in the log. timeout(1) gives the command
# its own process group, and ends all of it.
start() { # LIMIT NAME COMMAND...
    local limit=$(($1 * ${slowness:-1})) name=$2
    shift 2
    timeout -k 10 "$limit" "$@" >"$(log_of "$name")" 2>&1 </dev/null &
    running[$!]="$SECONDS $name"
}

# Waits until a running test has ended: sets status, took, log and test.
reap() {
    local pid began
    wait -n -p pid "${!running[@]}"
    status=$?
    read -r began test <<<"${running[$pid]}"
    log=$(log_of "$test")
    unset "running[$pid]"
    took=$((SECONDS - began))
}

# Suites among the running tests: commands whose last line counts their own tests.
declare -A suites=()

# Counts a command that is one test, or a suite.
count() {
    local line
    reap
    if [[ -n ${suites[$test]:-} ]]; then
        unset "suites[$test]"
        line=$(tail -n 1 "$log")
        if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
            passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
            skipped=$((skipped + BASH_REMATCH[3]))
            sed '$d' "$log"
            ((status != 0 && BASH_REMATCH[2] == 0)) || return 0
        fi
    fi
    case $status in
        0) passed=$((passed + 1)) ;;
        77) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)) ;;
    esac
    report "$status" "$took" "$test" "$log"
}

# One command that is one test, alone.
single() { # LIMIT NAME COMMAND...
    start "$@"
    count
}

# Likewise, with other tests in parallel.
beside() { # LIMIT NAME COMMAND...
    ((${#running[@]} < at_once + ${#suites[@]})) || count
    start "$@"
}

# A suite, with all tests until it has ended.
suite() { # LIMIT NAME COMMAND...
    suites[$2]=yes
    start "$@"
}

# A program of Check tests: each of its checks counts. One that runs none, and exits with status 77,
# is skipped. Sets status. SUFFIX is added to its name.
check_program() { # LIMIT PROGRAM [SUFFIX]
    local line n failures errors
    start "$1" "${2##*/tests/}${3:-}" "$2"
    reap
    line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$log" | tail -n 1)
    if [[ $line =~ Checks:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+) ]]; then
        n=${BASH_REMATCH[1]} failures=${BASH_REMATCH[2]} errors=${BASH_REMATCH[3]}
    else
        n=0 failures=0 errors=0
    fi
    if ((n == 0 && status == 77)); then
        skipped=$((skipped + 1))
        report "$status" "$took" "$test" "$log"
        return
    fi
    passed=$((passed + n - failures - errors))
    failed=$((failed + failures + errors))
    # A program that ran no check, or that failed although every check passed, is a failure, too.
    if ((n == 0 || (status != 0 && failures + errors == 0))); then
        failed=$((failed + 1))
        ((status)) || status=1
    fi
    report "$status" "$took" "$test" "$log"
    [[ -z $line ]] || printf '      %s\n' "$line"
}

# The cases of an end-to-end script, each in its own process.
script_cases() { # SCRIPT
    sed -n 's/^case_\([A-Za-z0-9_]*\)()$/\1/p' "$1"
}

# The cases of end-to-end scripts, in parallel, each as one test. They wait more than they work.
# SCRIPT:CASE is one case.
run_scripts() { # SCRIPT...
    local script name cases c
    for script; do
        cases=$(script_cases "${script%%:*}")
        [[ $script != *:* ]] || cases=${script#*:}
        script=${script%%:*}
        name=${script#tests/}
        if [[ -z $cases ]]; then
            beside 120 "${name%.sh}${suffix:-}" bash "$script"
        fi
        for c in $cases; do
            beside 60 "${name%.sh} $c${suffix:-}" bash "$script" "$c"
        done
    done
    while ((${#running[@]})); do
        count
    done
}
