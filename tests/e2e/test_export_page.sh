#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# export --to=html, and what other viewers open, as a browser shows it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cases.sh"

needs_browser()
{
    command -v chromium >/dev/null || skip "no chromium"
    command -v chromedriver >/dev/null || skip "no chromedriver (chromium-driver)"
}

# page TRACE NAME [OPTION...]: NAME.html, and what report and graph say of the trace.
page()
{
    local trace=$1 name=$2
    shift 2
    traced 0 export --to=html "$@" -o "$name.html" "$trace"
    traced 0 report --format=json "$@" "$trace"
    mv $out "$name.json"
    traced 0 graph --wide "$@" "$trace"
    mv $out "$name.graph"
    traced 0 export --to=folded "$@" "$trace"
    mv $out "$name.folded"
}

# A program with names and texts that would be HTML, or spoil a script.
hostile_program()
{
    cat >'<i>hostile.c' <<'END'
__attribute__((noinline)) int f(const char *text)
{
    return text[0];
}
int main(void)
{
    f("</script><script>alert(2)</script>");
    f("<!--<script>\"};alert(3)//\xe2\x80\xa8\x1b[2J\xff\\u0041\n");
    return 0;
}
END
    {
        ${TEST_CC:-gcc} -g -O0 -w -c -o hostile.o '<i>hostile.c' &&
            objcopy --redefine-sym 'f=f</script><img src=x onerror=alert(1)>' hostile.o &&
            ${TEST_CC:-gcc} -o '<b>hostile' hostile.o
    } 2>compiler.log || fail "$(cat compiler.log)"
}

case_page()
{
    needs_browser
    with_lttng
    traced 0 -q -o exceptions -x '_.*|atexit' "$build/targets/exceptions" 200
    traced 0 -q -o sample -f 'main|my_traced_function' "$sample" 20
    hostile_program
    traced 0 -q -o '<img src=x onerror=alert(0)>' './<b>hostile'
    # Net of what tracing cost, short calls may take no time, and one call all of it.
    page exceptions exceptions --raw
    page sample sample
    page '<img src=x onerror=alert(0)>' hostile
    python3 "$top/tests/e2e/export_page.py" . || fail "the page is wrong"
}

# Other viewers open what is for them: speedscope its own format, chrome and folded.
case_speedscope()
{
    local index format
    needs_browser
    command -v npm >/dev/null || skip "no npm, which has speedscope"
    index=$(npm root --global)/speedscope/dist/release/index.html
    [[ -e $index ]] || skip "no speedscope (npm install --global speedscope)"
    with_lttng
    traced 0 -q -o recursion -f 'main|fib' "$build/targets/recursion"
    traced 0 -q -o threads "$build/targets/threads8" 20
    for format in speedscope chrome folded; do
        traced 0 export --to=$format --raw -o recursion.$format recursion
    done
    traced 0 report --raw --format=json recursion
    mv $out recursion.json
    for format in speedscope chrome csv; do
        traced 0 export --to=$format --raw -o threads.$format threads
    done
    python3 "$top/tests/e2e/export_viewer.py" . "$index" || fail "it shows something else"
}

run_cases "$@"
