#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of the CPU time of short-lived children is in a profile.

    python3 bench/children.py [--count 1000] [--python PATH]

A parent has that many children, one after the other, by fork, by subprocess and
in a pool whose workers live for one task; each works 5 ms.  What the profile of
cpu mode shows of them stands beside what the kernel counted (RUSAGE_CHILDREN)."""

import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "capability"))

import hogfile  # noqa: E402

TARGET = HERE.parent / "tests" / "targets" / "has_short_lives.py"
BEYOND = ("[starting]", "[ending]", "[unseen]")
RATE = 100


def measure(hognose, python, way, count):
    with tempfile.TemporaryDirectory() as place:
        out = pathlib.Path(place, "o.hog")
        done = subprocess.run(
            [hognose, "record", "-q", "--mode", "cpu", "-r", str(RATE), "-o",
             str(out), "--", python, str(TARGET), way, str(count), "0.005"],
            check=True, stdout=subprocess.PIPE)
        recording = hogfile.read(out)
    used = float(re.search(rb"children cpu ([\d.]+)", done.stdout)[1])
    parent = recording.processes[1].pid
    leaves = collections.Counter()
    for event in recording.events:
        if recording.threads[event.thread].process.pid == parent:
            continue
        frames = recording.frames_of(event.stack)
        name = frames[-1].function.name
        leaves[name if name in BEYOND else "frames"] += (
            event.value / hogfile.SLOT / RATE)
    return used, leaves, recording.stats[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--python", default=sys.executable)
    args = parser.parse_args()
    hognose = os.environ.get("HOGNOSE",
                             str(HERE.parent / "build" / "hognose"))
    print("| way | children | used, s | shown | " + " | ".join(
        ("in frames", *BEYOND)) + " | unseen | wall, s | its CPU |")
    print("| --- " * 11 + "|")
    for way in "fork", "subprocess", "pool":
        used, leaves, stats = measure(hognose, args.python, way, args.count)
        parts = [f"{leaves[name] / used:.1%}" for name in ("frames", *BEYOND)]
        print(f"| {way} | {args.count} | {used:.2f} "
              f"| {sum(leaves.values()) / used:.1%} | {' | '.join(parts)} "
              f"| {stats['unseen']} | {stats['wall_seconds']:.0f} "
              f"| {stats['cpu_seconds'] / stats['wall_seconds']:.1%} |",
              flush=True)


if __name__ == "__main__":
    main()
