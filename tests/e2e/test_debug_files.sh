#!/usr/bin/env bash
# Debug files that are not as they should be, and servers that have them: no program is harmed, and
# none stands still for them.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

targets=$build/targets

# A library like the one that dlopen loads, but large: more functions and types take longer to read.
large_library()
{
    {
        cat "$top/tests/targets/dlopen_lib.c"
        awk 'BEGIN { for (i = 0; i < 3000; i++) {
            printf "struct s_%d { int a_%d; struct s_%d *next; };\n", i, i, i
            printf "int large_%d(struct s_%d *p_%d, int q);\n", i, i, i
            printf "int large_%d(struct s_%d *p_%d, int q) { return p_%d->a_%d + q; }\n", i, i, i, i, i
        } }'
    } >large.c
    gcc -g -O0 -fPIC -shared large.c -o libdlopen_lib.so || fail "gcc"
    split_off libdlopen_lib.so
}

# Its debug information goes to a file of its own.
split_off() # FILE
{
    objcopy --only-keep-debug "$1" "$1.debug"
    objcopy --strip-debug --add-gnu-debuglink="$1.debug" "$1"
}

# Somebody else is writing it anew all the time.
rewriter_starts() # FILE
{
    "$targets/rewriter" "$1" >/dev/null &
    rewriter_pid=$!
}

rewriter_ends()
{
    kill -TERM "$rewriter_pid"
    wait "$rewriter_pid" || fail "the rewriter failed"
}

# What is said is that it is damaged, or nothing, and in both cases all is counted.
check_run()
{
    [[ $(head -n 1 "$out") == "lib_work 400 400" ]] || fail "the program printed: $(cat "$out")"
    lines 400 'dlopen_lib:lib_work\(' calls
    lines 0 '' <(grep -vE 'damaged|functions? armed' "$err")
    [[ $(grep -c damaged "$err") -le 1 ]] || fail "said more than once: $(grep damaged "$err")"
}

case_rewritten_at_dlopen()
{
    cp "$targets/dlopen" .
    large_library
    traced 0 --print=calls --entry-only -f 'lib_work|large_.*' ./dlopen 4 100
    check_run
    lines 400 'dlopen_lib:lib_work\(i = ' calls
    rewriter_starts libdlopen_lib.so.debug
    for ((round = 0; round < 8; round++)); do
        traced 0 --print=calls --entry-only -f 'lib_work|large_.*' ./dlopen 4 100
        check_run
    done
    rewriter_ends
}

case_rewritten_at_attach()
{
    large_library
    LD_PRELOAD=$PWD/libdlopen_lib.so target_start "$sample" 100000 1000
    note_before "$target_pid"
    rewriter_starts libdlopen_lib.so.debug
    for ((round = 0; round < 8; round++)); do
        tracer_start --print=calls -f 'my_traced_function|large_.*' -p "$target_pid"
        wait_for 10 at_least 3 'mylib:my_traced_function' calls || fail "no calls are seen"
        kill -TERM "$tracer_pid"
        tracer_ends 0
        rm calls
        nothing_left "$target_pid"
    done
    rewriter_ends
    kill -TERM "$target_pid"
    target_ends 143
}

# A program whose types lie in a file of their own.
split_program()
{
    printf '%s\n' 'int twice(int value) { return 2 * value; }' \
        'int main(void) { int sum = 0; for (int i = 0; i < 10; i++) sum += twice(i);' \
        'return sum == 90 ? 3 : 1; }' >split.c
    gcc -g -O0 -gsplit-dwarf -c split.c -o split.o || fail "gcc -gsplit-dwarf"
    gcc split.o -o split
}

case_fifo_as_split_unit()
{
    split_program
    traced 3 --print=calls ./split
    lines 10 'split:twice\(value = [0-9]\)' calls
    rm split.dwo
    mkfifo split.dwo
    traced 3 --print=calls ./split
    lines 10 'split:twice\(arg1 = 0x' calls
}

case_fifo_as_debug_file()
{
    split_program
    gcc -g -O0 -Wl,--build-id=none split.c -o linked
    objcopy --only-keep-debug linked linked.debug
    strip linked -o stripped -K twice
    objcopy --add-gnu-debuglink=linked.debug stripped
    traced 3 --print=calls -f twice ./stripped
    lines 10 'stripped:twice\(value = [0-9]\)' calls
    rm linked.debug
    mkfifo linked.debug
    traced 3 --print=calls -f twice ./stripped
    lines 10 'stripped:twice\(arg1 = 0x' calls
}

