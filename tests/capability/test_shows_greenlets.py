# SPDX-License-Identifier: Apache-2.0
"""--async: a thread's stack is that of the greenlet it runs, named; all: parked
ones have theirs."""

import re

import pytest

import packages
import programs
from test_truth_stacks import measure

pytestmark = pytest.mark.pythons(each_minor=True)

PARKED = {
    "main": ["<module>"],
    "plain": ["away", "inner", "plain"],
    "below_c": ["away", "inner", "below_c"],
    "below_gen": ["away", "gen", "inner", "below_gen"],
    "a name; with signs": ["away", "inner", "plain"],
}
# One that cannot be told for sure is named after its function: loop_a.
NAME = re.compile(r"\[greenlet ([ab]\d+)\]")
CHAIN = re.compile(r"([ab])\d+$")


# greenlet 3.1 takes 3.13t down by itself.
greenlet_works = pytest.mark.pythons(debug=False, free_threaded=False)


def names_of(frames):
    return [frame["name"] for frame in frames]


def start(target, python, script, *args, needs="greenlet"):
    return target(script, *args,
                  env=packages.environment(python, needs))


def greenlets_of(dump):
    (thread,) = dump["threads"]
    return thread, thread["greenlets"]


@greenlet_works
def test_dump_lists_parked_ones(python, target, hognose):
    worker = start(target, python, "parks_greenlets.py")
    dump = hognose.run("dump", "--json", "--async=all", worker.pid).ok().json()
    thread, greenlets = greenlets_of(dump)
    assert names_of(thread["frames"]) == ["sleeps", "runs", "[greenlet runs]"]
    states = sorted(green["state"] for green in greenlets)
    assert states == ["dead", "new"] + ["parked"] * 5 + ["running"]
    stacks = {green["name"]: names_of(green["frames"]) for green in greenlets
              if green["state"] == "parked"}
    assert stacks == PARKED
    running = [g for g in greenlets if g["state"] == "running"]
    assert names_of(running[0]["frames"]) == ["sleeps", "runs"]
    main = [g for g in greenlets if g["name"] == "main"]
    assert running[0]["parent"] == main[0]["id"] and main[0]["parent"] is None


@greenlet_works
def test_dump_shows_locals_of_parked_ones(python, target, hognose):
    worker = start(target, python, "parks_greenlets.py")
    dump = hognose.run("dump", "--json", "--locals", "--async=all",
                       worker.pid).ok().json()
    seen = {tuple(local["value"] for local in frame["locals"])
            for green in greenlets_of(dump)[1] for frame in green["frames"]
            if green["state"] == "parked" and frame["name"] == "inner"}
    assert {("plain",), ("sort",)} <= seen


@greenlet_works
def test_dump_names_the_running_one(python, target, hognose):
    worker = start(target, python, "parks_greenlets.py")
    text = hognose.run("dump", "--async", worker.pid).ok().stdout
    assert "    [greenlet runs]\n  5 parked greenlets not shown" in text
    assert "below_gen" not in text
    assert "[greenlet" not in hognose.run("dump", worker.pid).ok().stdout


@greenlet_works
def test_dump_shows_parked_ones_as_text(python, target, hognose):
    worker = start(target, python, "parks_greenlets.py")
    text = hognose.run("dump", "--async=all", worker.pid).ok().stdout
    assert '"a name; with signs" (parked)\n        away (' in text
    assert "(not started yet)\n" in text


@pytest.mark.needs("ptrace")
@pytest.mark.timing
@greenlet_works
@pytest.mark.parametrize("case", [("greenlet", 2), ("greenlet", 8),
                                  ("gevent", 8)], ids="{0[0]}-{0[1]}".format)
