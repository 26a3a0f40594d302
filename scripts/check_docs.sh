#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The rules of the documentation: lines of at most 100 characters, outside of code blocks, tables and
# URLs; files, links and identifiers that are named exist; docs/install.md has a row for each
# package that scripts/setup.sh installs. One line for each offence; exit status 1 when there is any.
set -euo pipefail
cd "$(dirname "$0")/.."

pages=()
for page in README.md CONTRIBUTING.md NEWS docs/*.md docs/*.1; do
    [[ ! -f $page ]] || pages+=("$page")
done

# Lines that cannot be wrapped: code blocks, rows of tables, HTML comments, URLs, pictures.
# shellcheck disable=SC2016 # the $ are awk's
long_lines()
{
    LC_ALL=C awk '
        FNR == 1 { code = 0 }
        /^ *```/ { code = !code; next }
        code || /^ *\|/ || /^<!--/ || /^!\[/ || /https?:\/\// { next }
        {
            gsub(/[\200-\277]/, "") # all bytes of a character in UTF-8 but the first
            if (length($0) > 100) printf "%s:%d: %d characters, 100 is the most\n", FILENAME, FNR, length($0)
        }' "${pages[@]}"
}

# The words of a page that match, one a line. Those with a part in capitals (test_NAME.sh) are patterns.
words() # PAGE ERE
{
    grep -oE -- "$2" "$1" | sort -u || true
}

# Paths from the top of the tree. Files that a build makes are below build/.
paths()
{
    local page path
    for page in "${pages[@]}"; do
        while read -r path; do
            path=${path#[!a-z]}
            path=${path%%[.,:;]}
            [[ $path =~ [A-Z]{2} ]] || compgen -G "$path" >/dev/null || echo "$page: there is no $path"
        done < <(words "$page" '(^|[^A-Za-z0-9_./*-])(src|tests|scripts|docs|sample|bench)/[A-Za-z0-9_./*-]+')
    done
}

# `layer/file.c` is below src; `file.c` alone is somewhere.
sources()
{
    local page name
    for page in "${pages[@]}"; do
        while read -r name; do
            name=${name//\`/}
            [[ ! $name =~ [A-Z]{2} ]] || continue
            if [[ $name != */* ]]; then
                [[ -n $(find src tests sample bench -name "$name" -print -quit) ]] ||
                    echo "$page: there is no file $name"
            elif [[ -d src/${name%%/*} ]]; then
                compgen -G "src/$name" >/dev/null || echo "$page: there is no src/$name"
            fi
        done < <(words "$page" '`[A-Za-z0-9_/*]+\.[ch]`')
    done
}

# What the pages for developers name of the code: `function()`, `struct tag`, `enum tag`, `CONSTANT`.
identifiers()
{
    local page name
    for page in CONTRIBUTING.md docs/internals.md docs/glossary.md docs/porting.md; do
        [[ -f $page ]] || continue
        while read -r name; do
            name=${name//[\`()]/}
            name=${name##* }
            # Others' names: libraries, other architectures.
            [[ $name =~ ^(lttng_|CK_|NT_|R_[A-Z]) ]] ||
                grep -rqw -- "$name" src tests scripts sample Makefile ||
                echo "$page: nothing is called $name"
        done < <(words "$page" '`([a-z][a-z0-9_]*\(\)|(struct|enum) [a-z0-9_]+|[A-Z0-9]+(_[A-Z0-9]+)+)`')
    done
}

links()
{
    local page link
    for page in "${pages[@]}"; do
        while read -r link; do
            link=${link#](}
            link=${link%)}
            link=${link%%#*}
            [[ -z $link || $link == *://* || -e $(dirname "$page")/$link ]] || echo "$page: there is no $link"
        done < <(words "$page" '\]\([^)]+\)')
    done
}

packages()
{
    comm -23 <(sed -nE "s/^    '(command|header|archive|library) +[^ ]+ +([^ ']+)'$/\2/p" scripts/setup.sh | sort -u) \
        <(sed -nE 's/^\| ([^|]*) \|.*/\1/p' docs/install.md | tr -d ' ' | tr ',' '\n' | sort -u) |
        sed 's/^/docs\/install.md: no row for the package /'
}

offences=$(long_lines; paths; sources; identifiers; links; packages)
[[ -z $offences ]] || { printf '%s\n' "$offences"; exit 1; }