# ---- servers ----

# serve COMMAND...: in the background; it writes the port that it listens at to the file "port".
serve()
{
    command -v python3 >/dev/null || skip "no python3"
    ldconfig -p 2>/dev/null | grep -q 'libdebuginfod\.so\.1' || skip "no libdebuginfod"
    python3 "$@" >server.out 2>&1 &
    server_pid=$!
    wait_for 10 test -s port || fail "the server does not start: $(cat server.out)"
    unset DEBUGINFOD_CACHE_PATH DEBUGINFOD_TIMEOUT XDG_CACHE_HOME
    DEBUGINFOD_URLS=http://127.0.0.1:$(cat port)
    export DEBUGINFOD_URLS
}

serve_silence()
{
    cat >silent.py <<'END'
import os, socket
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(50)
clients = []
with open("port.new", "w") as port:
    port.write(str(server.getsockname()[1]))
os.rename("port.new", "port")
while True:
    clients.append(server.accept())
    with open("asked", "a") as asked:
        asked.write("asked\n")
END
    serve silent.py
}

serve_files() # DIRECTORY
{
    cat >files.py <<'END'
import http.server, os, sys
os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
with open("../port.new", "w") as port:
    port.write(str(server.server_address[1]))
os.rename("../port.new", "../port")
server.serve_forever()
END
    serve files.py "$1"
}

server_ends()
{
    kill "$server_pid"
    wait "$server_pid" 2>/dev/null || true
}

# The sample, its library stripped, whose debug file goes to DIRECTORY/buildid/ID/debuginfo.
stripped_sample() # DIRECTORY
{
    local id
    cp "$sample" app
    cp "$build/lib/libmylib.so" .
    id=$(readelf -n libmylib.so | sed -n 's/^ *Build ID: *//p')
    [[ -n $id ]] || fail "the library has no build ID"
    mkdir -p "$1/buildid/$id"
    objcopy --only-keep-debug libmylib.so "$1/buildid/$id/debuginfo"
    strip libmylib.so
    export LD_LIBRARY_PATH=$PWD
}

typed='mylib:my_traced_function\(arg1 = 42, arg2 = 3735928559'

# It is asked before the program is attached to, and the program runs on.
case_silent_server_at_attach()
{
    stripped_sample none
    serve_silence
    target_start ./app 100000 1000
    note_before "$target_pid"
    tracer_start --print=calls -f my_traced_function -p "$target_pid"
    wait_for 10 test -s asked || fail "the server is not asked"
    is_not_traced "$target_pid" || fail "the program waits for the server"
    local before
    before=$(date +%s%N)
    kill -TERM "$tracer_pid"
    tracer_ends 125
    (($(date +%s%N) - before < 2000000000)) || fail "the signal was not heard"
    said 'interrupted before anything was traced'
    nothing_left "$target_pid"

    export DEBUGINFOD_TIMEOUT=1 DEBUGINFOD_CACHE_PATH=$dir/other
    tracer_start --print=calls -f my_traced_function -p "$target_pid"
    wait_for 15 at_least 3 'mylib:my_traced_function\(arg1 = 0x2a, ' calls || fail "not attached"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    said 'did not answer: they are not asked any more'
    nothing_left "$target_pid"
    kill -TERM "$target_pid"
    target_ends 143
    server_ends
}

# What is loaded while the program stands still, nobody asks for.
case_silent_server_at_launch()
{
    stripped_sample none
    serve_silence
    traced 0 --print=calls -f my_traced_function ./app 5
    lines 5 'mylib:my_traced_function\(arg1 = 0x2a, ' calls
    [[ ! -e asked ]] || fail "the server was asked $(wc -l <asked) times"
    server_ends
}

case_server_at_attach()
{
    stripped_sample files
    serve_files files
    target_start ./app 100000 1000
    tracer_start --print=calls -f my_traced_function -p "$target_pid"
    wait_for 15 at_least 3 "$typed" calls || fail "nothing is fetched: $(cat server.out)"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    kill -TERM "$target_pid"
    target_ends 143
    server_ends
    # What was fetched is found when a library is loaded, too, whatever has become of the server.
    traced 0 --print=calls -f my_traced_function ./app 5
    lines 5 "$typed" calls
    # It counts by its build ID.
    cp "$sample" "$HOME"/.cache/debuginfod_client/*/debuginfo
    traced 0 --print=calls -f my_traced_function ./app 5
    lines 5 'mylib:my_traced_function\(arg1 = 0x2a, ' calls
}

run_cases "$@"
