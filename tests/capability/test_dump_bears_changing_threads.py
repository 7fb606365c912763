# SPDX-License-Identifier: Apache-2.0
"""Threads that start and end while hognose looks: no error, no wrong name."""

import re

COLOURS = ("red", "blue")


def wrong(name, functions):
    """Does a thread with that name run what another one should run?  One that
    has just begun may still have the name of its process."""
    ours = [what for what in (*COLOURS, "steady") if what in functions]
    owner = name.split("-")[0]
    return any(owner in (*COLOURS, "steady", "MainThread") and owner != what
               for what in ours)


def test_dump(python, target, hognose):
    worker = target("churns_threads.py")
    seen, looks = set(), 0
    while looks < 10 or (seen != set(COLOURS) and looks < 200):
        looks += 1
        dump = hognose.run("dump", "--json", worker.pid).ok().json()
        named = {t["name"]: t for t in dump["threads"]}
        assert {"MainThread", "steady"} <= set(named), dump
        for thread in dump["threads"]:
            functions = {frame["name"] for frame in thread["frames"]}
            assert not wrong(thread["name"], functions), thread
            seen |= functions & set(COLOURS)
    assert seen == set(COLOURS)
    assert worker.running and worker.tracer_pid == 0


def test_record(python, target, hognose):
    worker = target("churns_threads.py")
    done = hognose.run("record", "-p", worker.pid, "-d", "0.8", "-r", "500",
                       "-t", "--idle", "-f", "folded", "-o", "-").ok()
    stacks, wrongs = done.folded(), []
    for stack in stacks:
        name = re.search(r"\[thread \d+ ([^]]*)\]", stack.line).group(1)
        if wrong(name, set(stack.functions())):
            wrongs.append(stack)
    assert any(stack.has("steady") for stack in stacks)
    assert any(stack.has("red", "end_at") for stack in stacks)
    assert not wrongs
    assert worker.running and worker.tracer_pid == 0
