#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the values of calls of the C library with those that ltrace(1) shows.

  bench/against_ltrace.py [BUILD]

Runs programs of the system twice, once under each tracer, with a copy of the C library that no
debug information is for. Of the calls from the program itself, function by function and in their
order: whether each function that ltrace has a prototype of has types here, and whether arguments
and results that both show are the same. The exit status is 1 where one is not.
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build')
TRACER = os.path.join(BUILD, 'bin', 'ptrace_tracer')
PROTOTYPES = '/etc/ltrace.conf'
PROGRAMS = [
    ['/bin/bash', '-c', 'for i in 1 2 3; do printf "%s\\n" "$i"; done; x=abc; echo "${x^^}"'],
    ['/bin/grep', '-n', 'root', '/etc/passwd'],
    ['/bin/sed', '-e', 's/root/toor/g', '/etc/passwd'],
    ['/usr/bin/sort', '-r', '/etc/group'],
    ['/usr/bin/find', '/etc/apt', '-name', '*.list'],
    ['/usr/bin/python3', '-S', '-E', '-c', 'print(sorted({"a": 1, "b": 2}), 2.5 ** 3)'],
    ['/usr/bin/sqlite3', ':memory:', 'create table t(a, b); insert into t values(1, 2.5); select * from t'],
    ['/usr/bin/curl', '--version'],
    ['/usr/bin/openssl', 'version', '-a'],
    ['/usr/bin/git', '--version'],
    ['/usr/bin/awk', 'BEGIN { for (i = 0; i < 5; i++) print sin(i), substr("abcdef", i) }'],
    ['/usr/bin/tar', '--version'],
    ['/usr/bin/diff', '/etc/passwd', '/etc/group'],
    ['/bin/ls', '-l', '/etc/apt'],
    ['/bin/date', '-u', '-d', '@86400', '+%F %T'],
]
# These differ from run to run: times, process IDs, seeds made of them, what /proc has.
DIFFER = {'getpid', 'getppid', 'time', 'clock', 'gettimeofday', 'clock_gettime', 'random', 'rand', 'srandom',
          'mkstemp', 'mkdtemp', 'getpgrp', 'fork', 'wait4', 'waitpid', 'read'}
DIFFERENT_VALUES = {('/bin/bash', 'strcpy')}
OPENING, CLOSING = '([{<', ')]}>'

Call = collections.namedtuple('Call', 'arguments result')


def bare_library(directory):
    """A copy of the C library that has another build ID."""
    maps = open('/proc/self/maps').read()
    path = re.search(r'(\S*/libc\.so\.6)$', maps, re.M).group(1)
    sections = subprocess.run(['readelf', '-SW', path], check=True, capture_output=True, text=True).stdout
    at = re.search(r'\.note\.gnu\.build-id +NOTE +[0-9a-f]+ +([0-9a-f]+)', sections).group(1)
    copy = os.path.join(directory, 'libc.so.6')
    shutil.copy(path, copy)
    with open(copy, 'r+b') as file:
        file.seek(int(at, 16) + 16)
        file.write(b'another')


def split(text):
    """The arguments of a list: separated by commas, outside of quotes and brackets."""
    parts, depth, quote, start, i = [], 0, None, 0, 0
    while i < len(text):
        c = text[i]
        if quote:
            if c == '\\':
                i += 1
            elif c == quote:
                quote = None
        elif c in '"\'':
            quote = c
        elif c in OPENING:
            depth += 1
        elif c in CLOSING:
            depth -= 1
        elif c == ',' and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
        i += 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def end_of(text, at):
    """The index of the bracket that closes the one at `at`, or None."""
    depth, quote, i = 0, None, at
    while i < len(text):
        c = text[i]
        if quote:
            if c == '\\':
                i += 1
            elif c == quote:
                quote = None
        elif c in '"\'':
            quote = c
        elif c in OPENING:
            depth += 1
        elif c in CLOSING:
            depth -= 1
            if depth == 0:
                return i
        i += 1
    return None


