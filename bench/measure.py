# SPDX-License-Identifier: Apache-2.0
"""Running targets and recorders, and what they cost.

Targets run on one CPU, recorders on another: main() pins this process to the
recorders' CPU, which they inherit, so no wrapper stands before them.
"""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "tests" / "capability"))

import pythons  # noqa: E402  (the tests' discovery of interpreters)

LIMIT = 120.0  # seconds after which a recorder is killed


class Failed(Exception):
    """A measurement did not come about; the text says why."""


# Where targets and recorders run; None on a machine with one CPU.
_CPUS = sorted(os.sched_getaffinity(0))
RECORDER_CPU, TARGET_CPU = _CPUS[:2] if len(_CPUS) > 1 else (None, None)


def pin_recorders():
    """This process, and so every recorder, to its CPU."""
    if RECORDER_CPU is not None:
        os.sched_setaffinity(0, {RECORDER_CPU})


def _pin_target():
    if TARGET_CPU is not None:
        os.sched_setaffinity(0, {TARGET_CPU})


class Place:
    """A folder that host and chroots both see under the same name."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hognose-bench-",
                                                    dir="/tmp"))
        self.folder.chmod(0o755)
        for file in sorted((HERE / "workloads").glob("*.py")):
            (self.folder / file.name).write_bytes(file.read_bytes())

    def path(self, name):
        return str(self.folder / name)

    def remove(self):
        subprocess.run(["rm", "-rf", str(self.folder)], check=False)


@dataclasses.dataclass
class Finished:
    """How a recorder ended, and what it used, its own children included."""

    code: int
    wall: float
    cpu: float
    rss: int  # bytes, VmHWM when last looked at; 0: it ended too soon
    said: str

    def tail(self):
        if self.code < 0:
            return f"ended by signal {-self.code}"
        lines = [x.strip() for x in self.said.splitlines() if x.strip()]
        return lines[-1][:160] if lines else f"exit {self.code}, no word"


def peak_rss(pid):
    """ru_maxrss would carry this Python's own peak across the exec."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


class Recorder:
    """A started recorder; finish() waits for it with wait4."""

    def __init__(self, argv, stdin=subprocess.DEVNULL):
        self.out = tempfile.TemporaryFile()
        self.start = time.monotonic()
        # A group of its own: ^C of whoever runs us is ours alone.
        self.process = subprocess.Popen(argv, stdin=stdin, stdout=self.out,
                                        stderr=subprocess.STDOUT,
                                        env=pythons.clean_env(),
                                        start_new_session=True)
        self.rss = 0
        self.timers = []

    def at(self, seconds, action):
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()
        self.timers.append(timer)

    def send(self, number):
        try:
            os.kill(self.process.pid, number)
        except ProcessLookupError:
            pass

    def stop(self):
        self.send(signal.SIGINT)

    def look(self):
        self.rss = max(self.rss, peak_rss(self.process.pid))

    def interrupt_after(self, seconds):
        self.at(seconds, self.stop)

    def finish(self):
        self.at(LIMIT, lambda: self.send(signal.SIGKILL))
        _, status, usage = os.wait4(self.process.pid, 0)
        wall = time.monotonic() - self.start
        for timer in self.timers:
            timer.cancel()
        code = os.waitstatus_to_exitcode(status)
        self.process.returncode = code
        self.out.seek(0)
        said = self.out.read().decode("utf-8", "replace")
        self.out.close()
        return Finished(code, wall, usage.ru_utime + usage.ru_stime, self.rss,
                        said)


def run(argv, interrupt=None, rss_at=None):
    """Run a recorder to its end; SIGINT after `interrupt` seconds."""
    recorder = Recorder(argv)
    if rss_at:
        recorder.at(rss_at, recorder.look)
    if interrupt:
        recorder.interrupt_after(interrupt)
    return recorder.finish()


def inside(python):
    """What stands before a program of the Python's chroot, if it has one.

    run.py has shared /tmp and /proc with it.  Not Python.enter(): peers must
    see the target in their own mount namespace.
    """
    return ["chroot", python.root] if python.root else []


class Target:
    """A workload under one Python, pinned, said to be ready.

        with Target(place, python, "calm.py", "deep20") as target: ...
    """

    def __init__(self, place, python, script, *args, threads=1):
        self.python, self.threads = python, threads
        argv = [*inside(python), python.path, place.path(script), *args]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=pythons.clean_env(), preexec_fn=_pin_target)
        words = self.process.stdout.readline().split()
        if words[:1] != ["ready"]:
            self.close()
            raise Failed(f"{script} did not start under {python.id}")
        self.pid, self.what = self.process.pid, words[2:]

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def result(self):
        """{"wall", "cpu"} of the fixed work, once it is done."""
        out, _ = self.process.communicate(timeout=LIMIT)
        return json.loads(out.strip().splitlines()[-1])

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
