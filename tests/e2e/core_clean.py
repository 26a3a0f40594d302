# SPDX-License-Identifier: MIT
"""core_clean.py CORE: whether a core file reads as that of a program without a tracer. The code of
each file in it is that of the file, and each thread's program counter is in a file, in the vdso, or
in other memory that is not executable by a tracer's doing. Exit status 0: it does; 1: a line on
stdout says what does not. Prints "threads N, bytes of code N"."""
import struct
import sys

PT_LOAD, PT_NOTE, PF_X = 1, 4, 1
NT_PRSTATUS, NT_AUXV, NT_FILE = 1, 6, 0x46494C45
AT_SYSINFO_EHDR = 33
# offsetof(struct elf_prstatus, pr_reg) and the place of the PC in it (x86-64: rip; arm64: pc).
PC_AT = {62: 112 + 16 * 8, 183: 112 + 32 * 8}


def notes(data):
    at = 0
    while at + 12 <= len(data):
        name_size, size, kind = struct.unpack_from("<III", data, at)
        at += 12 + (name_size + 3 & ~3)
        yield kind, data[at : at + size]
        at += size + 3 & ~3


def mapped_files(note):
    count, page = struct.unpack_from("<QQ", note)
    names = note[16 + 24 * count :].split(b"\0")
    for i in range(count):
        start, end, offset = struct.unpack_from("<QQQ", note, 16 + 24 * i)
        yield start, end, offset * page, names[i].decode()


def main():
    with open(sys.argv[1], "rb") as file:
        core = file.read()
    machine = struct.unpack_from("<H", core, 18)[0]
    (table,) = struct.unpack_from("<Q", core, 32)
    (count,) = struct.unpack_from("<H", core, 56)
    loads, files, counters, vdso = [], [], [], 0
    for i in range(count):
        kind, flags, offset, address, _, size, _, _ = struct.unpack_from(
            "<IIQQQQQQ", core, table + 56 * i
        )
        if kind == PT_LOAD:
            loads.append((address, size, offset, flags))
            continue
        for kind, note in notes(core[offset : offset + size]):
            if kind == NT_PRSTATUS:
                counters.append(struct.unpack_from("<Q", note, PC_AT[machine])[0])
            elif kind == NT_FILE:
                files += mapped_files(note)
            elif kind == NT_AUXV:
                pairs = [struct.unpack_from("<QQ", note, j) for j in range(0, len(note), 16)]
                vdso = dict(pairs).get(AT_SYSINFO_EHDR, 0)
    compared, wrong = 0, []
    for address, size, offset, flags in loads:
        for start, end, file_offset, name in files:
            if not flags & PF_X or not start <= address < end:
                continue
            with open(name, "rb") as file:
                file.seek(file_offset + address - start)
                original = file.read(size)
            dumped = core[offset : offset + len(original)]
            compared += len(dumped)
            wrong += [
                f"{name}+0x{file_offset + address - start + i:x}: {dumped[i]:02x}, not {byte:02x}"
                for i, byte in enumerate(original[: len(dumped)])
                if dumped[i] != byte
            ]
    for pc in counters:
        in_file = any(start <= pc < end for start, end, _, _ in files)
        if not in_file and not vdso <= pc < vdso + 0x4000:
            wrong.append(f"a thread is at 0x{pc:x}")
    print("\n".join(wrong[:20] + [f"threads {len(counters)}, bytes of code {compared}"]))
    return 1 if wrong else 0


sys.exit(main())
