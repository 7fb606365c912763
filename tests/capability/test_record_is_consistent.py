# SPDX-License-Identifier: Apache-2.0
"""Statistics that add up, names that belong together, file names as asked."""

import json

import pytest

from shares import total

FIELDS = ("asked_hz slots samples late missed retries stops torn unreadable "
          "truncated repaired unseen estimated_wrong cpu_seconds max_rss_bytes "
          "wall_seconds processes threads lowered lowest_hz mean_hz "
          "unstopped stopped_seconds").split()


@pytest.mark.parametrize("rate, hz", [("100", 100), ("1k", 1000),
                                      ("10k", 10000)])
def test_statistics_add_up(hognose, target, tmp_path, rate, hz):
    worker = target("works_in_two_threads.py")
    stats_file = tmp_path / "stats.json"
    result = hognose.run("record", "-p", worker.pid, "-d", "1", "-r", rate,
                         "-f", "folded", "-o", "-", "--stats",
                         stats_file).ok()
    stats = json.loads(stats_file.read_text())
    assert set(FIELDS) <= set(stats)
    assert stats["asked_hz"] == hz
    assert stats["slots"] == stats["samples"] + stats["missed"]
    assert stats["late"] <= stats["samples"]
    assert abs(stats["slots"] - hz) <= 0.05 * hz + 2
    assert total(result.folded()) == stats["stacks"]
    assert stats["stacks"] <= stats["samples"] * stats["threads"]
    assert stats["stops"] == 0 and stats["unreadable"] == 0
    assert (stats["processes"], stats["threads"]) == (1, 2)
    assert 0.9 < stats["wall_seconds"] < 5
    assert 0 < stats["cpu_seconds"] < stats["wall_seconds"]
    assert 1 << 20 < stats["max_rss_bytes"] < 64 << 20


def test_freed_code_gives_no_wrong_name(hognose, python, target):
    worker = target("runs_code_once.py")
    seen = 0
    for _ in range(10):  # a sanitizer and a busy machine leave few samples
        stacks = hognose.run("record", "-p", worker.pid, "-d", "1", "-r", "2k",
                             "-f", "folded", "-o", "-").ok().folded()
        wrong = 0
        for stack in stacks:
            for frame in stack.frames:
                file, _, rest = frame.partition(".gen:")
                if rest.startswith("f_"):
                    seen += stack.weight
                    name = rest.split(":")[0]
                    wrong += stack.weight * (name != f"f_{file.strip('/')}")
        assert wrong == 0, [s.line for s in stacks if ".gen" in s.line][:5]
        if seen > 100:
            return
    pytest.fail(f"only {seen} samples of passing code")


# A sanitizer keeps what was freed.
@pytest.mark.timing
def test_memory_stays_flat_while_code_comes_and_goes(hognose, target,
                                                     tmp_path):
    worker = target("runs_code_once.py")
    peaks = []
    for seconds in "1", "6":
        hognose.run("record", "-q", "-p", worker.pid, "-d", seconds, "-r",
                    "1k", "-o", tmp_path / "x.hog", "--stats",
                    tmp_path / "s.json").ok()
        stats = json.loads((tmp_path / "s.json").read_text())
        peaks.append(stats["max_rss_bytes"])
    assert peaks[1] < peaks[0] + (3 << 20), peaks


def test_file_names_are_shortened_by_sys_path(hognose, python, target):
    worker = target("works_in_two_threads.py")
    options = ["record", "-p", worker.pid, "-d", "0.3", "-f", "folded", "-o",
               "-"]
    short = hognose.run(*options).ok().folded()
    assert all(s.frames[0].startswith(("works_in_two_threads.py:",
                                       "threading.py:")) for s in short)
    full = hognose.run(*options, "--full-paths").ok().folded()
    assert any(s.frames[0].startswith(f"{worker.path}:<module>:")
               for s in full)
    plain = hognose.run(*options, "--function").ok()
    for line in plain.stdout.splitlines():
        assert line.rpartition(" ")[0].split(";")[-1].count(":") == 1, line
def test_threads_that_wait_stand_where_they_waited(hognose, python, target):
    """Who did not have the GIL since the last look is not read again."""
    worker = target("takes_turns.py")
    stacks = hognose.run("record", "-p", worker.pid, "-d", "1", "-r", "5k",
                         "-f", "folded", "-o", "-", "--function",
                         "--threads").ok().stdout.splitlines()
    seen = 0
    for stack in stacks:
        text, _, weight = stack.rpartition(" ")
        frames = [f.rpartition(":")[2] for f in text.split(";")]
        mine = [f for f in frames if f.startswith(
            ("run_", "left_", "right_", "deep_"))]
        names = [f.rpartition("_")[0] for f in mine]
        assert len({f.rpartition("_")[2] for f in mine}) <= 1, stack
        assert names in (["run"][:len(names)], ["run", "left"],
                         ["run", "right"], ["run", "left", "deep_left"],
                         ["run", "right", "deep_right"]), stack
        seen += float(weight)
    assert seen > 1000
