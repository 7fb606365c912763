# SPDX-License-Identifier: Apache-2.0
"""doctor says whether recording would work, and what to do if not."""

import re
import subprocess
import sys

import pytest


def checks(result):
    return {check["name"]: check for check in result.json()["checks"]}


@pytest.mark.needs("ptrace")
def test_it_lists_the_pythons_it_can_see(hognose, python, target):
    worker = target("says_ready.py")
    said = hognose.run("doctor", "--json").ok().json()
    assert said["ok"] is True and said["complete"] is True
    mine = [one for one in said["processes"] if one["pid"] == worker.pid]
    assert len(mine) == 1
    version = ".".join(map(str, python.version[:2]))
    assert mine[0]["python"].startswith(version)
    assert mine[0]["name"] == "says_ready"


@pytest.mark.needs("ptrace")
def test_it_goes_the_whole_way_to_a_python(hognose, python, target):
    worker = target("says_ready.py")
    result = hognose.run("doctor", "--json", worker.pid).ok()
    found = checks(result)
    version = ".".join(map(str, python.version[:2]))
    assert found["python"]["finding"].startswith(f"CPython {version}")
    assert found["layout"]["finding"].startswith("known")
    assert found["threads"]["finding"] == "1 thread, 1 interpreter"
    assert found["memory"]["status"] == "ok"


def test_every_limit_has_a_remedy(hognose):
    result = hognose.run("doctor", "--json")
    for check in result.json()["checks"]:
        assert check["status"] in ("ok", "note", "fail")
        assert check["finding"]
        assert (check["status"] == "ok") == (check["remedy"] is None), check


def test_a_process_that_is_no_python_fails(hognose):
    with subprocess.Popen(["sleep", "60"]) as other:
        result = hognose.run("doctor", "--json", other.pid)
        other.kill()
    assert result.returncode == 1
    assert result.json()["ok"] is False
    assert len(result.stderr.splitlines()) == 1
    assert "no Python" in result.stderr


def test_the_text_form_has_a_line_for_each_check(hognose):
    text = hognose.run("doctor").stdout
    for name in ("kernel", "memory", "rights", "yama", "seccomp", "timer"):
        assert any(line.split()[1:2] == [name] for line in text.splitlines())


@pytest.mark.needs("root", "setpriv")
def test_another_user_is_told_what_is_missing(hognose, target, tmp_path):
    worker = target("says_ready.py")
    program = tmp_path / "hognose"
    program.write_bytes(open(hognose.path, "rb").read())
    program.chmod(0o755)
    for parent in tmp_path.parents:
        if str(parent) not in ("/", "/tmp"):
            parent.chmod(parent.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         str(program), "doctor", str(worker.pid)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "another user" in done.stdout and "sudo" in done.stderr


@pytest.mark.needs("ptrace")
def test_it_tells_whether_threads_can_be_stopped(hognose, any_python, target):
    worker = target("says_ready.py")
    said = hognose.run("doctor", "--json").ok().json()["checks"]
    stops = [check for check in said if check["name"] == "stops"]
    assert len(stops) == 1
    assert re.match(r"--exact would hold a thread for \d+ us",
                    stops[0]["finding"])
    result = hognose.run("doctor", "--json", worker.pid).ok()
    assert checks(result)["stoppable"]["finding"] == \
        "its threads can be stopped (--exact)"
    assert worker.tracer_pid == 0
    script = ("import ctypes, sys, time\n"
              "ctypes.CDLL(None).ptrace(0x4206, int(sys.argv[1]), 0, 0)\n"
              "print(flush=True)\n"
              "time.sleep(1000)\n")
    with subprocess.Popen([sys.executable, "-c", script, str(worker.pid)],
                          stdout=subprocess.PIPE) as tracer:
        tracer.stdout.readline()
        check = checks(hognose.run("doctor", "--json", worker.pid).ok())
        tracer.kill()
    assert check["stoppable"]["status"] == "note"
    assert f"process {tracer.pid} (" in check["stoppable"]["finding"]
    assert "detach" in check["stoppable"]["remedy"]


@pytest.mark.needs("ptrace")
def test_it_tells_how_system_calls_can_be_followed(hognose):
    result = hognose.run("doctor", "--json").ok()
    check = checks(result)["syscalls"]
    assert check["status"] in ("ok", "note")
    assert "attached: ptrace" in check["finding"]
