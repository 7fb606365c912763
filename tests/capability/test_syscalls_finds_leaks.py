# SPDX-License-Identifier: Apache-2.0
"""hognose syscalls names the lines that leave descriptors open at a fork, an
exec or the end, and nothing else."""

import json
import re
import signal
import subprocess
import xml.etree.ElementTree as xml

import pytest

import programs
import pythons

pytestmark = pytest.mark.needs("ptrace")
# The shell that enters a chroot forks, and leaves things open itself.
alone = pytest.mark.pythons(chroot=False)
each_minor = pytest.mark.pythons(each_minor=True)
each_layout = pytest.mark.pythons(each_layout=True)
FILE = "leaves_open.py"


def check(hognose, python, way, *options):
    return hognose.run("syscalls", "-f", "json", *options, "--",
                       *python.command(FILE, way), env=pythons.clean_env())


def told(done):
    """{line: what} that the program says it leaves open."""
    return {int(line): what for line, what in
            re.findall(r"^opens (\d+) (.*)$", done.stdout, re.M)}


def report_of(done):
    return json.loads(done.stderr[done.stderr.index("{"):])


def leaks_of(done):
    """{line: what} of the program's own lines; there are no others."""
    leaks = report_of(done)["leaks"]
    assert {leak["file"].rpartition("/")[2] for leak in leaks} <= {FILE}, leaks
    return {leak["line"]: leak["what"] for leak in leaks}


def check_names_the_lines(done):
    wanted, found = told(done), leaks_of(done)
    assert wanted
    assert done.returncode == 3, done
    assert set(found) == set(wanted)
    for line, what in wanted.items():
        assert what in found[line]


@each_minor
def test_leaks_at_a_fork_are_named_with_their_lines(hognose, python):
    done = check(hognose, python, "leaky", "--fail-on-open")
    check_names_the_lines(done)
    leaks = report_of(done)["leaks"]
    assert {leak["name"] for leak in leaks} == {"leaky"}
    assert sorted(len(leak["fds"]) for leak in leaks) == [1, 1, 2]
    # Another root than ours: a source is read with the eyes of hognose.
    assert python.root or all(
        leak["source"].startswith(("keep(", "for end in keep("))
        for leak in leaks)


@each_minor
@alone
def test_a_program_that_closes_all_passes(hognose, python):
    done = check(hognose, python, "fixed", "--fail-on-open")
    assert done.returncode == 0, done
    report = report_of(done)
    assert report["leaks"] == [] and report["failed"] is False
    assert [moment["when"] for moment in report["open_at"]] == ["fork"]


@each_layout
@pytest.mark.parametrize("way", ["copies", "ranges", "accepts", "in_a_thread",
                                 "closes_on_exec"])
def test_every_way_to_open_and_close_is_followed(hognose, python, way):
    done = check(hognose, python, way, "--fail-on-open")
    check_names_the_lines(done)


def test_unusual_descriptors_are_named(hognose, any_python):
    done = check(hognose, any_python, "unusual", "--fail-on-open")
    assert done.returncode == 3
    assert set(told(done)) <= set(leaks_of(done))
    kinds = {leak["kind"] for leak in report_of(done)["leaks"]}
    assert kinds >= {"memfd", "eventfd", "epoll", "timerfd"}


@each_layout
@alone
def test_a_child_that_execs_is_not_given_what_closes_then(hognose, python):
    done = check(hognose, python, "with_subprocess", "--fail-on-open=fork,exec")
    assert done.returncode == 0, done


def test_what_is_open_at_the_end_is_told(hognose, any_python):
    done = check(hognose, any_python, "leaky", "--fail-on-open=exit")
    assert done.returncode == 3
    assert set(leaks_of(done)) == set(told(done))


@each_layout
@alone
def test_tables_tell_who_opened_what(hognose, python):
    report = report_of(check(hognose, python, "leaky", "--fds=fork"))
    fds = {fd["what"]: fd for moment in report["open_at"]
           for fd in moment["fds"] if fd["fd"] > 2}
    opened = fds["/etc/hosts"]["opened"]
    assert opened["call"].startswith("open")
    assert opened["stack"][0]["name"] == "leaky"
    assert opened["stack"][-1]["name"] == "<module>"
    assert fds["/etc/hosts"]["cloexec"] == (python.version >= (3,))
    assert "/etc/passwd" not in fds


@pytest.mark.parametrize("patterns, left", [
    (("/etc/*", "UDP *", "pipe:*"), 0),
    (("/etc/hosts",), 2),
    (("leaky",), 0),
    ((f"*/{FILE}:leaky",), 0),
    (("<module>", "/etc"), 3),
])
def test_what_is_allowed_is_no_leak(hognose, any_python, patterns, left):
    options = [word for p in patterns for word in ("--allow", p)]
    done = check(hognose, any_python, "leaky", "--fail-on-open", *options)
    assert len(leaks_of(done)) == left
    assert done.returncode == (3 if left else 0)


