# SPDX-License-Identifier: Apache-2.0
"""How fast, how exact, how dear: samples per second and the recorder's CPU."""

from measure import Failed, Target
from tables import spread

# name: (script, mode, threads)
WORKLOADS = {"deep20": ("calm.py", "deep20", 1),
             "deep200": ("calm.py", "deep200", 1),
             "threads9": ("calm.py", "threads9", 9),
             "idle_threads": ("idle_threads.py", "", 200),
             "churn": ("churn.py", "", 1)}
FLAT_OUT = 1000000


def start(bench, python, name, *options):
    script, mode, threads = WORKLOADS[name]
    args = [mode] if mode else []
    return Target(bench.place, python, script, *args, *options,
                  threads=threads)


def try_record(tool, target, rate, seconds, **how):
    """(Recording, "") or (None, why not)."""
    why = tool.why_not(target.python)
    if why:
        return None, why
    try:
        return tool.record(target, rate, seconds, **how), ""
    except Failed as error:
        return None, str(error)


def side_by_side(bench, python, name, tools, rate, seconds):
    """Each tool in turn on one target, and that again and again."""
    runs = {tool.name: [] for tool in tools}
    whys = {}
    with start(bench, python, name) as target:
        for _ in range(bench.repeats):
            for tool in tools:
                got, why = try_record(tool, target, rate, seconds,
                                      idle=target.threads > 1)
                if got:
                    runs[tool.name].append(got)
                else:
                    whys[tool.name] = why
    return [{"tool": tool.name, "python": python.id, "workload": name,
             "rate": rate,
             "why": whys.get(tool.name, "") if not runs[tool.name] else "",
             "achieved": spread([r.rate() for r in runs[tool.name]]),
             "cpu": spread([r.cpu_share() for r in runs[tool.name]]),
             "lost": spread([r.lost for r in runs[tool.name]])}
            for tool in tools]


def recorders(bench, python, name):
    """hognose and who reads that Python beside it."""
    ours = [bench.hognose]
    if name == "idle_threads":
        ours.append(bench.hognose_default)
    return ours + bench.peers_of(python, "py-spy", "austin", "tachyon")


def flat_out(bench):
    """Samples per second, each of all threads, when asked for a million."""
    rows = []
    for python in bench.pythons:
        for name in ("deep20", "deep200", "threads9", "idle_threads"):
            bench.say(f"flat out: {name} on {python.id}")
            rows += side_by_side(bench, python, name,
                                 recorders(bench, python, name), FLAT_OUT,
                                 bench.seconds)
    return rows


ASKED = (("deep20", 1000), ("deep20", 10000), ("threads9", 1000),
         ("idle_threads", 1000))


def asked(bench):
    """1 kHz and 10 kHz: what is achieved, and the recorder's CPU."""
    rows = []
    for python in bench.peer_pythons:
        for name, rate in ASKED:
            bench.say(f"asked for {rate} Hz: {name} on {python.id}")
            tools = recorders(bench, python, name)
            if name == "deep20":
                tools += bench.floors
            rows += side_by_side(bench, python, name, tools, rate,
                                 bench.asked_seconds)
    return rows
