# SPDX-License-Identifier: MIT
# Reads what --print wrote and looks whether each thread's calls and returns belong together: a call
# is as deep as calls are open, a return names the innermost open call of its depth. Prints
#
#     ENTRIES EXITS OPEN LEFT WRONG
#
# OPEN calls had not returned at the end; LEFT were over without a return, which happens only to
# programs that jump out of functions. WRONG lines, which fit nothing, are told of on stderr.

function wrong(why) {
    if (++n_wrong <= 10)
        print FILENAME ":" FNR ": " why ": " $0 >"/dev/stderr"
}

{
    tid = $1
    rest = substr($0, length(tid) + 2)
    match(rest, /^ */)
    depth = RLENGTH / 2
    rest = substr(rest, RLENGTH + 1)
    # What a child of fork() found open is its parent's.
    if (!(tid in open)) {
        open[tid] = inherited[tid] = depth
    }
    if (rest !~ /^(=|\} )/) {
        entries++
        if (depth > open[tid])
            wrong("too deep")
        left += open[tid] - depth
        name = rest
        sub(/\(.*/, "", name)
        call[tid, depth] = name
        open[tid] = depth + 1
        next
    }
    exits++
    if (depth >= open[tid] || depth < inherited[tid]) {
        wrong("returns from nowhere")
        next
    }
    if (rest ~ /^\} /) {
        name = substr(rest, 3)
        sub(/ = .*/, "", name)
        if (call[tid, depth] != name)
            wrong("returns from " name ", not from " call[tid, depth])
    } else if (depth != open[tid] - 1) {
        wrong("returns from another depth")
    }
    left += open[tid] - 1 - depth
    open[tid] = depth
}

END {
    for (tid in open)
        still += open[tid] - inherited[tid]
    print entries + 0, exits + 0, still + 0, left + 0, n_wrong + 0
}
