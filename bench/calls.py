# SPDX-License-Identifier: Apache-2.0
"""What following system calls costs the program: added microseconds a call, and
a server's answers under load."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import measure
import peers
import tools
from once import Loaded
from tables import spread

DEPTH = 20
PTRACER = "ptracer==0.6.1"
# The last CPython that ptracer builds for.
PTRACER_VERSION = (3, 10)


def script(bench):
    return bench.place.path("cheap_calls.py")


def us_of(text):
    for line in text.splitlines():
        if line.startswith("us "):
            return float(line.split()[1])
    raise measure.Failed("no result: " + text[-200:])


def launched(bench, python, before, calls, extra=()):
    """Microseconds a call of a program that `before` starts; [] nobody."""
    done = subprocess.run(
        [*before, *python.enter(), python.path, script(bench), str(DEPTH),
         str(calls), *extra], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=300, check=False)
    return us_of(done.stdout)


def attached(bench, python, follow, calls):
    """The same of one that runs before `follow`(pid) starts a follower."""
    target = subprocess.Popen(
        [*python.enter(), python.path, script(bench), str(DEPTH), str(calls),
         "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        pid = int(target.stdout.readline().split()[1])
        follower = subprocess.Popen(follow(pid), stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.7)
            target.stdin.write("\n")
            target.stdin.flush()
            text, _ = target.communicate(timeout=300)
        finally:
            follower.send_signal(signal.SIGINT)
            follower.wait(timeout=20)
        return us_of(text)
    finally:
        target.kill()
        target.wait()


def hognose(calls, where):
    return [tools.HOGNOSE, "syscalls", "-q", "-e", calls, "-f", "hog", "-o",
            "/dev/null", *where]


def strace(calls, *options):
    return ["strace", "-f", *options, "-e", "trace=" + calls, "-o",
            "/dev/null"]


# What is measured: (words, follower, wanted or not, launched or attached).
CASES = [
    ("launched, not wanted", "hognose",
     lambda b, p, n: launched(b, p, hognose("openat", ["--"]), n)),
    ("launched, not wanted", "strace --seccomp-bpf",
     lambda b, p, n: launched(b, p, strace("openat", "--seccomp-bpf"), n)),
    ("launched, not wanted", "strace",
     lambda b, p, n: launched(b, p, strace("openat"), n // 20)),
    ("launched, wanted, stack of 20", "hognose",
     lambda b, p, n: launched(b, p, hognose("getppid", ["--"]), n // 20)),
    ("launched, wanted, no stack", "strace --seccomp-bpf",
     lambda b, p, n: launched(b, p, strace("getppid", "--seccomp-bpf"),
                              n // 20)),
    ("attached, not wanted", "hognose",
     lambda b, p, n: attached(b, p, lambda pid: hognose(
         "openat", ["-p", str(pid)]), n // 20)),
    ("attached, not wanted", "strace",
     lambda b, p, n: attached(b, p, lambda pid: [
         *strace("openat"), "-p", str(pid)], n // 20)),
    ("attached, wanted, stack of 20", "hognose",
     lambda b, p, n: attached(b, p, lambda pid: hognose(
         "getppid", ["-p", str(pid)]), n // 20)),
    ("attached, wanted, no stack", "strace",
     lambda b, p, n: attached(b, p, lambda pid: [
         *strace("getppid"), "-p", str(pid)], n // 20)),
]


def cost_rows(bench, python):
    """All cases in turn, and that repeatedly, each beside a run of nobody."""
    got, why = {}, {}
    for _ in range(bench.repeats):
        for what, tool, run in CASES:
            if tool.startswith("strace") and not shutil.which("strace"):
                why[what, tool] = "not installed"
                continue
            try:
                base = launched(bench, python, [], bench.calls)
                added = run(bench, python, bench.calls) - base
                got.setdefault((what, tool), []).append(added)
            except (measure.Failed, subprocess.TimeoutExpired) as error:
                why[what, tool] = str(error)
    return [{"what": what, "tool": tool, "python": python.id,
             "why": why.get((what, tool), ""),
             "us": spread(got.get((what, tool), []))}
            for what, tool, _ in CASES]


# ---- ptracer ----

def ptracer_python(python):
    """Its own environment's interpreter, and why there is none."""
    folder = pathlib.Path(peers.pythons.cache_folder()) / "ptracer-venv"
    interpreter = folder / "bin" / "python"
    if not (folder / "ready").exists():
        for argv in ([python.path, "-m", "venv", str(folder)],
                     [str(interpreter), "-m", "pip", "install", "-q", PTRACER]):
            done = subprocess.run(argv, capture_output=True, text=True,
                                  check=False)
            if done.returncode:
                return "", (done.stderr or done.stdout).splitlines()[-1]
        (folder / "ready").touch()
    return str(interpreter), ""


