#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a C or C++ program of functions with random parameters and results.

The program calls them with random values and prints the lines that a trace of the calls is to
show (expected.h). Some functions are called from places of their own, others share call
instructions (places.h, and those of a Dispatcher).
generate.py --seed N --functions N [--language c|c++] > program
"""
import argparse
import random

BUDGET = 40  # fields of one event; an event holds 64 at most
DEREF = 0  # the depth of --deref


class Type:
    """A type: how it is declared, filled with a random value, and shown."""

    def __init__(self, text, fill, show, fields=1):
        self.text, self.fill_text, self.show_text, self.fields = text, fill, show, fields
        self.definition = ""

    def decl(self, name):
        return f"{self.text} {name}".rstrip()

    def parameter(self, name):
        return self.decl(name)

    def argument(self, name):
        return name

    def fill(self, value):
        return self.fill_text.replace("@", value)

    def show(self, value):
        return self.show_text.replace("@", value)


class Array(Type):
    def __init__(self, element, count):
        self.element, self.count = element, count
        self.fields = element.fields * min(count, 16)
        self.definition = ""

    def decl(self, name):
        return self.element.decl(f"{name}[{self.count}]")

    def fill(self, value):
        return " ".join(self.element.fill(f"{value}[{i}]") for i in range(self.count))

    def show(self, value):
        return " ".join(f"out_push_index({i}); {self.element.show(f'{value}[{i}]')} out_pop();"
                        for i in range(min(self.count, 16)))


class Chars(Type):
    def __init__(self, count):
        super().__init__("char", f"rnd_chars(@, {count});", f"out_chars(@, {count});")
        self.count = count

    def decl(self, name):
        return f"char {name}[{self.count}]"


class WideChars(Chars):
    def __init__(self, count):
        super().__init__(count)
        self.fill_text, self.show_text = f"rnd_wide_chars(@, {count});", f"out_wide_chars(@, {count});"

    def decl(self, name):
        return f"wchar_t {name}[{self.count}]"


class PointerTo(Type):
    """A pointer that leads to a value of its own, nowhere, or to where nothing is."""

    count = 0

    def __init__(self, target, text=None, valid=True):
        PointerTo.count += 1
        self.to, self.valid = target, valid
        self.own_text = text
        self.variable, self.cell = f"to{PointerTo.count}", f"cell{PointerTo.count}"
        self.definition = ""

    @property
    def text(self):
        return self.own_text or self.declared("")

    def declared(self, name):
        """The pointer under a name."""
        return self.to.decl(f"(*{name})" if isinstance(self.to, Array) else f"*{name}")

    def decl(self, name):
        return f"{self.own_text} {name}" if self.own_text else self.declared(name)

    @property
    def fields(self):
        return 1 + (self.to.fields + 1 if DEREF else 0)

    def fill(self, value):
        bad = f"{value} = ({self.text})(uintptr_t)(8 + (rnd() & 0xf8));"
        if not self.valid:
            return f"if (rnd() % 4) {bad} else {value} = NULL;"
        return (f"{{ static {self.to.decl(self.cell)}; {self.to.fill(self.cell)} use(&{self.cell}); "
                f"switch (rnd() >> 32 & 7) {{ case 0: {value} = NULL; break; case 1: {bad} break; "
                f"default: {value} = &{self.cell}; }} }}")

    def show(self, value):
        inner = self.to.show(f"(*{self.variable})")
        if not isinstance(self.to, (Struct, Array)):
            inner = f'out_push("deref"); {inner} out_pop();'
        target = self.declared(self.variable)
        zero = f"zero_{self.variable}"
        state = f"state_{self.variable}"
        return (f"out_pointer({value}); if (out_level < DEREF) {{ static {self.to.decl(zero)}; "
                f"struct out_target {state} = out_follow({value}); {target} = &{zero}; "
                f"if (!{state}.state) {self.variable} = ({self.declared('')}){value}; "
                f"if ({state}.shown) {{ {inner} }} out_followed({state}); }}")


def integer(text, signed=True):
    return Type(text, f"@ = ({text})rnd();", "out_int(@);" if signed else "out_unsigned(@);")


def pointer(text):
    return Type(text, f"@ = ({text})(uintptr_t)rnd();", "out_pointer((const volatile void *)@);")


INTEGERS = [
    integer("signed char"), integer("char"), integer("unsigned char", False), integer("short"),
    integer("unsigned short", False), integer("int"), integer("unsigned", False), integer("long"),
    integer("unsigned long", False), integer("long long"), integer("wchar_t"),
    integer("unsigned long long", False), Type("bool", "@ = rnd() & 1;", "out_unsigned(@);"),
    integer("uint8_t", False), integer("int16_t"), integer("size_t", False),
]
INT128 = [
    Type(text, "@ = (unsigned __int128)rnd() << 64 >> rnd() % 70; @ ^= rnd();",
         "out_hex128((unsigned __int128)@);") for text in ("__int128", "unsigned __int128")
]
FLOATS = [
    Type("float", "@ = rnd_float();", "out_float(@);"),
    Type("double", "@ = rnd_double();", "out_double(@);"),
]
# Arrays of characters are text.
NUMBERS = [t for t in INTEGERS if t.text not in ("char", "wchar_t")] + FLOATS
LONG_DOUBLE = Type("long double", "@ = rnd_long_double();", "out_double((double)@);")
POINTERS = [
    pointer("void *"), PointerTo(integer("int"), "const int *", False), pointer("char *"),
    pointer("struct undefined *"),
    PointerTo(integer("unsigned char", False), "const unsigned char *", False),
    PointerTo(pointer("char *"), "char **", False),
]


class FunctionPointer(Type):
    @property
    def fields(self):
        return 2 if DEREF else 1

    def __init__(self):
        self.text, self.definition = "callback", ""
        self.fill_text = "@ = rnd() & 1 ? known_function : (callback)(uintptr_t)rnd();"
        self.show_text = "out_code((void *)@, (void *)known_function);"


FUNCTION_POINTER = FunctionPointer()
STRING = Type("const char *", "@ = rnd_text();", "out_string(@);")
WIDE_STRING = Type("const wchar_t *", "@ = rnd_wide_text();", "out_wide_string(@);")
COMPLEX = [
    Type(f"_Complex {part}", f"__real__ @ = rnd_{part.replace(' ', '_')}(); "
         f"__imag__ @ = rnd_{part.replace(' ', '_')}();",
         f'{guard} {{ out_push("re"); out_{shown}(__real__ @); out_pop(); '
         f'out_push("im"); out_{shown}(__imag__ @); out_pop(); }}', 2)
    for part, shown, guard in (("float", "float", ""), ("double", "double", ""),
                               ("long double", "double", "if (complex_long_double_is_told)"))
]


def vector(element, show, count, size):
    name = f"v{count}_{element.replace(' ', '_')}"
    t = Type(name, "rnd_bytes(&@, sizeof(@));" if element not in ("float", "double") else
             " ".join(f"@[{i}] = rnd_{element}();" for i in range(count)),
             " ".join(f"out_push_index({i}); {show}(@[{i}]); out_pop();"
                      for i in range(min(count, 16))), min(count, 16))
    t.definition = f"typedef {element} {name} __attribute__((vector_size({size})));"
    return t


VECTORS = [
    vector("float", "out_float", 2, 8), vector("int", "out_int", 2, 8),
    vector("short", "out_int", 4, 8), vector("unsigned char", "out_unsigned", 8, 8),
    vector("float", "out_float", 4, 16), vector("double", "out_double", 2, 16),
    vector("int", "out_int", 4, 16), vector("long", "out_int", 2, 16),
    vector("signed char", "out_int", 16, 16), vector("unsigned short", "out_unsigned", 8, 16),
]


class Reference(Type):
    """A C++ reference to a variable of the type, which is shown as `show` says."""

    def __init__(self, target, show=None, mark="&"):
        super().__init__(target.text, "", show or "")
        self.mark = mark
        self.to = target
        self.followed = not show and target.fields > 0
        self.fields = target.fields + 2 if DEREF and self.followed else 1

    def show(self, value):
        if self.show_text:
            # The state of the pointer is a number; texts show it themselves.
            shown = super().show(value)
            return (f"{{ struct out_target target = out_follow(&{value}); {shown} "
                    "out_followed(target); }" if self.to.text.startswith("std::vector") else shown)
        if not self.followed:
            return f"out_pointer(&{value});"
        inner = self.to.show(value)
        if not isinstance(self.to, Struct):
            inner = f'out_push("deref"); {inner} out_pop();'
        return (f"out_pointer(&{value}); if (out_level < DEREF) {{ struct out_target target = "
                f"out_follow(&{value}); {inner} out_followed(target); }}")

    def fill(self, value):
        return self.to.fill(value)

    def parameter(self, name):
        return f"{self.text} {self.mark}{name}"

    def argument(self, name):
        return f"std::move({name})" if self.mark == "&&" else name


class Moved(Type):
    """A class that can only be moved."""

    def argument(self, name):
        return f"std::move({name})"


class Enum(Type):
    def __init__(self, rng, name, labels, signed, base=None, attribute=""):
        self.fields = 1
        self.text = name
        self.name = name
        underlying = f" : {base}" if base else ""
        body = ", ".join(f"{label} = {value}" for label, value in labels)
        self.definition = (f"typedef enum {name}_tag{underlying} {{ {body} }} {attribute} {name};\n"
                           f"static const struct enum_name {name}_names[] = {{" + ", ".join(
                               f'{{"{label}", {value}}}' for label, value in labels) + "};")
        self.signed = signed
        values = [v for _, v in labels]
        self.values = values + [a | b for a in values for b in values][:6]

    def fill(self, value):
        cases = ", ".join(f"(long long){v}" for v in self.values)
        return (f"{{ static const long long some[] = {{{cases}}}; "
                f"{value} = ({self.name})some[(rnd() >> 32) % {len(self.values)}]; }}")

    def show(self, value):
        return (f"out_enum((int64_t){value}, {self.name}_names, sizeof({self.name}_names) / "
                f"sizeof({self.name}_names[0]), {str(self.signed).lower()});")


class Struct(Type):
    def __init__(self, name, members, attribute=""):
        self.name = self.text = name
        self.attribute = attribute
        self.members = members  # (name, type, bits or 0)
        self.fields = sum(t.fields for _, t, _ in members)
        lines = "".join(f"    {t.decl(n)}{f' : {bits}' if bits else ''};\n" for n, t, bits in members)
        fills = " ".join(t.fill(f"p->{n}") for n, t, _ in members)
        shows = " ".join(f'out_push("{n}"); {t.show(f"p->{n}")} out_pop();' for n, t, _ in members)
        self.definition = (f"typedef struct {name}_tag {{\n{lines}}} {attribute} {name};\n"
                           f"static void fill_{name}({name} *p) {{ (void)p; {fills} }}\n"
                           f"static void show_{name}(const {name} *p) {{ (void)p; {shows} }}\n")

    def fill(self, value):
        return f"fill_{self.name}(&{value});"

    def show(self, value):
        return f"show_{self.name}(&{value});"


class Class(Struct):
    """A C++ class; `extra` is declared in it, `base` is its base."""

    def __init__(self, name, members, extra, base=None):
        super().__init__(name, members)
        inherits = f" : {base.name}" if base else ""
        lines = "".join(f"    {t.decl(n)};\n" for n, t, _ in members)
        fills = " ".join(t.fill(f"p->{n}") for n, t, _ in members)
        shows = " ".join(f'out_push("{n}"); {t.show(f"p->{n}")} out_pop();' for n, t, _ in members)
        if base:
            fills = f"fill_{base.name}(p); {fills}"
            shows = f"show_{base.name}(p); {shows}"
            self.fields += base.fields
        self.definition = (
            f"struct {name}{inherits} {{\n{lines}    {extra}\n}};\n"
            f"static void fill_{name}({name} *p) {{ (void)p; {fills} }}\n"
            f"static void show_{name}(const {name} *p) {{ (void)p; {shows} }}\n")


class Virtual(Class):
    """A class with a virtual base: what lies in that is not shown."""

    def __init__(self, name, members, extra, base):
        super().__init__(name, members, extra)
        self.definition = self.definition.replace(f"struct {name} ", f"struct {name} : virtual {base} ", 1)


class Packed(Struct):
    """Its members are copied: a reference to them may not be aligned."""

    def __init__(self, name, members):
        super().__init__(name, members, "__attribute__((packed))")


class Union(Type):
    def __init__(self, name, members):
        super().__init__(name, "rnd_bytes(&@, sizeof(@));", "out_words(&@, sizeof(@));", 8)
        lines = "".join(f"    {t.decl(n)};\n" for n, t in members)
        self.definition = f"typedef union {name}_tag {{\n{lines}}} {name};\n"


def has_union(kind):
    if isinstance(kind, Struct):
        return any(has_union(t) for _, t, _ in kind.members)
    return has_union(kind.element) if isinstance(kind, Array) else isinstance(kind, Union)


def kind_of_result(result):
    """What is to be recorded where the function returns, roughly."""
    if isinstance(result, Struct):
        return "floats" if any(kind_of_result(t) == "floats" for _, t, _ in result.members) else ""
    if result in FLOATS + COMPLEX + VECTORS:
        return "floats"
    return "memory" if result in (STRING, WIDE_STRING) or isinstance(result, PointerTo) else ""


def may_be_untold(kind):
    """Whether nothing of a type may be shown: see complex_long_double_is_told."""
    if isinstance(kind, Struct):
        return all(may_be_untold(t) for _, t, _ in kind.members)
    if isinstance(kind, Array):
        return may_be_untold(kind.element)
    return kind is COMPLEX[2] or not kind.fields


class Dispatcher:
    """A function that calls others of the same parameters, whatever their results are, by one call
    instruction, which the compiler makes. Results are ignored, and only in registers that need no
    care."""

    def __init__(self, name, parameters, by_table):
        self.name, self.parameters, self.by_table = name, parameters, by_table
        self.callees = []

    def head(self, named=True):
        declared = ", ".join(t.parameter(n if named else "") for n, t in self.parameters)
        return f"({declared or 'void'})"

    def prototype(self):
        return f"static NOINLINE FIXED void {self.name}{self.head()};"

    def call(self, function, arguments):
        self.callees.append(function)
        return f"({self.name}_which = {len(self.callees) - 1}, {self.name}({arguments}))"

    def code(self):
        which = f"{self.name}_which"
        arguments = ", ".join(t.argument(n) for n, t in self.parameters)
        of_type = f"(void (*){self.head(False)})"
        if self.by_table:
            table = ", ".join(of_type + c for c in self.callees)
            rest = self.head(False)
            setup = f"static void (*const all[]){rest} = {{{table}}};"
            call = f"all[{which}]({arguments});"
        else:
            cases = " ".join(f"case {k}: f = {of_type}{c}; break;"
                             for k, c in enumerate(self.callees))
            setup = (f"void (*volatile f){self.head(False)}; "
                     f"switch ({which}) {{ {cases} default: return; }}")
            call = f"f({arguments});"
        return (f"static NOINLINE FIXED void {self.name}{self.head()}\n"
                f"{{ {setup} {call} sink_count++; }}")


class Generator:
    def __init__(self, seed, functions, cxx, clang, other, by_address=False):
        self.rng = random.Random(seed)
        # Where functions are called from; what they are does not depend on it.
        self.places = random.Random(f"places {seed}")
        self.dispatchers = []
        self.prefix = "other_" if other else ""
        self.cxx, self.n = cxx, functions
        self.enums = self.make_enums()
        self.structs, self.unions = [], []
        # A single character has nothing behind it that is shown.
        numbers = [t for t in INTEGERS if t.text not in ("char", "wchar_t")]
        numbers += FLOATS + self.enums + INT128 + [STRING]
        self.pointers = [PointerTo(self.rng.choice(numbers)) for _ in range(8)]
        self.pointers += [PointerTo(p) for p in self.pointers[:3]]
        self.pointers += [PointerTo(Array(self.rng.choice(NUMBERS), 3))]
        for i in range(max(12, functions // 4)):
            if self.rng.random() < 0.15:
                self.unions.append(self.make_union(i))
            else:
                self.structs.append(self.make_struct(i))
                if (i % 2 == 0 and 0 < self.structs[-1].fields < 24 and
                        not may_be_untold(self.structs[-1])):
                    self.pointers.append(PointerTo(self.structs[-1]))
        self.clang = clang
        # Large structures of C are passed by address, too.
        self.by_address = by_address
        self.definitions, self.no_results = [], []
        self.classes = self.make_classes() if cxx else []
        self.references = self.make_references() if cxx else []

    def make_enums(self):
        r = self.rng
        enums = [
            Enum(r, "color", [("RED", 0), ("GREEN", 1), ("BLUE", 7)], False),
            Enum(r, "flags", [("F_NONE", 0), ("F_READ", 1), ("F_WRITE", 2), ("F_EXEC", 4),
                              ("F_HIGH", 0x40000000)], False),
            Enum(r, "negative", [("N_LOW", -5), ("N_ZERO", 0), ("N_HIGH", 100)], True),
            Enum(r, "narrow", [("W_A", 1), ("W_B", 200)], False, None, "__attribute__((packed))"),
            Enum(r, "narrow_negative", [("X_A", -1), ("X_B", 100)], True, None,
                 "__attribute__((packed))"),
            Enum(r, "wide", [("D_A", 1), ("D_B", 0x123456789)], False),
            Enum(r, "lone", [("L_ONLY", 3)], False),
        ]
        if self.cxx:
            enums += [Enum(r, "u8enum", [("U8_A", 1), ("U8_B", 255)], False, "uint8_t"),
                      Enum(r, "s16enum", [("S16_A", -300), ("S16_B", 255)], True, "int16_t")]
        return enums

    def scalar(self, in_struct=False):
        r = self.rng
        pools = [(30, INTEGERS), (14, FLOATS), (6, [LONG_DOUBLE]), (10, POINTERS), (6, [STRING]), (2, [WIDE_STRING]),
                 (4, [FUNCTION_POINTER]), (8 if DEREF else 0, self.pointers), (8, self.enums), (5, INT128), (6, COMPLEX), (6, VECTORS)]
        return r.choice(r.choices([p for _, p in pools], [w for w, _ in pools])[0])

    def member(self, i):
        r = self.rng
        x = r.random()
        if x < 0.6:
            t = self.scalar(True)
        elif x < 0.7:
            t = Array(r.choice(NUMBERS + POINTERS), r.choice([1, 2, 3, 4, 18]))
        elif x < 0.75:
            t = Array(Array(r.choice(NUMBERS), 2), 2)
        elif x < 0.82:
            t = r.choice([Chars, Chars, WideChars])(r.choice([1, 4, 7, 8, 12, 16, 40]))
        elif self.structs and x < 0.95:
            t = r.choice(self.structs)
        elif self.unions:
            t = r.choice(self.unions)
        else:
            t = r.choice(FLOATS)
        return t

    def make_struct(self, i):
        r = self.rng
        members, budget = [], 20
        count = r.choice([1, 1, 2, 2, 2, 3, 3, 4, 5])
        kind = r.random()
        if kind < 0.04:
            return Struct(f"s{i}", [])  # of no size in GNU C, of one byte in C++
        if kind < 0.4:  # small, passed in registers
            pool = INTEGERS + FLOATS * 4 + self.enums[:3] + [STRING]
            members = [(f"m{k}", r.choice(pool), 0) for k in range(min(count, 3))]
            return Struct(f"s{i}", members)
        if kind < 0.55:  # bit-fields
            for k in range(count + 1):
                base, bits = r.choice([("int", 32), ("unsigned", 32), ("long", 64), ("bool", 1),
                                       ("unsigned char", 8), ("unsigned long", 64), ("color", 8)])
                t = next((e for e in self.enums if e.text == base), None) or next(
                    (t for t in INTEGERS if t.text == base))
                low = 3 if t in self.enums else 1
                # As wide as its type: clang does not describe its position.
                members.append((f"m{k}", t, r.randint(low, bits - 1) if bits > 1 else 1))
                if r.random() < 0.3:
                    members.append((f"n{k}", r.choice(INTEGERS), 0))
            attribute = "__attribute__((packed))" if r.random() < 0.3 else ""
            return Struct(f"s{i}", members, attribute)
        for k in range(count):
            t = self.member(k)
            if t.fields <= budget:
                members.append((f"m{k}", t, 0))
                budget -= t.fields
        plain = all(type(t) is Type and t.fields == 1 for _, t, _ in members)
        if plain and r.random() < 0.3:
            return Packed(f"s{i}", members)
        attribute = r.choice(["", "", "", "", "", "__attribute__((aligned(16)))",
                              "__attribute__((aligned(32)))"])
        return Struct(f"s{i}", members, attribute)

    def make_union(self, i):
        r = self.rng
        pool = INTEGERS + FLOATS + POINTERS
        if r.random() < 0.3:  # of one type
            return Union(f"u{i}", [("m0", t := r.choice(FLOATS)), ("a", Array(t, r.choice([1, 2, 3, 4, 5])))])
        members = [(f"m{k}", r.choice(pool)) for k in range(r.choice([1, 2, 3]))]
        if r.random() < 0.5:
            members.append(("a", Array(r.choice(INTEGERS + FLOATS), r.choice([2, 3, 5]))))
        return Union(f"u{i}", members)

    def make_classes(self):
        r = self.rng

        def members(n):
            return [(f"m{k}", r.choice(INTEGERS + FLOATS + [STRING, LONG_DOUBLE]), 0)
                    for k in range(n)]

        def copier(name, fields):
            copies = ", ".join(f"{n}(o.{n})" for n, _, _ in fields)
            return f"{name}() {{}} {name}(const {name} &o) : {copies} {{}}"

        two, three = members(2), members(3)
        plain = Struct("plain", members(2))
        virtual = ("virtual_one() {} virtual_one(const virtual_one &) = default; "
                   "virtual int called() const { return 1; }")
        classes = [
            Class("copied", two, copier("copied", two)),
            Class("copied3", three, copier("copied3", three)),
            Class("destroyed", members(2),
                  "~destroyed() { use(this); } destroyed() {} destroyed(const destroyed &) = default;"),
            Class("virtual_one", members(1), virtual),
            Class("moved_too", members(1), "moved_too() {} moved_too(moved_too &&) = default; "
                  "moved_too(const moved_too &) = default;"),
            plain,
            Class("derived", [("d0", r.choice(INTEGERS), 0)], "", plain),
            Class("constructed", members(1), "constructed() {} constructed(int, double) {}"),
            Virtual("virtually", members(2), "", "plain"),
            Virtual("inheriting", members(1), "using constructed::constructed;", "constructed"),
            Class("nothing", [], ""),
            Class("holder", [("c", STRING, 0)], "~holder() { use(this); } holder() {} "
                  "holder(const holder &) = default;"),
            Enum(r, "scoped", [("scoped::A", 1), ("scoped::B", 200)], False, "uint8_t"),
        ]
        scoped = classes[-1]
        scoped.definition = (
            "enum class scoped : uint8_t { A = 1, B = 200 };\n"
            'static const struct enum_name scoped_names[] = {{"A", 1}, {"B", 200}};')
        scoped.values = [1, 200, 201]
        text = ("{ const char *text = rnd_text(); @ = (uintptr_t)text < 4096 ? \"z\" : text; "
                "if (rnd() & 1) @ += \" and some more that is not short\"; }")
        string = Type("std::string", text, "out_chars(@.c_str(), 256);")
        view = Type("std::string_view", "@ = std::string_view(long_text, rnd() % 299 + 1);",
                    "out_chars(long_text, @.size() < 256 ? @.size() : 256);")
        size = 'out_push("size"); out_unsigned(@.size()); out_pop();'
        ints = Type("std::vector<int>", "@.resize(rnd() % 9);", size)
        strings = Type("std::vector<copied>", "@.resize(rnd() % 9);", size)
        smart = ("out_pointer(@.get()); if (out_level < DEREF) { static const long zero = 0; "
                 "struct out_target target = out_follow(@.get()); if (target.shown) { "
                 'out_push("deref"); out_int(target.state ? zero : *@); out_pop(); } '
                 "out_followed(target); }")
        unique = Moved("std::unique_ptr<int>", "@.reset(rnd() & 1 ? new int(1) : nullptr);",
                       smart, 3 if DEREF else 1)
        shared = Type("std::shared_ptr<long>", "@ = std::make_shared<long>(1);", smart,
                      3 if DEREF else 1)
        member = Type("member_pointer", "@ = rnd() & 1 ? &plain::m0 : nullptr;",
                      "{ uint64_t bits; memcpy(&bits, &@, 8); out_hex(bits); }")
        member.definition = f"typedef {plain.members[0][1].text} plain::*member_pointer;"
        null = Type("std::nullptr_t", "@ = nullptr;", "out_hex(0);")
        whole = next(c for c in classes if c.text == "virtually")
        classes.append(Class("further", [("g0", r.choice(INTEGERS), 0)], "", whole))
        self.definitions = [c.definition for c in classes] + [member.definition]
        self.no_results = [unique]
        return classes + [string, string, view, ints, strings, unique, shared, member] + (
            [] if self.clang else [null])

    def make_references(self):
        text, size = [t for t in self.classes if t.text in ("std::string", "std::vector<int>")][1:]
        return [
            Reference(text, text.show_text), Reference(text, text.show_text, "&&"),
            Reference(Type("std::string", text.fill_text, ""), text.show_text),
            Reference(size, size.show_text), Reference(INTEGERS[5]),
            Reference(self.classes[0]), Reference(self.structs[0], None, "&&"),
        ]

    def parameter_type(self):
        x = self.rng.random()
        if self.cxx and x < 0.3:
            return self.rng.choice(self.classes)
        if self.cxx and x < 0.38:
            return self.rng.choice(self.references)
        x = self.rng.random()
        if x < 0.62:
            return self.scalar()
        if x < 0.9 or not self.unions:
            return self.rng.choice(self.structs)
        return self.rng.choice(self.unions)

    def function(self, i):
        r = self.rng
        kind = r.random()
        count = r.choice([0, 1, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16])
        parameters, budget = [], BUDGET
        # Its parameters stay in registers and move between them.
        kept = r.random() < 0.15
        pool = r.choice([INTEGERS, INTEGERS[5:6], INTEGERS[7:8], FLOATS, INTEGERS[5:8:2] + FLOATS])
        for k in range(count):
            t = r.choice(pool) if kept else self.parameter_type()
            if kind < 0.15 and not kept:
                t = r.choice(FLOATS + self.structs[:3])  # more than fit in registers
            if t.fields <= budget:
                parameters.append((f"p{k}", t))
                budget -= t.fields
        result = None if r.random() < 0.15 else self.parameter_type()
        # clang returns one of its two complex types of 32 bytes in memory: then the arguments are
        # unknown.
        if result in self.no_results or isinstance(result, Reference) or (
                self.clang and result is COMPLEX[2]):
            result = None
        variadic = bool(parameters) and r.random() < 0.1
        # The compiler may change it: not all parameters need be shown.
        free = r.random() < 0.25 and not variadic
        return parameters, result, variadic, free, kept

    def register_results(self):
        """Results in registers that need no care, and no memory: a stub at a return site can record
        any of them."""
        plain = INTEGERS + self.enums + INT128 + ([] if DEREF else POINTERS)
        return plain, FLOATS * 4 + COMPLEX[:2] + VECTORS, self.small

    def make_small(self):
        """Structures in one and two registers of each kind."""
        wide = [t for t in INTEGERS if t.text in ("long", "unsigned long", "size_t")]
        pools = [[INTEGERS], [FLOATS], [FLOATS, FLOATS], [wide, wide], [wide, FLOATS],
                 [FLOATS, wide], [FLOATS[:1]] * 3]
        return [Struct(f"small{k}", [(f"m{m}", self.places.choice(pool), 0)
                                     for m, pool in enumerate(of)])
                for k, of in enumerate(pools)]

    def dispatched(self, i):
        """The signature of a function that shares a dispatcher with those next to it."""
        r = self.rng
        k = i - self.first_dispatched
        if k % 6 == 0:
            variadic = True
            while variadic:
                parameters, _, variadic, _, _ = self.function(i)
            self.dispatchers.append(Dispatcher(f"{self.prefix}dispatch{k // 6}", parameters,
                                               r.random() < 0.5))
        # Integers and floating point numbers by turns.
        pool = r.choice(self.register_results()[k % 2:])
        result = None if r.random() < 0.1 else r.choice(pool)
        return self.dispatchers[-1].parameters, result, False, False, False

    def place_of(self, result):
        """A shared call instruction (places.h). The first two are of functions with results that
        one return site can record, the third of those with strings, the others of all: a jump at
        their return sites is lifted when a function comes whose results it cannot record."""
        plain, floats, small = self.register_results()
        r = self.places
        anyone = r.choice([3, 4, 5, 6, 7])
        if r.random() < 0.2:
            return anyone
        if result is STRING:
            return 2
        in_registers = result is None or result in plain + floats + small or (
            type(result) is Struct and not result.attribute and 0 < len(result.members) <= 2 and
            all(t in INTEGERS + FLOATS + self.enums for _, t, _ in result.members))
        return r.choice([0, 0, 1]) if in_registers else anyone

    def calls_of(self, name, method, direct, result, arguments, dispatcher):
        """The expressions that call a function: one place of its own, or several."""
        r = self.places
        calls = [direct] if r.random() < 0.5 else []
        for _ in range(r.choice([1, 1, 2])):
            place = self.place_of(result)
            if method:
                calls.append(f"(the_owner.*place_for_method({place}, &{name}))({arguments})")
            else:
                calls.append(f"PLACE({place}, {name})({arguments})")
        if dispatcher:
            calls = [f"(void){calls[-1]}", dispatcher.call(name, arguments)]
        if len(calls) == 1:
            return calls[0]
        return (f"any_place({len(calls)}) == 0 ? {calls[0]} : " + (
            f"any_place(2) ? {calls[1]} : {calls[2]}" if len(calls) > 2 else calls[1]))

    def use(self, name, t):
        """Statements that need the parameter, in memory or, of a class, no more than its members."""
        if type(t) is Class and t in self.classes and t.text not in ("derived", "further") and (
                self.rng.random() < 0.4):
            # All of them: unused parameters need not be passed.
            return " ".join(f"use({name}.{member});" if of is STRING else
                            f"sink_count += (int){name}.{member};" for member, of, _ in t.members)
        return f"use(&{name});"

    def kept_body(self, i, parameters):
        """A function that takes the parameters in another order, and calls of it."""
        r = self.rng
        kinds = ["double" if t in FLOATS else "long" for _, t in parameters]
        names = {kind: [n for (n, _), k in zip(parameters, kinds) if k == kind] for kind in kinds}
        r.shuffle(kinds)
        declared = ", ".join(f"{kind} a{n}" for n, kind in enumerate(kinds))
        body = " ".join(f"use(&a{n});" for n in range(len(kinds)))
        helper = f"static NOINLINE void take_{self.prefix}{i}({declared or 'void'}) {{ {body} }}"
        calls = []
        for _ in range(r.choice([1, 2])):
            rest = {kind: r.sample(group, len(group)) for kind, group in names.items()}
            calls.append(f"take_{self.prefix}{i}({', '.join(rest[kind].pop() for kind in kinds)});")
        return helper, " ".join(calls)

    def emit_function(self, i):
        dispatcher = None
        if i >= self.first_dispatched:
            parameters, result, variadic, free, kept = self.dispatched(i)
            dispatcher = self.dispatchers[-1]
        else:
            parameters, result, variadic, free, kept = self.function(i)
        r = self.rng
        own = self.prefix + (f"free{i}" if free else f"f{i}")
        method = self.cxx and not free and not dispatcher and r.random() < 0.3
        scope = "owner::" if method else "ns::" if self.cxx and r.random() < 0.3 else ""
        name = scope + own
        # The Windows convention, which GCC does not describe in the debug information.
        ms_abi = (not free and not variadic and not method and not dispatcher and
                  r.random() < 0.08)
        # A caller that knows that a parameter is unused need not pass it. clang does not even
        # describe a class without a name that is passed by address.
        unnamed = [n for n, t in parameters if not kept and not method and not free and
                   not dispatcher and r.random() < 0.1 and
                   not (self.clang and (t in self.classes or not t.fields or
                                        ((ms_abi or self.by_address) and
                                         isinstance(t, (Struct, Union)))))]
        # It has a number as a parameter: see docs/limits.md.
        ms_abi = ms_abi and any(t in INTEGERS and n not in unnamed for n, t in parameters)
        registers = [n for n, _ in parameters if kept and not self.cxx and r.random() < 0.7]
        declared = ", ".join([("register " if n in registers else "") +
                              t.parameter("" if n in unnamed else n) for n, t in parameters] +
                             (["..."] if variadic else []))
        out = []
        if result:
            out.append(f"static {result.decl(f'ret_{i}')};")
        used = [n for n, _ in parameters if n not in unnamed and not (free and r.random() < 0.4)]
        body = " ".join(self.use(n, t) for n, t in parameters if n in used)
        if kept:
            helper, body = self.kept_body(i, parameters)
            out.append(helper)
            used = [n for n, _ in parameters]
        if method:
            body += " use(this);"  # else clang does not pass it
        unused = " ".join(f"(void){n};" for n, _ in parameters if n not in used + unnamed)
        back = f"return ret_{i};" if result else ""
        storage = "static NOINLINE" if free else "NOINLINE FIXED MS_ABI" if ms_abi else "NOINLINE FIXED"
        head = f"{own}({declared or 'void'})"
        code = (f"{storage} {result.decl(head) if result else 'void ' + head}\n"
                f"{{ {unused} {body} sink_count = {i}; {back} }}")
        prototype = "" if free else f"{result.decl(head) if result else 'void ' + head};\n"
        if ms_abi:
            prototype = "MS_ABI " + prototype
        if method:
            self.methods.append(prototype)
            code = code.replace(own + "(", name + "(", 1)
        elif scope:
            code = f"namespace ns {{\n{prototype}{code}\n}}"
        else:
            code = prototype + code
        out.append(code)
        lines, arguments = [], []
        for n, t in parameters:
            constant = free and t in INTEGERS and t.text != "bool" and r.random() < 0.3
            lines.append(f"    {t.decl(n)};")
            lines.append(f"    {n} = ({t.text})42;" if constant else f"    {t.fill(n)}")
            arguments.append(t.argument(n))
        if result:
            lines.append(f"    {result.fill(f'ret_{i}')}")
        lines.append(f'    out_entry("{name}");')
        if method:
            lines.append('    out_push("this"); out_pointer(&the_owner); if (DEREF) { '
                         'struct out_target target = out_follow(&the_owner); out_push("value"); '
                         'out_int(the_owner.value); out_pop(); out_followed(target); } out_pop();')
        for k, (n, t) in enumerate(parameters):
            shown = f"arg{k + 1}" if n in unnamed else n
            lines.append(f'    out_push("{shown}"); {t.show(n)} out_pop();')
        lines.append("    out_end();")
        if variadic:
            arguments += r.choice([["1", "2.5"], ["\"more\""], ["0.5", "3", "4", "5", "6", "7"]])
        arguments = ", ".join(arguments)
        call = f"{'the_owner.' + own if method else name}({arguments})"
        if unnamed:
            out.append(f"static __typeof__(&{name}) volatile any_{i} = {name};")
            call = f"any_{i}({arguments})"
        # Whose address is taken the compiler may change less.
        if dispatcher or (not free and self.places.random() < 0.6):
            call = self.calls_of(name, method, call, result, arguments, dispatcher)
        returned = f"ret_{i}"
        if result and not dispatcher and not (free and r.random() < 0.5):
            lines.append(f"    {result.decl('r')} = {call}; use(&r);")
            # What the caller gets; the padding of unions need not be returned.
            if not has_union(result):
                returned = "r"
        else:
            lines.append(f"    {call};")
        lines.append(f'    out_exit("{name}");')
        if result:
            lines.append(f"    {result.show(returned)}")
        lines.append("    out_end();")
        self.callers.append((f"call_{i}", kind_of_result(result)))
        body = "\n".join(lines) + "\n}"
        out.append(f"static NOINLINE void call_{i}(void)\n{{\n{body}")
        if free and self.places.random() < 0.2:
            # Another place; equal functions would be made one.
            self.callers.append((f"call_again_{i}", kind_of_result(result)))
            out.append(f"static NOINLINE void call_again_{i}(void)\n"
                       f"{{\n    sink_count = {i};\n{body}")
        return "\n".join(out)

    def emit(self):
        self.small = self.make_small()
        self.first_dispatched = self.n - self.n // 5
        out = ['#include "runtime.h"', "#include <stddef.h>",
               "typedef int (*callback)(int, const char *);", "struct undefined;",
               "static NOINLINE int known_function(int a, const char *b) "
               "{ use(b); return a; }",
               "#define MS_ABI __attribute__((ms_abi))",
               "#ifdef __clang__", "#define FIXED", "#else",
               "#define FIXED __attribute__((noclone))", "#endif"]
        out += [t.definition for t in VECTORS + self.enums]
        structs = sorted(self.structs + self.unions, key=lambda t: int(t.text[1:]))
        out += [t.definition for t in structs]
        if self.cxx:
            out += ["#include <memory>", "#include <string>", "#include <string_view>",
                    "#include <utility>", "#include <vector>"] + self.definitions
        out += [t.definition for t in self.small]
        self.methods, self.callers = [], []
        functions = [self.emit_function(i) for i in range(self.n)]
        for dispatcher in self.dispatchers:
            out += [f"static volatile unsigned {dispatcher.name}_which;", dispatcher.prototype()]
            functions.append(dispatcher.code())
        if self.cxx:
            out += ["struct owner {"] + self.methods + ["int value;", "};",
                    "static owner the_owner;"]
            if self.prefix:
                out = [line.replace("owner", "other_owner") for line in out]
                functions = [line.replace("owner", "other_owner") for line in functions]
        out += functions
        self.places.shuffle(self.callers)
        # Those with results of one kind may come after those of another one.
        if self.places.random() < 0.6:
            kinds = self.places.choice([["", "memory", "floats"], ["memory", "", "floats"],
                                        ["floats", "", "memory"]])
            self.callers.sort(key=lambda caller: kinds.index(caller[1]))
        calls = ", ".join(name for name, _ in self.callers)
        out.append(f"static void (*const calls[])(void) = {{ {calls} }};")
        out.append(f"int {self.prefix}main(int argc, char **argv)\n"
                   "{\n    return run_calls(argc, argv, calls, sizeof(calls) / sizeof(calls[0]));\n}")
        return "\n".join(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--functions", type=int, default=100)
    parser.add_argument("--language", choices=["c", "c++"], default="c")
    parser.add_argument("--compiler", choices=["gcc", "clang"], default="gcc")
    parser.add_argument("--deref", type=int, default=0)
    parser.add_argument("--other", action="store_true",
                        help="a second unit for the same program: the same types, other functions")
    parser.add_argument("--by-address", action="store_true",
                        help="for an architecture that passes large structures by address")
    args = parser.parse_args()
    global DEREF
    DEREF = args.deref
    print(f"#define DEREF {DEREF}")
    print(Generator(args.seed, args.functions, args.language == "c++",
                    args.compiler == "clang", args.other, args.by_address).emit())


if __name__ == "__main__":
    main()
