# SPDX-License-Identifier: Apache-2.0
"""A profile as a whole is what the program did: who held the GIL for how long,
which thread ran what, whose code it was, how much CPU time there was."""

import json
import os

import pytest

import programs
from shares import is_share, said, total, weight_of

pytestmark = pytest.mark.timing

# Of chi squared with so many degrees of freedom, exceeded once in 10,000.
CHI_SQUARED = {1: 15.1, 2: 18.4}


def chi_squared(weights, shares, samples):
    """Of weights that are to stand in these shares, as if each of so many
    samples had fallen into one of them by chance."""
    scale = samples / sum(weights)
    return sum((weight * scale - share * samples) ** 2 / (share * samples)
               for weight, share in zip(weights, shares))


@pytest.mark.pythons(debug=False, free_threaded=False, each_minor=True)
def test_the_gil_is_shown_by_the_time_it_is_held(hognose, python, tmp_path,
                                                 record_property):
    out = tmp_path / "out.folded"
    result = hognose.run("record", "-r", "500", "--mode", "gil", "-f",
                         "folded", "-o", out, "--",
                         *python.command("holds_by_turns.py", "2")).ok()
    stacks = programs.parse_folded(out.read_text())
    weights = [weight_of(stacks, name)
               for name in ("holds_long", "holds_short")]
    held = said(result.stdout, "held")
    shares = [spent / sum(held) for spent in held]
    found = chi_squared(weights, shares, sum(weights))
    record_property("truth", (
        f"{python.id} gil mode: {shares[0]:.3f} to {shares[1]:.3f} of the time "
        f"is {weights[0]}:{weights[1]}, chi squared {found:.1f}"))
    # A slot that was missed shows nothing; nothing else may be lacking.
    assert 0.3 * sum(held) < sum(weights) / 500 < 1.05 * sum(held) + 0.05
    # Several samples fall into one turn, so they are no independent draws.
    assert found < 10 * CHI_SQUARED[1]
    # Its argument is made, and its loop run, with the GIL.
    assert weight_of(stacks, "needs_no_gil") < 0.05 * total(stacks) + 3


@pytest.mark.pythons(debug=False, each_minor=True)
def test_threads_that_come_and_go_run_what_they_are_called(hognose, python,
                                                           target):
    worker = target("churns_threads.py")
    stacks = hognose.run("record", "-p", worker.pid, "-d", "1.5", "-r", "1k",
                         "-t", "-f", "folded", "-o", "-").ok().folded()
    seen = 0
    for stack in stacks:
        here = {"red", "blue", "steady"} & set(stack.functions())
        named = {"red", "blue", "steady"} & {
            part for frame in stack.frames if frame.startswith("[")
            for part in frame.strip("[]").replace(" ", "-").split("-")}
        assert len(here) <= 1, stack
        if here and named:
            assert here == named, stack
            seen += 1
    assert seen > 3


@pytest.mark.pythons(debug=False, chroot=False, each_minor=True)
def test_names_are_those_of_their_files_while_modules_come_and_go(
        hognose, python, target, record_property):
    worker = target("imports_again.py")
    stacks = hognose.run("record", "-p", worker.pid, "-d", "2", "-r", "2k",
                         "--full-paths", "-f", "folded", "-o",
                         "-").ok().folded()
    texts, seen, wrong = {}, 0, []
    for stack in stacks:
        for frame in stack.frames:
            file, _, rest = frame.partition(".py:")
            name = rest.partition(":")[0]
            path = file + ".py"
            if not rest or not os.path.isfile(path) or name.startswith("<"):
                continue
            if path not in texts:
                with open(path, encoding="utf-8", errors="replace") as source:
                    texts[path] = source.read()
            seen += 1
            name = name.rpartition(".")[2]
            if name.startswith("<"):
                continue
            if (f"def {name}" not in texts[path]
                    and f"class {name}" not in texts[path]):
                wrong.append(frame)
    record_property("truth", (
        f"{python.id} imports: {seen} frames of {len(texts)} files, "
        f"{len(wrong)} names of another file"))
    assert seen > 100
    assert not wrong, wrong[:5]


@pytest.mark.pythons(debug=False, each_minor=True)
def test_cpu_time_is_that_of_the_kernel(hognose, python, tmp_path,
                                        record_property):
    """Against the rusage of the program itself, and by chance alone between
    functions that use 3:2:1 of it."""
    stats_file, out = tmp_path / "stats.json", tmp_path / "out.folded"
    result = hognose.run(
        "record", "-r", "500", "--mode", "cpu", "-f", "folded", "-o", out,
        "--stats", stats_file, "--",
        *python.command("spends_known_shares.py", "2.5", "sleepy")).ok()
    stats = json.loads(stats_file.read_text())
    weights = {"three": 0, "two": 0, "one": 0}
    profile = 0
    for row in out.read_text().splitlines():
        stack, _, weight = row.rpartition(" ")
        profile += float(weight)
        for frame in stack.split(";"):
            name = (frame.split(":") + [""])[1]
            if name in weights:
                weights[name] += float(weight)
    cpu, = said(result.stdout, "cpu")
    found = chi_squared(list(weights.values()), (3 / 6, 2 / 6, 1 / 6),
                        min(sum(weights.values()), stats["stacks"]))
    record_property("truth", (
        f"{python.id} cpu mode: {profile / 500:.3f} s of {cpu:.3f} s, 3:2:1 "
        f"with chi squared {found:.1f}"))
    # The profile has the program's start, and its end, on top.
    assert -0.02 * cpu - 0.02 < profile / 500 - cpu < 0.02 * cpu + 0.15
    # A turn of each takes several samples: no independent draws.
    assert found < 10 * CHI_SQUARED[2]


def assert_side_by_side(hognose, python, tmp_path, record_property, *how):
    """Two threads that no GIL parts: each has its CPU time, and none has
    functions of the other."""
    out = tmp_path / "out.folded"
    result = hognose.run(
        "record", "-r", "1k", "--mode", "cpu", "-f", "folded", "-o", out, "--",
        *python.command("works_side_by_side.py", "2", *how)).ok()
    stacks = programs.parse_folded(out.read_text())
    for color in "red", "blue":
        mine = [s for s in stacks if any(name.startswith(color + "_")
                                         for name in s.functions())]
        other = "blue_" if color == "red" else "red_"
        assert not [s for s in mine for name in s.functions()
                    if name.startswith(other)]
        inside = [s for s in mine
                  if s.has(f"{color}_3", f"{color}_2", f"{color}_1")]
        spent = said(result.stdout, color)
        long, short = (weight_of(inside, f"{color}_{name}")
                       for name in ("long", "short"))
        record_property("truth", (
            f"{python.id} {color} beside another: {total(inside) / 1000:.3f} s "
            f"of {sum(spent):.3f}, {long}:{short} of 3:1"))
        # Asking for its CPU time is where it loses its CPU, too.
        assert abs(total(inside) / 1000 - sum(spent)) < 0.05 * sum(spent) + 0.02
        assert is_share(long, long + short, spent[0] / sum(spent), 0.05)


@pytest.mark.pythons(low=(3, 13), debug=False, free_threaded=False,
                     each_minor=True)
def test_interpreters_with_their_own_gil_work_side_by_side(
        hognose, python, tmp_path, record_property):
    """Not 3.12: a state that another thread runs in has its creator's id."""
    assert_side_by_side(hognose, python, tmp_path, record_property)


@pytest.mark.pythons(free_threaded=True)
def test_threads_without_a_gil_work_side_by_side(hognose, python, tmp_path,
                                                 record_property):
    assert_side_by_side(hognose, python, tmp_path, record_property, "threads")
