# SPDX-License-Identifier: Apache-2.0
"""hognose and what each recorder has in common here.

A tool says whether it can read a Python, with which argv it records or dumps,
and turns what came out into a Recording.
"""

import dataclasses
import json
import os
import pathlib

import measure

HOGNOSE = os.environ.get("HOGNOSE") or str(
    measure.HERE.parent / "build" / "hognose")


@dataclasses.dataclass
class Recording:
    """What one run of a recorder brought."""

    samples: float  # complete: over all threads of the target
    seconds: float  # of sampling, start-up left out where the tool says
    cpu: float = 0.0
    wall: float = 0.0
    rss: int = 0
    lost: float = None  # per cent that the tool itself says it lost
    stacks: list = None  # of ([names, root first], weight)

    def rate(self):
        return self.samples / self.seconds if self.seconds else 0.0

    def cpu_share(self):
        """Per cent of a core while it ran, its start-up included."""
        return 100 * self.cpu / self.wall if self.wall else 0.0


def names_of(frames, name_of):
    return [name for name in map(name_of, frames) if name]


def read_folded(path, name_of):
    """[(names, weight)] of a folded file."""
    stacks = []
    text = pathlib.Path(path).read_text(errors="replace")
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        stack, _, weight = line.rpartition(" ")
        frames = stack.split(";") if stack else []
        stacks.append((names_of(frames, name_of), int(weight)))
    return stacks


def stats_of(path):
    return json.loads(pathlib.Path(path).read_text())


def weight_of(stacks):
    return sum(weight for _, weight in stacks)


class Tool:
    """One recorder.  `prefix` stands before the program (a chroot)."""

    name = ""
    version = ""
    stops = False  # the target, for each sample

    def why_not(self, python):
        """Why it cannot read that Python, or ""."""
        raise NotImplementedError

    def record_argv(self, target, rate, seconds, out, idle=False):
        """seconds None: until the target ends."""
        raise NotImplementedError

    def dump_argv(self, target):
        raise NotImplementedError

    def interrupt(self, seconds):
        """When to send SIGINT; None: it ends by itself."""
        return None

    def parse(self, finished, out, target, seconds, stacks):
        raise NotImplementedError

    def record(self, target, rate, seconds, idle=False, stacks=False,
               rss=False):
        """Record for so long; a Recording, or Failed."""
        out = f"/tmp/hognose-bench-{os.getpid()}.out"
        try:
            finished = measure.run(
                self.record_argv(target, rate, seconds, out, idle),
                interrupt=self.interrupt(seconds),
                rss_at=0.8 * seconds if rss else None)
            got = self.parse(finished, out, target, seconds, stacks)
        except (OSError, ValueError, KeyError) as error:
            raise measure.Failed(f"{self.name}: {error}") from error
        finally:
            for file in (out, out + ".stats", out + ".txt"):
                if os.path.exists(file):
                    os.unlink(file)
        got.cpu, got.wall, got.rss = finished.cpu, finished.wall, finished.rss
        return got


class Hognose(Tool):
    name = "hognose"

    def __init__(self):
        done = measure.run([HOGNOSE, "--version"])
        self.version = done.said.split("\n")[0].replace("hognose ", "")

    def why_not(self, python):
        return ""

    def record_argv(self, target, rate, seconds, out, idle=False):
        argv = [HOGNOSE, "record", "-q", "-p", str(target.pid), "-r",
                str(rate), "-f", "folded", "--function", "-o", out, "--stats",
                out + ".stats"]
        if seconds is not None:
            argv += ["-d", str(seconds)]
        return argv + ["--idle"] * idle

    def dump_argv(self, target):
        return [HOGNOSE, "dump", str(target.pid)]

    @staticmethod
    def function(frame):
        if frame.startswith("["):
            return frame if frame == "[torn]" else ""
        return frame.rpartition(":")[2]

    @staticmethod
    def complete(stats, target):
        """A slot without a stack of every thread would be no whole sample."""
        return min(stats["samples"], stats["stacks"] / target.threads)

    def parse(self, finished, out, target, seconds, stacks):
        if finished.code:
            raise measure.Failed(finished.tail())
        stats = stats_of(out + ".stats")
        complete = self.complete(stats, target)
        whole = stats["stacks"] or 1
        return Recording(
            complete, stats["wall_seconds"],
            lost=100 * (stats["torn"] + stats["unreadable"]) / whole,
            stacks=read_folded(out, self.function) if stacks else None)


class HognoseExact(Hognose):
    """A thread is stopped for each sample."""

    name = "hognose --exact"
    stops = True

    def record_argv(self, target, rate, seconds, out, idle=False):
        return super().record_argv(target, rate, seconds, out, idle) + [
            "--exact"]


class HognoseDefault(Hognose):
    """As people use it: threads that sleep are looked at, but left out."""

    name = "hognose, without idle"

    def record_argv(self, target, rate, seconds, out, idle=False):
        return super().record_argv(target, rate, seconds, out, False)

    @staticmethod
    def complete(stats, target):
        return stats["samples"]
