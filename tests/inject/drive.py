#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Lets each call of a kind that the tracer makes fail, one in each run, and checks what became of the
program it traces and of what it says.

    drive.py BUILD TARGETS WAY KIND [--nth | --part=I/N] [--seconds=N]

BUILD is the build directory of the tracer, TARGETS that of the programs. WAY is how the program is
traced: launched, followed (launched with --follow-forks) or attached. KIND is a kind of
inject.c. A run fails the first call whose call stack no run before it has failed; with --nth every
call fails in a run of its own, the first, the second and so on. It ends when a run fails nothing, or
after N seconds. With --part only call stacks of the I-th of N parts count.

What holds of each run:
  * The program does what it does untraced, to its exit status and the last line, or, where the
    tracer could not start it, nothing at all.
  * The tracer ends by itself, and by no signal.
  * Either all calls were recorded, with their returns, or the tracer says in a line what failed.
  * No process is left.
  * With KIND "kill" the process that was killed is the only one that ends otherwise.

The last line is the number of runs; the exit status 0 when there were some, and nothing was wrong.
"""
import os
import platform
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

CALLS = 20
FUNCTIONS = 'work|in_child|in_leaf|lib_work'
RECORDED = {'launched': 4 * CALLS, 'followed': 6 * CALLS, 'attached': 4 * CALLS}
NAMES = ('fork', 'exec', 'spawn')
RESULT = 'result %d' % (3 * sum(i + 1 for i in range(CALLS)) + sum(i + 5 for i in range(CALLS)))
TRACER_FAILED = 125
# A breakpoint instruction.
TRAP = b'\x00\x00\x20\xd4' if platform.machine() == 'aarch64' else b'\xcc'
LIMIT = 30  # seconds after which a run counts as hanging
PLANTED_LIMIT = 20  # seconds after which the program continues although no breakpoint is seen in it
SUMMARY = re.compile(r'^ptrace_tracer: \d+ functions? armed, ')


class Wrong(Exception):
    pass


class Run:
    def __init__(self, build, targets, way, kind, directory, nth, part):
        self.tracer = os.path.join(build, 'bin/ptrace_tracer')
        self.inject = os.path.join(targets, 'tests/libinject.so')
        self.program = os.path.join(targets, 'targets/family')
        self.way, self.kind, self.directory = way, kind, directory
        self.nth, self.part = nth, part
        self.deadline = time.monotonic() + LIMIT
        self.children = []
        for name in ('log', 'lines', 'err', 'words'):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))

    def path(self, name):
        return os.path.join(self.directory, name)

    def text(self, name):
        try:
            with open(self.path(name), errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def environment(self):
        extra = {'LD_PRELOAD': self.inject, 'INJECT': self.kind, 'INJECT_LOG': self.path('log')}
        if self.nth:
            extra['INJECT_NTH'] = str(self.nth)
        else:
            extra['INJECT_SEEN'] = self.path('seen')
            extra['INJECT_PART'] = self.part
        return dict(os.environ, **extra)

    def start(self, arguments, **more):
        child = subprocess.Popen(arguments, start_new_session=True, **more)
        self.children.append(child)
        return child

    def start_tracer(self, arguments):
        with open(self.path('err'), 'w') as err:
            command = [self.tracer, '-f', FUNCTIONS, '--print=' + self.path('lines')] + arguments
            return self.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
                              env=self.environment())

    def read(self, stream, until=None):
        """All that comes, to the end of file or to a line that begins with `until`."""
        text = ''
        while True:
            ready, _, _ = select.select([stream], [], [], max(0, self.deadline - time.monotonic()))
            if not ready:
                raise Wrong('no more output, and no end: hangs after %r' % text)
            some = os.read(stream.fileno(), 4096).decode(errors='replace')
            text += some
            if not some or until and re.search('^' + until + '.*\n', text, re.M):
                return text

    def tell(self, program, line):
        """Writes the line, or the end of file; the program may be dead."""
        try:
            if line:
                program.stdin.write(line)
                program.stdin.flush()
            else:
                program.stdin.close()
        except BrokenPipeError:
            pass

    def status(self, child, what):
        try:
            return child.wait(max(0.1, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Wrong('%s does not end' % what) from None

    def killed(self):
        """The process that was killed, if that is what failed."""
        first = self.text('log').split()
        return int(first[0]) if first and self.kind == 'kill' else 0

    def check_output(self, text):
        """Whether the program ran; what it wrote is what it writes untraced."""
        lines = [line for line in text.splitlines() if not line.startswith(('State: ', 'pid '))]
        if not lines:
            return False
        wanted = ['child %s 0' % name for name in NAMES] + [RESULT]
        if self.killed():
            wanted = [line if line in lines else line[:-1] + '9' if line.startswith('child') else line
                      for line in wanted]
            differ = sum(line.endswith(' 9') for line in wanted)
            if differ > 1:
                raise Wrong('more than the killed process was killed: %r' % lines)
        if lines != wanted:
            raise Wrong('the output is %r' % lines)
        return True

    def check_words(self, all_recorded):
        lines = self.text('lines')
        entries = len(re.findall(r'^\d+ +\S+:\w+\(', lines, re.M))
        exits = len(re.findall(r'^\d+ *(?:\} \S+ )?= ', lines, re.M))
        said = [line for line in self.text('err').splitlines() if not SUMMARY.match(line)]
        if any('AddressSanitizer' in line or 'runtime error' in line for line in said):
            raise Wrong('a sanitizer stopped the tracer')
        whole = all_recorded and entries == exits == RECORDED[self.way]
        if not whole and not said:
            raise Wrong('%d entries, %d exits, not a word why' % (entries, exits))

    def launched(self):
        arguments = ['-F'] if self.way == 'followed' else []
        tracer = self.start_tracer(arguments + ['--', self.program])
        text = self.read(tracer.stdout)
        status = self.status(tracer, 'the tracer')
        killed = self.killed()
        if killed and status == 128 + signal.SIGKILL:
            return
        ran = self.check_output(text)
        if status not in ((0, TRACER_FAILED) if ran else (TRACER_FAILED,)):
            raise Wrong('exit status %d' % status)
        if not killed:
            self.check_words(status == 0)

    def is_planted(self, pid, address):
        try:
            with open('/proc/%d/mem' % pid, 'rb') as memory:
                memory.seek(address)
                return memory.read(len(TRAP)) == TRAP
        except OSError:
            return False

    def attached(self):
        with open(self.path('words'), 'w') as words:
            program = self.start([self.program, 'wait'], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=words)
        first = self.read(program.stdout, 'pid ')
        pid, address = re.match(r'pid (\d+) work (\S+)', first).groups()
        tracer = self.start_tracer(['-p', pid])
        # A tracer that could not arm anything says so, ends, or fails the comparison of its
        # records.
        planted_by = time.monotonic() + PLANTED_LIMIT
        while tracer.poll() is None and not self.is_planted(int(pid), int(address, 16)):
            if self.text('err') or time.monotonic() > planted_by:
                break
            time.sleep(0.001)
        self.tell(program, b'go\n')
        text = self.read(program.stdout, 'result ')
        if tracer.poll() is None:
            tracer.terminate()
        tracer_status = self.status(tracer, 'the tracer')
        self.tell(program, None)
        text += self.read(program.stdout)
        status = self.status(program, 'the program')
        killed = self.killed()
        if tracer_status not in (0, TRACER_FAILED):
            raise Wrong('exit status %d of the tracer' % tracer_status)
        if killed and status == -signal.SIGKILL:
            return
        if not self.check_output(text) or status != 0:
            raise Wrong('exit status %d of the program' % status)
        if not killed:
            self.check_words(tracer_status == 0)

    def stack(self):
        """What failed, with the names of the tracer's functions."""
        words = []
        for line in self.text('log').splitlines():
            at = re.match(re.escape(self.tracer) + r'\(\+(0x[0-9a-f]+)\)', line)
            command = ['addr2line', '-fpse', self.tracer, at.group(1)] if at else None
            words.append(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
                         .stdout.strip() if at else line)
        return '\n'.join(words) + '\n'

    def left(self):
        """Processes of the sessions that were started here, zombies but for ours not counted."""
        sessions = {child.pid for child in self.children}
        found = []
        for name in os.listdir('/proc'):
            if not name.isdigit():
                continue
            try:
                with open('/proc/%s/stat' % name) as file:
                    fields = file.read().rpartition(')')[2].split()
            except OSError:
                continue
            if int(fields[3]) in sessions and fields[0] not in 'ZX':
                found.append(int(name))
        return found

    def end(self):
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        for child in self.children:
            child.wait()
            self.tell(child, None) if child.stdin else None
            child.stdout.close()

    def check(self):
        """Whether anything failed; raises Wrong."""
        try:
            self.attached() if self.way == 'attached' else self.launched()
            while self.left():
                if time.monotonic() > self.deadline:
                    raise Wrong('processes are left: %r' % self.left())
                time.sleep(0.01)
            # Also for a child whose parent is gone and cannot report its end.
            if 'target: wrong' in self.text('words') + self.text('err'):
                raise Wrong('a process of the program was harmed')
        finally:
            self.end()
        return bool(self.text('log'))


def main():
    build, targets, way, kind = sys.argv[1:5]
    by_number = '--nth' in sys.argv
    seconds = [int(word[10:]) for word in sys.argv if word.startswith('--seconds=')]
    parts = [word[7:] for word in sys.argv if word.startswith('--part=')] or ['0/1']
    end = time.monotonic() + (seconds[0] if seconds else 1e9)
    n = n_wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        while time.monotonic() < end:
            run = Run(os.path.abspath(build), os.path.abspath(targets), way, kind, directory,
                      n + 1 if by_number else 0, parts[0])
            try:
                failed = run.check()
            except Wrong as why:
                failed = True
                n_wrong += 1
                print('%s, %s, run %d: %s' % (way, kind, n + 1, why))
                print(run.stack() + run.text('words') + run.text('err'), flush=True)
            if not failed:
                break
            n += 1
        else:
            print('the time is over')
    print('%d runs, %d wrong' % (n, n_wrong))
    return n_wrong > 0 or n == 0


sys.exit(main())
