# SPDX-License-Identifier: Apache-2.0
"""record --exact and --stop-budget stop threads for moments, and nothing else
happens to the program."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

import programs

PTRACE_SEIZE = 0x4206
EVENTS = ("signals", "timer", "children", "threads", "replaced",
          "replaced_by_thread", "ends")

pytestmark = pytest.mark.needs("ptrace")


def record(hognose, tmp_path, *args):
    """(what it said, statistics) of a recording."""
    stats = tmp_path / "stats.json"
    result = hognose.run("record", "-r", "1k", "-f", "folded", "-o", "-",
                         "--stats", stats, *args).ok()
    return result, json.loads(stats.read_text())


def runs_on(worker):
    before = worker.cpu_ticks
    programs.wait_until(lambda: worker.cpu_ticks > before + 5,
                        what=f"CPU time of {worker.argv}")
    assert worker.tracer_pid == 0


@pytest.mark.pythons(each_layout=True)
def test_every_sample_is_exact(python, hognose, target, tmp_path):
    worker = target("truth_stacks.py", "plain", "120")
    result, stats = record(hognose, tmp_path, "-p", worker.pid, "-d", "1",
                           "--exact")
    runs_on(worker)
    assert stats["stops"] > 0.5 * stats["stacks"] > 0
    assert stats["torn"] == stats["repaired"] == stats["unreadable"] == 0
    assert stats["unstopped"] == 0
    assert 0 < stats["stopped_seconds"] < stats["wall_seconds"]
    assert f"{stats['stops']} stops of " in result.stderr
    assert "of the time" in result.stderr


@pytest.mark.pythons(each_layout=True)
def test_all_threads_are_exact(python, hognose, target, tmp_path):
    """With a GIL one stop shows those too that wait for it."""
    worker = target("works_in_two_threads.py")
    result, stats = record(hognose, tmp_path, "-p", worker.pid, "-d", "1",
                           "-t", "--exact")
    runs_on(worker)
    assert stats["torn"] == stats["repaired"] == stats["unstopped"] == 0
    assert stats["threads"] == 2
    shown = {stack.frames[0] for stack in result.folded()}
    assert len(shown) == 2
    assert stats["stacks"] > 1.2 * stats["samples"]


def test_sleepers_are_not_stopped(any_python, hognose, target, tmp_path):
    worker = target("sleeps_in_many_ways.py")
    result, stats = record(hognose, tmp_path, "-p", worker.pid, "-d", "1",
                           "--idle", "--exact")
    assert stats["stops"] == 0
    assert stats["stacks"] > stats["samples"] > 0
    assert any(stack.has("in_sleep") for stack in result.folded())


@contextlib.contextmanager
def apart(worker):
    """On a CPU each: sharing one, the recorder reads while the target waits,
    and whether a stack is in doubt is a matter of luck."""
    cpus = sorted(os.sched_getaffinity(0))
    for tid in worker.tids():
        os.sched_setaffinity(tid, {cpus[0]})
    os.sched_setaffinity(0, {cpus[-1]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


def doubtful(stats):
    return stats["torn"] + stats["repaired"] + stats["unreadable"]


@pytest.mark.pythons(high=(3, 10), each_minor=True)
@pytest.mark.parametrize("percent", ("0.2", "2"))
def test_a_budget_is_not_passed(python, hognose, target, tmp_path, percent):
    """Where all that is in doubt, so often, would take several times as much."""
    worker = target("truth_stacks.py", "recursion", "120")
    with apart(worker):
        _, stats = record(hognose, tmp_path, "-p", worker.pid, "-d", "1",
                          "-r", "5k", "--stop-budget", percent)
    runs_on(worker)
    budget = float(percent) / 100 * stats["wall_seconds"]
    # The last stop may last longer than those before.
    assert stats["stopped_seconds"] <= budget + 0.02
    # Nor does it lie idle while there is something to stop for.
    assert stats["stops"] > 0 or doubtful(stats) < 20


@pytest.mark.pythons(each_minor=True)
def test_with_all_the_time_no_doubt_is_left(python, hognose, target, tmp_path):
    worker = target("truth_stacks.py", "recursion", "120")
    with apart(worker):
        _, stats = record(hognose, tmp_path, "-p", worker.pid, "-d", "1",
                          "--stop-budget", "100")
    runs_on(worker)
    # The first sample of all comes before anything is earned.
    assert doubtful(stats) < 20
    # Before 3.11 there is much that only a stop can tell.
    assert (stats["stops"] > 20 or python.version >= (3, 11)
            or os.cpu_count() == 1)


@pytest.mark.pythons(high=(3, 10), each_layout=True)
@pytest.mark.parametrize("args", ((), ("--stop-budget", "0")))
def test_nothing_is_stopped_by_default(python, hognose, target, tmp_path,
                                       args):
    """Not even where it would help."""
    worker = target("truth_stacks.py", "recursion", "120")
    with apart(worker):
        _, stats = record(hognose, tmp_path, "-p", worker.pid, "-d", "1",
                          *args)
    assert stats["stops"] == stats["stopped_seconds"] == 0


@pytest.mark.pythons(each_layout=True)
@pytest.mark.parametrize("event", EVENTS)
def test_what_happens_to_a_program_happens(python, hognose, tmp_path, event,
                                           target):
    worker = target("meets_everything.py", event)
    _, stats = record(hognose, tmp_path, "-p", worker.pid, "-d", "20",
                      "--exact")
    worker.wait_for("done")
    assert worker.wait() == 7
    assert worker.stderr == ""
    assert stats["stops"] > 0


@pytest.mark.parametrize("event", EVENTS)
def test_so_it_does_to_a_launched_one(any_python, hognose, tmp_path, event):
    if any_python.root:
        pytest.skip("a launched program is one outside of the chroot")
    script = programs.TOP / "tests/targets/meets_everything.py"
    result = hognose.run("record", "-r", "1k", "-o", tmp_path / "x.hog",
                         "--exact", "--", any_python.path, script, event)
    assert "done" in result.stdout
    assert result.returncode == 7, result


def state(worker):
    return worker.status("State")[0]


def test_a_stopped_program_stays_so(any_python, hognose, target, tmp_path):
    worker = target("truth_stacks.py", "plain", "120")
    recorder = hognose.start("record", "-r", "1k", "-o", tmp_path / "x.hog",
                             "--exact", "-p", worker.pid)
    time.sleep(0.5)
    for _ in range(3):
        worker.signal(signal.SIGSTOP)
        programs.wait_until(lambda: state(worker) == "T")
        ticks = worker.cpu_ticks
        time.sleep(0.3)
        assert state(worker) == "T" and worker.cpu_ticks <= ticks + 1
        worker.signal(signal.SIGCONT)
        runs_on_traced(worker)
    worker.signal(signal.SIGSTOP)
    programs.wait_until(lambda: state(worker) == "T")
    recorder.interrupt()
    assert state(worker) == "T" and worker.tracer_pid == 0
    worker.signal(signal.SIGCONT)
    runs_on(worker)


def runs_on_traced(worker):
    before = worker.cpu_ticks
    programs.wait_until(lambda: worker.cpu_ticks > before + 3)


def test_it_goes_on_when_hognose_is_killed(any_python, hognose, target,
                                           tmp_path):
    worker = target("truth_stacks.py", "threads", "120")
    for number in range(8):
        recorder = hognose.start("record", "-r", "10k", "-o",
                                 tmp_path / f"{number}.hog", "--exact", "-p",
                                 worker.pid)
        time.sleep(0.3 + 0.0137 * number)
        recorder.kill()
        programs.wait_until(lambda: worker.tracer_pid == 0, timeout=1)
        runs_on(worker)


@pytest.fixture
def tracer():
    """Traces processes, as a debugger does."""
    started = []
    script = ("import ctypes, sys, time\n"
              "libc = ctypes.CDLL(None, use_errno=True)\n"
              f"if libc.ptrace({PTRACE_SEIZE}, int(sys.argv[1]), 0, 0):\n"
              "    sys.exit(str(ctypes.get_errno()))\n"
              "print('traces', flush=True)\n"
              "time.sleep(1000)\n")

    def trace(pid):
        process = subprocess.Popen([sys.executable, "-c", script, str(pid)],
                                   stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"traces\n"
        return process

    yield trace
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_traced_program_is_refused(any_python, hognose, target, tracer,
                                     tmp_path):
    worker = target("truth_stacks.py", "plain", "120")
    process = tracer(worker.pid)
    result = hognose.run("record", "-d", "1", "-o", tmp_path / "x.hog",
                         "--exact", "-p", worker.pid)
    assert result.returncode == 1
    assert f"process {process.pid} (" in result.stderr
    assert "traces it already; detach" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_with_a_budget_it_is_recorded_all_the_same(any_python, hognose, target,
                                                   tracer, tmp_path):
    worker = target("truth_stacks.py", "recursion", "120")
    tracer(worker.pid)
    result, stats = record(hognose, tmp_path, "-d", "1", "--stop-budget", "5",
                           "-p", worker.pid)
    assert result.stderr.count("without a stop") == 1
    assert stats["stops"] == 0 and stats["stacks"] > 0


def test_a_tracer_that_comes_later_is_told(any_python, hognose, target, tracer,
                                           tmp_path):
    worker = target("truth_stacks.py", "plain", "120")
    stats = tmp_path / "stats.json"
    recorder = hognose.start("record", "-r", "200", "-d", "4", "-o",
                             tmp_path / "x.folded", "--stats", stats,
                             "--exact", "-p", worker.pid)
    time.sleep(1)
    for _ in range(100):  # it may come in the middle of a stop
        try:
            tracer(worker.pid)
            break
        except AssertionError:
            pass
    result = recorder.result()
    assert result.returncode == 0
    assert result.stderr.count("traces it already") == 1
    said = json.loads(stats.read_text())
    assert said["unstopped"] > 0 and said["stops"] > 0
    assert f"{said['unstopped']} unstopped" in result.stderr


def test_the_two_are_not_given_together(any_python, hognose, target):
    worker = target("truth_stacks.py", "plain", "120")
    for args in (("--exact", "--stop-budget", "1"),
                 ("--stop-budget", "101"), ("--stop-budget", "much")):
        result = hognose.run("record", "-d", "1", *args, "-p", worker.pid)
        assert result.returncode == 2, result
        assert result.stderr.count("\n") == 1
