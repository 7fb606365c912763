# SPDX-License-Identifier: Apache-2.0
"""A core file gives the same dump as the live process did."""

import os
import resource
import signal
import subprocess

import pytest

import programs


def standing(hognose, *args):
    """A live dump in which every thread that sleeps was seen asleep: one that a
    signal has just woken looks running for a moment."""
    def dump():
        found = hognose.run("dump", "--json", *args).ok().json()
        asleep = all(t["syscall"] for t in found["threads"])
        return found if asleep else None

    return programs.wait_until(dump, what="all threads asleep")


def comparable(dump):
    """What a core must agree about: all but what no core holds."""
    for thread in dump["threads"]:
        del thread["state"]
        del thread["syscall"]
        thread["gil"] = "none"
    return dump


def same(live, core):
    assert [t["state"] for t in core["threads"]] == \
        ["unknown"] * len(core["threads"])
    assert core["pid"] == live["pid"]
    names = {t["tid"]: t["syscall"] for t in live["threads"]}
    for thread in core["threads"]:
        if thread["syscall"] is not None:
            assert thread["syscall"] in (names[thread["tid"]], "restart_syscall")
    # The dumps name threads by threading.Thread.name: equal as well.
    assert comparable(core)["threads"] == comparable(live)["threads"]


@pytest.mark.needs("gcore", "ptrace")
def test_gcore(python, target, hognose, tmp_path):
    worker = target("stands_in_many_ways.py")
    live = standing(hognose, "--locals", worker.pid)
    prefix = tmp_path / "core"
    made = subprocess.run(["gcore", "-o", prefix, str(worker.pid)], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120)
    # [vsyscall] can never be read; anything else is memory that we would miss.
    missed = [line for line in made.stdout.splitlines()
              if "Memory read failed" in line and "0xffffffffff600000" not in line]
    if missed:
        pytest.skip("this gdb leaves out stacks that have guard pages inside")
    core = hognose.run("dump", "--core", f"{prefix}.{worker.pid}", "--json",
                       "--locals").ok().json()
    same(live, core)


def _pattern():
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as pattern:
        return pattern.read().strip()


def test_kernel_core(python, target, hognose, tmp_path):
    if _pattern() != "core":
        pytest.skip(f"the kernel puts cores elsewhere: {_pattern()}")
    if python.root:
        pytest.skip("the core would lie inside the other root")
    worker = target(
        "stands_in_many_ways.py", cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))
    live = standing(hognose, worker.pid)
    os.kill(worker.pid, signal.SIGABRT)
    worker.wait()
    cores = list(tmp_path.glob("core*"))
    if not cores:
        pytest.skip("the kernel wrote no core")
    core = hognose.run("dump", "--core", cores[0], "--json").ok().json()
    same(live, core)


def test_damaged_cores_are_refused(any_python, target, hognose, tmp_path):
    cut = tmp_path / "cut"
    cut.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(50))
    for path in (cut, tmp_path, tmp_path / "none", "/bin/true"):
        result = hognose.run("dump", "--core", path)
        assert result.returncode == 1, result
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1, result
