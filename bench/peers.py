# SPDX-License-Identifier: Apache-2.0
"""The profilers beside us: py-spy, austin 4, and CPython 3.15's own sampler.

What PyPI has is installed once into the cache folder, in the versions below.
austin 4 needs a C library newer than stable distributions have: it borrows
that of the Debian sid chroot, and runs inside it for targets that live there.
"""

import atexit
import os
import pathlib
import re
import subprocess
import sys

import measure
import tools
from measure import pythons

PY_SPY = "py-spy==0.4.3"
AUSTIN = "austin-dist==4.0.0"
AUSTIN_TOOLS = "austin-python==2.4.0"  # turns its binary output into text

OTHER_VERSION = "reads its own version only"

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu",
             "lib/aarch64-linux-gnu")


def venv():
    return pathlib.Path(pythons.cache_folder()) / "bench-venv"


def install():
    """Everything PyPI has, into the cache; why not, or ""."""
    folder = venv()
    mark = folder / "hognose-bench"
    wanted = " ".join((PY_SPY, AUSTIN, AUSTIN_TOOLS))
    if mark.exists() and mark.read_text() == wanted:
        return ""
    pip = [str(folder / "bin" / "pip"), "install", "-q",
           "--disable-pip-version-check"]
    for argv in ([sys.executable, "-m", "venv", str(folder)],
                 [*pip, *wanted.split()]):
        done = subprocess.run(argv, capture_output=True, text=True,
                              check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            return f"cannot install it: {said[-1] if said else 'no word'}"
    mark.write_text(wanted)
    return ""


def version_of(argv):
    """(version, "") or ("", why not)."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True,
                              check=False, timeout=60)
    except OSError as error:
        return "", str(error)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        return "", said[-1][:160] if said else "does not run"
    return (done.stdout or done.stderr).split()[-1], ""


class PySpy(tools.Tool):
    def __init__(self, missing, blocking=True):
        self.program = str(venv() / "bin" / "py-spy")
        self.blocking = self.stops = blocking
        self.name = "py-spy" + " --nonblocking" * (not blocking)
        self.version, why = version_of([self.program, "--version"])
        self.missing = missing or why
        self.attach = {}  # by pid

    def why_not(self, python):
        if self.missing:
            return self.missing
        if python.version >= (3, 15) or python.free_threaded:
            return "does not know this Python"
        return ""

    def record_argv(self, target, rate, seconds, out, idle=False):
        return [self.program, "record", "--pid", str(target.pid), "--rate",
                str(rate), "--duration", "unlimited", "--format", "raw",
                "--function", "--output", out, *["--idle"] * idle,
                *["--nonblocking"] * (not self.blocking)]

    def dump_argv(self, target):
        return [self.program, "dump", "--pid", str(target.pid)]

    def interrupt(self, seconds):
        # With a duration it would go on until rate x duration samples are in.
        return seconds

    def _sampling(self, target, wall):
        """It does not say how long it sampled: less what a dump takes."""
        if target.pid not in self.attach:
            done = measure.run(self.dump_argv(target))
            self.attach[target.pid] = done.wall
        return max(wall - self.attach[target.pid], wall / 2)

    @staticmethod
    def function(frame):
        return frame.rpartition(" (")[0]

    def parse(self, finished, out, target, seconds, stacks):
        got = re.search(r"Samples: (\d+) Errors: (\d+)", finished.said)
        if not got:
            raise measure.Failed(finished.tail())
        errors = int(got[2])
        folded = tools.read_folded(out, self.function)
        n = tools.weight_of(folded)
        return tools.Recording(n / target.threads,
                               self._sampling(target, seconds),
                               lost=100 * errors / ((n + errors) or 1),
                               stacks=folded if stacks else None)


class Austin(tools.Tool):
    name = "austin"

    def __init__(self, missing):
        self.program = str(venv() / "bin" / "austin")
        self.root = pythons.sid_root()
        self.argv, self.missing = [self.program], missing
        if missing:
            return
        self.version, why = version_of([*self.argv, "--version"])
        if why:
            self.argv = self._borrowed()
            self.version, why = version_of([*self.argv, "--version"])
        self.missing = why and f"needs a newer C library: {why}"

    def _borrowed(self):
        loaders = list(pathlib.Path(self.root).glob("lib*/ld-linux-*.so.*"))
        if not loaders:
            return self.argv
        path = ":".join(f"{self.root}/{folder}" for folder in LIBRARIES)
        return [str(loaders[0]), "--library-path", path, self.program]

    def why_not(self, python):
        if self.missing:
            return self.missing
        if not (3, 9) <= python.version < (3, 15) or python.free_threaded:
            return "does not know this Python"
        return ""

    def _command(self, target):
        if not target.python.root:
            return self.argv
        # /tmp is the same inside: see run.py's share_with_chroot.
        copy = f"/tmp/hognose-bench-{os.getpid()}.austin"
        if not os.path.exists(copy):
            subprocess.run(["cp", self.program, copy], check=True)
            atexit.register(os.unlink, copy)
        return [*measure.inside(target.python), copy]

    def record_argv(self, target, rate, seconds, out, idle=False):
        return [*self._command(target), "-i", str(max(1, 1000000 // rate)),
                "-o", out, "-p", str(target.pid)]

    def dump_argv(self, target):
        return [*self._command(target), "-w", str(target.pid)]

    def interrupt(self, seconds):
        return seconds

    @staticmethod
    def function(frame):
        if re.fullmatch(r"[PT]\d+(:.*)?", frame):
            return ""
        return frame.rpartition(":")[0].rpartition(":")[2]

    def parse(self, finished, out, target, seconds, stacks):
        said = COLOURS.sub("", finished.said)
        took = re.search(r"Total duration[ .]*([\d.]+) ?(m?s)", said)
        errors = re.search(r"Error rate[ .]*(\d+)/(\d+)", said)
        if not took or not errors:
            raise measure.Failed(COLOURS.sub("", finished.tail()))
        wall = float(took[1]) / (1000 if took[2] == "ms" else 1)
        bad, n = int(errors[1]), int(errors[2])
        return tools.Recording((n - bad) / target.threads, wall or seconds,
                               lost=100 * bad / (n or 1),
                               stacks=self._stacks(out) if stacks else None)

    def _stacks(self, out):
        """One line of text is one sample; its weight is microseconds."""
        subprocess.run([str(venv() / "bin" / "mojo2austin"), out,
                        out + ".txt"], check=True, capture_output=True)
        return [(names, 1) for names, _ in
                tools.read_folded(out + ".txt", self.function)]


class Tachyon(tools.Tool):
    """python3.15 -m profiling.sampling, for targets of its own version."""

    def __init__(self, found, blocking=False):
        self.blocking = self.stops = blocking
        self.name = "profiling.sampling" + " --blocking" * blocking
        fits = [p for p in found if p.version[:2] == (3, 15) and not p.debug
                and not p.free_threaded]
        self.python = fits[0] if fits else None
        self.version = ".".join(map(str, self.python.version)) if fits else ""

    def why_not(self, python):
        if not self.python:
            return "no CPython 3.15 here"
        if python != self.python:
            return OTHER_VERSION
        return ""

    def _command(self):
        return [*measure.inside(self.python), self.python.path, "-m",
                "profiling.sampling"]

    def record_argv(self, target, rate, seconds, out, idle=False):
        argv = [*self._command(), "attach", "-r", str(rate), "--collapsed",
                "-o", out]
        if seconds is not None:  # whole ones only
            argv += ["-d", str(max(1, round(seconds)))]
        else:
            argv += ["-d", "60"]
        return [*argv, *["-a"] * (target.threads > 1),
                *["--blocking"] * self.blocking, str(target.pid)]

    def dump_argv(self, target):
        return [*self._command(), "dump", "-a", str(target.pid)]

    @staticmethod
    def function(frame):
        if frame.startswith("tid:"):
            return ""
        name = frame.rpartition(":")[0].rpartition(":")[2]
        return "" if name.startswith("<GC>") else name

    def parse(self, finished, out, target, seconds, stacks):
        got = re.search(r"Captured ([\d,]+) samples in ([\d.]+)",
                        finished.said)
        error = re.search(r"Error rate: ([\d.]+)", finished.said)
        if not got or finished.code:
            raise measure.Failed(finished.tail())
        lost = float(error[1]) if error else 0.0
        n = int(got[1].replace(",", "")) * (100 - lost) / 100
        return tools.Recording(n, float(got[2]), lost=lost, stacks=(
            tools.read_folded(out, self.function) if stacks else None))


def all_of(found):
    """{key: tool}, those that are missing too: they say why."""
    missing = install()
    return {"py-spy": PySpy(missing),
            "py-spy-nb": PySpy(missing, blocking=False),
            "austin": Austin(missing),
            "tachyon": Tachyon(found),
            "tachyon-blocking": Tachyon(found, blocking=True)}
