# SPDX-License-Identifier: Apache-2.0
"""--max-cpu: hognose lowers its rate and says so; its weights stay time."""

import json

from shares import total


def record(hognose, worker, tmp_path, *options):
    stats = tmp_path / "stats.json"
    done = hognose.run("record", "-p", worker.pid, "-f", "folded", "-o", "-",
                       "--stats", stats, *options).ok()
    return done, json.loads(stats.read_text())


def test_the_rate_falls_until_the_limit_is_kept(hognose, target, tmp_path):
    worker = target("works_in_two_threads.py")
    # Asked for what costs a whole core.
    done, stats = record(hognose, worker, tmp_path, "-d", "4", "-r", "20k",
                         "--max-cpu", "3")
    assert stats["asked_hz"] == 20000
    assert 0 < stats["lowest_hz"] < 10000
    assert stats["lowest_hz"] <= stats["mean_hz"] < 15000
    assert stats["lowered"] > 0
    # Half a second at the asked rate, then three per cent.
    assert stats["cpu_seconds"] < 0.6 + 0.03 * 2 * stats["wall_seconds"]
    assert "rate lowered to" in done.stderr
    # What was left out weighs in the rest: the weights are asked slots.
    asked = stats["slots"] + stats["lowered"]
    assert abs(asked - 20000 * stats["wall_seconds"]) < 0.02 * asked + 20000
    stacks = done.folded()
    assert {"spin_outer", "work"} <= {f for x in stacks for f in x.functions()}
    # Slots that a busy machine made it miss have no weight.
    assert 1.2 * stats["stacks"] < total(stacks) <= 2.01 * asked + 20000


def test_below_the_limit_nothing_changes(hognose, target, tmp_path):
    worker = target("works_in_two_threads.py")
    done, stats = record(hognose, worker, tmp_path, "-d", "1", "-r", "50",
                         "--max-cpu", "90")
    assert stats["lowered"] == 0
    assert stats["lowest_hz"] == stats["asked_hz"] == 50
    assert "lowered" not in done.stderr
    assert total(done.folded()) == stats["stacks"]


def test_jitter_is_an_option(hognose, target, tmp_path):
    worker = target("works_in_two_threads.py")
    for jitter in ("0", "100"):
        _, stats = record(hognose, worker, tmp_path, "-d", "0.5", "-r", "200",
                          "--jitter", jitter)
        assert abs(stats["slots"] - 100) <= 5
        assert stats["samples"] > 50
