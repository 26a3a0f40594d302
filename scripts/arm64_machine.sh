#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An arm64 machine under qemu-system-aarch64, of Debian's arm64 packages, for tests.
#
#   scripts/arm64_machine.sh setup       makes it, once, and prints its directory; DIRECTORY/sysroot
#                                        is what `make SYSROOT=` needs
#   scripts/arm64_machine.sh run [OPTION...] COMMAND [ARG...]
#                                        boots it and runs COMMAND in it, as root, in a copy of this
#                                        work tree with build/aarch64; exits with COMMAND's status
#     --cpu=MODEL      qemu's -cpu: max (the default: pointer authentication and BTI), cortex-a72
#     --smp=N          CPUs (1)
#     --limit=SECONDS  how long it may take (600); then, or when it panics, the status is 124
#     --output=DIR     what COMMAND leaves in /out comes to DIR
#     --compiler       with gcc, g++ and binutils in it
#     --quiet          without COMMAND's output
#
# The machine is in $ARM64_CACHE, by default ~/.cache/ptrace_tracer-arm64. The packages come from
# this system's own sources, by an apt-get with directories of its own: nothing that is installed
# here changes, and no root is needed. Status 77: it cannot be made here, with the reason.
set -euo pipefail
umask 022

me=${0##*/}
top=$(cd "$(dirname "$0")/.." && pwd)
cache=${ARM64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ptrace_tracer-arm64}

# --- what it is made of ---

# What programs are linked with.
sysroot_packages=(libc6-dev liblttng-ust-dev liblttng-ctl-dev libbabeltrace2-dev libelf-dev libdw-dev
    zlib1g-dev libunwind-dev libzydis-dev libzycore-dev libjansson-dev libprotobuf-c-dev libsqlite3-dev
    libcurl4-openssl-dev check)
# The machine: the libraries that programs need when they run, and what tests use.
machine_packages=(libstdc++6 libdw1 libelf1 zlib1g libunwind8 libjansson4 libprotobuf-c1 liblttng-ust1 liblttng-ctl0 libsubunit0
    libzydis4.0 busybox-static bash dash coreutils procps grep sed gawk findutils util-linux mount bsdutils
    diffutils tar libc-bin lttng-tools babeltrace2 python3 libcap2-bin sqlite3 strace)
compiler_packages=(gcc g++ binutils libc6-dev liblttng-ust-dev)
# Dependencies that programs do without.
without=(adduser base-passwd debconf debianutils dpkg init-system-helpers kmod
    libcrypt-dev libdebuginfod1 libfile-find-rule-perl libnsl-dev libpam-modules libpam-runtime
    libpam0g libtirpc-dev login lsb-base media-types passwd perl perl-base rpcsvc-proto
    sensible-utils sysvinit-utils ucf usrmerge util-linux-extra)
# Drivers that the kernel has as modules, in this order.
modules=(virtio_ring virtio virtio_mmio virtio_blk)

fail() {
    echo "$me: $*" >&2
    exit 1
}

cannot() {
    echo "SKIP: $*"
    exit 77
}

work=
qemu=
cleanup() {
    trap '' INT TERM
    [[ -z $qemu ]] || kill -KILL "$qemu" 2>/dev/null || true
    [[ -z $work ]] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- packages ---

# An apt-get for arm64 that reads and writes below $apt, with this system's package sources, keys
# and proxies. Its status file says that the packages of $without are installed.
apt_prepare() {
    local name
    mkdir -p "$apt"/{empty,lists/partial,archives/partial}
    {
        # The rest of this system's configuration can have hooks, which would run here, too.
        apt-config dump | grep -iE '^Acquire::(https?|ftp|socks)::' || true
        printf '%s;\n' 'APT::Architecture "arm64"' 'APT::Architectures { "arm64"; }' \
            'APT::Install-Recommends "false"' 'APT::Sandbox::User "root"' \
            'Acquire::Languages "none"' 'Acquire::Retries "3"' 'Acquire::http::Timeout "30"' \
            'Dir::Etc::main "/dev/null"' "Dir::Etc::parts \"$apt/empty\"" \
            "Dir::Etc::preferencesparts \"$apt/empty\"" "Dir::State \"$apt\"" \
            "Dir::State::lists \"$apt/lists\"" "Dir::State::status \"$apt/status\"" \
            "Dir::Cache \"$apt\"" "Dir::Cache::archives \"$apt/archives\""
    } >"$apt/apt.conf"
    for name in "${without[@]}"; do
        printf '%s\n' "Package: $name" 'Status: install ok installed' 'Architecture: arm64' \
            'Multi-Arch: foreign' 'Version: 9999:1' 'Maintainer: none' 'Description: none' ''
    done >"$apt/status"
    : >"$apt/log"
}

apt_run() { # TOOL ARG...
    APT_CONFIG=$apt/apt.conf "$@" </dev/null 2>>"$apt/log"
}

apt_failed() { # WHAT
    grep -E '^(E|Err|W):' "$apt/log" | tail -n 5 | sed "s/^/$me: /" >&2
    cannot "$1"
}

# Downloads packages with what they depend on. Sets files.
download() { # PACKAGE...
    local package version
    apt_run apt-get -q install -y --download-only "$@" >>"$apt/log" ||
        apt_failed "cannot download the arm64 packages ($1, ...)"
    files=()
    while read -r package version; do
        files+=("$apt/archives/${package}_${version//:/%3a}"_*.deb)
    done < <(apt_run apt-get -qq install -s "$@" | sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1 \2/p')
    ((${#files[@]})) || apt_failed 'apt-get finds no arm64 packages in the package sources'
}

unpack() { # DIRECTORY FILE...
    local dir=$1 file
    shift
    # As in an installed system, /bin, /lib and /sbin are links.
    mkdir -p "$dir"/usr/{bin,lib,sbin}
    for file in bin lib sbin; do
        ln -sfn "usr/$file" "$dir/$file"
    done
    for file; do
        dpkg-deb --fsys-tarfile "$file" |
            tar -x -C "$dir" --keep-directory-symlink --no-same-owner --exclude=gconv \
                --exclude='./usr/share/'{doc,man,locale,info,lintian,i18n,bug,perl5}
    done
}

# --- the parts of the machine ---

# Absolute links lead into this system instead.
make_sysroot() { # DIRECTORY
    local link
    unpack "$1" "${files[@]}"
    while read -r link; do
        ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$1$(readlink "$link")")" "$link"
    done < <(find "$1" -type l -lname '/*')
}

make_root() { # DIRECTORY
    local name
    unpack "$1" "${files[@]}"
    mkdir -p "$1"/{dev,etc,home/tester,lib/drivers,out,proc,root,run,src,sys,tmp,usr/lib/busybox,var/log}
    ln -sfn /run "$1/var/run"
    chmod 1777 "$1/tmp"
    # What the packages' own scripts do when they are installed.
    for name in awk:gawk which:busybox ip:busybox nc:busybox sh:bash; do
        [[ -e $1/bin/${name%:*} ]] || ln -s "${name#*:}" "$1/bin/${name%:*}"
    done
    printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'tester:x:1000:1000:tester:/home/tester:/bin/bash' \
        'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >"$1/etc/passwd"
    printf '%s\n' 'root:x:0:' 'tty:x:5:' 'tracing:x:100:' 'tester:x:1000:' 'nogroup:x:65534:' >"$1/etc/group"
    printf '%s\n' '127.0.0.1 localhost arm64' >"$1/etc/hosts"
    printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' >"$1/etc/nsswitch.conf"
    write_init >"$1/init"
    chmod 755 "$1/init"
}

# The first process. The kernel's messages and its lines are on one console; those that begin with
# ARM64- are for this script.
write_init() {
    cat <<'END'
#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 TERM=dumb
mount() { busybox mount "$@"; }
# An unpacked archive leaves its mode unchanged: everybody could write to it.
chmod 755 /
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 pts /dev/pts
ln -sf /proc/self/fd /dev/fd
busybox hostname arm64
chmod 755 /
busybox ip link set lo up
chown -R 1000:1000 /home/tester
for driver in $(cat /lib/drivers/order); do
    busybox insmod "/lib/drivers/$driver.ko"
done
read -r up _ </proc/uptime
echo "ARM64-UP: $up"
cd /src
bash /command </dev/null
status=$?
busybox tar -cf /dev/vda -C /out . && sync
echo "ARM64-STATUS: $status"
busybox poweroff -f
END
}

# Writes the files of a directory as an archive that the kernel unpacks. They are root's there.
archive() { # DIRECTORY FILE
    (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$2"
}

make_kernel() { # DIRECTORY ROOT
    local package module
    package=$(apt_run apt-cache depends linux-image-cloud-arm64 |
        sed -nE 's/^ *Depends: (linux-image-[0-9].*)/\1/p' | head -n 1)
    [[ -n $package ]] || apt_failed 'apt-get finds no linux-image-cloud-arm64'
    without+=("$(apt_run apt-cache depends "$package" | sed -nE 's/^ *Depends: //p')")
    (cd "$1" && apt_run apt-get -qq download "$package" >>"$apt/log") ||
        apt_failed "cannot download $package"
    dpkg-deb -x "$1/$package"_*.deb "$1/kernel"
    mv "$1"/kernel/boot/vmlinuz-* "$1/Image"
    for module in "${modules[@]}"; do
        cp "$(find "$1/kernel" -name "$module.ko" | grep .)" "$2/lib/drivers/"
    done
    echo "${modules[*]}" >"$2/lib/drivers/order"
    rm -rf "$1/kernel" "$1/$package"_*.deb
}

# --- setup ---

# All that it is made from.
machine_key() {
    {
        declare -p sysroot_packages machine_packages compiler_packages without modules
        declare -f unpack make_sysroot make_root write_init archive make_kernel make_machine
        sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
    } | sha256sum | cut -c 1-16
}

make_machine() { # DIRECTORY
    local files=() runtime=() file
    apt_prepare
    echo "$me: downloading arm64 packages" >&2
    # Whether it got what is needed, the next steps say.
    apt_run apt-get -q update >>"$apt/log" || true
    download "${sysroot_packages[@]}"
    make_sysroot "$1/sysroot"
    download "${machine_packages[@]}"
    make_root "$1/root"
    make_kernel "$1" "$1/root"
    archive "$1/root" "$1/root.cpio"
    runtime=("${files[@]}")
    download "${compiler_packages[@]}"
    local more=()
    for file in "${files[@]}"; do
        [[ " ${runtime[*]} " == *" $file "* ]] || more+=("$file")
    done
    unpack "$1/compiler" "${more[@]}"
    # For link-time optimization and for other languages.
    rm -f "$1"/compiler/usr/lib/gcc/*/*/{lto1,lto-wrapper,lto-dump,g++-mapper-server} \
        "$1"/compiler/usr/bin/*{lto-dump,gcov,dwp,gp-archive,gp-collect-app,gp-display-src}*
    rm -f "$1"/compiler/{bin,lib,sbin}
    archive "$1/compiler" "$1/compiler.cpio"
    rm -rf "$1/root" "$1/compiler"
}

# Sets machine. What is in a directory of that name is whole: it is made under another name.
setup() {
    local tool lock other
    for tool in apt-get apt-config dpkg-deb; do
        command -v "$tool" >/dev/null || cannot "no $tool here: the machine is made of Debian's packages"
    done
    for tool in qemu-system-aarch64 cpio flock tar; do
        command -v "$tool" >/dev/null || cannot "no $tool here: run scripts/setup.sh --arm64"
    done
    mkdir -p "$cache" || fail "cannot make $cache"
    machine=$cache/$(machine_key)
    apt=$cache/apt
    exec {lock}>"$cache/lock"
    flock -n "$lock" || {
        echo "$me: waiting for another run, which makes or removes a machine" >&2
        flock "$lock"
    }
    if [[ ! -d $machine ]]; then
        rm -rf "$cache"/making.*
        work=$(mktemp -d "$cache/making.XXXXXX")
        make_machine "$work"
        mv "$work" "$machine"
        work=
        # Packages are only needed for another one.
        rm -rf "$apt"
    fi
    touch "$machine"
    # Those of older versions of this script.
    while read -r other; do
        rm -rf "$other"
    done < <(find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +14)
    exec {lock}>&-
}

# --- run ---

# The work tree's files, and the programs of build/aarch64, under src/.
archive_tree() {
    ln -s "$top" "$work/src"
    (
        cd "$work"
        find src/ -mindepth 1 \( -path src/.git -o -path 'src/build/*' ! -path src/build/aarch64 \
            ! -path 'src/build/aarch64/*' -o -path src/build/aarch64/obj -o -path '*/test-logs' \) -prune -o -print |
            LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet
        echo command | cpio -o -H newc -R 0:0 --quiet
    )
}

# Passes the console's lines on until the status comes. Sets status: empty when the machine stopped
# before, "late" when it did not.
follow() { # FD
    local line end=$((SECONDS + limit)) left
    while :; do
        left=$((end - SECONDS))
        ((left > 0)) || { status=late; return; }
        IFS= read -r -t "$left" -u "$1" line || {
            (($? > 128)) || return 0
            continue
        }
        line=${line//$'\r'/}
        printf '%s\n' "$line" >>"$work/console"
        case $line in
            *ARM64-STATUS:\ *)
                status=${line##*ARM64-STATUS: }
                return
                ;;
            ARM64-UP:*) ;;
            *) [[ -n $quiet ]] || printf '%s\n' "$line" ;;
        esac
    done
}

run() {
    local cpu=max smp=1 limit=600 output='' quiet='' initrd=() status='' console what
    while [[ ${1:-} == --* ]]; do
        case $1 in
            --cpu=*) cpu=${1#*=} ;;
            --smp=*) smp=${1#*=} ;;
            --limit=*) limit=${1#*=} ;;
            --output=*) output=${1#*=} ;;
            --compiler) initrd=(compiler.cpio) ;;
            --quiet) quiet=yes ;;
            *) fail "there is no option $1" ;;
        esac
        shift
    done
    (($#)) || fail 'run: which command?'
    # QARMA in software is slow; SVE and SME make each switch of tasks slow.
    [[ $cpu != max ]] || cpu=max,pauth-impdef=on,sve=off,sme=off
    setup
    work=$(mktemp -d "${TMPDIR:-/tmp}/arm64_machine.XXXXXX")
    # Debug information names files by the paths that they have here.
    {
        [[ $top == /src ]] || printf 'mkdir -p %q && ln -sfn /src %q && cd %q && ' "${top%/*}" "$top" "$top"
        printf '%q ' exec "$@"
    } >"$work/command"
    (cd "$machine" && cat root.cpio "${initrd[@]}") >"$work/initrd"
    archive_tree >>"$work/initrd"
    truncate -s 2G "$work/out"
    : >"$work/console"
    # One thread for all CPUs: with one each, qemu before 8.1 may go on with code that another CPU has
    # replaced, so that a breakpoint is not hit.
    exec {console}< <(exec qemu-system-aarch64 -M virt -accel tcg,thread=single -cpu "$cpu" \
        -smp "$smp" -m 3072 -nodefaults \
        -display none -no-reboot -serial stdio -kernel "$machine/Image" -initrd "$work/initrd" \
        -append 'console=ttyAMA0 panic=-1 quiet mitigations=off cryptomgr.notests nokaslr audit=0' \
        -drive "file=$work/out,format=raw,if=none,id=out,cache=unsafe" \
        -device virtio-blk-device,drive=out </dev/null 2>&1)
    qemu=$!
    follow "$console"
    kill -KILL "$qemu" 2>/dev/null || true
    wait "$qemu" 2>/dev/null || true
    qemu=
    if [[ ! $status =~ ^[0-9]+$ ]]; then
        [[ $status == late ]] && what="did not end within $limit s" || what='stopped without a status'
        echo "$me: the machine ($smp CPUs, ${cpu%%,*}) $what; it said last:" >&2
        tail -n 30 "$work/console" | sed 's/^/    /' >&2
        exit 124
    fi
    if [[ -n $output ]]; then
        mkdir -p "$output"
        tar -xf "$work/out" -C "$output" --no-same-owner --warning=no-timestamp || fail "cannot read what the machine left in /out"
    fi
    exit "$status"
}

case ${1:-} in
    setup)
        setup
        echo "$machine"
        ;;
    run)
        shift
        run "$@"
        ;;
    *)
        sed -n '3,/^set -/s/^# \?//p' "$0" >&2
        exit 2
        ;;
esac