def ptracer_rows(bench, python):
    path, why = ptracer_python(python)
    rows = []
    for what, name in (("attached, not wanted", "openat"),
                       ("attached, wanted, stack of 20", "getppid")):
        got = []
        for _ in range(0 if why else bench.repeats):
            base = launched(bench, python, [], bench.calls)
            done = subprocess.run(
                [path, script(bench), str(DEPTH), str(bench.calls // 50),
                 "ptracer", name], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, timeout=300, check=False)
            try:
                got.append(us_of(done.stdout) - base)
            except measure.Failed as error:
                why = str(error)
        rows.append({"what": what, "tool": "ptracer", "python": python.id,
                     "why": why, "us": spread(got)})
    return rows


# ---- a server ----

def served(bench, python, follow):
    """Milliseconds of an answer at 200 a second: median, p99."""
    with Loaded(bench, python, "web_server.py", bench.asked_seconds + 3) as t:
        follower = None
        if follow:
            follower = subprocess.Popen(follow(t.pid),
                                        stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
            time.sleep(1)
        try:
            done = subprocess.run(
                [sys.executable, bench.place.path("load_client.py"),
                 t.what[0], str(bench.asked_seconds), "100", "2"],
                stdout=subprocess.PIPE, text=True, check=True)
        finally:
            if follower:
                follower.send_signal(signal.SIGINT)
                follower.wait(timeout=20)
    said = json.loads(done.stdout)
    if not said["requests"]:
        raise measure.Failed("no request was answered")
    return said["median_ms"]


SERVER = [
    ("nobody", None),
    ("hognose, all calls", lambda pid: hognose("all", ["-p", str(pid)])),
    ("hognose, %network", lambda pid: hognose("%network", ["-p", str(pid)])),
    ("strace, all calls", lambda pid: [*strace("all"), "-p", str(pid)]),
]


def server_rows(bench, python):
    got = {}
    for _ in range(bench.repeats):
        for name, follow in SERVER:
            try:
                got.setdefault(name, []).append(served(bench, python, follow))
            except (measure.Failed, subprocess.SubprocessError, OSError):
                got.setdefault(name, [])
    return [{"what": "a server's answer, ms (median)", "tool": name,
             "python": python.id, "why": "" if got[name] else "failed",
             "us": spread(got[name])} for name, _ in SERVER]


def calls(bench):
    """Free to run on any CPU: where a follower is woken is a part of it."""
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))
    try:
        return all_rows(bench)
    finally:
        os.sched_setaffinity(0, pinned)


def all_rows(bench):
    rows = []
    chosen = [p for p in bench.pythons
              if p.version[:2] in ((3, 10), (3, 13)) or bench.options.python]
    for python in chosen:
        bench.say(f"system calls on {python.id}")
        rows += cost_rows(bench, python)
        if python.version[:2] == PTRACER_VERSION and not python.root and \
                not bench.options.no_peers:
            rows += ptracer_rows(bench, python)
        rows += server_rows(bench, python)
    return rows
