# SPDX-License-Identifier: Apache-2.0
"""Stacks of running threads are stacks that there were."""

import json
import os
import pathlib
import subprocess

import pytest

import programs

CASES = ("plain", "ccall", "gen", "coro", "exc", "threads", "shared",
         "recursion", "calm")
# Their calls have one place each, which the stopped program shows in no time.
LINE_CASES = ("plain", "exc")
IMPOSSIBLE_PCT = 0.5
TORN_PCT = {"recursion": 10.0}  # else 3
WRONG_LINES_PCT = 1.0
# Known to be worse, up to these (but what is torn, only on the data stack of
# 3.11+): samples of programs whose stacks turn over completely within the time
# of a copy.  What is torn is marked as such.
KNOWN_IMPOSSIBLE_PCT = {"recursion": 4.0}
KNOWN_LINES_PCT = {"exc": 8.0}
KNOWN_TORN_PCT = {"gen": 90.0, "coro": 90.0, "recursion": 90.0}
# Copies that differ from the one before: a program that waits for a CPU shows
# the same one again and again.  The first tenth of a second, in which a reader
# learns (a fifth and more of its copies of a recursion may be torn), is part of
# them.  The seconds bound what a loaded machine costs.
COPIES = 5000
SECONDS = 4
ENOUGH = 100


def measure(worker, *options):
    """What the tool finds, while it and its target have a CPU each."""
    hognose = pathlib.Path(programs.Hognose().path)
    tool = os.environ.get("MEASURE_STACKS",
                          hognose.parent / "tests/truth/measure_stacks")
    cpus = sorted(os.sched_getaffinity(0))
    for tid in worker.tids():
        os.sched_setaffinity(tid, {cpus[0]})
    ended = subprocess.run(
        [str(tool), *options, str(worker.pid)], timeout=120,
        capture_output=True, text=True, check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, {cpus[-1]}))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def hold(what, result, limit, known):
    """Less than the limit; up to the known weakness it is an expected failure,
    which the summary shows with its number."""
    value = result[f"{what}_pct"]
    if known and limit <= value < known:
        pytest.xfail(f"{value} % {what}, and {limit} % is the aim")
    assert value < limit, (result["examples"], result["lines_unseen"])


@pytest.mark.needs("ptrace")
@pytest.mark.timing
@pytest.mark.pythons(debug=False)
@pytest.mark.parametrize("case", CASES)
def test_sampled_stacks_are_possible(python, target, case):
    if case == "coro" and python.version < (3, 6):
        pytest.skip("2.7 has no coroutines")
    lines = case in LINE_CASES
    data_stack = python.version >= (3, 11)
    result = measure(target("truth_stacks.py", case, "120"),
                     "-n", str(COPIES), "-s", str(SECONDS),
                     "-t", "500" if lines else "0", "-g", "0:40")
    print("{id} {case}: {distinct} copies, impossible {impossible_pct} %, "
          "torn {torn_pct} %, repaired {repaired_pct} %, lines never seen "
          "{lines_unseen_pct} %, not known {lines_unknown_pct} %, "
          "{us_per_sample} us, {reads_per_sample} reads".format(
              id=python.id, case=case, **result))
    assert result["distinct"] >= ENOUGH
    hold("impossible", result, IMPOSSIBLE_PCT,
         data_stack and KNOWN_IMPOSSIBLE_PCT.get(case))
    hold("torn", result, TORN_PCT.get(case, 3.0),
         KNOWN_TORN_PCT.get(case))
    if lines:
        hold("lines_unseen", result, WRONG_LINES_PCT,
             data_stack and KNOWN_LINES_PCT.get(case))


@pytest.mark.needs("ptrace")
def test_depths_are_those_of_the_stopped_program(any_python, target):
    worker = target("truth_stacks.py", "calm", "120")
    result = measure(worker, "-n", "2000", "-s", "20", "-t", "500",
                     "-g", "0:40")
    assert result["truths"] == 500
    assert result["distinct"] >= ENOUGH
    assert 0 <= result["tv"] < 10
