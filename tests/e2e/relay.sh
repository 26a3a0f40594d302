# SPDX-License-Identifier: MIT
# A private relay daemon, for scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154,SC2034

# relay_start: $relay_pid, $relay_control, $relay_data and $relay_live (ports on the loopback
# interface). It writes traces below relay/.
relay_start()
{
    local try
    command -v lttng-relayd >/dev/null || skip "no lttng-relayd"
    mkdir relay
    for try in 1 2 3 4 5; do
        relay_control=$((20000 + RANDOM % 20000 / 3 * 3))
        relay_data=$((relay_control + 1)) relay_live=$((relay_control + 2))
        lttng-relayd --control-port="tcp://127.0.0.1:$relay_control" --data-port="tcp://127.0.0.1:$relay_data" \
            --live-port="tcp://127.0.0.1:$relay_live" --output="$dir/relay" >relay.log 2>&1 &
        relay_pid=$!
        # It ends if one of the ports is in use.
        wait_for 10 relay_decided || fail "lttng-relayd does not start: $(cat relay.log)"
        ! is_gone "$relay_pid" || continue
        relay_url=net://127.0.0.1:$relay_control:$relay_data
        return
    done
    fail "no lttng-relayd, try $try: $(cat relay.log)"
}

relay_decided()
{
    is_gone "$relay_pid" || { listens "$relay_control" && listens "$relay_data" && listens "$relay_live"; }
}

listens() # PORT
{
    local port
    printf -v port '%04X' "$1"
    grep -q " 0100007F:$port 00000000:0000 0A " /proc/net/tcp
}

relay_stop()
{
    kill "$relay_pid"
    wait_for 20 is_gone "$relay_pid" || fail "lttng-relayd does not end"
    wait "$relay_pid"
}
