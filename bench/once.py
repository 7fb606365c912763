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


def long_run(bench, target):
    """hognose writes a .hog at 1 kHz: its size per sample, memory and CPU."""
    out = bench.place.path("size.hog")
    done = measure.run([tools.HOGNOSE, "record", "-q", "-p", str(target.pid),
                        "-r", "1000", "-d", str(bench.file_seconds), "-f",
                        "hog", "-o", out, "--stats", out + ".stats"])
    if done.code:
        raise Failed(done.tail())
    stats = tools.stats_of(out + ".stats")
    if not stats["samples"]:
        raise Failed("took no sample")
    return {"rss": stats["max_rss_bytes"], "cpu": 100 * done.cpu / done.wall,
            "bytes_per_sample": os.path.getsize(out) / stats["samples"]}


def size_rows(bench, python, name, compared):
    seconds = bench.file_seconds + bench.memory_seconds * len(compared)
    about = {"python": python.id, "workload": name, "why": ""}
    rows = []
    with open_workload(bench, python, name, seconds + 30) as target:
        try:
            got = long_run(bench, target)
        except Failed as error:
            got = {"why": str(error)}
        rows.append({**about, "tool": "hognose", **got})
        for tool in compared:
            run, why = try_record(tool, target, 1000, bench.memory_seconds,
                                  rss=True)
            got = {"rss": run.rss, "cpu": run.cpu_share()} if run else {}
            rows.append({**about, "tool": tool.name, "why": why, **got})
    return rows


def sizes(bench):
    """Memory of the recorders, CPU, bytes of a recording, at 1 kHz."""
    rows = []
    for python in bench.slow_pythons:
        for name in ("deep20", "churn", "web_server", "asyncio_server"):
            if name == "asyncio_server" and python.version < (3, 6):
                continue
            bench.say(f"memory and file size: {name} on {python.id}")
            compared = bench.peers_of(python, "py-spy", "austin", "tachyon")
            rows += size_rows(bench, python, name,
                              compared if name == "deep20" else [])
    return rows
