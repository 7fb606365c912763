# SPDX-License-Identifier: Apache-2.0
"""How true the stacks are, on a program that changes faster than any reader."""

import collections
import json
import pathlib
import subprocess

import tools
import truth
from rates import FLAT_OUT, start, try_record
from tables import spread

BELOW = 3  # <module>, main, loop


def measure_stacks(bench, target):
    """The truth: depths while ptrace held the target; {} and why not."""
    program = (pathlib.Path(tools.HOGNOSE).parent / "tests" / "truth" /
               "measure_stacks")
    if not program.exists():
        return {}, "tests/truth/measure_stacks is not built"
    done = subprocess.run([str(program), "-n", "2000", "-t",
                           str(bench.truths), str(target.pid)],
                          capture_output=True, text=True, check=False,
                          timeout=120)
    if done.returncode:
        return {}, (done.stderr.strip().splitlines() or ["no word"])[-1]
    return json.loads(done.stdout), ""


def row_of(tool, python, rate, runs, why, shape):
    judged = [truth.judge(run.stacks) for run in runs]
    pooled = collections.Counter()
    for run in runs:
        pooled.update(truth.depths(run.stacks))
    distance = truth.total_variation(pooled, shape)
    return {"tool": tool.name, "python": python.id, "rate": rate,
            "why": "" if runs else why,
            "achieved": spread([run.rate() for run in runs]),
            "impossible": spread([j["impossible"] for j in judged]),
            "torn": spread([j["torn"] for j in judged]),
            "lost": spread([run.lost for run in runs]),
            "kept": sum(j["kept"] for j in judged),
            "tv": distance}


def on_python(bench, python):
    compared = [bench.hognose, *bench.peers_of(
        python, "py-spy", "py-spy-nb", "austin", "tachyon",
        "tachyon-blocking")]
    runs = collections.defaultdict(list)
    whys = {}
    with start(bench, python, "churn") as target:
        for _ in range(bench.repeats):
            for rate in (1000, FLAT_OUT):
                for tool in compared:
                    got, why = try_record(tool, target, rate, bench.seconds,
                                          stacks=True)
                    whys[tool.name, rate] = why
                    if got:
                        runs[tool.name, rate].append(got)
        true, why = measure_stacks(bench, target)
    shape = truth.stopped_depths(true.get("depths", []), BELOW)
    if why:
        bench.say(f"no truth for {python.id}: {why}")
    return [dict(row_of(tool, python, rate, runs[tool.name, rate],
                        whys[tool.name, rate], shape),
                 noise=true.get("truth_noise"), truths=sum(shape.values()))
            for rate in (1000, FLAT_OUT) for tool in compared]


def accuracy(bench):
    """Impossible, torn and lost stacks, and depths against a stopped target."""
    rows = []
    for python in bench.pythons:
        bench.say(f"truth: churn on {python.id}")
        rows += on_python(bench, python)
    return rows
