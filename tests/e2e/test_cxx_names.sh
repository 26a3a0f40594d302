#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All kinds of C++ names: each is readable, works on lttng's command line as --list shows it, and
# has exactly the calls that the program itself has counted.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# Names are bytes here: not all programs print non-ASCII characters.
export LC_ALL=C

# The counting functions are not counted; nor are clang's parts of coroutines and its functions that
# initialize variables.
uncounted='__cyg_profile_func_(enter|exit)|count_report'
uncounted_by_clang='__clang_call_terminate|_ZNK3\$_1clEv|_ZNK11Initialized1xMUlvE_clEv'
uncounted_by_clang+='|_ZL9coroutine[il]\.(resume|destroy|cleanup)'

names_of() # PROGRAM: sets $program, and writes "ADDRESS NAME" of each function to `names`, from --list
{
    program=$build/targets/$1
    [[ -x $program ]] || skip "no clang++ to build $1"
    [[ $1 != *_clang ]] || uncounted+="|$uncounted_by_clang"
    traced 0 --list -x "$uncounted" "$program"
    # Ordered by address, like --list.
    readelf -sW "$program" | awk '$4 == "FUNC" && $7 != "UND" { print $2, $8 }' | sort -u |
        grep -vE " (_start|_init|_fini|call_weak_fn|frame_dummy|(de)?register_tm_clones|$uncounted)\$" |
        grep -vE ' (__do_global_dtors_aux|_dl_relocate_static_pie|_ZT[hvc].*|.*\.cold)$' |
        cut -d' ' -f1 | uniq >addresses
    sed 's/^[^:]*:\(.*\)$/\1/; s/  .*//' $out >listed
    [[ $(wc -l <addresses) == "$(wc -l <listed)" && -s listed ]] ||
        fail "$(wc -l <listed) functions are listed of $(wc -l <addresses)"
    paste -d' ' addresses listed >names
}

# "NAME COUNT", as the program counts them; without functions that are never called.
counted() # FILE-WITH-ITS-OUTPUT
{
    awk 'NR == FNR { at = $1; sub(/^[^ ]* /, ""); name[at] = $0; next }
         { if (!($1 in name)) { print "no function at " $1; next } calls[name[$1]] += $2 }
         END { for (n in calls) print n " " calls[n] }' names "$1" | sort
}

tally()
{
    awk '{ calls[$0]++ } END { for (n in calls) print n " " calls[n] }' | sort
}

same_counts()
{
    diff -u wanted got >difference || fail "not the calls that the program counted:
$(head -n 30 difference)"
}

