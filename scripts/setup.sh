#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the missing packages that building and testing ptrace_tracer needs, on Debian.
#
#   scripts/setup.sh           to build, and the test tools
#   scripts/setup.sh --build   only to build the tracer and read traces
#   scripts/setup.sh --arm64   to build for arm64, and to test that build in an emulated machine
#   scripts/setup.sh --tests   everything that the tests use: also --arm64, and servers to trace
#   scripts/setup.sh --bench   also what `make bench` compares with and draws with, all optional
#
# Does nothing if nothing is missing. If it may not install, it prints what is missing.
set -euo pipefail

what=tools
case ${1:-} in
    '') ;;
    --build) what=build ;;
    --arm64) what=arm64 ;;
    --tests) what=tests ;;
    --bench) what=bench ;;
    *) sed -n '3,10s/^# \?//p' "$0" >&2; exit 2 ;;
esac

# A file or program, and the package that has it. A header stands for its whole library.
needs=(
    'command make            make'
    'command gcc             gcc'
    'header  stdio.h         libc6-dev'
    'command g++             g++'
    'command pkg-config      pkg-config'
    'header  lttng/tracepoint.h liblttng-ust-dev'
    'header  lttng/lttng.h   liblttng-ctl-dev'
    'header  babeltrace2/babeltrace.h libbabeltrace2-dev'
    'command lttng           lttng-tools'
    'command babeltrace2     babeltrace2'
    'header  libelf.h        libelf-dev'
    'header  elfutils/libdw.h libdw-dev'
    'header  zlib.h          zlib1g-dev'
    'header  Zydis/Zydis.h   libzydis-dev'
    'header  Zycore/Types.h  libzycore-dev'
    'header  libunwind.h     libunwind-dev'
    'header  jansson.h       libjansson-dev'
    'header  curl/curl.h     libcurl4-openssl-dev'
    'header  protobuf-c/protobuf-c.h libprotobuf-c-dev'
    'command protoc-c        protobuf-c-compiler'
    'header  sqlite3.h       libsqlite3-dev'
    'command ctags           universal-ctags'
    'command readelf         binutils'
)
[[ $what != arm64 && $what != tests ]] || needs+=(
    'command aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu'
    'command aarch64-linux-gnu-g++ g++-aarch64-linux-gnu'
    'command qemu-system-aarch64 qemu-system-arm'
    'command cpio            cpio'
    'command pgrep           procps'
)
[[ $what == build || $what == arm64 ]] || needs+=(
    'header  check.h         check'
    'command clang           clang'
    'archive libclang_rt.fuzzer libclang-rt-14-dev'
    'command clang-format    clang-format'
    'command shellcheck      shellcheck'
    'command sqlite3         sqlite3'
    'command ld.lld          lld'
    'command ld.gold         binutils'
    'command musl-gcc        musl-tools'
    'command pgrep           procps'
)
# Programs to trace, and their load generators. The tests run private servers.
[[ $what != tests ]] || needs+=(
    'command redis-server    redis-server'
    'command redis-benchmark redis-tools'
    'command nginx           nginx'
    'command wrk             wrk'
    'command postgres        postgresql-15'
    'command pgbench         postgresql-client-15'
    'command /usr/bin/python3 python3'
    'command setpriv         util-linux'
    'header  openssl/evp.h   libssl-dev'
    'command openssl         openssl'
    'command sudo            sudo'
    'command setcap          libcap2-bin'
    'command strace          strace'
    'library libdebuginfod.so.1 libdebuginfod1'
    'command dwz             dwz'
    'command callgrind_annotate valgrind'
    'command protoc          protobuf-compiler'
    'command chromium        chromium'
    'command chromedriver    chromium-driver'
    'python  google.protobuf.json_format python3-protobuf'
)

[[ $what != bench ]] || needs+=(
    'command ltrace          ltrace'
    'command gdb             gdb'
    'command uftrace         uftrace'
    'command bpftrace        bpftrace'
    'command perf            linux-perf'
    'command python3         python3'
)

# Directories of servers, which may not be in PATH; each version of PostgreSQL has its own.
PATH=$PATH:/usr/sbin:/sbin

have() {
    case $1 in
        command) command -v "$2" >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/$2" >/dev/null ;;
        archive) compgen -G "/usr/lib/llvm-*/lib/clang/*/lib/linux/$2-$(uname -m).a" >/dev/null ;;
        library) [[ $(ldconfig -p 2>/dev/null) == *"$2"* ]] ;;
        python) /usr/bin/python3 -c "import $2" 2>/dev/null ;;
        header) printf '#include <%s>\n' "$2" | gcc -E -x c -o /dev/null - 2>/dev/null ;;
    esac
}

missing=()
for need in "${needs[@]}"; do
    read -r kind name package <<<"$need"
    have "$kind" "$name" || [[ " ${missing[*]} " == *" $package "* ]] || missing+=("$package")
done

# A viewer of exports is not in Debian. Tests that open exports in it are skipped where it is missing.
install_viewer() {
    [[ $what == tests ]] && command -v npm >/dev/null || return 0
    [[ ! -d $(npm root --global)/speedscope ]] || return 0
    local sudo=()
    ((EUID == 0)) || sudo=(sudo -n)
    "${sudo[@]}" npm install --global --no-audit --no-fund speedscope@1 >/dev/null 2>&1 </dev/null ||
        echo "setup.sh: npm cannot install speedscope: tests that open exports in it are skipped" >&2
}

((${#missing[@]})) || {
    install_viewer
    exit 0
}

fail() {
    printf 'setup.sh: missing: %s\nsetup.sh: %s\n' "${missing[*]}" "$1" >&2
    exit 1
}

install=(apt-get install -y --no-install-recommends "${missing[@]}")
command -v apt-get >/dev/null ||
    fail 'there is no apt-get here to install them with: install them by hand (the names are those of Debian 12)'

as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "run as root: ${install[*]}"
    # Without a terminal sudo must not wait for a password.
    if ! sudo -n true 2>/dev/null && ! { [[ -t 0 ]] && sudo -v; }; then
        fail "sudo does not let this user install them; run as root: ${install[*]}"
    fi
    as_root=(sudo)
fi

echo "setup.sh: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null
}

# A server's package starts the server when it is installed, unless a policy forbids it
# (invoke-rc.d(8)). Running servers are not touched, and an existing policy is kept.
policy=/usr/sbin/policy-rc.d
if [[ $what == tests && ! -e $policy ]]; then
    trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
    # shellcheck disable=SC2016
    "${as_root[@]}" sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy" ||
        fail "cannot write $policy"
fi
# The package lists of a new system are empty, those of an old one out of date.
if ! apt apt-get update || ! apt "${install[@]}"; then
    tail -n 5 "$log" >&2
    fail "apt-get failed; by hand: ${install[*]}"
fi

# Nor do the new ones start at boot.
if [[ $what == tests ]] && command -v systemctl >/dev/null; then
    for package in "${missing[@]}"; do
        case $package in
            redis-server | nginx) apt systemctl disable "$package" || true ;;
            postgresql-15) apt systemctl disable postgresql || true ;;
        esac
    done
fi

still=()
for need in "${needs[@]}"; do
    read -r kind name package <<<"$need"
    have "$kind" "$name" || still+=("$package")
done
if ((${#still[@]})); then
    missing=("${still[@]}")
    fail 'installed, but still not found: is another version first in PATH?'
fi
install_viewer
