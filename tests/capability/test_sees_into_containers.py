# SPDX-License-Identifier: Apache-2.0
"""A program in a PID namespace of its own numbers its threads its own way."""

import json
import subprocess

import pytest

import programs

THREADS = 200
SLEEPERS = (
    "import os, sys, threading, time\n"
    f"for i in range({THREADS}):\n"
    "    t = threading.Thread(target=time.sleep, args=(60,))\n"
    "    t.daemon = True\n"
    "    t.start()\n"
    "print('ready %d' % os.getpid())\n"
    "sys.stdout.flush()\n"
    "time.sleep(60)\n")


@pytest.fixture
def contained(hognose, any_python):
    """The pid, seen from here, of a program that has the pid 1."""
    unshare = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run(unshare + ["true"], check=False,
                      capture_output=True).returncode:
        pytest.skip("no right to make a PID namespace")
    outer = programs.Program(unshare + any_python.command("-c", SLEEPERS))
    hognose.started.append(outer)
    outer.wait_for("ready 1")
    with open(f"/proc/{outer.pid}/task/{outer.pid}/children",
              encoding="ascii") as children:
        return int(children.read())


@pytest.mark.needs("unshare")
def test_threads_are_named_by_our_numbers(hognose, contained):
    shown = hognose.run("dump", "-p", contained, "--json").ok().json()
    tids = {thread["tid"] for thread in shown["threads"]}
    assert len(tids) == THREADS + 1 and contained in tids
    for tid in tids:
        with open(f"/proc/{contained}/task/{tid}/comm",
                  encoding="ascii") as comm:
            assert comm.read().startswith("python")


@pytest.mark.needs("unshare")
@pytest.mark.timing
def test_many_threads_do_not_slow_sampling(hognose, contained, tmp_path):
    """It took seconds to translate the numbers of some hundred threads."""
    stats = tmp_path / "stats.json"
    hognose.run("record", "-p", contained, "-d", "2", "--idle", "-o",
                tmp_path / "x.folded", "--stats", stats).ok()
    said = json.loads(stats.read_text())
    assert said["samples"] > said["slots"] / 4, said


@pytest.mark.needs("unshare")
def test_a_foreign_proc_is_told(hognose):
    """Its numbers would be those of other processes."""
    for args in (["dump", "1"], ["record", "-o", "-", "-f", "folded", "--",
                                 "true"]):
        done = subprocess.run(["unshare", "-Urpf", hognose.path, *args],
                              capture_output=True, text=True, timeout=30,
                              check=False)
        assert done.returncode == 1, done
        assert "/proc is that of another PID namespace; mount it" in done.stderr
