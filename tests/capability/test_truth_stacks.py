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
IMPOSSIBLE_PCT = 0.5
# A recursion that turns over while it is copied tears more often.
TORN_PCT = {"recursion": 10.0}


def measure(pid, *options):
    hognose = pathlib.Path(programs.Hognose().path)
    tool = os.environ.get("MEASURE_STACKS",
                          hognose.parent / "tests/truth/measure_stacks")
    ended = subprocess.run([str(tool), *options, str(pid)], timeout=120,
                           capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.needs("ptrace")
@pytest.mark.timing
@pytest.mark.parametrize("case", CASES)
def test_sampled_stacks_are_possible(python, target, case):
    if case == "coro" and python.version < (3, 6):
        pytest.skip("2.7 has no coroutines")
    worker = target("truth_stacks.py", case, "120")
    result = measure(worker.pid, "-n", "5000", "-t", "0", "-g", "0:40")
    print("{id} {case}: impossible {impossible_pct} %, torn {torn_pct} %, "
          "repaired {repaired_pct} %, equal copies {same_pct} %, "
          "{us_per_sample} us, {reads_per_sample} reads".format(
              id=python.id, case=case, **result))
    assert result["samples"] == 5000
    assert result["impossible_pct"] < IMPOSSIBLE_PCT, result["examples"]
    assert result["torn_pct"] < TORN_PCT.get(case, 3.0)


@pytest.mark.needs("ptrace")
def test_depths_are_those_of_the_stopped_program(any_python, target):
    worker = target("truth_stacks.py", "calm", "120")
    result = measure(worker.pid, "-n", "5000", "-t", "500", "-g", "0:40")
    assert result["truths"] == 500
    assert 0 <= result["tv"] < 10
