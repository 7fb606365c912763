# SPDX-License-Identifier: Apache-2.0
"""A launched program does not notice hognose, nor does who started it."""

import os
import pty
import signal
import subprocess
import time

import pytest

import programs
from manners import is_refusal

WORK = "import time\nend = time.time() + 0.5\n" \
       "while time.time() < end: sum(range(1000))\n"


def launch(hognose, out, *program, **popen):
    return hognose.run("record", "-q", "-o", out, "--", *program, **popen)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.folded"


@pytest.mark.parametrize("status", [0, 1, 2, 3, 77, 255])
def test_the_exit_status_passes(hognose, any_python, out, status):
    code = f"{WORK}raise SystemExit({status})"
    assert launch(hognose, out, any_python.path, "-c",
                  code).returncode == status
    assert programs.parse_folded(out.read_text())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM,
                                    signal.SIGABRT])
def test_a_death_by_signal_passes_as_a_shell_tells_it(hognose, any_python, out,
                                                      number):
    code = f"{WORK}import os; os.kill(os.getpid(), {int(number)})"
    assert launch(hognose, out, any_python.path, "-c",
                  code).returncode == 128 + number
    assert programs.parse_folded(out.read_text())


def test_the_streams_pass(hognose, any_python, out):
    code = WORK + ("import sys\nsys.stderr.write('to stderr\\n')\n"
                   "sys.stdout.write(sys.stdin.read().upper())")
    done = subprocess.run(
        [hognose.path, "record", "-q", "-o", str(out), "--", any_python.path,
         "-c", code], input=b"words\n", capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout == b"WORDS\n"
    assert done.stderr == b"to stderr\n"


def test_descriptors_and_dispositions_pass(hognose, out):
    """The program sees what it would have seen without us."""
    look = ("ls -l /proc/self/fd | sed 's/.* \\([0-9]* -> .*\\)/\\1/' "
            "| grep -v '/proc/[0-9]*/fd' ; "
            "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status")
    with open("/dev/null", "rb") as extra:
        keep = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                "pass_fds": [extra.fileno()], "check": False}
        plain = subprocess.run(["sh", "-c", look], **keep).stdout
        ours = subprocess.run([hognose.path, "record", "-q", "-o", str(out),
                               "--", "sh", "-c", look], **keep).stdout

    def calm(text):
        return [line for line in text.splitlines() if b"pipe:" not in line]
    assert plain.count(b"\n") > 4
    assert calm(ours) == calm(plain)
    assert ours.count(b"\n") == plain.count(b"\n")


def test_a_terminal_passes(hognose, any_python, out):
    """isatty, its size, and the keyboard's interrupt."""
    code = ("import os, sys, time\n"
            "print([os.isatty(i) for i in range(3)], os.getpgrp() == "
            "os.tcgetpgrp(0)); sys.stdout.flush()\n"
            "try:\n  while True: sum(range(1000))\n"
            "except KeyboardInterrupt: print('interrupted'); "
            "raise SystemExit(9)")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(hognose.path, [hognose.path, "record", "-o", str(out), "--",
                                any_python.path, "-c", code])
    said, sent = b"", False
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
        if b"True, True, True] True" in said and not sent:
            time.sleep(0.6)
            os.write(terminal, b"\x03")
            sent = True
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    assert sent, said
    assert status == 9, said
    assert b"interrupted" in said
    assert b"wrote" in said
    assert programs.parse_folded(out.read_text())


def test_the_live_line_shows_on_a_terminal_and_is_cleared(hognose, target,
                                                          out):
    worker = target("-c", "import sys\nsys.stdout.write('ready\\n')\n"
                    "sys.stdout.flush()\nwhile True: sum(range(1000))")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(hognose.path, [hognose.path, "record", "-d", "1.5", "-o",
                                str(out), "-p", str(worker.pid)])
    said = b""
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    live, _, rest = said.rpartition(b"\r\x1b[K")
    assert b" Hz" in live and b" samples" in live and b"<module>" in live
    assert rest.startswith(b"hognose: record: ") and rest.count(b"\n") == 1


def test_a_program_that_is_not_there(hognose, tmp_path):
    result = hognose.run("record", "--", "no-such-program", cwd=tmp_path)
    is_refusal(result, 1, ["no-such-program", "No such file"])
    assert not list(tmp_path.iterdir())


def test_a_program_that_may_not_be_run(hognose, tmp_path):
    program = tmp_path / "data"
    program.write_text("no program")
    result = hognose.run("record", "-o", tmp_path / "x.html", "--", program)
    is_refusal(result, 1, ["data", "Permission denied"])
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_program_without_python_passes_its_status(hognose, out):
    result = launch(hognose, out, "sh", "-c", "echo words; exit 5")
    assert result.returncode == 5
    assert result.stdout == "words\n"
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and "no sample" in lines[0], result


def test_a_result_that_cannot_be_written_is_said(hognose, any_python):
    result = hognose.run(
        "record", "-q", "-f", "folded", "-o", "/dev/full", "--", "sh", "-c",
        f"'{any_python.path}' -c '{WORK}'; echo done; exit 5")
    assert result.returncode == 1
    assert result.stdout == "done\n"
    assert "/dev/full" in result.stderr


