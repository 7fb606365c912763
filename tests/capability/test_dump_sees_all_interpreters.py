# SPDX-License-Identifier: Apache-2.0
"""Threads of every interpreter in a process are shown, each with its own GIL
where it has one."""

import pytest

import builds
import programs
import pythons


def names(thread):
    return [frame["name"] for frame in thread["frames"]]


def thread_in(dump, function):
    """The entry in whose stack that function stands."""
    found = [t for t in dump["threads"] if function in names(t)]
    assert len(found) == 1, dump
    return found[0]


@pytest.mark.pythons(low=(3, 8))
def test_interpreters_that_share_a_gil(python, target, hognose):
    worker = target("has_interpreters.py")

    def both():
        dump = hognose.run("dump", "--json", worker.pid).ok().json()
        sleeps, spins = thread_in(dump, "sleeps"), thread_in(dump, "spins")
        return sleeps["frames"][0]["line"] == 5 and (dump, sleeps, spins)

    dump, sleeps, spins = programs.wait_until(both)
    assert {sleeps["interpreter"], spins["interpreter"]} == {1, 2}
    assert names(sleeps) == ["sleeps", "in_sub", "<module>"]
    assert [f["line"] for f in sleeps["frames"]] == [5, 7, 8]
    assert (sleeps["gil"], sleeps["state"]) == ("none", "sleeping")
    in_main = [t for t in dump["threads"] if t["interpreter"] == 0]
    assert sorted(t["name"] for t in in_main) == ["MainThread", "sleeps",
                                                  "spins"]
    assert {t["tid"] for t in in_main if t["name"] == "sleeps"} == {
        sleeps["tid"]}
    stacks = hognose.run("record", "-p", worker.pid, "-d", "0.3", "-r", "1k",
                         "-f", "folded", "-o", "-").ok().folded()
    spinning = sum(s.weight for s in stacks if s.has("in_sub", "spins"))
    assert spinning > 10
    assert not any(s.has("in_sub", "sleeps") for s in stacks)
    # A thread runs in one of its interpreters at a time: it counts once, not
    # with its state in the main interpreter too, which waits in run_string().
    assert spinning > 0.8 * sum(s.weight for s in stacks)


@pytest.mark.pythons(low=(3, 12), free_threaded=False)
def test_a_gil_of_its_own(python, target, hognose):
    """Two threads hold a GIL at once."""
    worker = target("has_interpreters.py", "own")

    def both_hold():
        dump = hognose.run("dump", "--json", worker.pid).ok().json()
        holds = [t for t in dump["threads"] if t["gil"] == "holds"]
        return {t["interpreter"] for t in holds} >= {0, 1}

    programs.wait_until(both_hold, 20, "two holders")


@pytest.mark.needs("cc")
@pytest.mark.pythons(chroot=False)
def test_interpreters_made_in_c(python, program, hognose, tmp_path):
    shared = builds.config(python, "Py_ENABLE_SHARED")[0] == "1"
    exe = builds.embedder(python, tmp_path, "embeds_python.c",
                          static=not shared)
    code = (pythons.TARGETS / "stands_still.py").read_text()
    worker = program([exe, code, "init", "sub", "run"],
                     env=builds.home(python))
    dump = builds.assert_stands(hognose, worker.pid, python.version)
    assert {t["interpreter"] for t in dump["threads"] if t["frames"]} == {1}
