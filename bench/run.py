#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: measure hognose, and its peers beside it, on this machine.

Writes the tables of bench/README.md and bench/results.json.  What each number
means and how it is taken stands in bench/README.md.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import accuracy
import calls
import floor
import machine
import measure
import once
import peers
import rates
import report
import slowdown
import tools
from measure import pythons

EXPERIMENTS = {"flat-out": rates.flat_out, "asked": rates.asked,
               "slowdown": slowdown.slowdown, "truth": accuracy.accuracy,
               "attach": once.attach, "sizes": once.sizes,
               "calls": calls.calls}
PEER_VERSIONS = ((3, 11), (3, 13), (3, 14), (3, 15))
NAMESPACE = "HOGNOSE_BENCH_NAMESPACE"

# Seconds and repeats of a recording; pairs, those of a recorder that stops its
# target, work and settling of a slowdown; stopped truths; attaches; seconds of
# the peers' memory runs and of the .hog.  Together some 15 minutes.
FULL = {"seconds": 0.8, "asked_seconds": 1.2, "repeats": 3, "pairs": 5,
        "slow_pairs": 2, "work": 12000, "settle": 0.5, "truths": 3000,
        "attaches": 15, "memory_seconds": 10, "file_seconds": 20,
        "calls": 1000000}
QUICK = {"seconds": 0.4, "asked_seconds": 0.4, "repeats": 1, "pairs": 1,
         "slow_pairs": 1, "work": 4000, "settle": 0.4, "truths": 1000,
         "attaches": 3, "memory_seconds": 1, "file_seconds": 1,
         "calls": 100000}


class Bench:
    """What the experiments ask for: Pythons, tools, durations."""

    def __init__(self, options, place):
        self.place, self.options = place, options
        for key, value in (QUICK if options.quick else FULL).items():
            setattr(self, key, value)
        found = pythons.Discovery().found
        self.hognose = tools.Hognose()
        self.hognose_exact = tools.HognoseExact()
        self.hognose_default = tools.HognoseDefault()
        self.peers = peers.all_of(found)
        self.floors = floor.all_of(place)
        self.pythons = one_of_each(found, options)
        self.peer_pythons = [p for p in self.pythons
                             if p.version[:2] in PEER_VERSIONS]
        self.slow_pythons = [p for p in self.pythons
                             if p.version[:2] in ((3, 11), (3, 15))]
        if options.python:
            self.peer_pythons = self.slow_pythons = self.pythons
        self.started = time.monotonic()

    def peers_of(self, python, *keys):
        """These peers; rows of one Python need no word on another's own tool."""
        if self.options.no_peers or python not in self.peer_pythons:
            return []
        return [self.peers[key] for key in keys
                if self.peers[key].why_not(python) != peers.OTHER_VERSION]

    def say(self, text):
        print(f"{time.monotonic() - self.started:5.0f} s  {text}",
              file=sys.stderr, flush=True)

    @staticmethod
    def pause(seconds):
        time.sleep(seconds)


def one_of_each(found, options):
    """A release build with the GIL of each minor version that is asked for."""
    wanted = {}
    for python in found:
        minor = python.version[:2]
        if python.debug or python.free_threaded:
            continue
        if minor in ((3, 6), (3, 7)) and not options.python:
            continue
        wanted.setdefault(minor, python)
    if options.python:
        return [p for minor, p in wanted.items()
                if "%d.%d" % minor in options.python]
    if options.quick:
        keep = ((2, 7), (3, 11), (3, 13), (3, 15))
        return [p for minor, p in wanted.items() if minor in keep]
    return list(wanted.values())


def share_with_chroot():
    """A mount namespace of our own, in which the chroot sees /tmp and /proc.

    So that peers which live there start with a plain chroot: nothing that
    their times would have to pay for.
    """
    root = pythons.sid_root()
    if os.getuid() != 0 or not os.path.isdir(root):
        return
    if NAMESPACE not in os.environ and shutil.which("unshare"):
        os.environ[NAMESPACE] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])
    for argv in (["mount", "-t", "proc", "proc", root + "/proc"],
                 ["mount", "--bind", "/tmp", root + "/tmp"]):
        subprocess.run(argv, check=False, stderr=subprocess.DEVNULL)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true",
                        help="about two minutes, few Pythons, one run each: "
                             "to see that it works, not to publish")
    parser.add_argument("--only", action="append", choices=EXPERIMENTS,
                        help="this one (repeatable); the others' results stay")
    parser.add_argument("--python", action="append", metavar="VERSION",
                        help="only 3.11, say (repeatable)")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--dry", action="store_true",
                        help="print the tables, write no file")
    return parser.parse_args()


def keep_old(results, path):
    """With --only, what was measured before stays, and says so."""
    if path.exists():
        for name, old in json.loads(path.read_text())["experiments"].items():
            results["experiments"].setdefault(name, old)


def measure_all(bench, options):
    results = {"experiments": {}}
    for name in options.only or EXPERIMENTS:
        steal, ticks = machine.steal()
        about = dict(machine.describe(), quick=options.quick,
                     pinned=measure.TARGET_CPU is not None,
                     hognose=bench.hognose.version,
                     peers={t.name: t.version or t.why_not(bench.pythons[0])
                            for t in bench.peers.values()},
                     pythons=[p.id for p in bench.pythons],
                     seconds=bench.asked_seconds if name == "asked"
                     else bench.seconds, repeats=bench.repeats,
                     pairs=bench.pairs)
        rows = EXPERIMENTS[name](bench)
        after, ticks_after = machine.steal()
        about["load_at_end"] = round(machine.busy(), 2)
        about["steal_pct"] = round(100 * (after - steal) /
                                   max(1, ticks_after - ticks), 1)
        results["experiments"][name] = {"about": about, "rows": rows}
    return results


def main():
    options = parse_options()
    if not os.access(tools.HOGNOSE, os.X_OK):
        sys.exit(f"no {tools.HOGNOSE}: run make first, or set HOGNOSE")
    share_with_chroot()
    measure.pin_recorders()
    place = measure.Place()
    try:
        bench = Bench(options, place)
        if not bench.pythons:
            sys.exit("no CPython to measure with")
        results = measure_all(bench, options)
    finally:
        place.remove()
    path = pathlib.Path(measure.HERE) / "results.json"
    if options.only:
        keep_old(results, path)
    if options.dry:
        print(report.tables(results))
        return
    path.write_text(json.dumps(results, indent=1) + "\n")
    report.write(measure.HERE / "README.md", results)
    bench.say("bench/README.md and bench/results.json are written")


if __name__ == "__main__":
    main()