def bytes_of(text):
    """What a quoted string stands for; None: it is cut."""
    if text.endswith('...'):
        return None
    escapes = {'n': '\n', 't': '\t', 'r': '\r', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v', 'e': '\033'}

    def replace(match):
        what = match.group(1)
        if what[0] == 'x':
            return chr(int(what[1:], 16))
        if what[0] in '01234567':
            return chr(int(what, 8))
        return escapes.get(what, what)

    raw = re.sub(r'\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)', replace, text[1:-1], flags=re.S)
    return raw.encode('latin-1', 'replace') if all(ord(c) < 256 for c in raw) else raw.encode()


def value_of(text):
    """('number', n), ('text', bytes), ('float', x), or None where it cannot be compared."""
    text = text.strip()
    if text in ('nil', 'NULL', '(null)'):
        return ('number', 0)
    if re.fullmatch(r'0x[0-9a-f]+', text):
        return ('number', int(text, 16))
    if re.fullmatch(r'-?[0-9]+', text):
        return ('number', int(text))
    if re.fullmatch(r'-?[0-9]+\.[0-9]+(e[-+][0-9]+)?', text):
        return ('float', float(text))
    if re.fullmatch(r"'(\\.+|[^\\])'", text, re.S):
        raw = bytes_of(text)
        return ('number', raw[0]) if len(raw) == 1 else None
    if text.startswith('"'):
        raw = bytes_of(text)
        return None if raw is None else ('text', raw)
    return None


def same(theirs, ours, kind):
    """True, False, or None where only one shows a value or they show different kinds."""
    a, b = value_of(theirs), value_of(ours)
    if a is None or b is None or a[0] != b[0] or kind == 'pointee':
        return None
    if a[0] == 'text' and kind == 'part':
        return b[1].startswith(a[1]) or a[1].startswith(b[1])
    if a[0] == 'number':
        bits = 32 if -2**31 <= a[1] < 2**32 else 64
        return (a[1] - b[1]) % 2**bits == 0
    if a[0] == 'float':
        return abs(a[1] - b[1]) <= 1e-5 * max(1, abs(b[1]))
    return a[1] == b[1]


def run(command, environment):
    return subprocess.run(['setarch', '-R'] + command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, env=environment, timeout=300, check=False).returncode


def ltrace_calls(path):
    """Lists of calls by function, in their order."""
    calls, pending = collections.defaultdict(list), []
    for line in open(path, encoding='latin-1'):
        line = line.rstrip('\n')
        line = re.sub(r'^[0-9]+ ', '', line)
        match = re.match(r'<\.\.\. (\w+) resumed> ?(.*)$', line)
        if match:
            while pending and pending[-1][0] != match.group(1):
                pending.pop()
            if not pending:
                continue
            name, index, start = pending.pop()
            line = name + start + match.group(2)
        else:
            match = re.match(r'(\w+)\(', line)
            if not match:
                continue
            name = match.group(1)
            index = len(calls[name])
            calls[name].append(Call([], None))
            if '<unfinished ...>' in line:
                start = line[len(name):line.index('<unfinished ...>')].rstrip()
                pending.append((name, index, start))
                calls[name][index] = Call(split(start[1:]), None)
                continue
        end = end_of(line, len(name))
        if end is None:
            continue
        result = re.match(r'\s*= (.*)$', line[end + 1:])
        calls[name][index] = Call(split(line[len(name) + 1:end]), result.group(1) if result else None)
    return calls


def our_calls(path, program):
    """The same of --print --with=caller: calls from the program."""
    calls, open_calls = collections.defaultdict(list), collections.defaultdict(list)
    for line in open(path, encoding='utf-8', errors='replace'):
        tid, line = re.match(r'([0-9]+) +(.*)$', line).groups()
        match = re.match(r'\w+:(\w+)\(', line)
        if match:
            end = end_of(line, match.end() - 1)
            caller = re.search(r' caller = "(.*?)"', line[end:]) if end else None
            name = match.group(1)
            place = None
            if caller and caller.group(1).rsplit('+', 1)[0] in program:
                arguments = [part.split(' = ', 1)[-1] for part in split(line[match.end():end])]
                place = (name, len(calls[name]))
                calls[name].append(Call(arguments, None))
            open_calls[tid].append(place)
            continue
        match = re.match(r'(?:} \w+:\w+ )?= (.*?) <[0-9.]+>', line)
        if match and open_calls[tid]:
            place = open_calls[tid].pop()
            if place:
                name, index = place
                calls[name][index] = calls[name][index]._replace(result=match.group(1))
    return calls


def names_of(program):
    """How callers in the program are named: by its file, or by what it exports."""
    names = subprocess.run(['nm', '-D', '--defined-only', '--format=posix', program], capture_output=True, text=True,
                           check=False).stdout
    return {line.split()[0].split('@')[0] for line in names.splitlines()} | {os.path.basename(os.path.realpath(program))}


def read_prototypes():
    """The types of parameters, by function."""
    prototypes = {}
    for line in open(PROTOTYPES):
        match = re.match(r'[^;#]*?(\w+)\(', line)
        end = end_of(line, match.end() - 1) if match else None
        if end:
            prototypes[match.group(1)] = split(line[match.end():end])
    return prototypes


def how(types, i):
    """How ltrace shows argument number i: 'pointee' is not the value, 'part' a text of known length."""
    kind = types[i] if i < len(types) else ''
    return 'pointee' if '*' in kind or 'array' in kind else 'part' if re.search(r'string[\[(0-9]', kind) else ''


def main():
    known = read_prototypes()
    totals = collections.Counter()
    problems, others = [], []
    seen_functions = set()
    with tempfile.TemporaryDirectory() as directory:
        bare_library(directory)
        environment = {'PATH': os.environ['PATH'], 'HOME': directory, 'LC_ALL': 'C.UTF-8', 'LD_LIBRARY_PATH': directory}
        for command in PROGRAMS:
            if not os.path.exists(command[0]):
                print(f'{command[0]}: not installed')
                continue
            theirs_path, ours_path = os.path.join(directory, 'theirs'), os.path.join(directory, 'ours')
            run(['ltrace', '-s', '4096', '-A', '64', '-o', theirs_path] + command, environment)
            theirs = ltrace_calls(theirs_path)
            names = sorted(name for name in theirs if name in known)
            if not names:
                print(f'{command[0]}: ltrace shows nothing')
                continue
            patterns = ['-f', '(' + '|'.join(names) + ')@libc.so.6']
            run([TRACER, '-q', '--with=caller', '--string-limit=4096', f'--print={ours_path}'] + patterns + command,
                environment)
            ours = our_calls(ours_path, names_of(command[0]))
            listed = subprocess.run([TRACER, '--list'] + patterns + command[:1], capture_output=True, text=True,
                                    env=environment, check=False).stdout
            typed = set(re.findall(r'^c:(\w+)  .*\[types of ', listed, re.M))
            in_library = set(re.findall(r'^c:(\w+)  ', listed, re.M))
            counts = collections.Counter()
            for name in names:
                if name not in in_library:
                    continue
                seen_functions.add(name)
                if name not in typed:
                    problems.append(f'{command[0]}: {name} has a prototype of ltrace and no types here')
                if len(theirs[name]) != len(ours[name]):
                    counts['unequal'] += 1
                    others.append(f'{command[0]}: {name}: {len(theirs[name])} and {len(ours[name])} calls')
                    continue
                for number, (a, b) in enumerate(zip(theirs[name], ours[name])):
                    counts['calls'] += 1
                    pairs = [(x, y, how(known[name], i)) for i, (x, y) in enumerate(zip(a.arguments, b.arguments))]
                    if a.result is not None and b.result is not None:
                        pairs.append((a.result, b.result, ''))
                    for x, y, kind in pairs:
                        verdict = same(x, y, kind)
                        counts['values'] += verdict is not None
                        if verdict is False and name not in DIFFER and (command[0], name) not in DIFFERENT_VALUES:
                            problems.append(f'{command[0]}: {name}, call {number + 1}: {x} and {y}')
            totals.update(counts)
            print(f'{command[0]}: {len(names)} functions, {counts["calls"]} calls, {counts["values"]} values compared'
                  + (f'; {counts["unequal"]} functions with other numbers of calls' if counts['unequal'] else ''))
    print(f'{len(seen_functions)} functions, {totals["calls"]} calls, {totals["values"]} values; '
          f'{len(problems)} differ or have no types')
    for line in others + problems[:50]:
        print(line)
    return 1 if problems else 0


sys.exit(main())
