#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a program whose functions, parameters, members and enumerators have hostile names, and says
what a trace of it must show.

    generate.py source SEED FUNCTIONS         writes names.c and names.map
    generate.py patch PROGRAM                 puts the names of names.map into the built program
    generate.py expected [FACT]               writes the file `expected`

A name that C refuses stands in the source as a word of its own, which `patch` replaces in the ELF
file by as many bytes of the name, or fewer and a NUL. The names that are expected follow from
docs/values.md ("Names"), and are made here anew: nothing of the tracer is used.
"""

import json
import random
import re
import sys
import unicodedata

PROVIDER = b"names"
FIELD_MAX, LABEL_MAX, EVENT_MAX = 200, 255, 255
LABELS = 6
C_WORDS = set(
    b"""auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef typeof
    union unsigned void volatile while asm main linux unix""".split()
)
CTF_WORDS = b"""align callsite char clock const double enum env event float floating_point int integer
    long short signed stream string struct trace typealias typedef unsigned variant void Bool Complex
    Imaginary _Bool _Complex _Imaginary __Bool id v timestamp magic uuid stream_id packet_size
    container cpu_id vtid retval uint8_t uint64_t""".split()
ODD = [
    b"a.b", b"a:b", b"a$b", b"$", b"$x", b"x$", b"a b", b"a-b", b'a"b', b"a\\b", b"a\\n", b"a\nb",
    b"a\tb", b"\x1b[31m", b"a,b", b"a, b", b"a;b", b"{", b"}", b"};", b"} _x;", b"/*", b"*/", b"//",
    b"%s", b"%n%n", b"a[3]", b"1", b"9x", b"_9", b"0x1", b"", b"\xff", b"\xc3", b"a\xffb", b"\x80",
    "grün".encode(), "_grün".encode(), "变量".encode(), "变数".encode(), "π".encode(),
    "\u202e".encode(), "a\u202eb".encode(), "\u200b".encode(), "\ufeffx".encode(), "a\u2028b".encode(),
    "\x85".encode(), "\U000e0041".encode(), "😀".encode(), b"\\u00e9", b"a'b", b"a@", b"?",
    b"arg1", b"arg2", b"_arg1", b"depth", b"_depth", b"__depth", b"tid", b"retval_2", b"_retval",
]


def long_names():
    for length in (198, 199, 200, 201, 254, 255, 256, 300):
        yield b"l" * length
        yield b"_" * length
        yield b"_" + b"l" * (length - 1)
        yield b"l" * (length - 1) + b"m"
    yield "ü".encode() * 150
    yield b"x" + "ü".encode() * 150


UNDERSCORES = [b"_" * n + tail for n in range(5) for tail in (b"", b"x", b"x_2", b"x_", b"y", b"int")]
NAMES = UNDERSCORES * 6 + CTF_WORDS * 2 + ODD * 2 + list(long_names())


class Placeholders:
    """The words that stand for names in the source."""

    def __init__(self):
        self.names = {}

    def word(self, name):
        length = max(len(name), 10)
        word = b"P" + b"q" * (length - 10) + b"_%07dz" % len(self.names)
        self.names[word] = name
        return word


class Source:
    def __init__(self, seed, functions):
        self.random = random.Random(seed)
        self.placeholders = Placeholders()
        self.types, self.functions, self.calls = [], [], []
        self.model = []
        self.value = 0
        for _ in range(functions):
            self.add_function()

    def in_source(self, name, used):
        """The name itself, where C takes it and it is not there yet."""
        is_c = re.fullmatch(rb"[A-Za-z_$][A-Za-z0-9_$]*", name) and name not in C_WORDS
        if is_c and not name.startswith((b"_Bool", b"_Complex", b"_Imaginary", b"__")) and name not in used:
            used.add(name)
            return name
        return self.placeholders.word(name)

    def next_value(self):
        self.value += 1
        return self.value

    def pick(self):
        name = self.random.choice(NAMES)
        # A name and the names that it could be confused with come together.
        if self.random.random() < 0.3 and self.last:
            name = self.random.choice([self.last, b"_" + self.last, self.last.lstrip(b"_"), self.last + b"_2"])
        self.last = name
        return name

    def add_struct(self, n):
        used, members, text = set(), [], b""
        number = len(self.types)
        for _ in range(n):
            name = self.pick() or b"_"
            members.append(name)
            text += b" int %s;" % self.in_source(name, used)
        self.types.append(b"struct s%d {%s };" % (number, text))
        return number, members

    def add_enum(self):
        number, labels = len(self.types), []
        names = [self.pick() for _ in range(LABELS)] + [b"e" * 300]
        self.random.shuffle(names)
        values = [self.random.randrange(LABELS) for _ in names]
        text = b", ".join(
            b"%s = %d" % (self.placeholders.word(name), value) for name, value in zip(names, values)
        )
        self.types.append(b"enum e%d { %s };" % (number, text))
        for name, value in zip(names, values):
            labels.append((name, value))
        return number, labels

    def add_function(self):
        self.last, used = b"", set()
        name = self.pick()
        # '@' starts a version, and no function has an empty name.
        name = name.replace(b"@", b"a") or b"nameless"
        word = self.placeholders.word(name)
        parameters, arguments, fields = [], [], []
        for index in range(self.random.randrange(1, 7)):
            parameter = self.pick()
            written = self.in_source(parameter, used)
            base = parameter or b"arg%d" % (index + 1)
            kind = self.random.choice(["int"] * 5 + ["struct", "to_struct", "to_int", "enum"])
            if kind == "int":
                value = self.next_value()
                parameters.append(b"int " + written)
                arguments.append(b"%d" % value)
                fields.append((base, "own", "%d" % value))
            elif kind in ("struct", "to_struct"):
                number, members = self.add_struct(self.random.randrange(1, 5))
                values = [self.next_value() for _ in members]
                literal = b"(struct s%d){%s}" % (number, b", ".join(b"%d" % v for v in values))
                if kind == "struct":
                    parameters.append(b"struct s%d %s" % (number, written))
                    arguments.append(literal)
                else:
                    parameters.append(b"struct s%d *%s" % (number, written))
                    arguments.append(b"&" + literal)
                    fields.append((base, "own", "0x"))
                for member, value in zip(members, values):
                    fields.append((base + b"_" + member, "own" if kind == "struct" else "added", "%d" % value))
                if kind == "to_struct":
                    fields.append((base, "state", "( \"ok\" : container = 0 )"))
            elif kind == "to_int":
                value = self.next_value()
                parameters.append(b"int *" + written)
                arguments.append(b"&(int){%d}" % value)
                fields.append((base, "own", "0x"))
                fields.append((base + b"_deref", "added", "%d" % value))
                fields.append((base, "state", "( \"ok\" : container = 0 )"))
            else:
                number, labels = self.add_enum()
                value = self.random.randrange(LABELS + 1)
                parameters.append(b"enum e%d %s" % (number, written))
                arguments.append(b"%d" % value)
                fields.append((base, "enum", (value, labels)))
        result = self.next_value()
        self.functions.append(
            b"__attribute__((noinline)) int %s(%s)\n{\n    return %d;\n}" % (word, b", ".join(parameters), result)
        )
        self.calls.append(b"    (void)%s(%s);" % (word, b", ".join(arguments)))
        self.model.append((name, fields, result))

    def write(self):
        with open("names.c", "wb") as file:
            file.write(b"\n".join(self.types + self.functions))
            file.write(b"\nint main(void)\n{\n%s\n    return 0;\n}\n" % b"\n".join(self.calls))
        with open("names.map", "w", encoding="latin-1") as file:
            json.dump({w.decode("latin-1"): n.decode("latin-1") for w, n in self.placeholders.names.items()}, file)
        with open("names.model", "w", encoding="utf-8") as file:
            json.dump(self.model, file, default=lambda b: b.decode("latin-1"))


def patch(program):
    with open(program, "rb") as file:
        content = file.read()
    with open("names.map", encoding="latin-1") as file:
        names = json.load(file)
    by_word = {w.encode("latin-1"): n.encode("latin-1") for w, n in names.items()}
    found = set()

    def replace(match):
        word = match.group(0)
        found.add(word)
        return by_word[word] + b"\0" * (len(word) - len(by_word[word]))

    content = re.sub(rb"Pq*_\d{7}z", replace, content)
    # A name one byte shorter would fit as well; none is left out.
    assert found == set(by_word), "not in the program: %r" % sorted(set(by_word) - found)[:3]
    with open(program, "wb") as file:
        file.write(content)


# ---- what is expected ----


def character(text, at):
    """The UTF-8 character at `at`, or None."""
    for length in (1, 2, 3, 4):
        try:
            return text[at : at + length].decode("utf-8"), length
        except UnicodeDecodeError:
            continue
    return None, 1


def clean_text(text, forbidden, semicolons):
    out, at = b"", 0
    while at < len(text):
        char, length = character(text, at)
        if semicolons and char == ",":
            out += b";"
            at += 1 + (text[at + 1 : at + 2] == b" ")
            continue
        bad = char is None or char in forbidden or is_hidden(char)
        out += b"_" if bad else text[at : at + length]
        at += 1 if bad else length
    return out


def is_hidden(char):
    return unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") or ord(char) & 0xFFFE == 0xFFFE


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value & 0xFFFFFFFF


def event_name(function, suffix):
    room = EVENT_MAX - len(PROVIDER) - 1 - len("_entry")
    if len(function) > room:
        cut = room - 9
        while cut > 0 and function[cut] & 0xC0 == 0x80:
            cut -= 1
        function = function[:cut] + b"~%08x" % fnv(function)
    return function + suffix


def clean_field(name):
    prefix = b"_" if name[:1].isdigit() or name in (b"Bool", b"Complex", b"Imaginary") else b""
    return (prefix + re.sub(rb"[^A-Za-z0-9_]", b"_", name))[:FIELD_MAX]


def written_by_lttng(name):
    return b"_" + name


def readable(names):
    """babeltrace2's own rule: no name as it is written is one that was read before."""
    read = set()
    for name in names:
        if written_by_lttng(name) in read or written_by_lttng(name) in (b"_Bool", b"_Complex", b"_Imaginary"):
            return False
        read.add(name)
    return len(read) == len(names)


