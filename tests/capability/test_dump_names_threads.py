# SPDX-License-Identifier: Apache-2.0
"""Every thread has its name, its native id and the system call it is in."""

import json
import signal

MANY = 200
RENAMED = "\u0441\u0435\u043a\u043e\u043d\u0434"


def test_threads(python, target, hognose):
    worker = target("names_threads.py", MANY)
    truth = json.loads(worker.stdout.splitlines()[0])
    dump = hognose.run("dump", "--json", worker.pid).ok().json()
    threads = {thread["name"]: thread for thread in dump["threads"]}
    assert set(threads) == {"MainThread", *truth,
                            *(f"many-{i}" for i in range(MANY))}
    assert sorted(t["tid"] for t in dump["threads"]) == worker.tids()
    for name, (tid, calls) in truth.items():
        thread = threads[name]
        assert tid in (None, thread["tid"]), thread
        assert thread["syscall"] in calls.split("|"), thread
        assert thread["state"] == "sleeping" and thread["gil"] == "none"
    assert threads["MainThread"]["tid"] == worker.pid
    assert threads["MainThread"]["main"]

    worker.signal(signal.SIGUSR1)
    worker.wait_for("renamed")
    dump = hognose.run("dump", "--json", worker.pid).ok().json()
    renamed, = [t for t in dump["threads"] if t["name"] == RENAMED]
    assert renamed["tid"] == threads["first name"]["tid"]
    assert worker.tracer_pid == 0


def test_names_in_folded(python, target, hognose):
    worker = target("names_threads.py", 1)
    stacks = hognose.run("record", "-p", worker.pid, "-d", "0.3", "--idle",
                         "-t", "--no-follow", "-f", "folded", "-o", "-").ok().folded()
    roots = {stack.frames[0].split(" ", 2)[2] for stack in stacks}
    assert {"accepts]", "r\u00e9ads]", "\u7b49\u5f85]", "\U0001f40d polls]",
            "first name]", "receives ASCII ~!%3B%2541]",
            "line%0Abreak %1B[31m]"} <= roots
    assert any(root.startswith("a name of more than fifteen") for root in roots)