def test_a_file_says_what_is_allowed(hognose, any_python, tmp_path):
    allowed = tmp_path / "allowed"
    allowed.write_text("# what our framework opens\n/etc/hosts\n\n  UDP *\n")
    done = check(hognose, any_python, "leaky", "--fail-on-open",
                 "--allow-file", str(allowed))
    assert list(leaks_of(done).values())[0].startswith("pipe:")
    assert done.returncode == 3


def test_text_gives_a_line_with_its_source_for_each(hognose, any_python):
    done = hognose.run("syscalls", "--fds=fork", "--fail-on-open", "--",
                       *any_python.command(FILE, "leaky"),
                       env=pythons.clean_env())
    for line, what in told(done).items():
        assert re.search(rf"^\S*{FILE}:{line} leaky: .*{re.escape(what)}.* "
                         r"open at fork of process \d+\n    \S", done.stderr,
                         re.M), done.stderr
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{6} fork of process \d+ from \d+ at "
                     rf"\S*{FILE}:\d+ fork: \d+ open$", done.stderr, re.M)


def test_junit_has_a_failing_case_for_each(hognose, any_python, tmp_path):
    out = tmp_path / "leaks.xml"
    hognose.run("syscalls", "--fail-on-open", "-o", str(out), "--",
                *any_python.command(FILE, "leaky"), env=pythons.clean_env())
    suite = xml.parse(out).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("3", "3")
    assert all(case.find("failure") is not None for case in suite)


def test_lines_that_open_ever_more_are_named(hognose, any_python):
    done = check(hognose, any_python, "grows", "--fds=interval:50ms")
    growth = report_of(done)["growth"]
    assert [line["name"] for line in growth] == ["grows"]
    assert "/etc/hosts" in growth[0]["source"]
    assert growth[0]["counts"][-1] > growth[0]["counts"][0]


def test_a_trace_can_go_to_a_file_beside_the_check(hognose, any_python,
                                                   tmp_path):
    out = tmp_path / "calls.jsonl"
    done = hognose.run("syscalls", "-e", "close", "--fail-on-open", "-o",
                       str(out), "--", *any_python.command(FILE, "leaky"),
                       env=pythons.clean_env())
    assert done.returncode == 3
    assert "3 leaks:" in done.stderr
    names = {json.loads(line)["name"] for line in out.read_text().splitlines()}
    assert names == {"close"}


def test_a_signal_shows_the_table_of_then(hognose, any_python, tmp_path):
    out = tmp_path / "tables.json"
    running = hognose.start(
        "syscalls", "--fds=signal", "-o", str(out), "--", *any_python.command(
            "-c", "import time, sys; f = open('/etc/hosts'); print('ready'); "
            "sys.stdout.flush(); time.sleep(1.5)"), env=pythons.clean_env())
    running.wait_for("ready")
    running.signal(signal.SIGUSR2)
    assert running.wait() == 0
    moment, = json.loads(out.read_text())["open_at"]
    assert moment["when"] == "signal"
    assert "/etc/hosts" in {fd["what"] for fd in moment["fds"]}


def test_a_program_that_is_let_go_passes_its_status_on(hognose, any_python):
    done = hognose.run("syscalls", "--via=ptrace", "--blocking=10s", "-d",
                       "0.2", "--", *any_python.command(
                           "-c", "import time; time.sleep(1); exit(7)"))
    assert done.returncode == 7, done


def test_the_example_leaks_three_and_its_cure_none(hognose, any_python):
    examples = programs.TOP / "examples"
    done = hognose.run("syscalls", "--fail-on-open", "-f", "json", "--",
                       any_python.path, examples / "prefork_leaky.py")
    assert done.returncode == 3
    leaks = report_of(done)["leaks"]
    assert [leak["name"].rpartition(".")[0] or leak["name"]
            for leak in leaks] == (["Settings", "Metrics", "Wakeup"]
                                   if any_python.version >= (3, 11)
                                   else ["__init__"] * 3)
    assert [leak["count"] for leak in leaks] == [4, 4, 8]
    done = hognose.run("syscalls", "--fail-on-open", "--", any_python.path,
                       examples / "prefork_fixed.py")
    assert done.returncode == 0, done


def test_of_an_attached_process_it_is_told_what_was_there_before(
        hognose, any_python, target):
    worker = target("-c", "import os, sys, time\n"
                    "early = open('/etc/hosts')\n"
                    "print('ready'); sys.stdout.flush()\n"
                    "sys.stdin.readline()\n"
                    "late = open('/etc/passwd')\n"
                    "os.fork() or os._exit(0)\n"
                    "os.wait(); time.sleep(0.1)\n", stdin=subprocess.PIPE)
    running = hognose.start("syscalls", "--fail-on-open", "-f", "json", "-v",
                            "-p", worker.pid)
    programs.wait_until(lambda: worker.tracer_pid, what="the tracer")
    worker.say(b"\n")
    assert running.wait() == 3
    leaks = {leak["what"]: leak for leak in
             json.loads(running.stdout)["leaks"]}
    assert leaks["/etc/hosts"]["why"] == "opened before hognose was attached"
    assert leaks["/etc/passwd"]["why"] is None
    assert leaks["/etc/passwd"]["line"] == 5
