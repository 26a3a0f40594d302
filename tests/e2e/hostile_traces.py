# SPDX-License-Identifier: MIT
"""Writes traces on which libbabeltrace2 crashes, goes on for ever, or takes all memory:
hostile_traces.py KIND DIRECTORY. They are not as LTTng lays them out."""
import os
import struct
import sys

SIZES = "uint64_t content_size; uint64_t packet_size;"
HEADER = "uint32_t id;"
FIELDS = "uint32_t a;"
# The kind: the packet's sizes in bits (0: as they are), the event's header, its fields, its data.
KINDS = {
    "good": (None, HEADER, FIELDS, b"\0\0\0\0\1\0\0\0"),
    "damaged_end": (None, HEADER, FIELDS, b"\0\0\0\0\1\0\0\0" * 20000 + b"\xff" * 8),
    "packet_without_size": (0, HEADER, FIELDS, b"\0\0\0\0\1\0\0\0"),
    "events_without_size": (None, "uint8_t none[0];", "uint8_t a[0];", b"\0\0\0\0"),
    "long_array": (None, HEADER, "uint8_t a[4000000000];", b"\0\0\0\0\1"),
    "long_sequence": (None, HEADER, "uint32_t n; uint8_t a[n];", b"\0\0\0\0" + b"\xff" * 4),
    "longer_sequence": (None, HEADER, "uint64_t n; uint64_t a[n];", b"\0" * 11 + b"\x20" + b"\0" * 64),
    "endless_header": (None, "struct { uint8_t none[0]; } many[4000000000]; uint32_t id;", FIELDS,
                       b"\0\0\0\0\1\0\0\0"),
}


def main(kind, directory):
    size, header, fields, data = KINDS[kind]
    os.makedirs(directory)
    with open(directory + "/metadata", "w", encoding="ascii") as file:
        file.write("/* CTF 1.8 */\n")
        for bits in (8, 32, 64):
            file.write("typealias integer { size = %d; align = 8; signed = false; } := uint%d_t;\n" % (bits, bits))
        file.write("trace { major = 1; minor = 8; byte_order = le;"
                   " packet.header := struct { uint32_t magic; uint32_t stream_id; }; };\n"
                   "stream { id = 0; event.header := struct { %s };"
                   " packet.context := struct { %s }; };\n" % (header, SIZES) +
                   'event { %sstream_id = 0; name = "app:f_entry"; fields := struct { %s }; };\n' %
                   ("id = 0; " if "id;" in header else "", fields))
    with open(directory + "/stream", "wb") as file:
        bits = (24 + len(data)) * 8 if size is None else size
        file.write(struct.pack("<IIQQ", 0xC1FC1FC1, 0, bits, bits) + data)


main(*sys.argv[1:])
