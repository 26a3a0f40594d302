# bash completion for ptrace_tracer(1)
# shellcheck shell=bash

_ptrace_tracer()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local options='--pid= --function= --exclude= --filter-file= --output= --session= --print --print=
        --timestamp --follow-forks --entry-only --string-limit= --strings=all --deref= --with= --stack= --list --no-pin --stats --quiet --verbose
        --help --version'
    local with_value='-p --pid -f --function -x --exclude --filter-file -o --output --session
        --string-limit --strings --deref --with --stack'
    local i word

    # bash takes `--output=x` apart, as it has `=` in COMP_WORDBREAKS.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    # Behind the first operand all is the program's.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == -- ]]; then
            i=$((i + 1))
            break
        elif [[ $word == = ]]; then
            i=$((i + 1))
        elif [[ $word != -* ]]; then
            break
        elif [[ ${COMP_WORDS[i + 1]-} != = && " ${with_value//$'\n'/ } " == *" $word "* ]]; then
            i=$((i + 1))
        fi
    done
    if ((i < COMP_CWORD)); then
        if declare -F _command_offset >/dev/null; then
            _command_offset "$i"
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
        fi
        return
    fi

    case $previous in
        -p | --pid)
            mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")
            return
            ;;
        -o | --output)
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return
            ;;
        --filter-file | --print)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --session)
            mapfile -t COMPREPLY < <(compgen -W "$(lttng --no-sessiond list 2>/dev/null |
                sed -n 's/^ *[0-9]*) \([^ ]*\).*/\1/p')" -- "$current")
            return
            ;;
        --with)
            # A list: what stands before the last comma stays.
            local facts=depth,duration,caller,tid,pid,stack before=
            [[ $current != *,* ]] || before=${current%,*},
            mapfile -t COMPREPLY < <(compgen -P "$before" -W "${facts//,/ }" -- "${current##*,}")
            return
            ;;
        -f | --function | -x | --exclude | --string-limit | --stack)
            return
            ;;
    esac

    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
    else
        mapfile -t COMPREPLY < <(compgen -c -- "$current"; compgen -f -- "$current")
    fi
}

complete -o filenames -F _ptrace_tracer ptrace_tracer
