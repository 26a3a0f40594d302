# SPDX-License-Identifier: MIT
# The sample in a session. For scripts that have sourced cases.sh.
# shellcheck shell=bash disable=SC2154

# sample_events N [own]: in a session of the tracer's own each event has the thread's ID and name.
sample_events()
{
    local contexts=
    [[ ${2:-} != own ]] || contexts='\{ vpid = [0-9]+, vtid = [0-9]+, procname = "sample_app" \}, '
    lines "$1" "mylib:my_traced_function_entry: \{ cpu_id = [0-9]+ \}, $contexts\{ arg1 = 42, arg2 = 3735928559, arg3 = 3\.14159, arg4 = 0x12345678 \}\$" text
    lines "$1" "mylib:my_traced_function_exit: \{ cpu_id = [0-9]+ \}, $contexts\{ \}\$" text
}

planted_in_target()
{
    ! text_is_original "$target_pid" "$build/lib/libmylib.so" my_traced_function
}
