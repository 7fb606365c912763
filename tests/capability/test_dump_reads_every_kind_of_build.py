# SPDX-License-Identifier: Apache-2.0
"""Stripped, renamed, static, PIE or not: a CPython is read all the same."""

import subprocess

import pytest

import builds
import pythons


def test_as_it_is(python, target, hognose):
    worker = target("stands_still.py")
    builds.assert_stands(hognose, worker.pid, python.version)


@pytest.mark.needs("strip")
def test_stripped_and_renamed(python, program, hognose, tmp_path):
    copy = builds.Copy(python, tmp_path, "my server")
    copy.strip()
    worker = program(copy.command("stands_still.py"), env=copy.env())
    builds.assert_stands(hognose, worker.pid, python.version)


@pytest.mark.needs("cc", "strip")
@pytest.mark.parametrize("kind", ["pie", "stripped"])
@pytest.mark.pythons(chroot=False)
def test_static(python, program, hognose, tmp_path, kind):
    exe = builds.embedder(python, tmp_path, "embeds_python.c",
                          "-pie" if kind == "pie" else "-no-pie", static=True)
    if kind == "stripped":
        subprocess.run(["strip", str(exe)], check=True)
    code = (pythons.TARGETS / "stands_still.py").read_text()
    worker = program([exe, code, "init", "run"], env=builds.home(python))
    builds.assert_stands(hognose, worker.pid, python.version)
