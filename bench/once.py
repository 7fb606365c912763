# SPDX-License-Identifier: Apache-2.0
"""What happens once: attaching, dumping; and what a long recording takes."""

import os
import subprocess
import sys

import measure
import tools
from measure import Failed, Target
from rates import start, try_record
from tables import spread


def milliseconds(bench, argv):
    """Wall time of several runs; the first, which warms caches, left out."""
    measure.run(argv)
    walls = []
    for _ in range(bench.attaches):
        done = measure.run(argv)
        if done.code:
            raise Failed(done.tail())
        walls.append(1000 * done.wall)
    return spread(walls)


def row(bench, what, tool, python, argv_of, target):
    why = tool.why_not(python)
    got = None
    if not why:
        try:
            got = milliseconds(bench, argv_of(target))
        except (Failed, OSError) as error:
            why = str(error)
    return {"what": what, "tool": tool.name, "python": python.id, "why": why,
            "ms": got}


def attach_argv(target):
    return [tools.HOGNOSE, "record", "-q", "-p", str(target.pid), "-r", "1000",
            "-d", "0.001", "-f", "folded", "-o", "/dev/null"]


def attach(bench):
    """Milliseconds from exec to the end of a recording of 1 ms, and of dump."""
    rows = []
    for python in bench.peer_pythons:
        bench.say(f"attach and dump on {python.id}")
        with start(bench, python, "deep20") as target:
            rows.append(row(bench, "first sample", bench.hognose, python,
                            attach_argv, target))
        with start(bench, python, "threads9") as target:
            for tool in (bench.hognose, *bench.peers_of(
                    python, "py-spy", "austin", "tachyon")):
                rows.append(row(bench, "dump of 9 threads", tool, python,
                                tool.dump_argv, target))
    return rows


class Loaded:
    """A server of the workloads with its client, which a recorder may watch."""

    def __init__(self, bench, python, script, seconds):
        self.target = Target(bench.place, python, script)
        try:
            self.client = subprocess.Popen(
                [sys.executable, bench.place.path("load_client.py"),
                 self.target.what[0], str(seconds)],
                stdout=subprocess.DEVNULL)
        except BaseException:
            self.target.close()
            raise

    def __enter__(self):
        return self.target

    def __exit__(self, *_):
        self.client.kill()
        self.client.wait()
        self.target.close()


def open_workload(bench, python, name, seconds):
    if name.endswith("_server"):
        return Loaded(bench, python, name + ".py", seconds)
    return start(bench, python, name)


def bytes_per_sample(bench, target):
    """Of a .hog at 1 kHz; how long it was asked for says bench.file_seconds."""
    out = bench.place.path("size.hog")
    done = measure.run([tools.HOGNOSE, "record", "-q", "-p", str(target.pid),
                        "-r", "1000", "-d", str(bench.file_seconds), "-f",
                        "hog", "-o", out, "--stats", out + ".stats"])
    if done.code:
        raise Failed(done.tail())
    samples = tools.stats_of(out + ".stats")["samples"]
    return os.path.getsize(out) / samples if samples else None


def size_row(bench, python, name):
    seconds = bench.memory_seconds
    with open_workload(bench, python, name,
                       3 * seconds + bench.file_seconds + 30) as target:
        memory, cpu, why = {}, {}, ""
        for tool in (bench.hognose, *bench.peers_of(python, "py-spy", "austin",
                                                    "tachyon")):
            got, problem = try_record(tool, target, 1000, seconds, rss=True)
            memory[tool.name] = got.rss if got else problem
            cpu[tool.name] = got.cpu_share() if got else problem
        try:
            per_sample = bytes_per_sample(bench, target)
        except Failed as error:
            per_sample, why = None, str(error)
    return {"python": python.id, "workload": name, "why": why, "rss": memory,
            "cpu": cpu, "bytes_per_sample": per_sample}


def sizes(bench):
    """Memory of the recorders, CPU, bytes of a recording, at 1 kHz."""
    rows = []
    for python in bench.slow_pythons:
        for name in ("deep20", "churn", "web_server", "asyncio_server"):
            bench.say(f"memory and file size: {name} on {python.id}")
            rows.append(size_row(bench, python, name))
    return rows
