# SPDX-License-Identifier: Apache-2.0
"""A target that cannot be recorded is refused with the reason."""

import os
import subprocess
import time

import pytest

import programs
from manners import is_refusal, refused

# A process that is not Python yet, and becomes one when it is told to.
LATE = 'read line; exec "$0" -c "$1"'
SPIN = "while True: sum(range(1000))"


@pytest.fixture
def other():
    """Starts programs that are no targets; ends them."""
    started = []

    def start(*argv, **popen):
        process = subprocess.Popen(argv, **popen)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def zombie():
    """The pid of a process that has ended and is not collected."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    programs.wait_until(
        lambda: open(f"/proc/{pid}/stat").read().rpartition(")")[2][1] == "Z")
    yield pid
    os.waitpid(pid, 0)


def test_a_program_that_is_no_python(hognose, other, tmp_path):
    pid = other("sleep", "60").pid
    programs.wait_until(
        lambda: open(f"/proc/{pid}/comm").read() == "sleep\n")
    refused(hognose, "record", "-p", pid, "-d", "5", status=1,
            words=["no Python", str(pid)], cwd=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_process_that_is_gone(hognose, other, tmp_path):
    process = other("true")
    process.wait()
    refused(hognose, "record", "-p", process.pid, status=1,
            words=[str(process.pid)], cwd=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_zombie(hognose, zombie, tmp_path):
    refused(hognose, "record", "-p", zombie, status=1,
            words=["zombie"], cwd=tmp_path)


def test_a_kernel_thread(hognose, tmp_path):
    try:
        if open("/proc/2/comm").read() != "kthreadd\n":
            pytest.skip("no kernel threads are seen here")
    except OSError:
        pytest.skip("no kernel threads are seen here")
    refused(hognose, "record", "-p", 2, status=1, cwd=tmp_path)


@pytest.mark.needs("root", "setpriv")
def test_a_process_of_another_user(hognose, target, tmp_path):
    worker = target("says_ready.py")
    # It must be executable by anybody, wherever the build lies.
    program = tmp_path / "hognose"
    program.write_bytes(open(hognose.path, "rb").read())
    program.chmod(0o755)
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if str(parent) not in ("/", "/tmp"):
            parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         str(program), "record", "-p", str(worker.pid), "-d", "1"],
        capture_output=True, text=True, cwd=tmp_path, check=False)
    is_refusal(programs.Result([], done.returncode, done.stdout, done.stderr),
               1, ["another user", "sudo"])
    assert [path.name for path in tmp_path.iterdir()] == ["hognose"]


def test_one_bad_process_of_two_is_refused_before_any_is_recorded(
        hognose, target, zombie, tmp_path):
    worker = target("says_ready.py")
    refused(hognose, "record", "-p", worker.pid, "-p", zombie, status=1,
            words=[str(zombie)], cwd=tmp_path)
    assert not list(tmp_path.iterdir())


def late_python(python, other):
    process = other("sh", "-c", LATE, python.path, SPIN,
                    stdin=subprocess.PIPE)
    programs.wait_until(
        lambda: open(f"/proc/{process.pid}/comm").read() == "sh\n")
    return process


def test_wait_sees_a_python_come_up(hognose, any_python, other):
    process = late_python(any_python, other)
    recorder = hognose.start("record", "-p", str(process.pid), "--wait", "20",
                             "-d", "0.5", "-f", "folded", "-o", "-")
    time.sleep(0.5)
    assert recorder.running
    process.stdin.write(b"\n")
    process.stdin.flush()
    assert recorder.result().ok().folded()


def test_wait_ends_when_no_python_comes(hognose, any_python, other, tmp_path):
    process = late_python(any_python, other)
    begin = time.monotonic()
    result = hognose.run("record", "-p", process.pid, "--wait", "0.5",
                         cwd=tmp_path)
    assert 0.4 < time.monotonic() - begin < 3
    is_refusal(result, 1, [str(process.pid)])


def test_interrupting_the_wait_ends_it(hognose, any_python, other, tmp_path):
    process = late_python(any_python, other)
    recorder = hognose.start("record", "-p", str(process.pid), "--wait", "60",
                             cwd=tmp_path)
    time.sleep(0.3)
    result = recorder.interrupt(timeout=3)
    assert result.returncode in (-2, 1, 130)
    assert not list(tmp_path.iterdir())


def test_an_empty_result_is_explained(hognose, target):
    """Nobody in says_ready.py holds the GIL while it sleeps."""
    worker = target("-c", "import sys, time\n"
                    "sys.stdout.write('ready\\n'); sys.stdout.flush()\n"
                    "time.sleep(60)")
    result = hognose.run("record", "-p", worker.pid, "--mode", "gil", "-d",
                         "0.4", "-f", "folded", "-o", "-").ok()
    assert result.stdout == ""
    assert result.stderr == ("hognose: record: no sample: no thread held the "
                             "GIL\n")
