# SPDX-License-Identifier: MIT
# complete.sh COMPLETION LINE: prints the completions of the line. The cursor is at the `^` in the
# line, or at its end. COMP_WORDS is split as bash does it: at the characters of COMP_WORDBREAKS
# outside of quotes, which stay.
# shellcheck shell=bash disable=SC2034
set -u
# shellcheck source=/dev/null
. "$1"
line=$2 COMP_POINT=${#2}
if [[ $line == *^* ]]; then
    before=${line%%^*} line=${line/^/}
    COMP_POINT=${#before}
fi
COMP_LINE=$line COMP_WORDS=() COMP_CWORD=-1
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:@'
word='' quote=''
for ((i = 0; i <= ${#line}; i++)); do
    c=${line:i:1}
    if ((i == COMP_POINT)); then
        COMP_CWORD=${#COMP_WORDS[@]}
        # A word starts here.
        [[ $word || ($c && $c != ' ') ]] || COMP_WORDS+=('')
    fi
    if [[ $quote && $c ]]; then
        [[ $c != "$quote" ]] || quote=''
        word+=$c
    elif [[ $c == ' ' || -z $c ]]; then
        [[ -z $word ]] || COMP_WORDS+=("$word")
        word=''
    elif [[ $c == [\"\'] ]]; then
        quote=$c word+=$c
    elif [[ $c == \\ ]]; then
        i=$((i + 1))
        word+=$c${line:i:1}
    elif [[ $COMP_WORDBREAKS == *"$c"* ]]; then
        [[ -z $word ]] || COMP_WORDS+=("$word")
        COMP_WORDS+=("$c")
        word=''
    else
        word+=$c
    fi
done
_ptrace_tracer
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
