# SPDX-License-Identifier: Apache-2.0
"""hognose syscalls and the program it launched: terminal, signals, the end of
either of them."""

import os
import pty
import select
import signal
import time

import pytest

import programs

LOOKS = """
import os, sys, time
print("begun", flush=True)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    os.access("/no-such-file", os.R_OK)
    time.sleep(0.005)
print("ended", flush=True)
raise SystemExit(5)
"""


@pytest.fixture
def looks(any_python, tmp_path):
    path = tmp_path / "looks.py"
    path.write_text(LOOKS)
    return lambda seconds: [any_python.path, path, str(seconds)]


def launch(hognose, argv, *options, **popen):
    return hognose.start("syscalls", "-e", "%file", *options, "--", *argv,
                         **popen)


def gone(pid):
    """No process, or a zombie that nobody has collected yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def descendants(pid):
    found = []
    for child in open(f"/proc/{pid}/task/{pid}/children").read().split():
        found += [int(child), *descendants(int(child))]
    return found


def test_a_launched_program_survives_the_death_of_hognose(hognose, looks,
                                                          tmp_path):
    out = tmp_path / "calls.jsonl"
    tracer = launch(hognose, looks(2.5), "-o", out)
    tracer.wait_for("begun")
    worker, program = descendants(tracer.pid)[:2]
    programs.wait_until(lambda: out.exists() and out.stat().st_size > 0)
    tracer.signal(signal.SIGKILL)
    programs.wait_until(lambda: not os.path.exists(f"/proc/{tracer.pid}")
                        or gone(tracer.pid))
    time.sleep(0.2)
    assert not gone(program)
    programs.wait_until(lambda: gone(program), what="the program's end")
    programs.wait_until(lambda: gone(worker), what="the worker's end")
    assert "ended" in tracer.stdout  # all of its calls went their way
    lines = out.read_text().splitlines()
    assert len(lines) > 10 and all(line.endswith("}") for line in lines)


def test_the_end_of_the_trace_is_not_that_of_the_program(hognose, looks,
                                                         tmp_path):
    tracer = launch(hognose, looks(1.2), "-d", "0.3", "-o",
                    tmp_path / "calls.jsonl")
    assert tracer.wait() == 5
    assert "ended" in tracer.stdout
    assert "no such" not in tracer.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_trace_then_the_program(hognose, looks, tmp_path,
                                                  number):
    out = tmp_path / "calls.html"
    tracer = launch(hognose, looks(20), "-o", out)
    tracer.wait_for("begun")
    time.sleep(0.2)
    tracer.signal(number)
    assert tracer.wait() == 128 + number
    assert "no-such-file" in out.read_text()
    assert "ended" not in tracer.stdout


def test_an_interrupt_ends_the_trace_alone(hognose, looks, tmp_path):
    out = tmp_path / "calls.html"
    tracer = launch(hognose, looks(1.5), "-o", out)
    tracer.wait_for("begun")
    time.sleep(0.2)
    tracer.signal(signal.SIGINT)
    assert tracer.wait() == 5
    assert "ended" in tracer.stdout
    assert "no-such-file" in out.read_text()


def test_what_the_program_leaves_behind_is_not_waited_for(hognose, any_python,
                                                          tmp_path):
    behind = tmp_path / "behind.py"
    behind.write_text(LOOKS.replace("ended", "").replace(
        "raise SystemExit(5)", "open('done', 'w').close()"))
    began = time.monotonic()
    done = hognose.run("syscalls", "-e", "%file", "-o", "calls.jsonl", "--",
                       "sh", "-c", '"$0" "$1" 2 > /dev/null 2>&1 & exit 3',
                       any_python.path, behind, cwd=tmp_path)
    assert done.returncode == 3
    assert time.monotonic() - began < 1.5
    # It runs on under its filter, and none of its calls fails.
    programs.wait_until((tmp_path / "done").exists)


def test_an_attached_program_runs_on(hognose, looks, tmp_path):
    target = programs.Program(looks(1.5))
    hognose.started.append(target)
    target.wait_for("begun")
    done = hognose.run("syscalls", "-e", "%file", "-d", "0.3", "-p",
                       str(target.pid)).ok()
    assert "/no-such-file" in done.stdout and done.stderr == ""
    tracer = hognose.start("syscalls", "-o", tmp_path / "calls.hog", "-p",
                           str(target.pid))
    time.sleep(0.3)
    tracer.signal(signal.SIGKILL)
    assert target.wait() == 5
    assert "ended" in target.stdout


def test_the_terminal_stays_with_the_program(hognose, any_python, tmp_path):
    """It reads from it, and an interrupt typed there reaches it once."""
    out = tmp_path / "calls.trace"
    code = ("import time\ntry:\n print('go', input('?'))\n time.sleep(20)\n"
            "except KeyboardInterrupt:\n print('stopped')\n raise "
            "SystemExit(9)")
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(hognose.path, [hognose.path, "syscalls", "-e", "read,write",
                                "-o", out, "--", any_python.path, "-c", code])
    said, answers = b"", [(b"?", b"hello\n"), (b"go hello", b"\x03")]
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                said += os.read(fd, 4096)
            except OSError:
                break
        if answers and answers[0][0] in said:
            os.write(fd, answers.pop(0)[1])
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    assert os.waitstatus_to_exitcode(status) == 9, said
    assert b"stopped" in said
    assert "/pts/" in out.read_text()


def test_a_second_signal_ends_hognose_alone(hognose, any_python, tmp_path):
    deaf = tmp_path / "deaf.py"
    deaf.write_text("import signal\n"
                    "signal.signal(signal.SIGTERM, lambda *a: None)\n"
                    + LOOKS.replace("raise SystemExit(5)",
                                    "open('done', 'w').close()"))
    tracer = launch(hognose, [any_python.path, deaf, "1.5"], "-o",
                    tmp_path / "calls.jsonl", cwd=tmp_path)
    tracer.wait_for("begun")
    tracer.signal(signal.SIGTERM)
    programs.wait_until(lambda: "wrote" in tracer.stderr)
    time.sleep(0.1)
    tracer.signal(signal.SIGTERM)
    programs.wait_until(lambda: tracer.returncode is not None)
    assert tracer.returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "done").exists()
    programs.wait_until((tmp_path / "done").exists)
