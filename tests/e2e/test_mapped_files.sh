#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Mapped files: libraries that are loaded and unloaded, files that were deleted, replaced or
# overwritten, a program started through the dynamic linker, unusual layouts.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

sources=$(cd "$(dirname "$0")" && pwd)/builds
compiler=${TEST_CC:-gcc}

begin()
{
    $compiler -O1 -g -o mapped "$sources/mapped.c" -ldl || fail "cannot build it"
}

library() # FILE FLAG...
{
    $compiler -O1 -g -fPIC -shared -o "$1" "${@:2}" "$sources/mapped_library.c" ||
        fail "cannot build $1"
}

# Runs it untraced and traced: the same output, N entries and exits of m_work.
same_with() # N COMMAND...
{
    local n=$1
    shift
    "$@" >untraced.out 2>&1 || [[ $? == 7 ]] || fail "bare: $(cat untraced.out)"
    traced 7 --print=lines -f m_work "$@"
    cmp untraced.out $out || fail "traced, its output differs"
    lines "$n" ':m_work\(' lines
    lines "$n" '^[0-9]+ +(=|\} ).* <[0-9]+\.[0-9]+>$' lines
}

# Several libraries, each mapped where another one was.
case_come_and_go()
{
    begin
    library liba.so -DPLUS=1
    library libb.so -DPLUS=2 -DPAD=1
    library libc1.so -DPLUS=3 -DPAD=2
    library libd.so -DPLUS=4 -DPAD=3
    same_with 2000 ./mapped 100 5 ./liba.so ./libb.so ./libc1.so ./libd.so
}

case_own_namespaces()
{
    begin
    library liba.so -DPLUS=1
    library libb.so -DPLUS=2 -DPAD=2
    same_with 160 ./mapped 20 2 new:./liba.so ./liba.so new:./libb.so new:./liba.so
}

case_two_executable_segments()
{
    begin
    library libtwo.so -DSECOND_SEGMENT -DPAD=2 -nostdlib -Wl,-T,"$sources/two_segments.ld"
    same_with 30 ./mapped 3 10 ./libtwo.so
    # One module, not two with their own addresses.
    traced 7 --print=lines -f 'm_.*' ./mapped 1 1 ./libtwo.so
    said '2 functions armed'
}

# Code that the dynamic linker changes when it maps it.
case_text_relocations()
{
    begin
    $compiler -O1 -g -fno-pic -shared -Wl,-z,notext -DTEXT_RELOCATION -DPLUS=5 -o libtext.so \
        "$sources/mapped_library.c" || fail "cannot build it"
    library liba.so
    traced 7 --print=lines -f m_work ./mapped 3 10 ./libtext.so ./liba.so
    said 'libtext.so has text relocations.* not traced'
    lines 1 'text relocations' $err
    lines 30 ':m_work\(' lines
    # Loaded with the program, it is complete when the program starts.
    traced 7 --print=lines -f m_work env LD_PRELOAD="$PWD/libtext.so" ./mapped 3 10 ./libtext.so
    lines 30 ':m_work\(' lines
}

# A program and a library with high addresses, as prelink makes them, and with huge pages.
case_far_addresses()
{
    begin
    library libfar.so -Wl,-Ttext-segment=0x3a5f000000
    library libhuge.so -Wl,-z,max-page-size=0x200000 -Wl,-z,common-page-size=0x200000
    library libflat.so -Wl,-z,noseparate-code
    same_with 90 ./mapped 3 10 ./libfar.so ./libhuge.so ./libflat.so
}

case_dynamic_linker_called_by_name()
{
    begin
    library liba.so
    local linker
    linker=$(readelf -lW mapped | sed -n 's/.*interpreter: \(.*\)]/\1/p')
    same_with 30 "$linker" ./mapped 3 10 ./liba.so
    # Without -f: the program and its library, and nothing of the dynamic linker.
    traced 7 --print=lines "$linker" ./mapped 3 10 ./liba.so
    lines 30 ' a:m_work\(' lines
    lines 1 ' mapped:main\(' lines
    lines 0 ' ld[^ ]*:' lines
}

# ask LINE: `mapped` executes it.
ask()
{
    local reply
    echo "$1" >&"${MAPPED[1]}"
    read -r -t $((20 * slowness)) reply <&"${MAPPED[0]}" || fail "no answer to '$1'"
    [[ $reply == "done" ]] || fail "'$reply' to '$1'"
}

mapped_start() # LIBRARY
{
    local reply
    coproc MAPPED { exec ./mapped -i 1 1 "$1" 2>target.err; }
    mapped_pid=$MAPPED_PID
    read -r -t $((20 * slowness)) reply <&"${MAPPED[0]}" || fail "it does not start: $(cat target.err)"
}

