# SPDX-License-Identifier: Apache-2.0
"""What being watched costs the target: fixed work with and without, in pairs."""

import measure
from measure import Failed
from rates import start
from tables import spread


def fixed_work(bench, python, name, tool=None, rate=0):
    """({"wall", "cpu"} of the work, Recording of the tool beside it)."""
    out = bench.place.path("slowdown.out")
    with start(bench, python, name, "--go", "--work", str(bench.work)) as target:
        if not tool:
            target.go()
            return target.result(), None
        recorder = measure.Recorder(tool.record_argv(target, rate, None, out))
        try:
            bench.pause(bench.settle)
        finally:
            target.go()
            times = target.result()
            recorder.at(1, recorder.stop)
            finished = recorder.finish()
        # A recorder that did not record would look wonderfully cheap.
        got = tool.parse(finished, out, target, times["wall"], False)
        if not got.samples:
            raise Failed("took no sample")
        return times, got


def ratio(done, before, after):
    """Of CPU and of wall time, over the mean of the runs on either side."""
    return tuple(2 * done[k] / (before[k] + after[k]) for k in ("cpu", "wall"))


def at_rate(bench, python, name, rate):
    tools = [bench.hognose, bench.hognose_exact,
             *bench.peers_of(python, "py-spy", "py-spy-nb", "austin",
                             "tachyon")]
    pairs = {tool.name: [] for tool in tools}
    whys = {tool.name: tool.why_not(python) for tool in tools}
    noise = []
    bench.say(f"slowdown: {name} at {rate} Hz on {python.id}")
    for _ in range(bench.pairs):
        before, _ = fixed_work(bench, python, name)
        for tool in tools:
            enough = tool.stops and len(pairs[tool.name]) >= bench.slow_pairs
            if whys[tool.name] or enough:
                continue
            try:
                done, _ = fixed_work(bench, python, name, tool, rate)
            except (Failed, OSError) as error:
                whys[tool.name] = str(error)
                continue
            after, _ = fixed_work(bench, python, name)
            pairs[tool.name].append(ratio(done, before, after))
            noise.append((after["cpu"] / before["cpu"],
                          after["wall"] / before["wall"]))
            before = after
    pairs["(none: noise)"] = noise
    return [{"tool": tool, "python": python.id, "workload": name,
             "rate": rate, "why": whys.get(tool, ""),
             "cpu": spread([p[0] for p in got]),
             "wall": spread([p[1] for p in got])}
            for tool, got in pairs.items()]


def slowdown(bench):
    """The target's own CPU time, watched over not watched."""
    rows = []
    for python in bench.slow_pythons:
        # 3.11 maps and unmaps a chunk whenever deep200 returns across its
        # border, and readers hold the lock which that needs: the worst case.
        names = ("deep20", "deep200") if python.version < (3, 12) else (
            "deep20",)
        for name in names:
            for rate in (100, 1000, 10000):
                rows += at_rate(bench, python, name, rate)
    return rows
