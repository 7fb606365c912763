# SPDX-License-Identifier: Apache-2.0
"""However a recording ends, what was gathered is kept and nobody is hurt."""

import os
import signal
import time

import pytest

import programs

SPIN = ("import sys, time\n"
        "sys.stdout.write('ready\\n'); sys.stdout.flush()\n"
        "end = time.time() + float(sys.argv[1])\n"
        "while time.time() < end: sum(range(1000))\n")


@pytest.fixture
def worker(target):
    return target("-c", SPIN, "60")


def catches(recorder, number=signal.SIGINT):
    """Does it handle this signal by now?  /proc tells."""
    with open(f"/proc/{recorder.pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return bool(int(fields["SigCgt"], 16) >> (number - 1) & 1)


def recording(hognose, worker, out, *more):
    """A recorder that has begun to sample."""
    recorder = hognose.start("record", "-p", str(worker.pid), "-o", str(out),
                             *more)
    programs.wait_until(lambda: catches(recorder), what="the recorder")
    time.sleep(0.4)
    return recorder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM,
                                    signal.SIGHUP])
def test_a_signal_ends_the_recording_and_writes_it(hognose, worker, tmp_path,
                                                   number):
    out = tmp_path / "x.folded"
    recorder = recording(hognose, worker, out)
    recorder.signal(number)
    result = recorder.result(timeout=5).ok()
    assert programs.parse_folded(out.read_text())
    assert "wrote" in result.stderr
    assert worker.running and worker.tracer_pid == 0


def test_nohup_is_respected(hognose, worker, tmp_path):
    out = tmp_path / "x.folded"
    recorder = programs.Recorder(
        ["nohup", hognose.path, "record", "-p", str(worker.pid), "-o",
         str(out)])
    hognose.started.append(recorder)
    programs.wait_until(lambda: catches(recorder, signal.SIGTERM))
    time.sleep(0.4)
    recorder.signal(signal.SIGHUP)
    time.sleep(0.5)
    assert recorder.running
    assert recorder.interrupt(timeout=5).returncode == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_targets_death_ends_the_recording(hognose, worker, tmp_path, how):
    out = tmp_path / "x.folded"
    recorder = recording(hognose, worker, out)
    worker.signal(how)
    recorder.result(timeout=5).ok()
    assert programs.parse_folded(out.read_text())


def test_the_targets_own_end_ends_the_recording(hognose, target, tmp_path):
    worker = target("-c", SPIN, "1.5")
    out = tmp_path / "x.folded"
    recorder = recording(hognose, worker, out)
    recorder.result(timeout=8).ok()
    assert programs.parse_folded(out.read_text())


def test_the_end_of_one_target_of_two_does_not_end_it(hognose, target,
                                                      tmp_path):
    one, two = target("-c", SPIN, "60"), target("-c", SPIN, "60")
    out = tmp_path / "x.folded"
    recorder = recording(hognose, one, out, "-p", str(two.pid))
    one.kill()
    time.sleep(0.6)
    assert recorder.running
    two.kill()
    recorder.result(timeout=5).ok()
    pids = {stack.frames[0].split()[1]
            for stack in programs.parse_folded(out.read_text())}
    assert pids == {str(one.pid), str(two.pid)}


def test_killing_hognose_leaves_the_target_and_a_recording(hognose, worker,
                                                           tmp_path):
    out = tmp_path / "x.hog"
    recorder = recording(hognose, worker, out)
    time.sleep(2)
    recorder.kill()
    assert worker.running and worker.tracer_pid == 0
    state = open(f"/proc/{worker.pid}/stat").read().rpartition(")")[2].split()
    assert state[0] == "R"
    result = hognose.run("report", out, "-f", "folded", "-o", "-")
    assert len(result.stderr.splitlines()) == 1
    assert sum(stack.weight for stack in result.folded()) > 50


def test_a_stopped_target_is_no_hang(hognose, worker, tmp_path):
    worker.signal(signal.SIGSTOP)
    begin = time.monotonic()
    hognose.run("record", "-p", worker.pid, "-d", "0.5", "-o",
                tmp_path / "x.folded", "--idle").ok()
    assert time.monotonic() - begin < 3
    worker.signal(signal.SIGCONT)


def test_duration_is_kept(hognose, worker, tmp_path):
    begin = time.monotonic()
    hognose.run("record", "-p", worker.pid, "-d", "1", "-o",
                tmp_path / "x.folded").ok()
    assert 0.9 < time.monotonic() - begin < 2


def test_a_second_interrupt_leaves_no_half_file(hognose, worker, tmp_path):
    """The result is a pipe that nobody reads, so the writing takes for ever;
    the statistics are not yet begun."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(write, True)
    recorder = hognose.start("record", "-p", str(worker.pid), "-f", "folded",
                             "-o", f"/proc/self/fd/{write}",
                             pass_fds=[write], cwd=tmp_path)
    time.sleep(0.6)
    recorder.signal(signal.SIGINT)
    time.sleep(0.5)
    assert recorder.running
    recorder.signal(signal.SIGINT)
    assert recorder.wait(3) == 130
    assert "interrupted again" in recorder.stderr
    assert worker.running
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("name", ["x.html", "x.folded"])
def test_a_killed_recorder_leaves_no_half_result(hognose, worker, tmp_path,
                                                 name):
    old = tmp_path / ("old-" + name)
    old.write_text("what was there before")
    for out in tmp_path / name, old:
        recorder = recording(hognose, worker, out)
        recorder.signal(signal.SIGKILL)
        recorder.wait(timeout=5)
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_text() == "what was there before"
    assert worker.running and worker.tracer_pid == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_waiting_for_python(hognose, tmp_path, number):
    sleeper = programs.Program(["sleep", "60"])
    hognose.started.append(sleeper)
    recorder = hognose.start("record", "-p", str(sleeper.pid), "--wait", "30",
                             "-o", str(tmp_path / "x.html"))
    programs.wait_until(lambda: catches(recorder, number))
    time.sleep(0.1)
    before = time.monotonic()
    recorder.signal(number)
    result = recorder.result(timeout=5)
    assert time.monotonic() - before < 1
    assert result.returncode == 1
    assert "interrupted while waiting" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir()) and sleeper.running