@pytest.mark.xfail(strict=False, reason="known: 2.5 to 4 % torn on 2.7-3.10")
def test_stacks_never_mix(python, target, case):
    how, number = case
    worker = start(target, python, "switches_greenlets.py", how, number,
                   needs=how)
    result = measure(worker, "-n", "5000", "-s", "4", "-t", "0", "-g", "0:40")
    print("{id} {case}: {distinct} copies, impossible {impossible_pct} %, "
          "torn {torn_pct} %, repaired {repaired_pct} %, {us_per_sample} us, "
          "{reads_per_sample} reads".format(id=python.id, case=how, **result))
    assert result["distinct"] >= 100
    assert result["impossible_pct"] < 0.05, result["examples"]
    assert result["torn_pct"] < 2


def shares(stacks):
    """Weights: named rightly, wrongly, not at all."""
    right = wrong = unnamed = 0
    for stack in stacks:
        name = NAME.match(stack.frames[0])
        chains = {chain.group(1) for frame in stack.frames
                  for chain in [CHAIN.search(frame)] if chain}
        if not name:
            unnamed += stack.weight
        elif chains and chains != {name.group(1)[0]}:
            wrong += stack.weight
        else:
            right += stack.weight
    return right, wrong, unnamed


@pytest.mark.timing
@greenlet_works
def test_record_names_who_runs(python, target, hognose):
    worker = start(target, python, "switches_greenlets.py", "greenlet", 8)
    stacks = hognose.run("record", "-p", worker.pid, "-d", "1.5", "-r", "1000",
                         "--function", "--async", "-f", "folded", "-o",
                         "-").ok().folded()
    right, wrong, unnamed = shares(stacks)
    print(f"{python.id}: {right} right, {wrong} wrong, {unnamed} not named")
    assert right > 100
    assert wrong < 0.02 * right and unnamed < 0.1 * right


@greenlet_works
def test_record_shows_parked_ones(python, target, hognose):
    worker = start(target, python, "parks_greenlets.py")
    stacks = hognose.run("record", "-p", worker.pid, "-d", "1.2", "-r", "100",
                         "--function", "--async=all", "-f", "folded", "-o",
                         "-").ok().folded()
    seen = {stack.frames[0]: stack for stack in stacks}
    for name, frames in PARKED.items():
        stack = seen[f"[greenlet {name.replace(';', '%3B')}]"]
        shown = [frame.split(":")[-1] for frame in stack.frames[1:]]
        assert shown == [*reversed(frames), "[parked]"]
    # Each stands for all the slots since it was found; in a look that was cut
    # short some stand for the others.
    weights = [stack.weight for stack in stacks if stack.leaf == "[parked]"]
    assert len(weights) == len(PARKED)
    assert 50 <= sum(weights) / len(weights) <= 130
    assert max(weights) < 1.5 * min(weights)


@greenlet_works
@pytest.mark.pythons(low=(3,))  # the timers of gevent 22.10 for 2.7 are broken
def test_a_waiting_hub_is_idle(python, target, hognose):
    worker = start(target, python, "waits_in_gevent.py", needs="gevent")
    programs.wait_until(lambda: worker.status("State").startswith("S"))
    done = hognose.run("record", "-p", worker.pid, "-d", "0.5", "--async",
                       "-f", "folded", "-o", "-").ok()
    assert done.stdout == "" and "idle" in done.stderr
    stacks = hognose.run("record", "-p", worker.pid, "-d", "0.5", "--async",
                         "--idle", "-f", "folded", "-o", "-").ok().folded()
    for stack in stacks:
        # Until its name is known it goes by its outermost function.
        assert stack.frames[0] in ("[greenlet Hub]", "[greenlet Hub.run]",
                                   "[greenlet run]")
        assert stack.leaf == "[idle epoll_wait]"
    dump = hognose.run("dump", "--json", "--async=all", worker.pid).ok().json()
    parked = [names_of(g["frames"]) for g in greenlets_of(dump)[1]
              if g["name"] == "waits"]
    assert len(parked) == 3
    for names in parked:
        assert names[-2:] == ["sleeps", "waits"]
