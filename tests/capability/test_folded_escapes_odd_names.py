# SPDX-License-Identifier: Apache-2.0
"""Odd names in folded output: escaped so that each line has one meaning, and
nothing else is touched."""

import pytest

ODD = "/odd%3B name/\u00e9\u4e2d\U0001f600 %2541%0A%1B[31m.py:odd:4"
PERCENT = "/a/100%/%2541%zz%3Bx y%09.py:<module>:2"


def frames_of(hognose, worker):
    done = hognose.run("record", "-p", worker.pid, "-d", "0.3", "--idle", "-f",
                       "folded", "-o", "-").ok()
    lines = done.stdout.split("\n")
    assert lines.pop() == ""
    assert all(line.rpartition(" ")[2].isdigit() for line in lines)
    assert lines == sorted(lines, key=str.encode)
    return {frame for stack in done.folded() for frame in stack.frames}


@pytest.mark.pythons(low=(2, 7), high=(2, 7))
def test_odd_file_2_7(python, target, hognose):
    assert ODD in frames_of(hognose, target("stands_in_many_ways.py"))


@pytest.mark.pythons(low=(3, 10))
def test_odd_names(python, target, hognose):
    frames = frames_of(hognose, target("stands_in_many_ways.py"))
    assert ODD in frames
    assert {"/no/where/wide.py:na\u00efve:3",
            "/no/where/wide.py:\u4e2d\u6587:6",
            "/no/where/wide.py:\U00020000bc:9"} <= frames


@pytest.mark.pythons(low=(3, 10))
def test_percent_and_unnamed(python, target, hognose):
    frames = frames_of(hognose, target("stands_in_callbacks.py"))
    assert PERCENT in frames
    assert ":<module>:4" in frames  # compiled with the file name ""
    assert "<string>:inside:3" in frames
