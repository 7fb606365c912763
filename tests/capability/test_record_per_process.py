# SPDX-License-Identifier: Apache-2.0
"""--per-process gives each process a file of its own, in every format, from a
recording as well as at once."""

import collections
import json
import re

import pytest

import hogfile
import programs

pytestmark = pytest.mark.pythons(each_layout=True)

ROOT = re.compile(r"\[process (\d+) [^\]]*\];?")


def children(hognose, python, count, out, *options, seconds="0.08"):
    """Records a program with that many children into files."""
    return hognose.run("record", "--per-process", "-o", out, *options, "--",
                       *python.command("has_short_lives.py", "fork",
                                       str(count), seconds)).ok()


def formats(hognose):
    """{name: suffix} of all formats that show samples."""
    of_calls = {"text", "jsonl", "chrome", "perfetto", "timeline", "summary"}
    return {line.split()[0]: line.split()[1] for line in
            hognose.run("formats").ok().stdout.splitlines()
            if len(line.split()) > 1 and line.split()[1].startswith(".")
            and line.split()[0] not in of_calls}


def pids(directory, pattern):
    found = [re.fullmatch(pattern, path.name) for path in directory.iterdir()]
    assert all(found), list(directory.iterdir())
    return {int(match[1]) for match in found}


def test_each_process_has_a_file(hognose, python, tmp_path):
    result = children(hognose, python, 3, tmp_path / "o.folded")
    assert len(pids(tmp_path, r"o-(\d+)\.folded")) == 4
    assert "wrote 4 files: " in result.stderr
    works = collections.Counter()
    for path in tmp_path.iterdir():
        stacks = programs.parse_folded(path.read_text())
        assert not any(s.frames[0].startswith("[process") for s in stacks)
        works[any("burn" in s.functions() for s in stacks)] += 1
    assert works == {True: 3, False: 1}


def test_every_format_can_be_split(hognose, any_python, tmp_path):
    found = formats(hognose)
    assert {"html", "folded", "hog"} <= set(found)
    for name, suffix in found.items():
        place = tmp_path / name
        place.mkdir()
        children(hognose, any_python, 1, place / f"o{suffix}", "-f", name)
        assert len(pids(place, rf"o-(\d+){re.escape(suffix)}")) == 2
        assert all(path.stat().st_size > 50 for path in place.iterdir())


def test_a_pattern_names_the_files(hognose, any_python, tmp_path):
    children(hognose, any_python, 1, tmp_path / "%p of %n at 100%%.folded")
    assert len(pids(tmp_path, r"(\d+) of has_short_lives at 100%\.folded")) == 2


def test_without_a_name_one_is_made(hognose, any_python, tmp_path):
    hognose.run("record", "--per-process", "--",
                *any_python.command("has_short_lives.py", "fork", "1", "0.1"),
                cwd=tmp_path).ok()
    assert len(pids(tmp_path, r"hognose-has_short_lives-(\d+)\.html")) == 2


def test_an_exec_begins_a_new_file(hognose, any_python, tmp_path):
    """With its own name, or numbered."""
    for pattern, names in (
            ("%n.folded", {"makes_children.folded", "says_more.folded"}),
            ("%p.folded", 2)):
        place = tmp_path / pattern[1]
        place.mkdir()
        other = place.parent / "says_more.py"
        other.write_text("import time\nend = time.time() + 0.4\n"
                         "while time.time() < end: sum(range(999))\n")
        hognose.run(
            "record", "-q", "--per-process", "-o",
            place / ("%p" + pattern if pattern[1] != "p" else pattern), "--",
            any_python.path, "-c",
            "import os, sys, time\nend = time.time() + 0.4\n"
            "while time.time() < end: sum(range(999))\n"
            f"os.execv(sys.executable, [sys.executable, {str(other)!r}])").ok()
        made = sorted(path.name for path in place.iterdir())
        assert len(made) == 2
        if names == 2:
            pid = made[0].split(".")[0]
            assert made == [f"{pid}.2.folded", f"{pid}.folded"]
        else:
            assert made[1].endswith("says_more.folded") != made[0].endswith(
                "says_more.folded")


def test_a_recording_splits_into_what_it_holds(hognose, python, tmp_path):
    """What report splits off is what it shows below that process."""
    whole = tmp_path / "whole.hog"
    hognose.run("record", "-q", "-o", whole, "--",
                *python.command("has_short_lives.py", "fork", "3",
                                "0.1")).ok()
    below = collections.defaultdict(list)
    for line in hognose.run("report", whole, "-f",
                            "folded").ok().stdout.splitlines():
        root = ROOT.match(line)
        below[int(root[1])].append(line[root.end():])
    parts = tmp_path / "parts"
    parts.mkdir()
    hognose.run("report", whole, "--per-process", "-o",
                parts / "%p.folded").ok()
    assert len(below) == 4
    assert {int(path.stem): path.read_text().splitlines()
            for path in parts.iterdir()} == {
                pid: sorted(lines) for pid, lines in below.items()}


def test_recordings_of_many_processes(hognose, any_python, tmp_path):
    """More than are kept open at a time, each with its own and no more."""
    children(hognose, any_python, 150, tmp_path / "%p.hog", "--mode", "cpu",
             seconds="0.005")
    found = pids(tmp_path, r"(\d+)\.hog")
    assert len(found) == 151
    for pid in found:
        part = hogfile.read(tmp_path / f"{pid}.hog")
        assert [p.pid for p in part.processes[1:]] == [pid]
        assert part.events and part.stats[-1]["processes"] == 1
        assert part.stats[-1]["stacks"] == len(part.events)


def test_statistics_stay_one_file(hognose, any_python, tmp_path):
    stats = tmp_path / "stats.json"
    children(hognose, any_python, 2, tmp_path / "o.folded", "--stats", stats)
    assert json.loads(stats.read_text())["processes"] == 3


@pytest.mark.parametrize("out, remedy", [
    ("-", "name a file with -o"), ("none/o.html", "make its directory")])
def test_what_cannot_be_written_is_said_first(hognose, tmp_path, out, remedy):
    ran = tmp_path / "ran"
    result = hognose.run("record", "--per-process", "-o", out, "-f", "html",
                         "--", "touch", ran, cwd=tmp_path)
    assert result.returncode != 0 and remedy in result.stderr
    assert not ran.exists()


def test_the_recording_is_not_written_over(hognose, any_python, tmp_path):
    recording = tmp_path / "a.hog"
    hognose.run("record", "-q", "-o", recording, "--",
                *any_python.command("has_short_lives.py", "fork", "1",
                                    "0.1")).ok()
    pid = hogfile.read(recording).processes[1].pid
    recording = recording.rename(tmp_path / f"a-{pid}.hog")
    before = recording.read_bytes()
    result = hognose.run("report", recording, "--per-process", "-o",
                         tmp_path / "a.hog")
    assert result.returncode == 1 and "recording itself" in result.stderr
    assert recording.read_bytes() == before
