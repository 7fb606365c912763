# SPDX-License-Identifier: Apache-2.0
"""Stacks of running threads are stacks that there were: names that belong to
one chain, depths as often as in the stopped program, callers where they call."""

import os

import pytest

from truthful import hold, hold_estimate, line, measure, tv_beyond_chance

# Chains that call, and those that are resumed: see tests/targets/truth_stacks.
# "classes", "with" and "border" are of them; "calm" moves only at its leaf.
CALLS = ("plain", "ccall", "classes", "with", "exc", "threads", "shared",
         "calm")
RESUMED = ("gen", "coro")
DEEP = ("recursion", "border")
CASES = CALLS + RESUMED + DEEP
# Their calls have one place each, which the stopped program shows in no time.
LINE_CASES = ("plain", "exc")
IMPOSSIBLE_PCT = {case: 0.05 for case in CALLS}  # else 0.1
TORN_PCT = {case: 1.0 for case in CALLS}  # else 2
TV = {case: 8.0 for case in CALLS}  # else 10
WRONG_LINES_PCT = 1.0
# Known to be worse, up to these: samples of programs whose stacks turn over
# completely within the time of a copy.  What is torn is marked as such.
# Generators: who resumes whom must be seen twice in the short time that it
# stands, so most of 5,000 copies is learning.  Measured with a CPU for each,
# 3.11-3.15 0.1-13 %, free-threaded 6-57 %, and in 200 copies at 1 kHz 0-30 %.
KNOWN_TORN_PCT = {"gen": 20.0, "coro": 20.0, "recursion": 90.0,
                  "border": 90.0, "ccall": 3.0, "classes": 3.0}
KNOWN_TORN_COLD_PCT = 45.0  # of RESUMED at 1 kHz
KNOWN_TORN_FREE_THREADED_PCT = 70.0  # of RESUMED
KNOWN_TORN_DYING_PCT = 25.0  # 0.4-16 in 500 copies at 1 kHz, else below 5
KNOWN_TV = {"recursion": 70.0, "border": 70.0}
KNOWN_TV_DATA_STACK = 40.0  # 3.11+
KNOWN_TV_FREE_THREADED = 80.0  # of RESUMED: what is torn has no depth
KNOWN_TV_HEAP = 20.0
# Copies that differ from the one before: a program that waits for a CPU shows
# the same one again and again.  The first tenth of a second, in which a reader
# learns (a fifth and more of its copies of a recursion may be torn), is part of
# them.  The seconds bound what a loaded machine costs.
SLOW_CASES = ("plain", "gen", "recursion")  # also at 1 kHz
LEARNING = 8
COPIES = int(os.environ.get("TRUTH_COPIES", "5000"))
SECONDS = int(os.environ.get("TRUTH_SECONDS", "2"))
TRUTHS = 600
ENOUGH = 100
# All cases where frames lie differently, some on what is alike; `make soak` and
# its many copies take all everywhere.
LONG = COPIES > 5000
EVERYWHERE = ("plain", "gen", "exc")
TELLING = ((2, 7), (3, 8), (3, 11), (3, 13), (3, 15))
STOPPED_CASES = CASES if LONG else ("plain", "gen", "exc", "recursion")


def learnt(result, rate):
    """What stayed torn at 1 kHz, less what a reader needs to learn: flat out
    that passes in milliseconds."""
    if rate != " 1 kHz":
        return result["torn_pct"]
    torn = round(result["torn_pct"] * result["distinct"] / 100)
    return 100 * max(0, torn - LEARNING) / result["distinct"]


def known_torn(case, rate, python):
    if case in RESUMED and python.free_threaded:
        return KNOWN_TORN_FREE_THREADED_PCT
    if case in RESUMED and rate == " 1 kHz":
        return KNOWN_TORN_COLD_PCT
    return KNOWN_TORN_PCT.get(case)


def known_tv(case, python):
    if case in RESUMED and python.free_threaded:
        return KNOWN_TV_FREE_THREADED
    return KNOWN_TV.get(case, KNOWN_TV_DATA_STACK
                        if python.version >= (3, 11) else KNOWN_TV_HEAP)


def check(case, rate, python, result):
    hold("% impossible", result["impossible_pct"],
         IMPOSSIBLE_PCT.get(case, 0.1), None, result)
    hold_estimate(python, case, result, None)
    hold("% torn", learnt(result, rate), TORN_PCT.get(case, 2.0),
         known_torn(case, rate, python), result)
    if case in LINE_CASES and result["truths"]:
        hold("% wrong lines", result["lines_unseen_pct"], WRONG_LINES_PCT,
             None, result)
    # Fewer say nothing of depths: so a machine that is busy elsewhere.
    if result["truths"] >= TRUTHS / 2 and result["distinct"] >= 1000:
        hold("TV", tv_beyond_chance(result), TV.get(case, 10.0),
             known_tv(case, python), result)


