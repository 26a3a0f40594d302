#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Damaged or unusual debug files, and servers that have debug files: no program is harmed or held.
# shellcheck disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

targets=$build/targets

# A library like that of the target `dlopen`, but large: more functions and types take longer to
# read.
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

# Moves the debug information to a separate file.
split_off() # FILE
{
    objcopy --only-keep-debug "$1" "$1.debug"
    objcopy --strip-debug --add-gnu-debuglink="$1.debug" "$1"
}

# Another process rewrites the file all the time.
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

# A message says that it is damaged, or there is no message; in both cases all calls are counted.
check_run()
{
    [[ $(head -n 1 "$out") == "lib_work 400 400" ]] || fail "the program printed: $(cat "$out")"
    lines 400 'dlopen_lib:lib_work\(' calls
    lines 0 '' <(grep -vE 'damaged|functions? armed|no function matches .* yet; ' "$err")
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

# A program with its types in a separate file.
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

# One matching line, besides the summary.
warned()
{
    grep -v 'functions\? armed, ' "$err" >said
    lines 1 '' said
    lines 1 "$1" said
}

# Two units, each with its types in a separate file.
split_units()
{
    echo 'int once(int value) { return value; }' >first.c
    printf '%s\n' 'int once(int value); int twice(int value) { return 2 * value; }' \
        'int main(void) { return once(2) + twice(3) == 8 ? 3 : 1; }' >second.c
    gcc -g -O0 -gsplit-dwarf "$@" -c first.c second.c || fail "gcc -gsplit-dwarf"
    gcc first.o second.o -o split
}

case_missing_split_units()
{
    split_units
    mv first.dwo second.dwo "$HOME"
    traced 3 --print=calls ./split
    warned "split has debug information in other files, of which $PWD/(first|second).dwo is not found: "
    lines 2 'split:(once|twice)\(arg1 = 0x' calls
    traced 0 --list -f 'once|twice' ./split
    warned ' is not found: functions that it describes show hex words\. Keep \.dwo files where '
    # Types that are not needed may be missing.
    mv "$HOME/second.dwo" .
    traced 3 --print=calls -f 'twice|main' ./split
    lines 1 "" "$err" # the summary
    lines 1 'split:twice\(value = 3\)' calls
}

case_split_unit_of_another_build()
{
    split_units
    echo 'int other; int once(int value) { return value + other; }' >first.c
    gcc -g -O0 -gsplit-dwarf -c first.c -o other.o || fail "gcc -gsplit-dwarf"
    mv other.dwo first.dwo
    traced 3 --print=calls ./split
    warned "of which $PWD/first.dwo is of another build: "
    lines 1 'split:once\(arg1 = 0x2' calls
    lines 1 'split:twice\(value = 3\)' calls
}

case_compressed_split_units()
{
    split_units -gz
    readelf -S first.dwo | grep -qE ' C?E?C ?E? ' || fail "gcc has compressed nothing"
    traced 3 --print=calls ./split
    lines 1 "" "$err" # the summary
    lines 2 'split:(once|twice)\(value = [0-9]\)' calls
}

# The header of a compressed section has the type.
set_compression() # FILE SECTION TYPE
{
    local offset
    offset=$(readelf -SW "$1" | sed -n "s/.* $2 *PROGBITS *[0-9a-f]* \([0-9a-f]*\) .*/0x\1/p")
    printf '%b' "\\x$3" | dd of="$1" bs=1 seek=$((offset)) conv=notrunc 2>/dev/null
}

# Not damaged, but of a compression that libelf does not support: in the section of strings or of
# units.
case_unknown_compression()
{
    local section
    split_program
    gcc -g -O0 -gz split.c -o compressed || fail "gcc -gz"
    objcopy --compress-debug-sections=zlib compressed || fail "objcopy"
    for section in .debug_info .debug_abbrev; do
        cp compressed unknown
        set_compression unknown $section 7e
        traced 3 --print=calls -f twice ./unknown
        warned 'unknown is compressed in a way that the installed libelf does not support .*--decompress-debug-sections'
        lines 10 'unknown:twice\(arg1 = 0x' calls
    done
    traced 3 --print=calls -f twice ./compressed
    lines 10 'compressed:twice\(value = [0-9]\)' calls
    # In another file, too.
    split_off unknown
    traced 3 --print=calls -f twice ./unknown
    warned 'unknown.debug is compressed in a way'
}

# zstd: read if libelf can; otherwise it does not count as damaged.
case_zstd()
{
    split_program
    gcc -g -O0 split.c -o zstd
    objcopy --compress-debug-sections=zstd zstd 2>/dev/null || skip "objcopy does not know zstd"
    readelf -t zstd | grep -q ZSTD || fail "objcopy has compressed nothing"
    traced 3 --print=calls -f twice ./zstd
    if [[ $(wc -l <"$err") != 1 ]]; then
        warned 'zstd is compressed in a way that the installed libelf does not support'
        lines 10 'zstd:twice\(arg1 = 0x' calls
    else
        lines 10 'zstd:twice\(value = [0-9]\)' calls
    fi
}

# ---- servers ----

# serve COMMAND...: runs a server in the background; it writes its port to the file "port".
serve()
{
    command -v python3 >/dev/null || skip "no python3"
    python3 -c 'import ctypes; ctypes.CDLL("libdebuginfod.so.1")' 2>/dev/null || skip "no libdebuginfod"
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

# The sample with a stripped library, whose debug file goes to DIRECTORY/buildid/ID/debuginfo; $id.
stripped_sample() # DIRECTORY
{
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

# The server is asked before the attach, and the program runs on.
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
    (($(date +%s%N) - before < 2000000000)) || fail "the signal did not arrive"
    said 'interrupted before anything was traced'
    nothing_left "$target_pid"

    export DEBUGINFOD_TIMEOUT=1 DEBUGINFOD_CACHE_PATH=$dir/other
    tracer_start --print=calls -f my_traced_function -p "$target_pid"
    wait_for 15 at_least 3 'mylib:my_traced_function\(arg1 = 0x2a, ' calls || fail "not attached"
    kill -TERM "$tracer_pid"
    tracer_ends 0
    said 'did not answer: they are not queried any more'
    nothing_left "$target_pid"
    kill -TERM "$target_pid"
    target_ends 143
    server_ends
}

# No server is asked for a library that is loaded while the program is stopped.
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
    # A fetched file is also found when a library is loaded later, even if the server is gone.
    traced 0 --print=calls -f my_traced_function ./app 5
    lines 5 "$typed" calls
    # Only the build ID matters. The cache also notes which files the server does not have.
    cp -f "$sample" "$HOME/.cache/debuginfod_client/$id/debuginfo" || fail "not in the cache"
    traced 0 --print=calls -f my_traced_function ./app 5
    lines 5 'mylib:my_traced_function\(arg1 = 0x2a, ' calls
}

run_cases "$@"
