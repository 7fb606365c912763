# SPDX-License-Identifier: Apache-2.0
"""hognose fds shows what a process has open now, and which line opened it."""

import json
import os
import re

import pytest

import programs

PROGRAM = """
import os, select, socket, sys, time
def go():
    global f, listener, client, ends, poll
    f = open("/etc/passwd"); f.seek(5)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    client = socket.create_connection(listener.getsockname())
    ends = os.pipe()
    poll = select.epoll(); poll.register(listener, 1)
    gone = os.open("gone", os.O_CREAT | os.O_RDWR, 0o600)
    os.unlink("gone")
go()
print("ready %d" % os.getpid())
sys.stdout.flush()
time.sleep(60)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "holds.py"
    path.write_text(PROGRAM)
    return path


def by_what(fds):
    return {fd["what"]: fd for fd in fds if fd["fd"] > 2}



def test_each_kind_is_shown_with_what_it_is(hognose, any_python, target,
                                            script, tmp_path):
    worker = target(str(script), cwd=tmp_path)
    report = hognose.run("fds", "--json", "-p", worker.pid).ok().json()
    assert report["pid"] == worker.pid
    fds = by_what(report["fds"])
    assert fds["/etc/passwd"]["kind"] == "file"
    assert fds["/etc/passwd"]["cloexec"] is True
    assert fds["/etc/passwd"]["flags"] == "O_RDONLY"
    assert fds["/etc/passwd"]["opened"] is None
    assert fds[f"{tmp_path}/gone (deleted)"]["flags"] == "O_RDWR"
    sockets = sorted(what for what in fds if what.startswith("TCP "))
    listener, = [what for what in sockets if "->" not in what]
    client, = [what for what in sockets if "->" in what]
    assert re.fullmatch(r"TCP 127\.0\.0\.1:\d+", listener)
    assert client.endswith("->" + listener[4:])
    poll, = [fd for fd in fds.values() if fd["kind"] == "epoll"]
    assert poll["details"] == f"watches {fds[listener]['fd']}"
    assert {fd["fd"] for fd in report["fds"]} == set(
        map(int, os.listdir(f"/proc/{worker.pid}/fd")))


def test_who_shares_a_pipe_is_told(hognose, any_python, target):
    worker = target("says_ready.py")  # its standard output leads to us
    text = hognose.run("fds", worker.pid).ok().stdout
    line, = [line for line in text.splitlines() if line.startswith("    1 ")]
    assert "pipe:[" in line
    assert re.search(rf"shared with .*\b{os.getpid()}\b", line)


def test_the_line_that_opened_it_comes_from_a_recording(hognose, any_python,
                                                        script, tmp_path):
    record = tmp_path / "run.hog"
    running = hognose.start("syscalls", "-o", str(record), "--",
                            *any_python.command(str(script)), cwd=tmp_path)
    said = running.wait_for("ready")
    pid = int(said.split()[1])

    def opened():
        done = hognose.run("fds", "--json", "--opened-in", str(record), pid)
        fds = by_what(json.loads(done.stdout)["fds"])
        return fds if fds["/etc/passwd"]["opened"] else None

    # The recording is written about once a second.
    fds = programs.wait_until(opened, 10, "the opening")
    lines = {what.split(":")[0]: fd["opened"]["stack"][0]
             for what, fd in fds.items() if fd["opened"]}
    assert lines["/etc/passwd"]["name"] == "go"
    assert lines["/etc/passwd"]["line"] == 5
    assert lines["pipe"]["line"] == 10
    text = hognose.run("fds", "--opened-in", str(record), pid).ok().stdout
    assert "opened at holds.py:10 go" in text or ":10 go" in text
    os.kill(pid, 15)
    running.wait()


def test_several_processes_are_a_list(hognose, any_python, target):
    pids = [target("says_ready.py").pid for _ in range(2)]
    report = hognose.run("fds", "--json", *pids).ok().json()
    assert [one["pid"] for one in report] == pids


@pytest.mark.parametrize("words, status, said", [
    (("-p", 4194303), 1, "No such process"),
    ((), 2, "no process is named"),
    (("-p", 1, "--opened-in", "/nonexistent.hog"), 1, "/nonexistent.hog"),
])
def test_mistakes_are_told(hognose, words, status, said):
    done = hognose.run("fds", *words)
    assert done.returncode == status
    assert said in done.stderr and done.stderr.count("\n") == 1