def field_names(fields):
    """fields: (wanted name, is added). Those of the source first, then what was added to them."""
    names = [None] * len(fields)
    for added in (False, True):
        for at, (wanted, is_added) in enumerate(fields):
            if is_added != added:
                continue
            base, nth = clean_field(wanted), 1
            names[at] = base
            while not readable([n for n in names if n is not None]):
                nth += 1
                names[at] = base + b"_%d" % nth
    return names


def enum_value(value, labels):
    for name, of in labels:
        name = name.encode("latin-1")
        if of == value and name:
            label = clean_text(name[:LABEL_MAX], '"\\', False)
            # babeltrace2 shows these two with a backslash.
            label = label.replace(b"'", b"\\'").replace(b"?", b"\\?")
            return b'( "%s" : container = %d )' % (label, value)
    return b"( <unknown> : container = %d )" % value


def expected_event(function, suffix, names, values):
    fields = b", ".join(b"%s = %s" % pair for pair in zip(names, values))
    return b"%s:%s: { %s }" % (PROVIDER, event_name(function, suffix), fields)


def expected(fact):
    with open("names.model", encoding="utf-8") as file:
        model = json.load(file)
    claimed, lines = {}, []
    for name, fields, result in model:
        name = name.encode("latin-1")
        wanted, values, kinds, first = [], [], [], []
        for base, kind, value in fields:
            base = base.encode("latin-1")
            kinds.append(kind)
            wanted.append((base, kind in ("added", "state")))
            values.append(enum_value(*value) if kind == "enum" else value.encode())
        # A state has the name of the field with its address, as in the debug information.
        wanted = [(b + b"_ptr" if k == "state" else b, a) for (b, a), k in zip(wanted, kinds)]
        names = field_names(wanted)
        if fact:
            wanted = [(n, a) for n, (_, a) in zip(names, wanted)] + [(fact.encode(), False)]
            names, values, kinds = field_names(wanted), values + [b"0"], kinds + ["own"]
        enums = [sorted(map(tuple, f[2][1])) if f[1] == "enum" else f[1] for f in fields]
        key = (name, tuple(names), repr([e if isinstance(e, str) and e == "own" else e for e in enums]))
        fit = clean_text(name, '"\\', True)
        tries = [fit] + [fit + b"@names.c" + (b"_%d" % n if n > 1 else b"") for n in range(1, len(model))]
        for function in tries:
            if claimed.setdefault(event_name(function, b"_entry"), key) == key:
                break
        lines.append(expected_event(function, b"_entry", names, values))
        exits = field_names([(b"retval", False)] + ([(fact.encode(), False)] if fact else []))
        lines.append(expected_event(function, b"_exit", exits, [b"%d" % result, b"0"]))
    with open("expected", "wb") as file:
        file.write(b"\n".join(lines) + b"\n")


def main():
    command = sys.argv[1]
    if command == "source":
        Source(int(sys.argv[2]), int(sys.argv[3])).write()
    elif command == "patch":
        patch(sys.argv[2])
    else:
        expected(sys.argv[2] if len(sys.argv) > 2 else None)


main()
