# SPDX-License-Identifier: Apache-2.0
"""A recording makes every other output, the same as if recorded so."""

import pytest

import hogfile

# Outputs are made from a recording, which knows no Python.
pytestmark = pytest.mark.pythons(each_layout=True)


@pytest.fixture(scope="module")
def made():
    """{CPython: recording}: each is made once."""
    return {}


@pytest.fixture
def recording(python, hognose, target, made, tmp_path_factory):
    if python.id not in made:
        worker = target("works_in_two_threads.py")
        path = tmp_path_factory.mktemp("recording") / "run.hog"
        hognose.run("record", "-p", worker.pid, "-r", "200", "-d", "2",
                    "-o", path).ok()
        made[python.id] = path
    return made[python.id]


def test_it_is_complete(recording):
    run = hogfile.read(recording)
    assert run.ended
    assert run.run["mode"] == "wall" and run.run["rate_hz"] == 200
    stats = run.stats[-1]
    assert stats["asked_hz"] == 200
    assert stats["slots"] > 100
    assert 1.5 < stats["wall_seconds"] < 4
    assert {thread.name for thread in run.threads[1:]} >= {"MainThread"}
    assert len(run.events) > 200


@pytest.mark.parametrize("options, view", [
    ((), {}),
    (("--function",), {"function": True}),
    (("--full-paths",), {"full_paths": True}),
])
def test_folded_is_what_the_recording_says(recording, hognose, options, view):
    made = hognose.run("report", recording, "-f", "folded", *options).ok()
    weights = {";".join(stack.frames): stack.weight
               for stack in made.folded()}
    assert weights == hogfile.read(recording).folded(**view)


def test_it_shows_what_a_direct_output_shows(recording, python, hognose,
                                             target):
    worker = target("works_in_two_threads.py")
    direct = hognose.run("record", "-p", worker.pid, "-r", "200", "-d", "2",
                         "-f", "folded", "--function", "-o", "-").ok()
    made = hognose.run("report", recording, "-f", "folded", "--function").ok()

    # Not what it does once at its start, however long a busy machine takes.
    def often(result):
        total = sum(stack.weight for stack in result.folded())
        return {";".join(stack.frames) for stack in result.folded()
                if stack.weight > 0.05 * total}

    assert often(direct) == often(made)


def test_every_format_comes_from_it(recording, hognose, tmp_path):
    for name in hognose.run("formats", "-q").ok().stdout.split():
        out = tmp_path / f"made.{name}"
        done = hognose.run("report", recording, "-f", name, "-o", out).ok()
        if "shows system calls, and this recording has none" in done.stderr:
            continue
        assert done.stderr == ""
        assert b"spin_inner" in out.read_bytes() or name == "hog"
