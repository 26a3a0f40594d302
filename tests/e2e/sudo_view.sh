# SPDX-License-Identifier: MIT
# Prints the rights, limits and state that a program starts with. See test_sudo.sh.
# shellcheck shell=bash
grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Cpus_allowed|Sig(Blk|Ign)):' /proc/self/status
ulimit -aH
ulimit -aS
cat /proc/self/coredump_filter /proc/self/oom_score_adj
stat -c '%u %g %a' /proc/self/mem
umask
pwd
env -u _ | grep -vE '^(SUDO_COMMAND|SHLVL)=' | sort
ls /proc/self/fd | wc -l
