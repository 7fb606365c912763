# SPDX-License-Identifier: Apache-2.0
"""hognose syscalls --blocking names the lines that keep a thread or an event
loop, how long, and what for."""

import json
import xml.etree.ElementTree as xml

import pytest

import pythons

pytestmark = [pytest.mark.needs("ptrace"), pytest.mark.timing]
FILE = "blocks_its_loop.py"
SECONDS = {"sleeps": 0.15, "receives": 0.06, "locks": 0.08, "works": 0.07}
CALLS = {"sleeps": {"clock_nanosleep", "nanosleep", "select", "pselect6"},
         "receives": {"recvfrom"}, "locks": {"futex"}, "works": {None}}
each_minor = pytest.mark.pythons(each_minor=True, debug=False)
each_layout = pytest.mark.pythons(each_layout=True)


@pytest.fixture
def blocking(hognose, tmp_path):
    """The report, and how hognose ended."""
    def run(python, way, *options):
        out = tmp_path / "report.json"
        done = hognose.run("syscalls", "-o", str(out), *options, "--",
                           *python.command(FILE, way), env=pythons.clean_env())
        assert out.exists(), done
        return json.loads(out.read_text()), done.returncode
    return run


def by_function(report):
    """{innermost function of the program: what blocked there}"""
    found = {}
    for one in report["blocking"]:
        for frame in one["stack"]:
            if frame["file"].endswith(FILE):
                found.setdefault(frame["name"].rpartition(".")[2],
                                 []).append(one)
                break
    return found


def check_times(found, names):
    for name in names:
        assert name in found, (name, sorted(found))
        one = max(found[name], key=lambda one: one["duration"])
        assert one.get("call") in CALLS[name]
        # 10 %, and what a busy machine adds.
        assert 0.9 * SECONDS[name] <= one["duration"]
        assert one["duration"] <= 1.1 * SECONDS[name] + 0.05


@each_minor
@pytest.mark.pythons(low=(3, 6))
def test_what_blocks_a_loop_is_named_with_its_task(blocking, python):
    report = blocking(python, "asyncio", "--blocking=30ms")[0]
    found = by_function(report)
    check_times(found, SECONDS)
    for name in SECONDS:
        assert max(found[name], key=lambda one: one["duration"])["task"] \
            == "task_" + name
    assert not any(one.get("call", "").startswith(("epoll", "select"))
                   and one["task"] is None and one["loop"]
                   for one in report["blocking"])
    # The loop itself has slept, in turns of 40 ms and more.
    names = [frame["name"] for one in report["blocking"]
             for frame in one["stack"][:1] if one["loop"]]
    assert "select" not in names and "EpollSelector.select" not in names


@each_layout
def test_calls_that_wait_are_named_without_a_loop(blocking, python):
    found = by_function(blocking(python, "own", "--blocking=30ms",
                                 "--loop=none")[0])
    check_times(found, ["sleeps", "receives", "locks"])
    assert "by_hand" in found  # the select of its own


def test_the_threshold_is_honoured(blocking, any_python):
    report = blocking(any_python, "asyncio", "--blocking=130ms")[0]
    assert set(by_function(report)) == {"sleeps"}


def test_lines_are_summed_up(blocking, any_python):
    report = blocking(any_python, "own", "--blocking=0", "-e", "fsync")[0]
    (line,) = report["blocking_lines"]
    assert line["name"] == "syncs" and line["call"] == "fsync"
    assert line["count"] == 20 == len(report["blocking"])
    assert sum(n for _, n in line["histogram"]) == 20
    assert line["p50"] <= line["p90"] <= line["p99"] <= line["max"]
    total = sum(one["duration"] for one in report["blocking"])
    assert line["total"] == pytest.approx(total)
    assert line["source"] == "os.fsync(out.fileno())"
    assert line["what"].startswith("/")


@pytest.mark.parametrize("limit, status", [("100ms", 3), ("10s", 0)])
def test_a_loop_that_is_kept_too_long_fails_the_check(blocking, any_python,
                                                      limit, status):
    report, code = blocking(any_python, "asyncio",
                            f"--fail-on-blocking={limit}")
    assert code == status
    assert report["failed"] is (status == 3)


def test_junit_has_a_failing_case_for_each(hognose, any_python, tmp_path):
    out = tmp_path / "blocking.xml"
    done = hognose.run("syscalls", "--fail-on-blocking=130ms", "-o", str(out),
                       "--", *any_python.command(FILE, "asyncio"),
                       env=pythons.clean_env())
    assert done.returncode == 3
    (case,) = xml.parse(out).getroot().find("testsuite")
    assert "sleeps" in case.get("name") and case.find("failure") is not None


def test_text_says_what_was_waited_for(hognose, any_python):
    done = hognose.run("syscalls", "--blocking=30ms", "--",
                       *any_python.command(FILE, "asyncio"),
                       env=pythons.clean_env())
    assert "for a sleep in task" in done.stderr
    assert "for a lock in task" in done.stderr
    assert "left.recv(1)" in done.stderr
