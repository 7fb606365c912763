# SPDX-License-Identifier: Apache-2.0
"""Programs that a test starts: targets, and hognose itself."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent

SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error: ")


def wait_until(predicate, timeout=20.0, what="it"):
    """Polls until predicate() is true and returns that; else fails the test."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = predicate()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come within {timeout} s")


class Program:
    """A running process in a session of its own; reads all that it says."""

    def __init__(self, argv, **popen):
        self.argv = [str(arg) for arg in argv]
        popen.setdefault("stdin", subprocess.DEVNULL)
        self._process = subprocess.Popen(
            self.argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, **popen)
        self.pid = self._process.pid
        self._said = {"stdout": b"", "stderr": b""}
        self._readers = [
            threading.Thread(target=self._read, args=(name,), daemon=True)
            for name in self._said]
        for reader in self._readers:
            reader.start()

    def _read(self, name):
        stream = getattr(self._process, name)
        while True:
            chunk = os.read(stream.fileno(), 65536)
            if not chunk:
                return
            self._said[name] += chunk

    @property
    def stdout(self):
        """What it has said so far."""
        return self._said["stdout"].decode("utf-8", "replace")

    @property
    def stderr(self):
        return self._said["stderr"].decode("utf-8", "replace")

    @property
    def returncode(self):
        """None while it runs; -N when it ended by signal N."""
        return self._process.poll()

    @property
    def running(self):
        return self.returncode is None

    def wait_for(self, text, timeout=20.0):
        """Waits until `text` stands in its output; returns all of stdout."""
        def came():
            ended = not self.running
            if text in self.stdout or text in self.stderr:
                return True
            if ended:
                self.wait(5)
                if text in self.stdout or text in self.stderr:
                    return True
                raise AssertionError(
                    f"{self.argv} ended with {self.returncode} before it said "
                    f"{text!r}:\n{self.stdout}{self.stderr}")
            return False
        wait_until(came, timeout, f"{text!r} from {self.argv}")
        return self.stdout

    def wait(self, timeout=30.0):
        """Waits for its end and the end of its output; the return code."""
        code = self._process.wait(timeout)
        for reader in self._readers:
            reader.join(2.0)
        return code

    def say(self, data):
        """Writes to its stdin, which must be a pipe."""
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """SIGKILL, to this process alone."""
        if self.running:
            self.signal(signal.SIGKILL)
        return self.wait()

    def stop(self):
        """Ends it and what it started, and collects it."""
        for number in (signal.SIGCONT, signal.SIGTERM):
            self._signal_group(number)
        try:
            self._process.wait(3.0)
        except subprocess.TimeoutExpired:
            pass
        self._signal_group(signal.SIGKILL)
        self._process.wait(10.0)
        for reader in self._readers:
            reader.join(2.0)

    def _signal_group(self, number):
        # The session is ours (start_new_session): its group is its pid, and
        # the number stays taken as long as a member of the group lives.
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


class Target(Program):
    """A program under a CPython that hognose is to look at."""

    def __init__(self, python, argv, path, **popen):
        super().__init__(argv, **popen)
        self.python = python
        self.path = path  # of the script, as the target sees it

    def status(self, field):
        """A field of /proc/PID/status, e.g. "TracerPid"."""
        with open(f"/proc/{self.pid}/status", encoding="ascii",
                  errors="replace") as status:
            for line in status:
                name, _, value = line.partition(":")
                if name == field:
                    return value.strip()
        raise KeyError(field)

    @property
    def cpu_ticks(self):
        """CPU time used so far by all of its threads, in clock ticks."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        return sum(map(int, stat.rpartition(")")[2].split()[11:13]))

    @property
    def tracer_pid(self):
        return int(self.status("TracerPid"))

    def tids(self):
        return sorted(map(int, os.listdir(f"/proc/{self.pid}/task")))


class Stack:
    """One line of folded output, root first."""

    def __init__(self, line):
        frames, _, weight = line.rpartition(" ")
        self.line = line
        self.frames = frames.split(";")
        self.weight = float(weight) if "." in weight else int(weight)

    def __repr__(self):
        return f"<{self.line}>"

    @property
    def leaf(self):
        return self.frames[-1]

    def functions(self):
        """The function of every Python frame: file:function:line."""
        return [frame.rsplit(":", 2)[1] for frame in self.frames
                if not frame.startswith("[") and frame.count(":") >= 2]

    def has(self, *functions):
        """Do these functions stand in it, in this order?"""
        names = iter(self.functions())
        return all(function in names for function in functions)


def parse_folded(text):
    """The stacks of folded text."""
    return [Stack(line) for line in text.splitlines()]


class Result:
    """What a finished hognose left."""

    def __init__(self, argv, returncode, stdout, stderr):
        self.argv = argv
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self):
        return (f"<{' '.join(self.argv)}: exit {self.returncode}\n"
                f"{self.stdout[-2000:]}\n{self.stderr[-2000:]}>")

    def json(self):
        return json.loads(self.stdout)

    def folded(self):
        return parse_folded(self.stdout)

    def ok(self):
        """self, when it ended with 0; else the test fails with all of it."""
        assert self.returncode == 0, self
        return self


class Recorder(Program):
    """A running hognose."""

    def result(self, timeout=30.0):
        """Waits for its end."""
        self.wait(timeout)
        return _checked(Result(self.argv, self.returncode, self.stdout,
                               self.stderr))

    def interrupt(self, timeout=30.0):
        """SIGINT, then its result."""
        self.signal(signal.SIGINT)
        return self.result(timeout)


def _checked(result):
    assert not SANITIZER.search(result.stderr), result
    return result


class Hognose:
    """Runs build/hognose, or what $HOGNOSE names."""

    def __init__(self):
        named = os.environ.get("HOGNOSE")
        self.path = os.path.abspath(named or TOP / "build" / "hognose")
        self.started = []

    def run(self, *args, timeout=30.0, text=True, **popen):
        """Runs it to its end.  A sanitizer's report fails the test."""
        argv = [self.path, *map(str, args)]
        popen.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(argv, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout,
                              check=False, **popen)
        if not text:
            return Result(argv, done.returncode, done.stdout, done.stderr)
        return _checked(Result(argv, done.returncode,
                               done.stdout.decode("utf-8", "replace"),
                               done.stderr.decode("utf-8", "replace")))

    def start(self, *args, **popen):
        """Starts it and returns at once; the fixture stops it in the end."""
        program = Recorder([self.path, *args], **popen)
        self.started.append(program)
        return program

    def stop_all(self):
        for program in self.started:
            program.stop()
