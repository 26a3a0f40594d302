#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests the tracer for arm64 on any host: cross-compiles it, and runs the tests in an emulated
# machine (scripts/arm64_machine.sh), with Debian's kernel and LTTng.
#
#   scripts/test_arm64.sh              on a CPU with pointer authentication and BTI, on one without,
#                                      and on two CPUs
#   scripts/test_arm64.sh --quick      what `make check` runs
#   scripts/test_arm64.sh --all        also what takes long when emulated: up to an hour
#   scripts/test_arm64.sh --run [OPTION...] COMMAND [ARG...]
#                                      builds, then runs one command in the machine; the options
#                                      are those of `scripts/arm64_machine.sh run`
#
# The last line is the summary. The exit status is 0 only if each test ran and none failed, and 77,
# with the reason, where there can be no such machine.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD

cannot() {
    echo "SKIP: $*"
    exit 77
}

work=
declare -A boots=()
cleanup() {
    trap '' INT TERM
    for pid in "${boots[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    wait
    [[ -z $work ]] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(mktemp -d "${TMPDIR:-/tmp}/test_arm64.XXXXXX")

# scripts/run_tests.sh has built for this host already.
host_build=${PLAIN_BUILD:-}
host_targets=$top/build/targets
[[ -z $host_build ]] || host_targets=${BUILD:-$host_build}/targets
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL SANITIZE BUILD PLAIN_BUILD CC TEST_CC
make_logged() { # WHAT ARG...
    local what=$1
    shift
    make -j"$(nproc)" "$@" >"$work/make.log" 2>&1 || {
        grep -E 'error|Error' "$work/make.log" | tail -n 20 >&2
        echo "test_arm64.sh: $what failed" >&2
        exit 1
    }
}

# --- the build ---

# What is missing is installed, as by scripts/test.sh; `make check` does not install.
[[ -n $host_build ]] || scripts/setup.sh --arm64 >&2 || true
for tool in aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ pkg-config; do
    command -v "$tool" >/dev/null || cannot "no $tool here: run scripts/setup.sh --arm64"
done
machine=$(scripts/arm64_machine.sh setup) || {
    status=$?
    echo "$machine"
    exit $status
}
cross=(CROSS_COMPILE=aarch64-linux-gnu- SYSROOT="$machine/sysroot" BUILD=build/aarch64)
make_logged 'the build for arm64' "${cross[@]}" all test-programs

if [[ ${1:-} == --run ]]; then
    shift
    trap - EXIT INT TERM
    rm -rf "$work"
    exec scripts/arm64_machine.sh run "$@"
fi

# --- the tests ---

# Check programs by name: those of the engine, those that take long, those of many threads. Displaced
# copies of arm64 are made, but not run, on every host: that takes minutes here.
engine=() units=() slow=() threads=()
while read -r program; do
    case ${program##*/test_} in
        displaced_aarch64 | displaced_library_aarch64) ;;
        attached_at_random | idle_stops | migration | hostile_elf) slow+=("$program") ;;
        *) [[ $program == */engine/* ]] && engine+=("$program") || units+=("$program") ;;
    esac
    case ${program##*/test_} in
        attached | forked | killed_at_random | many_threads | shared_memory | vforks)
            threads+=("$program")
            ;;
    esac
done < <(make -s "${cross[@]}" list-tests)

# Boots a machine in the background that runs TESTs, at most two at once.
boot() { # NAME CPU SMP TEST...
    local name=$1 options=(--cpu="$2" --smp="$3")
    shift 3
    while (($(jobs -pr | wc -l) >= 2)); do
        wait -n || true
    done
    scripts/arm64_tests.sh --list "$@" | sort >"$work/$name.plan"
    scripts/arm64_machine.sh run "${options[@]}" --limit=3000 --compiler --output="$work/$name" \
        scripts/arm64_tests.sh "$@" >"$work/$name.text" 2>&1 &
    boots[$name]=$!
}

passed=0 failed=0 skipped=0

# What `cmp` says, as one test.
same() { # WHAT FILE FILE
    if diff "$2" "$3" >"$work/diff" 2>&1; then
        passed=$((passed + 1))
        echo "ok           $1"
    else
        failed=$((failed + 1))
        echo "FAIL         $1"
        head -n 20 "$work/diff" | sed 's/^/      | /'
    fi
}

# Waits for a machine, and counts its tests.
judge() { # NAME
    local name=$1 out=$work/$1 status=0 p=0 f='' s=0 test trace
    wait "${boots[$name]}" || status=$?
    unset "boots[$name]"
    echo "arm64, $name:"
    cat "$out.text"
    [[ ! -s $out/logs/counts ]] || read -r p f s <"$out/logs/counts"
    passed=$((passed + p)) failed=$((failed + ${f:-0})) skipped=$((skipped + s))
    # An end before the last test, or without a failure that is counted, is one.
    if ((status != 0 && ${f:-0} == 0)); then
        failed=$((failed + 1))
        echo "FAIL         the machine: exit status $status"
    fi
    touch "$out.results"
    [[ ! -s $out/logs/results ]] || cut -d' ' -f2- "$out/logs/results" | sort >"$out.results"
    while read -r test; do
        failed=$((failed + 1))
        echo "FAIL         $test (did not run)"
    done < <(comm -23 "$out.plan" "$out.results")
    for trace in "$work"/host/*; do
        [[ ! -e $trace ]] || same "e2e/trace_lines ${trace##*/}: as on this host" "$trace" "$out/traces/${trace##*/}"
    done
}

# Traces on this host, to compare with.
if [[ $(uname -m) == x86_64 ]]; then
    [[ -n $host_build ]] || make_logged 'the build for this host' all targets
    status=0
    TARGETS=$host_targets BUILD=${host_build:-$top/build} bash tests/e2e/trace_lines.sh "$work/host" >"$work/host.log" 2>&1 || status=$?
    if ((status == 77)); then
        skipped=1
        echo "skip         e2e/trace_lines on this host: $(sed -n 's/^SKIP: //p' "$work/host.log")"
    elif ((status)); then
        failed=1
        echo "FAIL         e2e/trace_lines on this host"
        tail -n 5 "$work/host.log" | sed 's/^/      | /'
    fi
    ((status == 0)) || rm -rf "$work/host"
fi

# --- what runs where ---

few=(tests/e2e/test_print.sh)
some=() more=()
for name in attach_detach children deref extra_fields languages list; do
    some+=("tests/e2e/test_$name.sh")
done
for name in cxx_names event_rules job_control own_session session signals values; do
    more+=("tests/e2e/test_$name.sh")
done

if [[ ${1:-} == --quick ]]; then
    boot max max 1 "${engine[@]}"
    boot cortex-a72 cortex-a72 1 "${units[@]}" "${few[@]}"
    judge max
    judge cortex-a72
else
    boot max max 1 "${units[@]}" "${engine[@]}" "${few[@]}"
    boot cortex-a72 cortex-a72 1 "${units[@]}" "${engine[@]}" "${few[@]}"
    boot two-cpus max 2 "${threads[@]}"
    boot e2e max 1 "${some[@]}"
    [[ ${1:-} != --all ]] || boot slow max 1 "${slow[@]}" "${more[@]}"
    judge max
    judge cortex-a72
    judge two-cpus
    judge e2e
    [[ ${1:-} != --all ]] || judge slow
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
