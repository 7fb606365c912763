# SPDX-License-Identifier: Apache-2.0
"""The recording of format 1.0 stays readable, and is what we still write."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "capability"))

import hogfile  # noqa: E402
import programs  # noqa: E402

FIRST = HERE / "first.hog"


@pytest.fixture
def hognose():
    runner = programs.Hognose()
    yield runner
    runner.stop_all()


def content(recording):
    """What it says, without how it is cut into blocks."""
    return {name: value for name, value in vars(recording).items()
            if not name.startswith("_") and name != "blocks"}


def test_the_writer_still_writes_the_same_content(tmp_path):
    build = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
    now = tmp_path / "now.hog"
    subprocess.run([build / "tests/golden/make_recording", now], check=True)
    assert content(hogfile.read(now)) == content(hogfile.read(FIRST))


def test_the_first_recording_is_read_to_its_end():
    first = hogfile.read(FIRST)
    assert first.ended
    assert len(first.events) == first.stats[-1]["stacks"] == 302
    assert first.threads[2].name == "worker <1>"
    assert first.stats[-1]["missed"] == 1


def test_report_keeps_all_of_it(hognose, tmp_path):
    copy = tmp_path / "copy.hog"
    done = hognose.run("report", FIRST, "-o", copy).ok()
    assert done.stderr == ""
    before, after = hogfile.read(FIRST), hogfile.read(copy)
    assert len(before.stats) > 1  # a copy has only the last
    assert after.stats[-1] == before.stats[-1]
    before.stats = after.stats = None
    assert content(after) == content(before)


GOLDEN = [
    ("first.folded", ("-f", "folded"), {}),
    ("first_function.folded", ("-f", "folded", "--function"),
     {"function": True}),
    ("first_threads_full.folded", ("-f", "folded", "-t", "--full-paths"),
     {"full_paths": True}),
    ("first.txt", ("-f", "table"), None),
]


@pytest.mark.parametrize("golden, options, view", GOLDEN,
                         ids=[row[0] for row in GOLDEN])
def test_report_makes_the_golden_file(hognose, golden, options, view):
    done = hognose.run("report", FIRST, *options).ok()
    assert done.stdout == (HERE / golden).read_text(encoding="utf-8")
    if view is None:
        return
    # And the golden file is right: process and thread frames aside, it is
    # what the other reader makes of the recording.
    weights = {}
    for stack in done.folded():
        frames = [frame for frame in stack.frames
                  if not frame.startswith(("[process ", "[thread "))]
        key = ";".join(frames)
        weights[key] = weights.get(key, 0) + stack.weight
    assert weights == hogfile.read(FIRST).folded(**view)


def test_report_says_where_a_cut_recording_stops(hognose, tmp_path):
    whole = FIRST.read_bytes()
    last = hogfile.Recording(whole).blocks[-1][0]
    cut = tmp_path / "cut.hog"
    cut.write_bytes(whole[:last + 5])
    done = hognose.run("report", cut, "-o", tmp_path / "copy.hog").ok()
    assert "stops at byte" in done.stderr
    assert done.stderr.count("\n") == 1
    assert len(hogfile.read(tmp_path / "copy.hog").events) == 302


def test_report_draws_what_stands_before_damage(hognose, tmp_path):
    whole = bytearray(FIRST.read_bytes())
    last = hogfile.Recording(bytes(whole)).blocks[-1][0]
    whole[last + 20] ^= 0x40
    bad = tmp_path / "bad.hog"
    bad.write_bytes(whole)
    done = hognose.run("report", bad, "-o", tmp_path / "copy.hog")
    assert done.returncode == 1
    assert "damaged" in done.stderr and done.stderr.count("\n") == 1
    assert len(hogfile.read(tmp_path / "copy.hog").events) == 302


@pytest.mark.parametrize("content_of_file", [
    b"", b"\0", b"\x89HOG\r\n\x1a\n", b"#!/usr/bin/python3\nprint()\n",
    b"\x89HOG\r\n\x1a\n" + b"\xff" * 5000, b"\x7fELF" + bytes(60)])
def test_report_refuses_what_is_no_recording(hognose, tmp_path, content_of_file):
    other = tmp_path / "other.hog"
    other.write_bytes(content_of_file)
    done = hognose.run("report", other, "-o", tmp_path / "copy.hog", timeout=5)
    assert done.returncode == 1
    assert done.stderr.startswith("hognose: report: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "copy.hog").exists()


def test_report_refuses_a_later_format(hognose, tmp_path):
    later = bytearray(FIRST.read_bytes())
    later[8] = 2
    later[12:16] = hogfile.fnv1a(later[:12]).to_bytes(4, "little")
    path = tmp_path / "later.hog"
    path.write_bytes(later)
    done = hognose.run("report", path, "-f", "hog", "-o", tmp_path / "copy.hog")
    assert done.returncode == 1
    assert "newer hognose" in done.stderr


def test_report_does_not_overwrite_the_recording(hognose, tmp_path):
    path = tmp_path / "a.hog"
    path.write_bytes(FIRST.read_bytes())
    done = hognose.run("report", path, "-o", path)
    assert done.returncode == 1
    assert path.read_bytes() == FIRST.read_bytes()


@pytest.mark.parametrize("args", [
    (), ("a.hog", "b.hog"), (FIRST, "-f", "pdf"), (FIRST, "-o", "x.pdf"),
    (FIRST, "--limit", "0"), (FIRST, "--limit", "x"), (FIRST, "--rate", "5")])
def test_report_says_what_is_wrong_with_its_usage(hognose, tmp_path, args):
    done = hognose.run("report", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("hognose: report: ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
