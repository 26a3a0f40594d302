#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# in_process_rates.sh: how many events a second --in-process records without loss, and what the
# tracer takes for it: a program that calls one function at a given rate (bench/rate.c), into an
# LTTng session of the tracer's own. Prints, for each case: events that the program made, a second;
# how many of these were written and lost (both counted exactly, by the tracer and in the files); the
# tracer's CPU time; the delay from a record to its place in a file; and the tracer's memory beside
# the rings. Each case runs once, as long as SECONDS_1M= (60) and SECONDS_4M= (10) say. Needs room
# for 50 bytes for each event. See measure.sh for BUILD=.
. "$(dirname "$0")/measure.sh"

seconds_1m=${SECONDS_1M:-60} seconds_4m=${SECONDS_4M:-10}
ticks=$(getconf CLK_TCK)

# The CPU time of a process in ticks.
cpu_time() { # PID
    sed 's/^.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'
}

# Its resident kB, but for what it shares with the program: the rings.
resident_beside_rings() { # PID
    awk '/^[0-9a-f]+-/ {ring = /\/memfd:/} /^Rss:/ && !ring {kb += $2} END {print kb}' "/proc/$1/smaps"
}

has_trace()
{
    trace=$(find "$work/trace" -type d -name 'in-process-*' 2>/dev/null)
    [[ -n $trace ]]
}

# run CASE EVENTS_A_SECOND SECONDS BUSY: BUSY processes compute meanwhile. Fails if the tracer has
# not counted all events.
run()
{
    local case=$1 rate=$2 seconds=$3 busy=$4 pid delay='' hogs=() i before after calls=0 ns=0
    local written=0 lost=0 found kb trace
    progress "$case"
    rm -rf "$work/trace" "$work/in" "$work/out" "$work/delay_in"
    mkfifo "$work/in" "$work/out" "$work/delay_in"
    "$tracer" --in-process --stats -o "$work/trace" -f my_traced_function \
        "$bin/rate" $((rate / 2)) "$seconds" <"$work/in" >"$work/out" 2>"$work/err" &
    pid=$!
    started+=("$pid")
    exec 7>"$work/in" 8<"$work/out"
    read -r _ <&8 || fail "the program does not start: $(cat "$work/err")"
    wait_for 10 has_trace || fail "there is no trace"
    for ((i = 0; i < busy; i++)); do
        (trap - EXIT; while :; do :; done) 7>&- 8<&- &
        hogs+=($!)
        started+=($!)
    done
    # From a pipe without writers until it is opened, and ends when it is closed.
    if ((rate)); then
        "$bin/packet_delay" "$trace" <"$work/delay_in" >"$work/delay" 2>&1 7>&- 8<&- &
        delay=$!
        exec 9>"$work/delay_in"
    fi
    before=$(cpu_time "$pid")
    read -r _ calls ns <&8 || fail "the program has ended: $(cat "$work/err")"
    after=$(cpu_time "$pid")
    kb=$(resident_beside_rings "$pid")
    ((${#hogs[@]} == 0)) || kill "${hogs[@]}"
    [[ -z $delay ]] || { sleep 0.5; exec 9>&-; wait "$delay"; }
    exec 7>&- 8<&-
    wait "$pid"
    read -r written lost < <(sed -nE 's/(^|.* )([0-9]+) events written, ([0-9]+) lost.*/\2 \3/p' "$work/err")
    found=$(babeltrace2 "$work/trace" --component=sink.utils.counter 2>"$work/warnings" | awk '/ Event message/ {n = $1} END {print n + 0}')
    rm -rf "$work/trace"
    sample "$case" 'events/s' "$(awk -v n="$calls" -v ns="$ns" 'BEGIN {printf "%.0f", 2 * (n - 10000) / ns * 1e9}')"
    sample "$case" made $((2 * calls))
    sample "$case" written "$written"
    sample "$case" lost "$lost"
    sample "$case" 'in the files' "$found"
    sample "$case" 'CPU, s a million written' "$(awk -v t=$((after - before)) -v hz="$ticks" -v n="$written" 'BEGIN {printf "%.3f", n ? t / hz / n * 1e6 : 0}')"
    sample "$case" 'tracer, MB beside the rings' $((kb / 1000))
    if [[ -n $delay ]]; then
        read -r _ _ _ median _ p99 _ most <"$work/delay"
        [[ ${median:-} =~ ^[0-9]+$ ]] || fail "$(cat "$work/delay")"
        sample "$case" 'delay, median, ms' "$(ratio "$median" 1000)"
        sample "$case" 'delay, p99, ms' "$(ratio "$p99" 1000)"
        sample "$case" 'delay, most, ms' "$(ratio "$most" 1000)"
    fi
    ((written + lost == 2 * calls && written == found)) ||
        fail "$case: $written written, $lost lost of $((2 * calls)); $found in the files: $(cat "$work/warnings")"
}

bench_begin
[[ -x $bin/bursts_x86_64 ]] || { echo "in_process_rates: no jumps on this architecture"; exit 0; }
bench_lttng || { echo "in_process_rates: no lttng-sessiond, or one of root's runs here"; exit 0; }
cases=('1,000,000 a second' '1,000,000, both CPUs busy' '4,000,000 a second' 'no pause')
run "${cases[0]}" 1000000 "$seconds_1m" 0
run "${cases[1]}" 1000000 "$seconds_1m" "$(nproc)"
run "${cases[2]}" 4000000 "$seconds_4m" 0
run "${cases[3]}" 0 3 0

printf '%-30s %12s %12s %12s %12s\n' 'events recorded in the program' '1M' '1M, busy' '4M' 'no pause'
for unit in events/s made written lost 'in the files' 'CPU, s a million written' 'delay, median, ms' 'delay, p99, ms' \
    'delay, most, ms' 'tracer, MB beside the rings'; do
    printf '%-30s' "$unit"
    for case in "${cases[@]}"; do
        value=$(median "$case" "$unit")
        printf ' %12s' "${value:--}"
    done
    echo
done
echo '  the bars: nothing lost of the first three; <= 0.25 s a million; p99 < 10 ms, < 30 ms when busy; < 68 MB'
