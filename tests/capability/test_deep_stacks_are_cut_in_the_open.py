# SPDX-License-Identifier: Apache-2.0
"""A stack of more than 4096 frames keeps its innermost ones and says that the
others are missing."""

import pytest

import programs

MAX = 4096
RECURSES, SLEEPS = 14, 17


def deep_thread(hognose, worker):
    dump = hognose.run("dump", "--json", worker.pid).ok().json()
    thread, = [t for t in dump["threads"] if t["name"] == "deep"]
    return thread


@pytest.mark.parametrize("depth", [4000, 5000])
def test_deep(python, target, hognose, depth):
    worker = target("recurses.py", depth)
    # "ready" came from the line before.
    programs.wait_until(lambda: deep_thread(hognose, worker)["frames"][0]["line"]
                        == SLEEPS, what="its sleep")
    frames = deep_thread(hognose, worker)["frames"]
    python_frames = [f for f in frames if f["kind"] == "python"]
    markers = [f["name"] for f in frames if f["kind"] != "python"]
    downs = [f for f in python_frames if f["name"] == "down"]
    if depth < MAX:
        assert len(downs) == depth and not markers
        assert python_frames[-1]["name"].endswith("bootstrap")
    else:
        assert len(downs) == MAX and markers == ["[truncated]"]
        assert frames[-1]["kind"] == "marker"
    assert downs[0]["line"] == SLEEPS
    assert {f["line"] for f in downs[1:]} == {RECURSES}
    stacks = hognose.run("record", "-p", worker.pid, "-d", "0.2", "--idle",
                         "-f", "folded", "-o", "-").ok().folded()
    stack, = [s for s in stacks if "down" in s.functions()]
    assert stack.functions().count("down") == min(depth, MAX)
    assert ("[truncated]" in stack.frames[:2]) == (depth > MAX)
