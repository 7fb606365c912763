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
