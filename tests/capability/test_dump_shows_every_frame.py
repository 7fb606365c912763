# SPDX-License-Identifier: Apache-2.0
"""A dump shows every frame of every thread, with the line being executed."""

import json

import pytest

import programs


def truth_of(worker):
    return json.loads(worker.stdout.splitlines()[0])


def stacks_of(dump):
    return {thread["name"]: [[frame["file"], frame["line"], frame["name"]]
                             for frame in thread["frames"]]
            for thread in dump["threads"]}


def compare(dump, truth):
    stacks = stacks_of(dump)
    assert stacks.pop("teller")
    assert sorted(stacks) == sorted(truth)
    for name, frames in truth.items():
        assert stacks[name] == frames, name


@pytest.fixture
def worker(target):
    return target("stands_in_many_ways.py")


def test_frames_are_those_of_the_target_itself(python, worker, hognose):
    compare(hognose.run("dump", "--json", worker.pid).ok().json(),
            truth_of(worker))


def test_threads_are_described(python, worker, hognose):
    dump = hognose.run("dump", "-p", worker.pid, "--json").ok().json()
    threads = dump["threads"]
    assert dump["pid"] == worker.pid
    assert dump["python"].startswith(".".join(map(str, python.version[:2])))
    assert dump["cmdline"][-1].endswith("stands_in_many_ways.py")
    assert threads[0]["main"] and threads[0]["tid"] == worker.pid
    assert [t["main"] for t in threads].count(True) == 1
    assert sorted(t["tid"] for t in threads) == worker.tids()
    for thread in threads:
        assert thread["interpreter"] == 0
        assert thread["gil"] == "none"  # they all stand
        assert thread["state"] == "sleeping", thread["name"]
        assert thread["syscall"] in ("futex", "clock_nanosleep", "pselect6",
                                     "select")


@pytest.mark.pythons(low=(3, 11))
def test_columns_are_those_of_an_editor(python, worker, hognose):
    dump = hognose.run("dump", worker.pid, "--json").ok().json()
    stacks = {t["name"]: t["frames"] for t in dump["threads"]}
    leaf = stacks["multi_line"][0]
    with open(programs.TOP / "tests/targets/stands_in_many_ways.py",
              encoding="utf-8") as source:
        lines = source.read().splitlines()
    assert lines[leaf["line"] - 1][leaf["column"] - 1:] == "time.sleep("
    assert leaf["end_line"] == leaf["line"] + 2
    assert lines[leaf["end_line"] - 1][:leaf["end_column"] - 1].strip() == ")"


@pytest.mark.pythons(high=(3, 10))
def test_no_columns_where_python_keeps_none(python, worker, hognose):
    dump = hognose.run("dump", worker.pid, "--json").ok().json()
    for thread in dump["threads"]:
        for frame in thread["frames"]:
            assert frame["column"] is None and frame["end_column"] is None


def test_text_shows_the_source_and_no_raw_control(python, worker, hognose):
    text = hognose.run("dump", worker.pid).ok().stdout
    assert text.startswith(f"Process {worker.pid}: ")
    assert f'Thread {worker.pid} "MainThread" (main, sleeping in ' in text
    assert "    deep (" in text
    assert "        return deep(n - 1)\n" in text
    assert "\x1b" not in text
    assert "\\x1b[31m" in text
