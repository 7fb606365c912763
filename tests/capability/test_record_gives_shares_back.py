# SPDX-License-Identifier: Apache-2.0
"""A program that spends known shares of its time in known functions gets them
back, in wall mode at every rate and in cpu mode to the CPU second."""

import json

import pytest

import programs
from shares import is_share, said, total, weight_of

FUNCTIONS = ["three", "two", "one"]


def record(hognose, python, tmp_path, *options, target=("2",)):
    out = tmp_path / "out.folded"
    result = hognose.run(
        "record", *options, "--function", "-o", out, "--stats",
        tmp_path / "stats.json", "--",
        *python.command("spends_known_shares.py", *target)).ok()
    stats = json.loads((tmp_path / "stats.json").read_text())
    return result, programs.parse_folded(functions_only(out)), stats


def functions_only(out):
    """--function leaves out lines: give each frame one, for Stack."""
    lines = []
    for line in out.read_text().splitlines():
        frames, _, weight = line.rpartition(" ")
        frames = [f if f.startswith("[") else f"{f}:0"
                  for f in frames.split(";")]
        lines.append(f"{';'.join(frames)} {weight}")
    return "\n".join(lines)


def test_wall_shares_come_back(hognose, python, tmp_path):
    check_wall(hognose, python, tmp_path, "1k", "1.2")


@pytest.mark.parametrize("rate", ["100", "1k", "10k"])
def test_wall_shares_come_back_at_every_rate(hognose, any_python, tmp_path,
                                             rate):
    check_wall(hognose, any_python, tmp_path, rate, "3")


def check_wall(hognose, python, tmp_path, rate, seconds):
    result, stacks, stats = record(hognose, python, tmp_path, "-r", rate,
                                   target=(seconds,))
    wall = said(result.stdout, "wall")
    weights = [weight_of(stacks, name) for name in FUNCTIONS]
    # On a busy machine both lose the CPU at the same times, which are then
    # in the program's clock and not among the samples.
    slack = 0.015 + 0.1 * stats["missed"] / stats["slots"]
    for weight, seconds in zip(weights, wall):
        assert is_share(weight, sum(weights), seconds / sum(wall), slack), (
            weights, wall, stats)
    # Nothing is counted that was not served.
    assert total(stacks) <= stats["samples"]
    assert sum(weights) > 0.5 * total(stacks)


@pytest.mark.parametrize("rate", ["200", "2k"])
def test_cpu_time_adds_up(hognose, any_python, tmp_path, rate):
    """Against getrusage of the program itself, which sleeps half the time."""
    result, stacks, stats = record(hognose, any_python, tmp_path, "-r", rate,
                                   "--mode", "cpu", target=("3", "sleepy"))
    hz = stats["asked_hz"]
    weights = [weight_of(stacks, name) for name in FUNCTIONS]
    cpu, = said(result.stdout, "cpu")
    # Less what it used before it was a Python, and after it said so.
    assert total(stacks) / hz == pytest.approx(cpu, rel=0.04, abs=0.06)
    # CPU time is as the loops are, whatever the clock says on a busy machine.
    samples = min(sum(weights), stats["stacks"])
    for weight, share in zip(weights, (3 / 6, 2 / 6, 1 / 6)):
        assert is_share(weight / sum(weights) * samples, samples, share,
                        0.1), (weights, stats)
    # Who waits gets nothing.  One that was woken and waits for a CPU stands in
    # the call it slept in still, which shows at low rates on a busy machine.
    assert weight_of(stacks, "blocked") < 0.05 * total(stacks)
    if hz >= 2000:
        assert weight_of(stacks, "rest") < 0.25 * total(stacks)
