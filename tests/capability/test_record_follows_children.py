# SPDX-License-Identifier: Apache-2.0
"""Children are recorded too, however they came to be, under a root frame for
each process; --no-follow leaves them out."""

import json
import re

import pytest

import hogfile
import programs

pytestmark = pytest.mark.pythons(debug=False, each_minor=True)

ROOT = re.compile(r"\[process (\d+) (.*)\]$")


class Found(dict):
    """{pid: (weight of child_work, weight of parent_work)}"""

    served = 1.0  # share of the slots that hognose got a CPU for


def record(hognose, python, out, *args, options=()):
    """What was found of makes_children.py, which ends with status 3."""
    stats = out.with_suffix(".json")
    result = hognose.run("record", "-q", "-o", out, "--stats", stats,
                         *options, "--",
                         *python.command("makes_children.py", *args))
    assert result.returncode == 3, result
    found = Found()
    told = json.loads(stats.read_text())
    found.served = 1 - told["missed"] / told["slots"]
    for stack in programs.parse_folded(out.read_text()):
        root = ROOT.match(stack.frames[0])
        pid = int(root[1]) if root else 0
        # multiprocessing starts "python -c".
        assert not root or (root[2] == "makes_children.py" or
                            args[0] == "multiprocessing"), stack
        child, parent = found.get(pid, (0, 0))
        child += stack.weight * ("child_work" in stack.functions())
        parent += stack.weight * ("parent_work" in stack.functions())
        found[pid] = child, parent
    return found


def check_pair(found, seconds=0.4):
    """One process worked as parent, another as child, about equally long."""
    works = [pair for pair in found.values() if max(pair) > 0]
    assert 0 not in found and len(works) == 2, found
    (a, b), (c, d) = works
    assert (a == d == 0 and min(b, c) > 0) or (b == c == 0 and min(a, d) > 0)
    slots = 100 * seconds * found.served
    assert min(max(pair) for pair in works) > 0.5 * slots, (found, slots)


@pytest.mark.parametrize("way", ["fork", "subprocess", "shell"])
def test_a_child_is_followed(hognose, python, tmp_path, way):
    check_pair(record(hognose, python, tmp_path / "o.folded", way, "0.4"))


@pytest.mark.pythons(low=(3, 8))
def test_a_spawned_child_is_followed(hognose, any_python, tmp_path):
    check_pair(record(hognose, any_python, tmp_path / "o.folded", "spawn",
                      "0.4"))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_is_followed(hognose, any_python, tmp_path, method):
    check_pair(record(hognose, any_python, tmp_path / "o.folded",
                      "multiprocessing", "1", method), 0.6)


def test_short_lived_children_are_followed(hognose, any_python, tmp_path):
    """Twelve of a tenth of a second each."""
    found = record(hognose, any_python, tmp_path / "o.folded", "many", "1")
    weights = [child for child, _ in found.values() if child]
    assert len(weights) == 12
    assert 60 < sum(weights) <= 132


@pytest.mark.parametrize("options", [(), ("--no-follow",)])
def test_an_exec_by_the_same_process_is_seen(hognose, any_python, tmp_path,
                                             options):
    """With --no-follow nobody tells of it."""
    found = record(hognose, any_python, tmp_path / "o.folded", "exec", "0.5",
                   options=options)
    assert len(found) == 1, found
    (child, parent), = found.values()
    assert min(child, parent) > 25


def test_no_follow_leaves_children_out(hognose, python, tmp_path):
    found = record(hognose, python, tmp_path / "o.folded", "fork", "0.6",
                   options=["--no-follow"])
    assert list(found) == [0], found  # and one process needs no root frame
    assert found[0][0] == 0 and found[0][1] > 15


def test_several_processes_are_recorded_at_once(hognose, target):
    pids = [target("works_in_two_threads.py").pid for _ in range(2)]
    stacks = hognose.run("record", "-p", pids[0], "-p", pids[1], "-d", "0.5",
                         "-f", "folded", "-o", "-").ok().folded()
    assert {s.frames[0] for s in stacks} == {
        f"[process {pid} works_in_two_threads.py]" for pid in pids}


def test_one_process_has_a_root_only_with_threads(hognose, target):
    worker = target("works_in_two_threads.py")
    options = ["record", "-p", worker.pid, "-d", "0.5", "-f", "folded", "-o",
               "-"]
    plain = hognose.run(*options).ok().folded()
    assert not any(s.frames[0].startswith("[") for s in plain)
    threads = hognose.run(*options, "-t").ok().folded()
    roots = {s.frames[0] for s in threads}
    assert len(roots) == 2
    assert any(re.match(r"\[thread \d+ worker\]$", root) for root in roots)
    assert any(re.match(rf"\[thread {worker.pid} MainThread\]$", root)
               for root in roots)


DAEMON = """
import os, time
def work(seconds):
    end = time.time() + seconds
    while time.time() < end: sum(range(1000))
def daemon_work(): work(0.5)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        daemon_work()
    os._exit(0)
os.wait()
work(0.8)
"""


def test_a_daemon_is_followed(hognose, any_python, tmp_path):
    """Forked twice, and its parent is gone before it begins to work."""
    out = tmp_path / "o.folded"
    hognose.run("record", "-q", "-o", out, "--", any_python.path, "-c",
                DAEMON).ok()
    found = {ROOT.match(stack.frames[0])[1] for stack
             in programs.parse_folded(out.read_text())
             if "daemon_work" in stack.functions()}
    assert len(found) == 1


def test_execs_of_other_versions_are_followed(hognose, tmp_path):
    """The same process runs one Python after the other."""
    import pythons
    found = [p for p in pythons.Discovery().found
             if not (p.root or p.debug or p.free_threaded)]
    chain = [found[0], found[-1], found[len(found) // 2]]
    script = tmp_path / "chain.py"
    script.write_text(
        "import os, sys, time\n"
        "def work():\n"
        "    end = time.time() + 0.4\n"
        "    while time.time() < end: sum(range(1000))\n"
        "work()\n"
        "if sys.argv[1:]:\n"
        "    os.execv(sys.argv[1], [sys.argv[1], __file__] + sys.argv[2:])\n")
    out = tmp_path / "o.hog"
    hognose.run("record", "-q", "-o", out, "--", chain[0].path, script,
                *[p.path for p in chain[1:]]).ok()
    recording = hogfile.read(out)
    worked = {recording.threads[event.thread].process
              for event in recording.events
              if any(frame.function.name == "work" for frame
                     in recording.frames_of(event.stack))}
    versions = [tuple(int(n) for n in p.python.split(".")[:2])
                for p in sorted(worked, key=lambda p: p.start_ns)]
    assert versions == [p.version[:2] for p in chain]
    assert len({p.pid for p in worked}) == 1


CROWD = """
import os, time
kids = []
for _ in range(%d):
    kids.append(os.fork())
    if kids[-1] == 0:
        time.sleep(%g)
        os._exit(0)
for pid in kids: os.waitpid(pid, 0)
"""


def test_hundreds_that_are_alive_at_once(hognose, any_python, tmp_path):
    out, stats = tmp_path / "o.folded", tmp_path / "s.json"
    hognose.run("record", "-q", "--idle", "-o", out, "--stats", stats, "--",
                any_python.path, "-c", CROWD % (300, 4)).ok()
    roots = {stack.frames[0] for stack
             in programs.parse_folded(out.read_text())}
    assert len(roots) == 301
    assert json.loads(stats.read_text())["unseen"] == 0
