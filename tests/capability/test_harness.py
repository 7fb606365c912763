# SPDX-License-Identifier: Apache-2.0
"""The harness itself: a test must be able to trust what it is given."""

import os

import pytest

import programs


def test_a_target_runs_under_the_python_asked_for(python, target):
    worker = target("says_ready.py", "to", "serve")
    # The line's end may come in a write of its own (2.7 does that).
    programs.wait_until(lambda: worker.stdout.endswith("\n"))
    assert worker.stdout == "ready to serve\n"
    assert worker.running
    command = open(f"/proc/{worker.pid}/cmdline", "rb").read().split(b"\0")
    assert command[0].decode() == python.path
    assert command[1].decode() == worker.path
    exe = os.readlink(f"/proc/{worker.pid}/exe")
    assert exe.endswith(python.path)


def test_stop_ends_a_target(any_python, target):
    worker = target("says_ready.py")
    worker.stop()
    assert not worker.running
    assert worker.stderr == "to stderr\n"
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


def test_a_target_that_dies_early_fails_the_test_with_its_words(target):
    with pytest.raises(AssertionError, match="no_such_name"):
        target("-c", "no_such_name")


def test_folded_lines_are_taken_apart_from_the_right():
    stacks = programs.parse_folded("a b.py:<module>:3;C:x.py:f%3B:12 7\n"
                                   "[thread 1 x];a.py:g:1;[gc] 1.5\n")
    assert [s.weight for s in stacks] == [7, 1.5]
    assert stacks[0].functions() == ["<module>", "f%3B"]
    assert stacks[0].has("<module>", "f%3B")
    assert not stacks[0].has("f%3B", "<module>")
    assert stacks[1].functions() == ["g"] and stacks[1].leaf == "[gc]"
