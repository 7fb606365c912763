# SPDX-License-Identifier: Apache-2.0
"""What no sampler can be cheaper than here: floor.c, run as if it were one."""

import os
import pathlib
import shutil
import subprocess

import measure
from tools import Recording, Tool

WAYS = {"sleep": "floor: a sleep and nothing else",
        "timers": "floor: two timers in turn",
        "read": "floor: two timers, and one read of 3 kB"}


class Floor(Tool):
    """One way of waking at a rate; reads no Python, so it knows them all."""

    def __init__(self, place, way):
        self.way, self.name = way, WAYS[way]
        self.program = place.path("floor")
        self.why = "" if os.path.exists(self.program) else compiled(
            self.program)

    def why_not(self, python):
        return self.why

    def record_argv(self, target, rate, seconds, out, idle=False):
        return [self.program, self.way, str(rate), str(seconds),
                str(target.pid), f"{stack_of(target.pid):x}"]

    def parse(self, finished, out, target, seconds, stacks):
        if finished.code:
            raise measure.Failed(f"{self.name}: {finished.tail()}")
        wakes, took = finished.said.split()
        return Recording(samples=int(wakes), seconds=float(took))


def compiled(program):
    """Builds floor.c; why that cannot be done, or ""."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        return "no C compiler"
    done = subprocess.run([compiler, "-O2", "-o", program,
                           str(measure.HERE / "floor.c")],
                          capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else "floor.c does not compile"


def stack_of(pid):
    """Four kilobytes of the main thread's stack that are in use."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[stack]"):
            return int(line.split()[0].split("-")[1], 16) - 4096
    raise measure.Failed(f"process {pid} has no stack")


def all_of(place):
    return [Floor(place, way) for way in WAYS]