mapped_ends()
{
    local pid=$MAPPED_PID status=0
    eval "exec ${MAPPED[1]}>&-"
    wait "$pid" || status=$?
    [[ $status == 0 ]] || fail "it ends with $status: $(cat target.err)"
}

# Attaches, makes it call m_work() N times, detaches.
visit() # N ARGUMENT...
{
    local i
    tracer_start --print=lines -v -f 'm_work' -f main "${@:2}" -p "$mapped_pid"
    wait_for 20 is_traced "$mapped_pid" || fail "it is not traced"
    wait_for 20 armed || fail "no message: $(cat $err)"
    for ((i = 0; i < $1; i++)); do
        ask call
    done
}

# The thread that the attach stopped runs again.
armed()
{
    [[ $(process_state "$mapped_pid") == S ]] && sleep 0.1 && is_traced "$mapped_pid"
}

leave()
{
    kill -TERM "$tracer_pid"
    tracer_ends 0
    is_not_traced "$mapped_pid" || fail "it is still traced"
}

# The mapped file, if it can be opened; never its replacement.
case_library_replaced()
{
    begin
    library liba.so -DPLUS=1
    library libother.so -DPLUS=1 -DPAD=3
    mapped_start ./liba.so
    mv libother.so liba.so
    visit 5
    leave
    if [[ -r /proc/self/map_files && $(id -u) == 0 ]]; then
        lines 5 ':m_work\(' lines
        "$build/tests/text_clean" "$mapped_pid" || fail "its text is not the file's"
    else
        said 'liba.so was deleted or replaced .* not traced'
        lines 0 ':m_work\(' lines
    fi
    ask call
    mapped_ends
}

case_library_deleted()
{
    begin
    library liba.so -DPLUS=1
    library libb.so -DPLUS=1
    mapped_start ./liba.so
    visit 2
    rm liba.so
    # It is read again, now without the file.
    ask ./libb.so
    ask call
    leave
    if [[ $(id -u) == 0 ]]; then
        lines 3 ':m_work\(' lines
    else
        at_least 2 ':m_work\(' lines || fail "the first calls are not there"
    fi
    ask call
    mapped_ends
}

# Overwritten while it is traced, by another build with the same layout: the places of functions are
# no longer known.
case_library_written_over()
{
    begin
    library liba.so -DPLUS=1
    library libb.so
    library libother.so -DPLUS=1 -DPAD=3
    mapped_start ./liba.so
    visit 2
    cat libother.so >liba.so
    ask ./libb.so
    said 'liba.so was written over .* not traced any more'
    leave
    lines 2 ':m_work\(' lines
    kill -KILL "$mapped_pid"
}

case_library_touched()
{
    begin
    library liba.so -DPLUS=1
    library libb.so
    mapped_start ./liba.so
    visit 2
    touch -d '2001-02-03' liba.so
    ask ./libb.so
    ask call
    leave
    lines 3 ':m_work\(' lines
    "$build/tests/text_clean" "$mapped_pid" || fail "its text is not the file's"
    mapped_ends
}

case_program_replaced()
{
    begin
    library liba.so
    mapped_start ./liba.so
    cp mapped x && rm mapped && cp /bin/true mapped
    visit 3
    leave
    lines 3 ':m_work\(' lines
    said '2 functions armed'
    ask call
    mapped_ends
}

# No breakpoints in code that a program has generated.
case_made_code()
{
    "$build/targets/made_code" >bare || fail "exit status $?"
    traced 0 --print=lines -f 'work|idle' "$build/targets/made_code"
    cmp bare $out || fail "traced, its output differs"
    lines 600 ' made_code:work\(' lines
    lines 300 ' made_code:idle\(' lines
    lines 1200 . lines
    said '600 calls have no exit event'
}

# Damaged files, and files without sections: no harm, and a message.
case_no_sections()
{
    begin
    library liba.so
    # e_shoff, e_shentsize, e_shnum, e_shstrndx
    dd if=/dev/zero of=liba.so bs=1 seek=40 count=8 conv=notrunc 2>/dev/null
    dd if=/dev/zero of=liba.so bs=1 seek=58 count=6 conv=notrunc 2>/dev/null
    traced 7 --print=lines -f 'm_work' ./mapped 2 3 ./liba.so
    said "no function matches 'm_work'"
    strip -o stripped mapped
    library libb.so
    traced 7 --print=lines ./stripped 2 3 ./libb.so
    lines 6 ':m_work\(' lines
}

case_damaged_sections()
{
    begin
    library liba.so
    # Sections beyond the end of the file: the dynamic linker ignores them.
    printf '\377\377\377\377' | dd of=liba.so bs=1 seek=40 conv=notrunc 2>/dev/null
    traced 7 --print=lines -f 'm_work' ./mapped 2 3 ./liba.so
    said 'liba.so is truncated or corrupted.* not traced'
    lines 1 'truncated' $err
}

run_cases "$@"