def test_a_shell_script_that_starts_python(hognose, any_python, tmp_path, out):
    script = tmp_path / "start.sh"
    script.write_text(f"#!/bin/sh\n'{any_python.path}' '{tmp_path}/inner.py'\n"
                      "exit 4\n")
    script.chmod(0o755)
    (tmp_path / "inner.py").write_text("def inner():\n"
                                       "  import time\n"
                                       "  end = time.time() + 1\n"
                                       "  while time.time() < end: pass\n"
                                       "inner()\n")
    assert launch(hognose, out, script).returncode == 4
    assert any("inner" in stack.functions()
               for stack in programs.parse_folded(out.read_text()))


def test_env_and_exec_chains(hognose, any_python, out):
    code = WORK.replace("'", '"')
    result = launch(hognose, out, "env", "sh", "-c",
                    f"exec env A=b '{any_python.path}' -c '{code}'")
    assert result.returncode == 0, result
    assert programs.parse_folded(out.read_text())


def test_a_daemon_is_not_waited_for(hognose, any_python, tmp_path, out):
    """It leaves the tree, lives on, and is neither waited for nor harmed."""
    said = tmp_path / "pid"
    code = ("import os, time\n"
            "if os.fork(): time.sleep(0.5); os._exit(6)\n"
            "os.setsid()\n"
            "if os.fork(): os._exit(0)\n"
            f"open({str(said)!r}, 'w').write(str(os.getpid()))\n"
            "null = os.open('/dev/null', os.O_RDWR)\n"
            "for i in range(3): os.dup2(null, i)\n"
            "end = time.time() + 30\n"
            "while time.time() < end: sum(range(1000))\n")
    begin = time.monotonic()
    result = launch(hognose, out, any_python.path, "-c", code)
    took = time.monotonic() - begin
    daemon = int(said.read_text())
    try:
        assert result.returncode == 6
        assert took < 10
        os.kill(daemon, 0)
        assert f"[process {daemon} " in out.read_text()
    finally:
        os.kill(daemon, signal.SIGKILL)


def test_duration_ends_the_recording_not_the_program(hognose, any_python, out):
    code = WORK.replace("0.5", "2") + "print('to its end')"
    begin = time.monotonic()
    result = hognose.run("record", "-d", "0.5", "-o", out, "--",
                         any_python.path, "-c", code).ok()
    assert time.monotonic() - begin > 1.9
    assert result.stdout == "to its end\n"
    assert 5 < sum(s.weight for s in programs.parse_folded(out.read_text())) < 80


TRAP = ("import signal, sys, time\n"
        "def on(number, frame):\n"
        "  print('got %d' % number); sys.stdout.flush(); sys.exit(number)\n"
        "for n in (2, 15): signal.signal(n, on)\n"
        "print('ready'); sys.stdout.flush()\n"
        "while True: sum(range(1000))\n")


def test_sigterm_reaches_the_program_once_the_result_is_written(
        hognose, any_python, out):
    recorder = hognose.start("record", "-o", str(out), "--", any_python.path,
                             "-c", TRAP)
    recorder.wait_for("ready")
    time.sleep(0.5)
    recorder.signal(signal.SIGTERM)
    result = recorder.result(timeout=10)
    assert result.returncode == 15
    assert result.stdout == "ready\ngot 15\n"
    assert programs.parse_folded(out.read_text())


def test_sigint_of_a_terminal_ends_both(hognose, any_python, out):
    recorder = hognose.start("record", "-o", str(out), "--", any_python.path,
                             "-c", TRAP)
    recorder.wait_for("ready")
    time.sleep(0.5)
    os.killpg(recorder.pid, signal.SIGINT)
    result = recorder.result(timeout=10)
    assert result.returncode == 2
    assert result.stdout == "ready\ngot 2\n"
    assert programs.parse_folded(out.read_text())


def test_sigint_to_hognose_alone_leaves_the_program(hognose, any_python, out):
    recorder = hognose.start("record", "-o", str(out), "--", any_python.path,
                             "-c", TRAP)
    recorder.wait_for("ready")
    time.sleep(0.5)
    recorder.signal(signal.SIGINT)
    programs.wait_until(lambda: "wrote" in recorder.stderr)
    time.sleep(0.3)
    assert recorder.running
    assert programs.parse_folded(out.read_text())
    recorder.signal(signal.SIGTERM)
    result = recorder.result(timeout=10)
    assert result.returncode == 15
    assert "got 15" in result.stdout


def test_killing_hognose_leaves_the_program(hognose, tmp_path, any_python):
    said = tmp_path / "pid"
    recorder = hognose.start(
        "record", "-o", str(tmp_path / "x.hog"), "--", any_python.path, "-c",
        f"import os\nopen({str(said)!r}, 'w').write(str(os.getpid()))\n"
        "while True: sum(range(1000))")
    programs.wait_until(lambda: said.exists() and said.read_text())
    time.sleep(0.5)
    pid = int(said.read_text())
    os.kill(recorder.pid, signal.SIGKILL)
    recorder._process.wait(5)
    time.sleep(0.2)
    try:
        stat = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        assert stat[0] == "R"
    finally:
        os.kill(pid, signal.SIGKILL)


def test_no_zombie_and_no_stray_process_is_left(hognose, tmp_path):
    """A refusal after the program was prepared must not run it."""
    mark = tmp_path / "ran"
    result = hognose.run("record", "-o", tmp_path / "no" / "x.html", "--",
                         "touch", mark)
    is_refusal(result, 1, ["No such file or directory"])
    assert not mark.exists()
