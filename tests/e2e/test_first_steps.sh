#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a new user meets first: --help, misspelt words, lists of processes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

# answered ERE ARGUMENT...: the one line on standard error matches, and nothing runs.
answered()
{
    local line=$1
    shift
    traced 125 "$@"
    one_line "$line"
    [[ ! -s $out ]] || fail "something on stdout: $(head -n 3 $out)"
}

# The long options that a text of --help has, one on a line, sorted.
options_of_help()
{
    sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort
}

# A terminal of 80 columns and 24 rows: the command, the help and the next prompt.
case_help_fits_a_terminal()
{
    command -v script >/dev/null || skip "no script(1)"
    local n
    TERM=xterm SHELL=/bin/sh script -qec "stty rows 24 columns 80; '$tracer' --help" typescript </dev/null |
        tr -d '\r' >$out
    n=$(wc -l <$out)
    ((n >= 15 && n <= 22)) || fail "$n lines"
    lines 0 '.{80}' $out
    lines 1 '^Usage: ptrace_tracer \[OPTION\.\.\.\] \[--\] PROGRAM' $out
    lines 1 'ptrace_tracer --help=all' $out
    traced 0 -h
    [[ $(wc -l <$out) == "$n" && ! -s $err ]] || fail "-h is not --help"
    # Wide lines would be cut or folded.
    traced 0 --help=all
    [[ ! -s $err ]] || fail "--help=all writes to standard error"
    lines 0 '.{80}' $out
    answered "--help takes 'all' or nothing, not 'some'" --help=some
}

# The examples in --help are right.
case_help_examples()
{
    local example n=0
    "$tracer" --help >help || fail "no help"
    # With the sample in the place of ./app: only listed.
    while read -r example; do
        n=$((n + 1))
        eval "'$tracer' --list ${example/.\/app/$sample}" >$out 2>$err || fail "refused: $example: $(cat $err)"
    done < <(sed -n 's/.*: ptrace_tracer \(-.*\.\/app\).*/\1/p' help)
    ((n == 4)) || fail "$n examples"
    lines 1 '^Commands: ptrace_tracer report --sort=total$' help
}

# --help=all, the manual page and the table of the parser have the same options; --help has a part
# of them. Completion: see test_completion.sh.
case_options_agree()
{
    sed -n '/LONG_OPTIONS\[\] = {/,/^};/s/^    {"\([a-z-]*\)", .*/--\1/p' "$top/src/cli/options.c" |
        LC_ALL=C sort >table
    (($(wc -l <table) > 20)) || fail "no table"
    "$tracer" --help=all | options_of_help | diff table - || fail "--help=all has other options"
    # Up to the commands, which have their own.
    sed -n '/^\.SH OPTIONS/,/^\.SH COMMANDS/s/^\.B[R ]* *\(.*\)/\1/p' "$top/docs/ptrace_tracer.1" |
        sed -n 's/\\-/-/g; s/^\(-[a-zA-Z] ", " \)\{0,1\}\(--[a-z-]*\).*/\2/p' | LC_ALL=C sort -u >manual
    # Options are also named in texts that begin with them.
    comm -23 table manual >missing
    [[ ! -s missing ]] || fail "not in the manual page: $(cat missing)"
    comm -13 table manual >unknown
    [[ ! -s unknown ]] || fail "only in the manual page: $(cat unknown)"
    # Those of commands aside.
    "$tracer" --help | grep -oE -- '--[a-z-]+[a-z]' | grep -vx -e --sort -e --to | LC_ALL=C sort -u |
        comm -23 - table >unknown
    [[ ! -s unknown ]] || fail "only in --help: $(cat unknown)"
}

# The options of each command are in the manual page, and it is in --help.
case_options_of_commands()
{
    local command option
    sed -n '/^\.SH COMMANDS/,$s/\\-/-/gp' "$top/docs/ptrace_tracer.1" >manual
    "$tracer" --help >help
    for command in $(sed -n "s/^    local commands='record \(.*\)'/\1/p" "$top/scripts/completion.bash"); do
        grep -qE "^  ([a-z]+, )*${command}[ ,]" help || fail "$command is not in --help"
        traced 0 "$command" --help
        options_of_help <$out >options
        (($(wc -l <options) > 3)) || fail "no options of $command"
        while read -r option; do
            grep -qwe "$option" manual || fail "$option of $command is not in the manual page"
        done <options
    done
}

