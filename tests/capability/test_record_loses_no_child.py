# SPDX-License-Identifier: Apache-2.0
"""Children that live for some milliseconds are in the profile with all of
their CPU time, however short they are and however they came to be."""

import collections
import json
import re

import pytest

import hogfile

BEYOND = {"[starting]", "[ending]", "[unseen]"}


@pytest.fixture(autouse=True, scope="module")
def told():
    """Elsewhere children are looked for, and short ones are missed."""
    import programs
    runner = programs.Hognose()
    said = runner.run("doctor").stdout
    runner.stop_all()
    if "perf events" not in said:
        pytest.skip("perf events are refused here (perf_event_paranoid)")


class Lives:
    """What a recording in cpu mode has of the children of its program."""

    def __init__(self, hognose, python, tmp_path, way, count, seconds,
                 rate="100"):
        out, stats = tmp_path / "o.hog", tmp_path / "s.json"
        result = hognose.run(
            "record", "-q", "--mode", "cpu", "-r", rate, "-o", out, "--stats",
            stats, "--", *python.command("has_short_lives.py", way, str(count),
                                         str(seconds)), timeout=150).ok()
        self.used = float(re.search(r"children cpu ([\d.]+)",
                                    result.stdout)[1])
        self.stats = json.loads(stats.read_text())
        recording = hogfile.read(out)
        parent = recording.processes[1].pid
        self.by_pid = collections.Counter()
        self.by_leaf = collections.Counter()
        for event in recording.events:
            pid = recording.threads[event.thread].process.pid
            seconds = event.value / hogfile.SLOT / float(rate)
            names = [frame.function.name
                     for frame in recording.frames_of(event.stack)]
            if pid != parent:
                self.by_pid[pid] += seconds
                self.by_leaf[names[-1] if names[-1] in BEYOND else
                             "burn" if "burn" in names else "rest"] += seconds

    def check(self, count, slack=0.01):
        """The kernel's sums come in ticks, two of them.  The clock of perf
        events counts a part of each switch, and of what the host took away
        from a virtual machine's CPU, which getrusage leaves out: up to 4 %
        where a busy machine switches a lot."""
        shown = sum(self.by_pid.values())
        assert len(self.by_pid) == count, self.stats
        assert shown > (1 - slack) * self.used - 0.025, vars(self)
        assert shown < (1 + 6 * slack) * self.used + 0.025, vars(self)


@pytest.mark.pythons(each_minor=True)
def test_forked_children(hognose, python, tmp_path):
    lives = Lives(hognose, python, tmp_path, "fork", 40, 0.02)
    lives.check(40)
    # A fork is a Python from its beginning on.
    assert lives.by_leaf["[starting]"] == 0
    assert lives.by_leaf["burn"] > 0.85 * 40 * 0.02


@pytest.mark.pythons(each_minor=True)
def test_started_children(hognose, python, tmp_path):
    lives = Lives(hognose, python, tmp_path, "subprocess", 10, 0.02)
    lives.check(10)
    assert lives.by_leaf["[starting]"] > 0
    assert lives.by_leaf["burn"] > 0.6 * 10 * 0.02


@pytest.mark.pythons(low=(3, 6), each_minor=True)
def test_workers_of_a_pool_that_live_for_one_task(hognose, python, tmp_path):
    lives = Lives(hognose, python, tmp_path, "pool", 20, 0.02)
    assert len(lives.by_pid) >= 20
    lives.check(len(lives.by_pid))


@pytest.mark.parametrize("way,count", [("fork", 300), ("subprocess", 120)])
def test_hundreds_lose_less_than_a_hundredth(hognose, any_python, tmp_path,
                                             way, count):
    """bench/children.py does the same with a thousand."""
    lives = Lives(hognose, any_python, tmp_path, way, count, 0.005)
    lives.check(count)
    assert lives.stats["cpu_seconds"] < 0.2 * lives.stats["wall_seconds"]


def test_children_too_short_to_be_read(hognose, any_python, tmp_path):
    """They are counted, and keep their place and their time."""
    lives = Lives(hognose, any_python, tmp_path, "fork", 200, 0.0, rate="20")
    lives.check(200, slack=0.03)
    assert 50 < lives.stats["unseen"] <= 200
    assert lives.by_leaf["[unseen]"] > 0.3 * lives.used


def test_unseen_ones_are_said(hognose, any_python, tmp_path):
    result = hognose.run("record", "-r", "20", "-o", tmp_path / "o.folded",
                         "--", *any_python.command("has_short_lives.py",
                                                   "fork", "50", "0")).ok()
    assert re.search(r", \d+ processes ended unseen", result.stderr)


def test_how_children_are_heard_of_is_said(hognose, any_python, tmp_path):
    result = hognose.run("record", "-v", "-o", tmp_path / "o.folded", "--",
                         *any_python.command("has_short_lives.py", "fork",
                                             "1", "0.05")).ok()
    assert "new processes: told by perf events" in result.stderr


def test_other_programs_are_no_unseen_pythons(hognose, any_python, tmp_path):
    stats = tmp_path / "s.json"
    hognose.run("record", "-q", "--mode", "cpu", "-o", tmp_path / "o.folded",
                "--stats", stats, "--", any_python.path, "-c",
                "import subprocess\n"
                "for _ in range(30): subprocess.call('true')\n").ok()
    said = json.loads(stats.read_text())
    assert (said["unseen"], said["processes"]) == (0, 1)
