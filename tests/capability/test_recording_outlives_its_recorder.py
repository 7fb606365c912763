# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a recording hognose leaves a file that can be read up to the last
second, and says that it was not ended."""

import time

import hogfile
import programs

LAG_SECONDS = 1.6  # a flush a second, and a busy machine


def _killed_recording(hognose, worker, path):
    recorder = hognose.start("record", "-p", worker.pid, "-o", path, "-q")

    def grew_twice():
        if not path.exists() or path.stat().st_size < 100:
            return False
        return len(hogfile.read(path).stats) >= 2

    programs.wait_until(grew_twice, 30, "a second flush")
    time.sleep(0.5)
    killed = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    recorder.kill()
    return killed


def test_kill_9_leaves_all_but_the_last_second(any_python, hognose, target,
                                               tmp_path):
    worker = target("works_in_two_threads.py")
    path = tmp_path / "killed.hog"
    killed = _killed_recording(hognose, worker, path)
    recording = hogfile.read(path)
    assert not recording.ended
    last = max(event.time_ns for event in recording.events)
    assert (killed - last) / 1e9 < LAG_SECONDS
    assert recording.run["rate_hz"] == 100
    done = hognose.run("report", path, "-f", "folded").ok()
    assert "stops at byte" in done.stderr and done.stderr.count("\n") == 1
    weight = sum(stack.weight for stack in done.folded())
    assert weight == sum(recording.folded().values())
    assert any(stack.has("spin_outer", "spin_inner") for stack in done.folded())
    # What is known of the run as a whole is as old as the last flush.
    assert recording.stats[-1]["wall_seconds"] >= 1
    assert recording.stats[-1]["threads"] == 2
    table = hognose.run("report", path).ok().stdout
    assert ", 0.0 s:" not in table, table


def test_kill_9_leaves_the_target_as_it_was(any_python, hognose, target,
                                            tmp_path):
    worker = target("works_in_two_threads.py")
    _killed_recording(hognose, worker, tmp_path / "killed.hog")
    assert worker.running
    assert worker.tracer_pid == 0
    # Any of its threads may wait for the GIL just now: S is well.
    assert worker.status("State")[0] in "RS"
    before = worker.cpu_ticks
    programs.wait_until(lambda: worker.cpu_ticks > before + 10,
                        what="more work of the target")