case_misspelt_options()
{
    answered "unknown option '--folow-forks'; did you mean --follow-forks\?" --folow-forks "$sample"
    answered "unknown option '--outptu=x'; did you mean --output\?" --outptu=x "$sample"
    answered "unknown option '--timestamps'; did you mean --timestamp\?" --timestamps "$sample"
    answered "unknown option '--sesion'; did you mean --session\?" -q --sesion x "$sample"
    # A misspelt abbreviation.
    answered "unknown option '--folow'; did you mean --follow-forks\?" --folow "$sample"
    # One dash for two.
    answered "unknown option '-i'; did you mean --list\?" -list "$sample"
    answered "'rint' is not a process ID; did you mean --print\?" -print "$sample"
    # Nothing is like it.
    answered "unknown option '--colour' \(see ptrace_tracer --help\)$" --colour "$sample"
    answered "unknown option '-Z' \(see ptrace_tracer --help\)$" -Z "$sample"
    answered "unknown option '--x{100,}' \\(see" "--$(printf 'x%.0s' {1..300})"
}

case_ambiguous_options()
{
    answered "option '--str=4' is ambiguous: --string-limit or --strings " --str=4 "$sample"
    answered "option '--st' is ambiguous: (--[a-z-]+, )+--[a-z-]+ or --[a-z-]+ " --st "$sample"
    traced 0 --summ "$sample" 1
}

case_misspelt_words_of_commands()
{
    answered "report has no option '--srot=calls'; did you mean --sort\?" report --srot=calls
    answered "graph has no option '--calers=f'; did you mean --callers\?" graph --calers=f
    answered "option '--so' needs an argument " report --so
    answered "option '--e' is ambiguous: --exclude, --end or --endpoint " export --e
    answered "not 'perfeto'; did you mean perfetto\?" export --to=perfeto
    answered "not 'spedscope'; did you mean speedscope\?" export --to=spedscope
    answered "not 'x'$" export --to=x
}

case_misspelt_commands()
{
    local word
    for word in reprot:report repot:report grpah:graph exprot:export repaly:replay; do
        traced 127 "${word%:*}"
        one_line "${word%:*}: no such program in PATH; did you mean the command ${word#*:}\?$"
    done
    traced 127 -v report
    one_line 'report: no such program in PATH; the command report must be the first word$'
    traced 127 --print -- report
    one_line 'report: no such program in PATH$'
    # Not the first word, a path, and nothing like it.
    traced 127 -v reprot
    one_line 'reprot: no such program in PATH$'
    traced 127 record reprot
    one_line 'reprot: no such program in PATH$'
    traced 127 ./reprot
    one_line 'cannot run \./reprot: no such file$'
    traced 127 nothing_like_it
    one_line 'nothing_like_it: no such program in PATH$'
    # The file of --print.
    traced 127 --print lines "$sample"
    one_line 'lines: no such program in PATH; --print=lines prints into a file of that name$'
    traced 127 -P lines "$sample"
    one_line 'lines: no such program in PATH; --print=lines prints into a file of that name$'
    # A program of that name is one.
    cp "$sample" reprot
    LD_LIBRARY_PATH=$build/lib PATH=$dir:$PATH traced 0 -q --print=lines reprot 3
    lines 3 'my_traced_function\(' lines
}

# As pidof(1) and strace(1) have them.
case_lists_of_processes()
{
    local first second list
    target_start "$sample" 20000 1000
    first=$target_pid
    target_start "$sample" 20000 1000
    second=$target_pid
    for list in "$first,$second" "$first $second" "$first"$'\n'"$second" " $second, $first,$first"; do
        : >lines
        tracer_start --print=lines -f my_traced_function -p "$list"
        wait_for 20 grep -q "^$first " lines || fail "process 1 of '$list' is not traced"
        wait_for 20 grep -q "^$second " lines || fail "process 2 of '$list' is not traced"
        kill -TERM "$tracer_pid"
        tracer_ends 0
    done
    answered '--pid has no process ID: the list is empty' -p ''
    answered '--pid has no process ID: the list is empty' --print -p "$first" --pid=' , '
    answered "'x' is not a process ID" -p "$first,x"
    answered "'99999999999' is not a process ID" -p 99999999999
    answered "'-1' is not a process ID" -p -1
    answered "'0' is not a process ID" -p 0
    traced 0 --list -p "$first,$second" -f my_traced_function
    lines 2 'mylib:my_traced_function ' $out
    kill -KILL "$first" "$second"
}

# --filter-file is accepted where it is typed in full.
case_names_of_pattern_files()
{
    printf 'my_traced_function\n' >patterns
    local word
    for word in --patterns=patterns --patt=patterns --filter-file=patterns '--patterns patterns' '--filter-file patterns'; do
        # shellcheck disable=SC2086 # two words
        traced 0 --list $word "$sample"
        lines 1 . $out
        lines 1 'mylib:my_traced_function ' $out
    done
    for word in --filter --filt=patterns --filter-f=patterns --filter-filex=patterns; do
        answered "unknown option '$word' " $word "$sample"
    done
    answered "option '--filter-file' needs an argument" --filter-file
    "$tracer" --help=all >help
    ! grep -q filter-file help "$top/docs/ptrace_tracer.1" "$top/scripts/completion.bash" || fail "the old name is documented"
}

run_cases "$@"
