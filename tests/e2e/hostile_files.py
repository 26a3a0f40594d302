# SPDX-License-Identifier: MIT
"""Writes ELF files of some KB that claim, or lead to, far more: hostile_files.py KIND FILE."""
import struct
import sys
import zlib

SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_DYNSYM = 1, 2, 3, 11
SHF_COMPRESSED = 1 << 11
CODE, CODE_SIZE = 0x1000, 0x1000


class File:
    """A shared library with a page of code, and the sections that are added."""

    def __init__(self):
        self.names = b"\0"
        self.headers = [bytes(64)]
        self.parts = []  # (offset, bytes)
        self.end = CODE + CODE_SIZE

    def place(self, content, size=None):
        offset = self.end
        self.parts.append((offset, content))
        self.end = (offset + (len(content) if size is None else size) + 7) & ~7
        return offset

    def header(self, name, kind, offset, size, link=0, entry=0, flags=0):
        self.headers.append(struct.pack("<IIQQQQIIQQ", len(self.names), kind, flags, 0, offset, size,
                                        link, 0, 8, entry))
        self.names += name.encode() + b"\0"
        return len(self.headers) - 1

    def section(self, name, kind, content, link=0, entry=0, flags=0):
        return self.header(name, kind, self.place(content), len(content), link, entry, flags)

    def compressed(self, name, content, claimed=None, kind=1):
        head = struct.pack("<IIQQ", kind, 0, len(content) if claimed is None else claimed, 1)
        self.section(name, SHT_PROGBITS, head + zlib.compress(content, 9), flags=SHF_COMPRESSED)

    def write(self, path):
        names = self.header(".shstrtab", SHT_STRTAB, 0, 0)
        offset = self.place(self.names)
        self.headers[names] = struct.pack("<IIQQQQIIQQ", 1, SHT_STRTAB, 0, 0, offset,
                                          len(self.names), 0, 0, 1, 0)
        table = self.end
        elf = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
            "<HHIQQQIHHHHHH", 3, 62, 1, CODE, 64, table, 0, 64, 56, 1, 64, len(self.headers), names)
        load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, CODE + CODE_SIZE, CODE + CODE_SIZE, 0x1000)
        with open(path, "wb") as out:
            for at, content in [(0, elf + load), (CODE, b"\xc3" * CODE_SIZE)] + self.parts:
                out.seek(at)
                out.write(content)
            out.seek(table)
            out.write(b"".join(self.headers))


def symbol(name, value, size=16):
    return struct.pack("<IBBHQQ", name, 0x12, 0, 1, value, size)


def symbols(file, names, values):
    strings = file.section(".strtab", SHT_STRTAB, names[0])
    content = bytes(24) + b"".join(symbol(n, CODE + v % CODE_SIZE) for n, v in zip(names[1], values))
    file.section(".symtab", SHT_SYMTAB, content, strings, 24)


def shared_strings(file):
    """40 symbol tables of 7 symbols share a table of names that is 1 GiB of hole."""
    size = (1 << 30) - 64
    at = file.place(bytes(24) + b"".join(symbol(1, CODE + 16 * i) for i in range(7)))
    hole = file.place(b"\0fn\0", size)
    strings = file.header(".strtab", SHT_STRTAB, hole, size)
    for i in range(40):
        file.header(".symtab", SHT_SYMTAB if i % 2 else SHT_DYNSYM, at, 24 * 8, strings, 24)


def suffix_names(file, count=4000, length=600000):
    """Names that are the ends of one long one."""
    symbols(file, (b"\0" + b"a" * length + b"\0", [1 + i % (length // 2) for i in range(count)]),
            range(count))


def short_suffixes(file):
    suffix_names(file, 30000, 20000)


def long_when_demangled(file):
    """C++ names of some bytes that are long when they are written out."""
    one = "_ZN1a" + "1bI" * 12 + "i" + "E" * 12 + "1fEv"
    long = "_Z1fN" + "1a" + "E" + "".join("PFS%s_S%s_E" % (s, s) for s in "".join(map(str, range(8))))
    names, offsets = b"\0", []
    for i in range(8000):
        offsets.append(len(names))
        names += ("%s%d%s" % (long, len("g%d" % i), "g%d" % i) if i % 2 else one).encode() + b"\0"
    symbols(file, (names, offsets), range(len(offsets)))


def many_tables(file):
    """3,000 section headers of one table of symbols."""
    content = bytes(24) + b"".join(symbol(1, CODE + i % CODE_SIZE) for i in range(4000))
    strings = file.section(".strtab", SHT_STRTAB, b"\0f\0")
    at = file.place(content)
    for _ in range(3000):
        file.header(".symtab", SHT_SYMTAB, at, len(content), strings, 24)


def one_function(file):
    symbols(file, (b"\0f\0", [1]), [0])


def compressed_units(file):
    """Half a gigabyte of zeros, in which nothing is, as debug information."""
    one_function(file)
    file.compressed(".debug_info", bytes(1 << 29))
    file.section(".debug_abbrev", SHT_PROGBITS, b"\0")


def compressed_strings(file):
    one_function(file)
    unit = struct.pack("<HBBI", 5, 1, 8, 0) + b"\1\0\0\0\0"
    file.section(".debug_info", SHT_PROGBITS, struct.pack("<I", len(unit)) + unit)
    file.section(".debug_abbrev", SHT_PROGBITS, b"\1\x11\0\3\x0e\0\0\0")
    file.compressed(".debug_str", bytes(1 << 29))


def compressed_claim(file):
    """Ten gigabytes, by what is said in front."""
    one_function(file)
    file.compressed(".debug_info", bytes(100), 10 << 30)
    file.section(".debug_abbrev", SHT_PROGBITS, b"\0")


def sparse_units(file):
    one_function(file)
    at = file.place(b"\0" * 64, 1 << 30)
    file.header(".debug_info", SHT_PROGBITS, at, 1 << 30)
    file.section(".debug_abbrev", SHT_PROGBITS, b"\0")


if __name__ == "__main__":
    made = File()
    globals()[sys.argv[1]](made)
    made.write(sys.argv[2])
