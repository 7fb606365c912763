# SPDX-License-Identifier: Apache-2.0
"""No thread is left out, also when one system call cannot read them all."""

import json

THREADS = 1200
WAITING = (
    "import sys, threading, time\n"
    "threading.stack_size(131072)\n"
    "gate = threading.Event()\n"
    f"for i in range({THREADS}):\n"
    "    t = threading.Thread(target=gate.wait, args=(120,))\n"
    "    t.daemon = True\n"
    "    t.start()\n"
    "print('ready')\n"
    "sys.stdout.flush()\n"
    "time.sleep(120)\n")


def test_more_threads_than_one_call_reads(hognose, target, any_python,
                                          tmp_path):
    worker = target("-c", WAITING, python=any_python)
    stats = tmp_path / "stats.json"
    stacks = hognose.run("record", "-p", worker.pid, "-d", "2", "-r", "5",
                         "--idle", "--function", "-f", "folded", "-o", "-",
                         "--stats", stats).ok().folded()
    said = json.loads(stats.read_text())
    assert said["threads"] == THREADS + 1
    weight = sum(stack.weight for stack in stacks)
    assert weight == said["samples"] * (THREADS + 1)


BUSY = WAITING.replace(f"range({THREADS})", "range(4200)").replace(
    "131072", "65536").replace(
    "time.sleep(120)", "end = time.time() + 120\nwhile time.time() < end: pass")


def test_the_oldest_of_thousands_is_seen(hognose, target, any_python,
                                         tmp_path):
    """Lists of threads begin with the newest; all others sleep here."""
    worker = target("-c", BUSY, python=any_python)
    stats = tmp_path / "stats.json"
    stacks = hognose.run("record", "-p", worker.pid, "-d", "2", "-r", "5",
                         "--function", "-f", "folded", "-o", "-",
                         "--stats", stats).ok().folded()
    assert json.loads(stats.read_text())["threads"] == 4201
    assert any(stack.frames[-1].endswith(":<module>") for stack in stacks)
