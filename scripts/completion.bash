# SPDX-License-Identifier: MIT
# bash completion for ptrace_tracer(1)
# shellcheck shell=bash

# Splits the command line into words without quotes. COMP_WORDS cannot be used: bash also splits at
# `:`, `=`, `@` and more. Sets words, cword (the index of the word with the cursor, which ends
# there) and kept: how much of the start of that word bash keeps when it inserts a completion.
_ptrace_tracer_words()
{
    local i c quote='' word='' inside=
    words=() cword=-1 kept=0
    for ((i = 0; i <= ${#COMP_LINE}; i++)); do
        if ((i == COMP_POINT)); then
            cword=${#words[@]}
            words+=("$word")
            # The rest of the word after the cursor is ignored.
            word='' inside=
            while [[ ${COMP_LINE:i:1} == [^[:space:]] ]]; do i=$((i + 1)); done
            quote=''
        fi
        c=${COMP_LINE:i:1}
        if [[ $quote ]]; then
            if [[ $c == "$quote" ]]; then
                quote=''
            elif [[ $c == \\ && $quote == \" && ${COMP_LINE:i+1:1} == [\"\\\$\`] ]]; then
                i=$((i + 1))
                word+=${COMP_LINE:i:1}
            else
                word+=$c
            fi
        elif [[ $c == [[:space:]] || -z $c ]]; then
            [[ -z $inside ]] || words+=("$word")
            word='' inside=
            ((cword >= 0)) || kept=0
            continue
        elif [[ $c == [\'\"] ]]; then
            quote=$c
            ((cword >= 0)) || kept=${#word}
        elif [[ $c == \\ ]] && ((i < COMP_POINT - 1 || cword >= 0)); then
            i=$((i + 1))
            word+=${COMP_LINE:i:1}
        else
            word+=$c
            [[ cword -ge 0 || $COMP_WORDBREAKS != *"$c"* ]] || kept=${#word}
        fi
        inside=1
    done
    ((cword >= 0)) || { cword=${#words[@]}; words+=(''); }
}

# Sets operand: the index of the first word that is the program (or its PID), or "", and pids, the
# values of -p. Ignores the word with the cursor.
_ptrace_tracer_operand()
{
    local with_value=' -p --pid -f --function -x --exclude --patterns -o --output --session
        --string-limit --strings --deref --types --with --stack ' i
    operand='' pids=()
    for ((i = 1; i < ${#words[@]}; i++)); do
        if ((i == cword)); then
            [[ ${words[i]} == -* || ${with_value//$'\n'/ } == *" ${words[i - 1]} "* ]] || operand=$i
        elif [[ ${words[i]} == -- ]]; then
            operand=$((i + 1))
        elif [[ ${words[i]} == --pid=* ]]; then
            pids+=("${words[i]#*=}")
        elif [[ ${with_value//$'\n'/ } == *" ${words[i]} "* ]]; then
            i=$((i + 1))
            [[ ${words[i - 1]} != -p && ${words[i - 1]} != --pid ]] || pids+=("${words[i]-}")
        elif [[ ${words[i]} != -* ]]; then
            operand=$i
        fi
        [[ -z $operand ]] || return
    done
}

# Sets what: the arguments for the program, or the processes, on the command line.
_ptrace_tracer_what()
{
    if ((${#pids[@]})); then
        what=("${pids[@]/#/--pid=}")
    elif [[ $operand && $operand != "$cword" && ${words[operand]-} ]]; then
        what=(-- "${words[operand]/#\~\//$HOME/}")
    else
        return 1
    fi
}

# The patterns with the modules that the text after its last `@` may be the start of. While nothing
# is typed there, without the other names of a module.
_ptrace_tracer_modules() # PATTERN
{
    local what=() module path others name
    _ptrace_tracer_what || return
    timeout 3 "${words[0]/#\~\//$HOME/}" --modules "${what[@]}" 2>/dev/null </dev/null |
        sed '1d; s/^\([^ ]*\) *[0-9]*  /\1  /; s/  /\t/g' | while IFS=$'\t' read -r module path others; do
        if [[ $1 == *@ ]]; then
            printf '%s\n' "$module"
        else
            printf '%s\n' "$module" "${path##*/}" ${others//,/ }
        fi
    done | LC_ALL=C sort -u | while IFS= read -r name; do
        [[ $name != "${1##*@}"* ]] || printf '%s\n' "${1%@*}@$name"
    done
}

# The functions that the pattern, an extended regular expression, may be the start of, as patterns:
# of the program, or the processes, on the command line. Only the program's own functions while
# nothing is typed.
_ptrace_tracer_functions() # PATTERN
{
    local head='' tail=$1 what=() select=() prefix escaped
    local escape='s/[][(){}.*+?|^$\\]/\\&/g' alternative='^(.*[^\\])?[|(]'
    # Only the last alternative is completed.
    if [[ $tail =~ $alternative ]]; then
        head=${BASH_REMATCH[0]} tail=${tail:${#BASH_REMATCH[0]}}
    fi
    # A pattern that is more than a name is not completed.
    prefix=$(sed 's/\\\([][(){}.*+?|^$\\]\)/\1/g' <<<"$tail")
    escaped=$(sed "$escape" <<<"$prefix")
    [[ $escaped == "$tail" ]] || return
    _ptrace_tracer_what || return
    [[ -z $prefix ]] || select=(-f "$escaped.*")
    # "PROVIDER:NAME SIGNATURE [SOURCE]", "PROVIDER:NAME is NAME". The pattern is matched with the
    # name without parameters.
    timeout 3 "${words[0]/#\~\//$HOME/}" --list -v "${select[@]}" "${what[@]}" 2>/dev/null </dev/null |
        sed -e '/  jumps*: /d; s/  .*//; s/^[^:]*://' \
            -e '/operator()$/!{ s/ const$//; s/([^()]*\(([^()]*)[^()]*\)*)$//; }' \
            -e '/@/d' -e "$escape" | LC_ALL=C sort -u | while IFS= read -r name; do
        [[ $name != "$escaped"* ]] || printf '%s\n' "$head$name"
    done
}

# Prints those of the words that the last one of a list, separated by commas, may be the start of,
# with the rest of the list in front, and without the words that are in the list.
_ptrace_tracer_list() # LIST WORD...
{
    local before='' last=${1##*,} word
    [[ $1 != *,* ]] || before=${1%,*},
    for word in "${@:2}"; do
        [[ $word != "$last"* || ,$before == *",$word,"* ]] || printf '%s\n' "$before$word"
    done
}

# The words of a command that reads a trace.
_ptrace_tracer_trace()
{
    local current=${words[cword]} option=${words[cword - 1]} options
    options='--function= --exclude= --begin= --end= --pid= --tid= --output= --quiet --verbose --help'
    case ${words[1]} in
        replay) options+=' --timestamp' ;;
        report) options+=' --by= --sort= --fail= --format= --wide --raw' ;;
        export) options+=' --to= --endpoint --endpoint= --force --raw' ;;
        graph) options+=' --root= --callers= --depth= --min= --fold --wide --raw' ;;
    esac
    if [[ $current == --*=* ]]; then
        option=${current%%=*} current=${current#*=}
        kept=$((kept - ${#option} - 1))
        ((kept >= 0)) || kept=0
    fi
    case $option in
        -o | --output) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        -f | --function | -x | --exclude | --begin | --end | --pid | --tid | --fail | --root | \
            --callers | --depth | --min) ;;
        --by) mapfile -t COMPREPLY < <(compgen -W 'function caller thread module retval' -- "$current") ;;
        --sort) mapfile -t COMPREPLY < <(compgen -W 'self total calls mean p50 p99 max cpu wait' -- "$current") ;;
        --to) mapfile -t COMPREPLY < <(compgen -W 'csv json folded callgrind speedscope chrome perfetto otlp html sqlite' -- "$current") ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'text csv json' -- "$current") ;;
        *)
            if [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
                [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$current")
            fi
            ;;
    esac
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        COMPREPLY[i]=${COMPREPLY[i]:kept}
    done
}

# The words of types. Headers are files.
_ptrace_tracer_types()
{
    local current=${words[cword]} option=${words[cword - 1]}
    if [[ $current == --*=* ]]; then
        option=${current%%=*} current=${current#*=}
        kept=$((kept - ${#option} - 1))
        ((kept >= 0)) || kept=0
    fi
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '--library= --output= --force --quiet --help' -- "$current")
        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        COMPREPLY[i]=${COMPREPLY[i]:kept}
    done
}

_ptrace_tracer()
{
    local words cword kept operand pids option current i
    # What the first word can be beside a program.
    local commands='record replay report graph export types'
    local options='--pid= --function= --exclude= --patterns= --follow-forks --list --modules
        --entry-only --string-limit= --with= --stack= --strings= --deref= --types=
        --output= --force --session= --print --print= --timestamp --summary
        --in-process --no-pin --stats
        --quiet --verbose --help --help=all --version'
    COMPREPLY=()
    _ptrace_tracer_words
    if ((cword > 1)) && [[ " $commands " == *" ${words[1]} "* ]]; then
        if [[ ${words[1]} == types ]]; then
            _ptrace_tracer_types
            return
        elif [[ ${words[1]} != record ]]; then
            _ptrace_tracer_trace
            return
        fi
        # This word only says what is the default.
        words=("${words[0]}" "${words[@]:2}")
        cword=$((cword - 1))
    fi
    _ptrace_tracer_operand

    # After the first operand, all words are the program's.
    if [[ $operand && $operand -lt $cword ]]; then
        if declare -F _command_offset >/dev/null; then
            # It counts as bash does.
            for ((i = 1; i < COMP_CWORD; i++)); do
                [[ ${COMP_WORDS[i]} != "${words[operand]}" ]] || break
            done
            _command_offset "$i"
        else
            mapfile -t COMPREPLY < <(compgen -f -- "${words[cword]}")
        fi
        return
    fi

    current=${words[cword]} option=${words[cword - 1]}
    if [[ $current == --*=* ]]; then
        option=${current%%=*} current=${current#*=}
        kept=$((kept - ${#option} - 1))
        ((kept >= 0)) || kept=0
    fi
    case $option in
        -p | --pid)
            mapfile -t COMPREPLY < <(cd /proc && _ptrace_tracer_list "$current" [0-9]*)
            ;;
        -o | --output)
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            ;;
        --patterns | --print | --types)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            ;;
        --session)
            mapfile -t COMPREPLY < <(compgen -W "$(lttng --no-sessiond list 2>/dev/null |
                sed -n 's/^ *[0-9]*) \([^ ]*\).*/\1/p')" -- "$current")
            ;;
        -f | --function | -x | --exclude)
            if [[ $current == *@* ]]; then
                mapfile -t COMPREPLY < <(_ptrace_tracer_modules "$current")
            else
                mapfile -t COMPREPLY < <(_ptrace_tracer_functions "$current")
            fi
            compopt -o nospace 2>/dev/null
            ;;
        --with)
            mapfile -t COMPREPLY < <(_ptrace_tracer_list "$current" depth duration cpu caller tid pid stack)
            # A comma may follow.
            compopt -o nospace 2>/dev/null
            ;;
        --help)
            mapfile -t COMPREPLY < <(compgen -W all -- "$current")
            ;;
        --strings)
            mapfile -t COMPREPLY < <(compgen -W 'const all' -- "$current")
            ;;
        --string-limit | --stack | --deref) ;;
        *)
            if [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
                [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
            else
                ((cword == 1)) || commands=
                mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current"
                    compgen -c -- "$current"; compgen -f -- "$current")
            fi
            ;;
    esac
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        COMPREPLY[i]=${COMPREPLY[i]:kept}
    done
}

complete -o filenames -F _ptrace_tracer ptrace_tracer