def sample(python, target, record_property, case):
    """At 1 kHz, at 10-25 k/s with random gaps and against the stopped program,
    flat out."""
    if case == "coro" and python.version < (3, 6):
        pytest.skip("2.7 has no coroutines")
    worker = target("truth_stacks.py", case, "120")
    results = {}
    for name, copies, truths, gap in (
            (" 1 kHz", COPIES // 25, 0, "900:1100"),
            ("", COPIES, TRUTHS, "0:40"), (" flat out", COPIES, 0, "0")):
        if "kHz" in name and case not in SLOW_CASES:
            continue
        result = measure(worker, "-n", copies, "-s", SECONDS, "-t", truths,
                         "-g", gap)
        result["lines_known"] = truths and case in LINE_CASES
        record_property("truth", line(python, case + name, result))
        results[name] = result
    assert results[""]["distinct"] >= ENOUGH
    for name, result in results.items():
        check(case, name, python, result)


@pytest.mark.needs("ptrace")
@pytest.mark.timing
@pytest.mark.pythons(debug=False, each_minor=True)
@pytest.mark.parametrize("case", EVERYWHERE)
def test_sampled_stacks_are_possible(python, target, record_property, case):
    sample(python, target, record_property, case)


@pytest.mark.needs("ptrace")
@pytest.mark.timing
@pytest.mark.pythons(debug=False, each_minor=True,
                     minors=None if LONG else TELLING)
@pytest.mark.parametrize("case", [c for c in CASES if c not in EVERYWHERE])
def test_sampled_stacks_of_each_kind_are_possible(python, target,
                                                  record_property, case):
    sample(python, target, record_property, case)


@pytest.mark.needs("ptrace")
@pytest.mark.timing
@pytest.mark.pythons(debug=False, each_minor=True)
def test_code_that_dies_gives_no_wrong_name(python, target, record_property,
                                            tmp_path):
    """Code objects that are made, run once and freed; names tell their round."""
    shared = tmp_path / "round"
    shared.write_bytes(bytes(4096))
    worker = target("frees_code.py", shared, "120", "5000")
    for name, copies, gap in (("", COPIES, "0:40"), (" flat out", COPIES, "0"),
                              (" 1 kHz", COPIES // 10, "900:1100")):
        result = measure(worker, "-n", copies, "-s", SECONDS, "-t", "0", "-g",
                         gap, "-m", shared)
        record_property("truth", (
            f"{python.id} dying code{name}: {result['distinct']} stacks, "
            f"{result['passing']} with code of one round, wrong names "
            f"{result['stale']}, torn {result['torn_pct']:.2f} %"))
        assert result["passing"] > result["distinct"] / 20
        assert result["stale"] == 0, result["examples"]
        hold("% torn", result["torn_pct"], 2.0, KNOWN_TORN_DYING_PCT, result)


@pytest.mark.needs("ptrace")
@pytest.mark.timing
@pytest.mark.pythons(debug=False, each_minor=True)
@pytest.mark.parametrize("case", STOPPED_CASES)
def test_stopped_stacks_are_what_stood_there(python, target, case):
    """What record --exact shows: none impossible, none torn."""
    if case == "coro" and python.version < (3, 6):
        pytest.skip("2.7 has no coroutines")
    result = measure(target("truth_stacks.py", case, "120"), "-x",
                     "-n", "500", "-s", "2", "-t", "0", "-g", "0:200")
    print("{id} {case}: {distinct} copies, impossible {impossible_pct} %, "
          "torn {torn_pct} %, not had by a stop {unstopped_pct} %, held "
          "{held_us} us, 99 % below {held_us_p99}".format(
              id=python.id, case=case, **result))
    assert result["distinct"] >= ENOUGH
    assert result["impossible_pct"] == 0, result["examples"]
    assert result["torn_pct"] == 0
    assert result["unstopped_pct"] < 0.5


@pytest.mark.needs("ptrace")
def test_depths_are_those_of_the_stopped_program(any_python, target):
    worker = target("truth_stacks.py", "calm", "120")
    result = measure(worker, "-n", "2000", "-s", "20", "-t", "500",
                     "-g", "0:40")
    assert result["truths"] == 500
    assert result["distinct"] >= ENOUGH
    assert 0 <= result["tv"] < 10
