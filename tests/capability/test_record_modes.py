# SPDX-License-Identifier: Apache-2.0
"""Which threads each mode keeps: those not idle, those that use CPU time, the
one that holds the GIL; and how the rest is marked when it is asked for."""

import functools
import resource

import pytest

from shares import total, weight_of

# The call a thread sleeps in, by what it does; libc's and Python's versions
# and machines choose.
CALLS = {
    "in_sleep": ["select", "pselect6", "clock_nanosleep", "nanosleep"],
    "in_select": ["select", "pselect6"],
    "in_read": ["read"],
    "in_recv": ["recvfrom", "recvmsg", "read"],
    "in_lock": ["futex"],
}


def record(hognose, worker, *options):
    return hognose.run("record", "-p", worker.pid, "-d", "0.6", "-f", "folded",
                       "-o", "-", *options)


def test_idle_threads_are_left_out(hognose, python, target):
    worker = target("sleeps_in_many_ways.py", "busy")
    stacks = record(hognose, worker).ok().folded()
    assert weight_of(stacks, "busy") > 0.9 * total(stacks)
    assert not any("[idle" in s.line for s in stacks)


def test_idle_threads_are_kept_with_the_call_they_sleep_in(hognose, python, target):
    worker = target("sleeps_in_many_ways.py", "busy")
    stacks = record(hognose, worker, "--idle").ok().folded()
    for function, calls in CALLS.items():
        mine = [s for s in stacks if function in s.functions()]
        assert mine, function
        assert {s.leaf for s in mine} <= {f"[idle {c}]" for c in calls}
        assert weight_of(stacks, function) > 0.6 * weight_of(stacks, "busy")


@pytest.mark.parametrize("options, why", [
    ((), "all threads were idle"),
    (("--mode", "gil"), "no thread held the GIL"),
    (("--mode", "cpu"), "no thread used CPU time"),
])
def test_a_program_that_sleeps_gives_an_explained_nothing(hognose, target,
                                                          options, why):
    worker = target("sleeps_in_many_ways.py")
    result = record(hognose, worker, *options).ok()
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and f"no sample: {why}" in lines[0], result


@pytest.mark.pythons(free_threaded=False)
def test_gil_mode_shows_the_holder(hognose, python, target):
    worker = target("one_holds_the_gil.py")
    stacks = record(hognose, worker, "--mode", "gil", "-r", "500").ok().folded()
    assert weight_of(stacks, "holder") > 0.97 * total(stacks)
    # Both run, and in the other modes both show.
    both = record(hognose, worker, "--mode", "wall").ok().folded()
    assert weight_of(both, "releaser") > 0.5 * weight_of(both, "holder") > 0


@pytest.mark.pythons(free_threaded=False)
def test_who_sleeps_with_the_gil_is_idle(hognose, python, target):
    """Who holds the GIL runs, as a rule; hognose does not rely on it."""
    worker = target("naps_with_the_gil.py")
    stacks = hognose.run("record", "-p", worker.pid, "-d", "2", "-r", "1k",
                         "-f", "folded", "-o", "-").ok().folded()
    assert weight_of(stacks, "works") > 50
    # It naps in some 1,600 slots; woken, it may wait for a CPU.
    assert weight_of(stacks, "naps") < 400


def test_gil_waiters_are_not_idle_and_use_no_cpu_time(hognose, python, target):
    worker = target("works_in_two_threads.py")
    wall = record(hognose, worker).ok().folded()
    assert weight_of(wall, "work") > 0.5 * weight_of(wall, "spin_outer") > 0
    assert total(wall) > 70  # at 100 Hz for 0.6 s: both threads all the time
    cpu = record(hognose, worker, "--mode", "cpu").ok().folded()
    if not worker.python.free_threaded:
        assert total(cpu) < 75  # one CPU's worth, whoever had it


def test_the_collector_is_marked(hognose, python, target):
    worker = target("only_collects.py")
    stacks = record(hognose, worker, "--gc").ok().folded()
    marked = [s for s in stacks if s.leaf == "[gc]"]
    assert total(marked) > 0.8 * total(stacks)
    assert all(s.functions()[-1] == "trigger" for s in marked)
    plain = record(hognose, worker).ok().folded()
    assert not any("[gc]" in s.frames for s in plain)


@pytest.mark.parametrize("rate", ["100", "1k"])
def test_hundreds_of_idle_threads_do_not_show(hognose, target, rate):
    """More than may be looked at in each slot, and than descriptors suffice
    for."""
    worker = target("has_many_threads.py", "300")
    few = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE,
                            (256, 256))
    stacks = hognose.run("record", "-p", worker.pid, "-d", "0.6", "-r", rate,
                         "-f", "folded", "-o", "-",
                         preexec_fn=few).ok().folded()
    assert total(stacks) > 0
    assert weight_of(stacks, "busy") == total(stacks)