# As a user types it: a name with a '*' needs a '\' before it, and a '*' at its end.
typed() # NAME
{
    local text=$1
    [[ $text != *'*'* ]] || text=${text//'*'/'\*'}'*'
    printf '%s\n' "$text"
}

# Channels of one session: each uses file descriptors of LTTng's daemons for each CPU.
readonly batch=40

# One batch of the names in `distinct`, from the given line on, in its own session.
each_of_batch() # FIRST
{
    local first=$1 name n=0
    lttng_do create "mine$first" --output="$dir/mine$first"
    while IFS= read -r name; do
        # A separate channel shows which other names the rule enables.
        lttng_do enable-channel -u -s "mine$first" "c$n" --subbuf-size=4096 --num-subbuf=2
        lttng_do enable-event -u -s "mine$first" -c "c$n" "$(typed "cxx_names:${name}_entry")"
        n=$((n + 1))
    done < <(tail -n "+$first" distinct | head -n $batch)
    lttng_do start "mine$first"
    traced 0 -q --session="mine$first" "$program"
    [[ ! -s $err ]] || fail "unexpected output of the tracer"
    lttng_do destroy "mine$first"

    babeltrace2 -c sink.text.details "mine$first" >details 2>text.err || fail "babeltrace2: $(cat text.err)"
    lines "$n" '^  Stream class \(ID ' details
    lines "$n" '^    Event class `' details
    sed -n "s/^    Event class \`cxx_names:\(.*\)_entry' (ID 0):\$/\1/p; s/^    Event class \`cxx_names:\(.*\)_entry\` (ID 0):\$/\1/p" \
        details >>enabled
    read_trace "mine$first"
    sed "s/^\[[^]]*\] ([^)]*) [^ ]* cxx_names://; s/_entry: { cpu_id = [0-9]* }, .*//" text >>calls
}

case_each_name()
{
    local first
    with_lttng
    names_of cxx_names
    cut -d' ' -f2- names | sort -u >distinct
    : >enabled
    : >calls
    for ((first = 1; first <= $(wc -l <distinct); first += batch)); do
        each_of_batch "$first"
    done
    sort enabled >enabled.sorted
    diff -u distinct enabled.sorted >difference ||
        fail "not the events that were asked for: $(cat difference)"
    counted $out >wanted
    tally <calls >got
    same_counts
}

# All events, in a session of the tracer's own.
case_all_together()
{
    with_lttng
    names_of cxx_names
    traced 0 -o trace -x "$uncounted" "$program"
    said 'functions armed, .* 0 lost'
    read_trace trace
    counted $out >wanted
    sed -n "s/^\[[^]]*\] ([^)]*) [^ ]* cxx_names:\(.*\)_entry: { .*/\1/p" text | tally >got
    same_counts
    [[ $(grep -c '_exit: {' text) == "$(grep -c '_entry: {' text)" ]] ||
        fail "not as many exits as entries"
}

case_printed()
{
    local which
    for which in cxx_names cxx_names_clang; do
        [[ -x $build/targets/$which ]] || continue
        names_of $which
        traced 0 -q --entry-only --print=lines -x "$uncounted" "$program"
        # Long names are complete here, and cut in the list.
        counted $out | grep -vE '~[0-9a-f]{8} ' >wanted
        cut -d' ' -f2- names | sort -u >distinct
        sed "s/^[0-9]* *$which://" lines |
            awk 'NR == FNR { known[$0]; next }
                 { for (n in known)
                       if (index($0, n "(") == 1 && length(n) > length(best)) best = n
                   if (best != "") calls[best]++
                   best = "" }
                 END { for (n in calls) print n " " calls[n] }' distinct - | sort >got
        same_counts
        [[ $(wc -l <lines) == "$(awk '{ n += $2 } END { print n }' $out)" ]] ||
            fail "$(wc -l <lines) calls in all"
        [[ -z $(cut -d' ' -f2- names | LC_ALL=C.UTF-8 grep -vx '[[:print:]]*') ]] ||
            fail "not all is printable"
    done
}

case_patterns()
{
    program=$build/targets/cxx_names
    local wanted pattern
    while read -r wanted pattern; do
        traced 0 --list -f "$pattern@cxx_names" "$program"
        [[ ! -s $err ]] || fail "$pattern: $(cat $err)"
        [[ $(wc -l <$out) == "$wanted" ]] ||
            fail "'$pattern' selects $(wc -l <$out) functions, not $wanted"
    done <<'END'
11 over
1 callback
1 Vec::operator\+
2 Vec::operator\+\+
3 Vec::operator\*
1 Vec::operator,
2 Vec::operator\(\)
1 Vec::operator\[\]
1 Vec::operator->
1 Vec::operator->\*
1 Vec::operator<=>
1 Vec::operator new\[\]
2 operator delete
1 Vec::operator int
1 Vec::operator Box<Box<int> >
1 Vec::operator< <int>
3 Vec::operator< ?(<.*>)?
1 operator""_km
1 operator""_digits<\(char\)49, \(char\)50, \(char\)51>
1 how_many<int, char, char const\*, decltype\(nullptr\)>
1 how_many<>
1 value_of<-1>
2 value_of<-1l?l?>
1 scalars<true, \(char\)44, -5ll>
1 picked<int>
1 \(anonymous namespace\)::hidden::inner
1 outer::v1::tagged\[abi:tag1\]\[abi:tag2\]|outer::v1::tagged
1 with_local\(int\)::Local::twice
2 Left::Left
3 Left::~Left
1 größe
2 α|β
1 空間::関数
1 dollar\$in\$it
6 coroutine
2 coroutine\.actor
1 _ZNK3VecixEi
1 .*_second
END
    # Exclusions match in the same way.
    traced 0 --list -f 'Vec::operator.*' "$program"
    local all
    all=$(wc -l <$out)
    traced 0 --list -f 'Vec::operator.*' -x 'Vec::operator\*' -x 'Vec::operator,' "$program"
    [[ $(wc -l <$out) == $((all - 4)) ]] || fail "$(wc -l <$out) of $all are left"
}

# The C++ library's types and functions, by the names that people write. A pattern may have what
# c++filt prints.
case_library_names()
{
    local long='std::(__cxx11::)?basic_string<char, std::char_traits<char>, std::allocator<char> >'
    cat >app.cc <<'END'
#include <map>
#include <string>
#include <vector>
#define TRACED __attribute__((noinline, noclone, used))
TRACED void of(const std::string &text) { asm volatile("" ::"r"(&text)); }
TRACED void of(const std::vector<int> &list) { asm volatile("" ::"r"(&list)); }
TRACED int only(std::map<std::string, long> *map) { return map->size(); }
template <class T> TRACED long made(T list) { return list.size(); }
int main()
{
    std::map<std::string, long> map;
    of("a");
    of(std::vector<int>{1});
    return only(&map) + made(std::string()) + made(std::vector<std::string>());
}
END
    g++ -g -O0 -o app app.cc || skip "no C++ compiler"
    traced 0 --list -f 'of|only|made.*@app' ./app
    sed 's/  \[.*//' "$out" >listed
    cat >expected <<'END'
app:of(std::string const&)  void of(const std::string &text)
app:of(std::vector<int> const&)  void of(const std::vector<int> &list)
app:only  int only(std::map<std::string, long int> *map)
app:made<std::string>  long int made<std::string>(std::string list)
app:made<std::vector<std::string> >  long int made<std::vector<std::string> >(std::vector<std::string> list)
END
    cmp -s expected listed || fail "$(diff expected listed)"
    traced 0 --list -f "made<$long ?>" ./app
    lines 1 '^app:made<std::string>  ' "$out"
    traced 0 --print=text -f 'made<std::(string|vector.*)>' ./app
    lines 1 ' app:made<std::string>\(list = "' text
    lines 1 ' app:made<std::vector<std::string> >\(list' text
    # Without debug information the parameters are those of the symbol.
    strip --strip-debug app
    traced 0 --list -f 'only' ./app
    lines 1 '^app:only  [?] only\(std::map<std::string, long>\*\)' "$out"
    with_lttng
    lttng_do create mine --output="$dir/mine"
    lttng_do enable-event -u 'app:of(std::string const&)_*'
    lttng_do start
    traced 0 -q ./app
    lttng_do destroy mine
    read_trace mine
    lines 1 'app:of\(std::string const&\)_entry' text
    lines 2 . text
}

run_cases "$@"
